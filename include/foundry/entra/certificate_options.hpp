// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string>

namespace foundry::inline FOUNDRY_ABI::entra {

/// Options of a certificate.
struct certificate_options
{
    certificate_options() = default;

    /// Password of an encrypted key. There is no prompt at the terminal.
    std::string password;
    /// Sends the whole chain (`x5c`), for applications that trust an issuer and a subject instead of one certificate.
    bool send_chain = false;
};

} // namespace foundry::inline FOUNDRY_ABI::entra
