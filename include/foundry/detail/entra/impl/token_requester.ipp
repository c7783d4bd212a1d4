// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/random_fraction.hpp>
#include <foundry/detail/core/retry_budget.hpp>
#include <foundry/detail/entra/token_answer.hpp>
#include <foundry/detail/entra/token_requester.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token> request_token(std::string_view credential_name,
                                                                             retry_options const& how,
                                                                             token_requester& from,
                                                                             token_request const& request)
{
    for (foundry::detail::retry_budget attempts(how, std::chrono::milliseconds{0}, std::chrono::steady_clock::now());
         ;) {
        std::chrono::milliseconds wait{0};
        try {
            access_token token = co_await from.request_once(request);
            co_return token;
        } catch (error const& e) {
            try {
                wait = attempts.wait_after(e, std::chrono::steady_clock::now(), foundry::detail::random_fraction());
            } catch (error const& last) {
                throw final_error(credential_name, last);
            }
        }
        boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor, wait);
        co_await pause.async_wait(boost::asio::deferred);
    }
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
