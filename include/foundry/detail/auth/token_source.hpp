// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/auth/shared_token_cache.hpp>
#include <foundry/detail/base/noted_scope.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Fails the fetch if it is destroyed unfinished, for example when its context ends.
class completion_guard
{
public:
    /// @param owner keeps the cache alive.
    completion_guard(std::shared_ptr<credential_source> owner, shared_token_cache& cache,
                     std::shared_ptr<token_fetch> fetch)
        : owner_(std::move(owner)),
          shared_(cache),
          fetch_(std::move(fetch))
    {}
    completion_guard(completion_guard const&) = delete;
    completion_guard& operator=(completion_guard const&) = delete;
    ~completion_guard()
    {
        if (fetch_)
            complete(access_token(),
                     std::make_exception_ptr(error(errc::token_timeout, "the client's context has ended")));
    }

    void complete(access_token token, std::exception_ptr failed) noexcept
    {
        shared_.complete(*fetch_, std::move(token), std::move(failed));
        fetch_.reset();
    }

private:
    std::shared_ptr<credential_source> owner_;
    shared_token_cache& shared_;
    std::shared_ptr<token_fetch> fetch_;
};

/// A credential that gives tokens. Its code is compiled only in programs that use one.
template <class T>
class token_source final : public credential_source
{
public:
    explicit token_source(T credential) : credential_(std::move(credential)) {}

    bool write_fields(endpoint const&, std::string&) const override { return false; }
    bool gives_tokens() const noexcept override { return true; }

    FOUNDRY_CORO boost::asio::awaitable<void> find_token(token_query query,
                                                         std::shared_ptr<access_token const>& into) override
    {
        boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer** const wait = query.wait;
        token_waiter waiter(shared_, executor, std::move(query));
        if (auto fetch = waiter.to_launch())
            launch(std::move(fetch));
        std::exception_ptr interrupted;
        if (waiter.must_wait()) {
            noted_scope const waits(wait, waiter.done());
            try {
                co_await waiter.done().async_wait(boost::asio::deferred);
            } catch (boost::system::system_error const&) {
                interrupted = std::current_exception();
            }
        }
        into = waiter.result(std::move(interrupted));
    }

    bool invalidate(std::string_view refused, std::string_view claims) noexcept override
    {
        return shared_.invalidate(refused, claims);
    }

    boost::asio::awaitable<access_token> get_token(token_request request) override
    {
        return credential_.get_token(std::move(request));
    }

private:
    FOUNDRY_CORO void launch(std::shared_ptr<token_fetch> fetch)
    {
        auto const executor = fetch->executor;
        auto const slot = fetch->cancel.slot();
        auto self = std::static_pointer_cast<token_source>(shared_from_this());
        auto guard = std::make_unique<completion_guard>(self, shared_, fetch);
        auto coroutine = run_fetch(std::move(self), std::move(guard), fetch);
        // The handler keeps the fetch alive: co_spawn uses its cancellation signal once more after the coroutine's frame is destroyed.
        boost::asio::co_spawn(
            executor, std::move(coroutine),
            boost::asio::bind_cancellation_slot(slot, [fetch = std::move(fetch)](std::exception_ptr) {}));
    }

    /// @param guard a parameter, not a local variable: if the context ends before the coroutine starts, its local variables do not exist.
    FOUNDRY_CORO static boost::asio::awaitable<void> run_fetch(std::shared_ptr<token_source> self,
                                                               std::unique_ptr<completion_guard> guard,
                                                               std::shared_ptr<token_fetch> fetch)
    {
        self->shared_.begin(*fetch);
        access_token token;
        std::exception_ptr failed;
        try {
            token_request wanted = fetch->wanted;
            token = co_await self->credential_.get_token(std::move(wanted));
        } catch (...) {
            failed = std::current_exception();
        }
        guard->complete(std::move(token), std::move(failed));
    }

    T credential_;
    shared_token_cache shared_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail
