// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/secret.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace http {
struct client_transport;
} // namespace http

/// What a client asks a token credential for. Passed by value, because the coroutine may outlive the call.
struct token_request
{
    token_request() = default;
    explicit token_request(std::string wanted_scope) : scope(std::move(wanted_scope)) {}

    std::string scope;  ///< Scope of the token, such as `https://cognitiveservices.azure.com/.default`.
    std::string tenant; ///< Entra tenant id or domain; empty: the credential's own.
    std::string claims; ///< Claims challenge that the token must satisfy, as JSON text; empty: none.
    /// The client's proxy and additional authorities, for a connection to the Entra authority; a credential that asks another one passes it
    /// on. Clients that share a credential share a fetch, which uses those of the client that began it.
    std::shared_ptr<http::client_transport const> transport;
};

/// A token and its expiry time. Thread safety: as a value; const members may be called from several threads.
class access_token
{
public:
    access_token() = default;
    access_token(std::string_view token, std::chrono::system_clock::time_point expires_on)
        : token_(token),
          expires_on_(expires_on)
    {}
    /// @param refresh_on when to fetch the next token, before this one expires.
    access_token(std::string_view token, std::chrono::system_clock::time_point expires_on,
                 std::chrono::system_clock::time_point refresh_on)
        : token_(token),
          expires_on_(expires_on),
          refresh_on_(refresh_on)
    {}

    /// The token, as sent after `Authorization: Bearer`.
    secret const& token() const noexcept { return token_; }
    /// When the token expires.
    std::chrono::system_clock::time_point expires_on() const noexcept { return expires_on_; }
    /// When to fetch the next token; empty if the authority does not say.
    std::optional<std::chrono::system_clock::time_point> const& refresh_on() const noexcept { return refresh_on_; }

private:
    secret token_;
    std::chrono::system_clock::time_point expires_on_;
    std::optional<std::chrono::system_clock::time_point> refresh_on_;
};

} // namespace foundry::inline FOUNDRY_ABI
