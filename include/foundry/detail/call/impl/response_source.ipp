// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/response_source.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/core/retry_budget.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL response_source::response_source(pending_request request, open_response response)
    : request_(std::move(request)),
      observer_(std::move(response.observer)),
      info_(std::move(response.info)),
      call_(std::move(response.call)),
      failed_attempts_(std::move(response.failed_attempts)),
      waited_(response.waited),
      attempt_begun_(response.attempt_begun),
      exchange_(std::move(response.exchange))
{
    request_.head = std::string(); // unlike = {}, this frees the memory
    request_.body = std::string();
    request_.source.reset();
}

FOUNDRY_DECL void response_source::begin_once()
{
    if (std::exchange(has_begun_, true))
        return;
    try {
        exchange_->deliver_to(*this, limit(), progress());
    } catch (error const&) { // from what arrived with the head
        broken_ = std::current_exception();
    }
}

FOUNDRY_DECL void response_source::fail(std::exception_ptr why)
{
    try {
        std::rethrow_exception(std::move(why));
    } catch (error const& e) {
        error known = in_answer(e, info_, {});
        if (filtered_ && e.code() == errc::stream_truncated) {
            failure f = known.details();
            f.advice = "the content filter had ended the answer by then: change the prompt";
            known = error(e.code(), std::move(f));
        }
        failed_attempts_.push_back(attempt_of(known, waited_, http::clock::now() - attempt_begun_));
        failed_attempts_.back().endpoint = request_.state->target.endpoint.url();
        if (observer_)
            observer_->on_failure(e.code());
        close();
        throw known.with_attempts(std::move(failed_attempts_));
    } catch (...) {
        close();
        throw;
    }
}

FOUNDRY_DECL void response_source::close() noexcept
{
    call_.finish();
    if (exchange_)
        exchange_->close();
    exchange_.reset();
    observer_.reset();
}

FOUNDRY_DECL void response_source::drain()
{
    if (observer_)
        observer_->on_end();
    if (broken_) // after the last value
        return close();
    call_.finish();
    http::exchange::drain(std::move(exchange_));
    observer_.reset();
}

} // namespace foundry::inline FOUNDRY_ABI::detail
