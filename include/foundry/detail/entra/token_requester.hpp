// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/options.hpp>

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Requests a token once, without retries.
class token_requester
{
public:
    virtual boost::asio::awaitable<access_token> request_once(token_request const& request) = 0;

protected:
    ~token_requester() = default;
};

/// Requests a token, with retries as the policy says.
///
/// @param credential_name for the error.
/// @throws foundry::error the last error, which the service's retries do not repeat.
FOUNDRY_DECL boost::asio::awaitable<access_token> request_token(std::string_view credential_name,
                                                                retry_options const& how, token_requester& from,
                                                                token_request const& request);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/token_requester.ipp>
#endif
