// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/schema.hpp>

#include <memory>
#include <string>
#include <utility>

/// Typed answers: the model fills a class of the program. Include this header to use `client::complete<T>` and `client::stream<T>`.
///
///     struct recipe { std::string title; std::vector<std::string> steps; int minutes = 0; };
///     BOOST_DESCRIBE_STRUCT(recipe, (), (title, steps, minutes))
///
///     foundry::structured<recipe> answer = co_await client.complete<recipe>(request);
///     std::cout << answer.value.title;
///
/// <foundry/schema.hpp> says what a class may hold, and how to describe it to the model.
///
/// The request's `response_format` is the schema of the class. Services that do not take it answer 400; ask for JSON in the prompt
/// and read it with your own means there.
/// Source: learn.microsoft.com, "Structured outputs".
namespace foundry::inline FOUNDRY_ABI {

/// A typed answer.
template <class T>
struct structured
{
    structured() = default;

    T value{};
    chat_completion completion; ///< The answer as text, with its usage.
};

namespace detail {

struct typed_stream_state;

/// A request for an answer that has a schema, checked and serialised.
class typed_call
{
public:
    typed_call(std::shared_ptr<client_state> const& state, chat_request const& request, call_options const& with,
               json::schema const& (*schema)(), bool is_stream);
    typed_call(std::shared_ptr<client_state> const& state, chat_request const& request, json::schema const& (*schema)(),
               bool is_stream);
    typed_call(typed_call&&) noexcept;
    ~typed_call();

    struct parts;
    std::unique_ptr<parts> its;
};

/// Reads the answer into a new value.
FOUNDRY_DECL boost::asio::awaitable<void> fetch_typed(typed_call call, json::object_ref into, chat_completion& reply);

// What is not needed for each type is left to the functions that are compiled once.
template <class T>
FOUNDRY_CORO boost::asio::awaitable<structured<T>> complete_typed(typed_call call)
{
    structured<T> answer;
    co_await fetch_typed(std::move(call), {&answer.value, &json::type_of<T>::value}, answer.completion);
    co_return answer;
}

/// What the streams of all types have in common.
class typed_stream
{
public:
    typed_stream() noexcept;
    typed_stream(typed_stream&&) noexcept;
    typed_stream& operator=(typed_stream&&) noexcept;
    ~typed_stream();

    boost::asio::awaitable<chat_chunk const*> read();
    boost::asio::awaitable<chat_completion> collect();
    response_info const& info() const noexcept;
    void close() noexcept;

private:
    friend boost::asio::awaitable<typed_stream> open_typed(typed_call call, json::object_ref into);

    explicit typed_stream(std::unique_ptr<typed_stream_state> state) noexcept;

    std::unique_ptr<typed_stream_state> state_;
};

FOUNDRY_DECL boost::asio::awaitable<typed_stream> open_typed(typed_call call, json::object_ref into);

} // namespace detail

/// A typed answer that arrives in chunks, and a value that fills meanwhile.
///
///     foundry::structured_stream<recipe> chunks = co_await client.stream<recipe>(request);
///     while (co_await chunks.read())
///         show(chunks.partial().steps);
///
/// Executor, lifetime, cancellation and thread safety: as for `chat_stream`.
template <class T>
class [[nodiscard]] structured_stream
{
public:
    structured_stream() = default;
    structured_stream(detail::typed_stream stream, std::unique_ptr<T> value)
        : stream_(std::move(stream)),
          value_(std::move(value))
    {}

    /// As `chat_stream::read()`. At the end the value is complete.
    ///
    /// @throws foundry::error as `chat_stream::next()`, and, as soon as it is known, `errc::answer_misfit`, `errc::refused`,
    /// `errc::answer_cut_off` or `errc::content_filter`.
    boost::asio::awaitable<chat_chunk const*> read() { return stream_.read(); }

    /// The value so far: texts and lists grow; numbers, enums and variants appear when they are complete. Members that have not come have
    /// their initial value. Valid until the next read(), and while the stream lives.
    T const& partial() const noexcept { return *value_; }

    /// Reads the rest.
    FOUNDRY_CORO boost::asio::awaitable<structured<T>> collect()
    {
        structured<T> answer;
        answer.completion = co_await stream_.collect();
        answer.value = std::move(*value_);
        co_return answer;
    }

    /// The head of the response.
    response_info const& info() const noexcept { return stream_.info(); }
    /// Abandons the response; see `chat_stream::close()`.
    void close() noexcept { stream_.close(); }

private:
    detail::typed_stream stream_;
    std::unique_ptr<T> value_ = std::make_unique<T>();
};

namespace detail {

template <class T>
FOUNDRY_CORO boost::asio::awaitable<structured_stream<T>> stream_typed(typed_call call)
{
    auto value = std::make_unique<T>();
    typed_stream stream = co_await open_typed(std::move(call), {value.get(), &json::type_of<T>::value});
    co_return structured_stream<T>(std::move(stream), std::move(value));
}

} // namespace detail

template <class T>
boost::asio::awaitable<structured<T>> basic_client::complete(chat_request const& request,
                                                             call_options const& with) const
{
    return detail::complete_typed<T>(detail::typed_call(state_, request, with, &detail::schema_for<T>, false));
}

template <class T>
boost::asio::awaitable<structured<T>> basic_client::complete(chat_request const& request) const
{
    return detail::complete_typed<T>(detail::typed_call(state_, request, &detail::schema_for<T>, false));
}

template <class T>
boost::asio::awaitable<structured_stream<T>> basic_client::stream(chat_request const& request,
                                                                  call_options const& with) const
{
    return detail::stream_typed<T>(detail::typed_call(state_, request, with, &detail::schema_for<T>, true));
}

template <class T>
boost::asio::awaitable<structured_stream<T>> basic_client::stream(chat_request const& request) const
{
    return detail::stream_typed<T>(detail::typed_call(state_, request, &detail::schema_for<T>, true));
}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/structured.ipp>
#endif
