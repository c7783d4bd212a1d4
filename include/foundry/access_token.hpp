// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/secret.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

/// What a token credential is asked for. Passed by value: the coroutine may outlive the call.
struct token_request
{
    token_request() = default;
    explicit token_request(std::string wanted_scope) : scope(std::move(wanted_scope)) {}

    std::string scope;  ///< Such as `https://cognitiveservices.azure.com/.default`.
    std::string tenant; ///< Empty: the credential's own.
    std::string claims; ///< A claims challenge to answer; empty: none.
};

/// A token and when it ends.
class access_token
{
public:
    access_token() = default;
    access_token(std::string_view token, std::chrono::system_clock::time_point expires_on)
        : token_(token),
          expires_on_(expires_on)
    {}
    /// @param refresh_on when a new one is to be asked for, while this one is still good.
    access_token(std::string_view token, std::chrono::system_clock::time_point expires_on,
                 std::chrono::system_clock::time_point refresh_on)
        : token_(token),
          expires_on_(expires_on),
          refresh_on_(refresh_on)
    {}

    secret const& token() const noexcept { return token_; }
    std::chrono::system_clock::time_point expires_on() const noexcept { return expires_on_; }
    /// Nothing where the authority did not say.
    std::optional<std::chrono::system_clock::time_point> const& refresh_on() const noexcept { return refresh_on_; }

private:
    secret token_;
    std::chrono::system_clock::time_point expires_on_;
    std::optional<std::chrono::system_clock::time_point> refresh_on_;
};

} // namespace foundry::inline FOUNDRY_ABI
