// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/endpoint.hpp>
#include <foundry/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A client's request for a token.
struct token_query
{
    token_query(token_request what, boost::asio::any_io_executor executor)
        : wanted(std::move(what)),
          background(std::move(executor))
    {}

    token_request wanted;
    boost::asio::any_io_executor background; ///< Executor of the fetch, which other callers may wait for, too.
    /// Time limit of the wait, and the details of its error: code, length of the limit, and the host that the token is for.
    std::chrono::steady_clock::time_point until = (std::chrono::steady_clock::time_point::max)();
    errc code = errc::token_timeout;
    std::chrono::milliseconds within{0};
    std::string host;
    boost::asio::steady_timer** wait =
        nullptr; ///< Holds the timer of the wait while that lasts, so that it can be ended.
};

/// A credential with its type erased.
class credential_source : public std::enable_shared_from_this<credential_source>
{
public:
    virtual ~credential_source() = default;

    /// Whether this is no_credential.
    virtual bool empty() const noexcept { return false; }

    /// Appends header lines (`name: value` CRLF). False if a token is needed instead, from one of the functions below.
    virtual bool write_fields(endpoint const& to, std::string& out) const = 0;

    /// Whether this credential gives tokens.
    virtual bool gives_tokens() const noexcept { return false; }
    /// Finds a cached token, or else fetches a new one.
    virtual boost::asio::awaitable<void> find_token(token_query query, std::shared_ptr<access_token const>& into);
    /// Drops a token that the service has refused.
    ///
    /// @param claims the claims that the service asks for in the next token; may be empty.
    /// @return whether the next token will be a different one.
    virtual bool invalidate(std::string_view, std::string_view /*claims*/) noexcept { return false; }
    /// Fetches a new token on the executor of the caller; for a credential that is made of other credentials.
    virtual boost::asio::awaitable<access_token> get_token(token_request request);
};

} // namespace foundry::inline FOUNDRY_ABI::detail
