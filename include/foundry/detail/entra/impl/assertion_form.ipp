// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/assertion_form.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL void append_assertion(std::string& form, std::string_view assertion, std::string_view from)
{
    constexpr std::size_t max_size = 64 * 1024;
    assertion = assertion.substr(0, assertion.find_last_not_of(" \t\r\n") + 1);
    if (assertion.empty() || assertion.size() > max_size ||
        !foundry::detail::all_of(assertion, foundry::detail::is_graphic))
        foundry::detail::throw_invalid_argument(std::string(from) +
                                                " gives no assertion: it is empty, too long or has a blank in it");
    append_parameter(form, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    append_parameter(form, "client_assertion", assertion);
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
