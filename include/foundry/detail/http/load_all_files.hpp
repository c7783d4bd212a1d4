// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <system_error>

namespace foundry::inline FOUNDRY_ABI::http::detail {

/// Reads the certificates in all files of a directory. False if none holds a certificate.
inline bool load_all_files(SSL_CTX* context, char const* directory)
{
    bool any = false;
    std::error_code ec;
    for (std::filesystem::directory_iterator at(directory, ec), end; !ec && at != end; at.increment(ec))
        any |= SSL_CTX_load_verify_file(context, at->path().string().c_str()) == 1;
    ERR_clear_error();
    return any;
}

} // namespace foundry::inline FOUNDRY_ABI::http::detail
