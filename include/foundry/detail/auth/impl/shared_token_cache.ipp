// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/auth/shared_token_cache.hpp>
#include <foundry/detail/base/guarded_executor.hpp>
#include <foundry/detail/base/random_fraction.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/http/deadline.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

struct token_fetch::waiter
{
    waiter(boost::asio::any_io_executor const& executor, std::chrono::steady_clock::time_point until)
        : wake_up(executor),
          done(executor, until)
    {}

    guarded_executor wake_up;
    boost::asio::steady_timer done; // cancelled when the fetch is complete
};

FOUNDRY_DECL token_fetch::token_fetch(token_request what, boost::asio::any_io_executor const& background)
    : wanted(std::move(what)),
      executor(boost::asio::make_strand(background))
{}

/// Throws a copy that shares no reference-counted memory: libstdc++ counts such references in code that ThreadSanitizer does not see.
[[noreturn]] inline void throw_copy(error const& failed) { throw failed.with_attempts(failed.attempts()); }

FOUNDRY_DECL std::shared_ptr<token_fetch> shared_token_cache::find_fetch(token_request const& wanted)
{
    for (auto const& f : fetches_)
        if (f->wanted.scope == wanted.scope && http::iequals(f->wanted.tenant, wanted.tenant) &&
            f->wanted.claims == wanted.claims)
            return f;
    return nullptr;
}

FOUNDRY_DECL void shared_token_cache::forget(token_fetch const& fetch)
{
    auto const same = [&](std::shared_ptr<token_fetch> const& f) { return f.get() == &fetch; };
    fetches_.erase(std::remove_if(fetches_.begin(), fetches_.end(), same), fetches_.end());
}

FOUNDRY_DECL token_waiter::token_waiter(shared_token_cache& cache, boost::asio::any_io_executor const& executor,
                                        token_query query)
    : shared_(cache),
      query_(std::move(query))
{
    std::lock_guard const lock(shared_.mutex_);
    token_cache::lookup_result const found = shared_.cache_.look_up(query_.wanted, std::chrono::steady_clock::now());
    if (found.failed)
        throw_copy(*found.failed);
    token_ = found.token;
    if (token_ && !found.fetch)
        return;
    fetch_ = shared_.find_fetch(query_.wanted);
    if (fetch_ && !token_ && executor == fetch_->executor) {
        throw error(errc::invalid_argument,
                    "the credential's get_token() calls a client that waits for this very token; give it "
                    "a client with another credential");
    }
    if (!fetch_) {
        fetch_ = std::make_shared<token_fetch>(query_.wanted, query_.background);
        fetch_->ahead = token_ != nullptr;
        shared_.fetches_.push_back(fetch_);
        to_launch_ = fetch_;
    }
    if (!token_) {
        waiter_ = std::make_shared<token_fetch::waiter>(executor, query_.until);
        fetch_->waiters.push_back(waiter_);
    }
}

FOUNDRY_DECL token_waiter::~token_waiter()
{
    if (!waiter_)
        return;
    std::lock_guard const lock(shared_.mutex_);
    auto& all = fetch_->waiters;
    all.erase(std::remove(all.begin(), all.end(), waiter_), all.end());
    bool const goes_on = fetch_->ahead && fetch_->begun; // for later callers
    if (fetch_->done || goes_on || !all.empty())
        return;
    shared_.forget(*fetch_);
    shared_.cache_.fail(fetch_->wanted, nullptr, std::chrono::steady_clock::now());
    boost::asio::post(fetch_->executor, [f = fetch_] { f->cancel.emit(boost::asio::cancellation_type::terminal); });
}

FOUNDRY_DECL boost::asio::steady_timer& token_waiter::done() noexcept { return waiter_->done; }

FOUNDRY_DECL token_cache::token_ptr token_waiter::result(std::exception_ptr interrupted)
{
    if (token_)
        return token_;
    std::lock_guard const lock(shared_.mutex_);
    if (fetch_->failed) {
        try {
            std::rethrow_exception(fetch_->failed);
        } catch (error const& e) {
            throw_copy(e);
        }
    }
    if (fetch_->done)
        return fetch_->token;
    if (interrupted)
        std::rethrow_exception(std::move(interrupted));
    error const late = http::limit_error({query_.until, query_.code, query_.within, false}, query_.host);
    if (fetch_->begun)
        throw late;
    failure f;
    f.service_message = late.message() + ": the context that the client was made with has not begun to fetch it";
    f.advice = "run that context, or make the client with the executor of the coroutine that calls it";
    throw error(late.code(), std::move(f));
}

FOUNDRY_DECL void shared_token_cache::begin(token_fetch& fetch) noexcept
{
    std::lock_guard const lock(mutex_);
    fetch.begun = true;
}

FOUNDRY_DECL void shared_token_cache::complete(token_fetch& fetch, access_token token,
                                               std::exception_ptr failed) noexcept
{
    std::lock_guard const lock(mutex_);
    auto const now = std::chrono::steady_clock::now();
    bool const forgotten = find_fetch(fetch.wanted).get() != &fetch;
    forget(fetch);
    fetch.done = true;
    try {
        if (failed)
            std::rethrow_exception(failed);
        fetch.token =
            cache_.store(fetch.wanted, std::move(token), now, std::chrono::system_clock::now(), random_fraction());
    } catch (error const& e) {
        fetch.failed = std::current_exception();
        if (!forgotten)
            cache_.fail(fetch.wanted, &e, now);
    } catch (...) {
        fetch.failed = std::current_exception();
        if (!forgotten)
            cache_.fail(fetch.wanted, nullptr, now);
    }
    for (auto const& w : fetch.waiters)
        w->wake_up.post([w] { w->done.cancel(); });
}

FOUNDRY_DECL bool shared_token_cache::invalidate(std::string_view refused, std::string_view claims) noexcept
{
    std::lock_guard const lock(mutex_);
    return cache_.invalidate(refused, claims, std::chrono::steady_clock::now());
}

} // namespace foundry::inline FOUNDRY_ABI::detail
