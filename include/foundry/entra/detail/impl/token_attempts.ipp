// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/retry_loop.hpp>
#include <foundry/entra/detail/token_answer.hpp>
#include <foundry/entra/detail/token_attempts.hpp>

#include <boost/asio/error.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token>
request_token(std::string_view who, retry_options const& how, token_attempt& from, token_request const& request)
{
    for (foundry::detail::retry_loop attempts(how, std::chrono::milliseconds{0});;) {
        std::optional<error> failed;
        try {
            access_token token = co_await from.request_once(request);
            co_return token;
        } catch (error const& e) {
            failed = e;
        }
        if (failed->code() == boost::asio::error::operation_aborted)
            throw *failed;
        std::chrono::milliseconds wait{0};
        try {
            wait = attempts.wait_after(*failed);
        } catch (error const& last) {
            throw final_error(who, last);
        }
        co_await foundry::detail::pause(wait);
    }
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
