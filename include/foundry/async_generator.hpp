// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace foundry::inline FOUNDRY_ABI {

/// A type that is read like a stream: `chat_stream`, `async_generator` and types of the program. At the end, next() gives an empty
/// optional.
template <class S>
concept chunk_source = requires(S& source)
{
    typename S::value_type;
    {
        source.next()
        } -> std::same_as<boost::asio::awaitable<std::optional<typename S::value_type>>>;
};

namespace detail {

template <class T>
inline constexpr bool is_awaitable = false;
template <class T>
inline constexpr bool is_awaitable<boost::asio::awaitable<T>> = true;

/// Type of `co_await operation` in a coroutine of Asio.
template <class Operation>
using awaited_type =
    decltype(std::declval<typename std::coroutine_traits<boost::asio::awaitable<void>>::promise_type&>()
                 .await_transform(std::declval<Operation>())
                 .await_resume());

} // namespace detail

/// Return type of a coroutine that yields values with `co_yield` and may `co_await` everything that an `asio::awaitable` may.
/// Read it with `while (auto v = co_await g.next())`.
///
///     foundry::async_generator<std::string> words(foundry::chat_stream chunks)
///     {
///         while (auto chunk = co_await chunks.next())
///             co_yield std::string{chunk->text()};
///     }
///
/// The body runs inside next(), on the executor of the coroutine that awaits next(). It does not run before the first next(), nor between
/// two calls. The destructor of the generator destroys the body at the point where it is suspended.
///
/// Cancellation: cancelling next() cancels the operation that the body awaits; its `co_await` throws `operation_aborted`. If the body
/// catches that and awaits another operation, next() returns without awaiting it; when next() is called again, that `co_await` throws
/// `operation_aborted`.
///
/// `T` must not be an aggregate, because g++ 12 corrupts aggregate temporaries in `co_yield`.
///
/// Thread safety: none. Only one next() may run at a time; the generator must outlive it.
template <class T>
class [[nodiscard]] async_generator
{
    static_assert(!std::is_aggregate_v<T> || std::is_trivially_copyable_v<T>,
                  "give T a constructor: g++ 12 corrupts aggregate temporaries in co_yield");

public:
    using value_type = T;

    class promise_type;

    async_generator() noexcept = default;
    async_generator(async_generator&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    async_generator& operator=(async_generator&& other) noexcept
    {
        std::swap(body_, other.body_);
        return *this;
    }
    ~async_generator()
    {
        if (body_)
            body_.destroy();
    }

    /// The next value; empty at the end. If the body throws, next() throws the same exception, and the generator is at its end.
    FOUNDRY_CORO boost::asio::awaitable<std::optional<T>> next()
    {
        while (body_ && !body_.done()) {
            promise_type& promise = body_.promise();
            promise.value.reset();
            body_.resume();
            if (promise.failure)
                std::rethrow_exception(std::exchange(promise.failure, nullptr));
            if (promise.value)
                co_return std::move(promise.value);
            if (promise.awaited) // if this throws, the operation has not started
                co_await std::move(*std::exchange(promise.awaited, nullptr));
        }
        co_return std::nullopt;
    }

private:
    explicit async_generator(std::coroutine_handle<promise_type> body) noexcept : body_(body) {}

    std::coroutine_handle<promise_type> body_;
};

/// The coroutine's promise type: what `co_await` and `co_yield` do in the body.
template <class T>
class async_generator<T>::promise_type
{
public:
    async_generator get_return_object()
    {
        return async_generator{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }
    void return_void() const noexcept {}

    std::suspend_always yield_value(T v)
    {
        value.emplace(std::move(v));
        return {};
    }

    /// Turns an awaitable of the body into a request that next() awaits.
    template <class R>
    auto await_transform(boost::asio::awaitable<R> operation)
    {
        return request<R>{*this, std::move(operation)};
    }

    /// The same for an asynchronous operation and for the values of `this_coro`.
    template <class Operation>
    requires(!detail::is_awaitable<std::decay_t<Operation>>) auto await_transform(Operation&& operation)
    {
        using result = std::decay_t<detail::awaited_type<std::decay_t<Operation>>>;
        return request<result>{*this, perform<result>(std::decay_t<Operation>(std::forward<Operation>(operation)))};
    }

private:
    friend class async_generator;

    template <class R, class Operation>
    FOUNDRY_CORO static boost::asio::awaitable<R> perform(Operation operation)
    {
        co_return co_await std::move(operation);
    }

    template <class R>
    class request
    {
    public:
        request(promise_type& promise, boost::asio::awaitable<R> operation)
            : promise_(promise),
              operation_(std::move(operation))
        {}

        bool await_ready() const noexcept { return false; }

        void await_suspend(std::coroutine_handle<>)
        {
            run_.emplace(run(*this));
            promise_.awaited = &*run_;
        }

        R await_resume()
        {
            if (failure_)
                std::rethrow_exception(failure_);
            if (!result_) // next() ended before the operation
                throw boost::system::system_error(boost::asio::error::operation_aborted);
            if constexpr (!std::is_void_v<R>)
                return std::move(*result_);
        }

    private:
        FOUNDRY_CORO static boost::asio::awaitable<void> run(request& self)
        {
            try {
                if constexpr (std::is_void_v<R>) {
                    co_await std::move(self.operation_);
                    self.result_.emplace();
                } else {
                    self.result_.emplace(co_await std::move(self.operation_));
                }
            } catch (...) {
                self.failure_ = std::current_exception();
            }
        }

        promise_type& promise_;
        boost::asio::awaitable<R> operation_;
        std::optional<boost::asio::awaitable<void>> run_;
        std::optional<std::conditional_t<std::is_void_v<R>, std::monostate, R>> result_;
        std::exception_ptr failure_;
    };

    std::optional<T> value;
    std::exception_ptr failure;
    boost::asio::awaitable<void>* awaited = nullptr;
};

} // namespace foundry::inline FOUNDRY_ABI
