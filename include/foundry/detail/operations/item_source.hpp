// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Any range and any stream as one type.
namespace foundry::inline FOUNDRY_ABI::detail {

template <class From, class T>
concept item_of = std::convertible_to<From, T> ||
    (std::same_as<T, std::string>&& std::convertible_to<From, std::string_view>);

template <class S, class T>
concept item_stream = chunk_source<S> && item_of<typename S::value_type, T>;

template <class R, class T>
concept item_range = !chunk_source<R> && std::ranges::input_range<R> && item_of<std::ranges::range_reference_t<R>, T>;

/// A range or a stream of items, which may be convertible to `T`.
template <class Items, class T>
concept items_of = item_stream<Items, T> || item_range<Items, T>;

/// Items one after the other.
template <class T>
class item_source
{
public:
    virtual ~item_source() = default;

    /// The next item; empty at the end, after which it must not be called.
    virtual boost::asio::awaitable<std::optional<T>> next() = 0;

    std::optional<std::size_t> size; ///< Number of items, if it is known.
};

/// Whether a range that is moved here may give its elements away: a view does not own them.
template <class R>
concept owning_range = !std::ranges::view<R> && std::ranges::input_range<R const> &&
                       std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R const>>>;

template <class T, class Range>
class range_source final : public item_source<T>
{
public:
    explicit range_source(Range range) : range_(std::move(range))
    {
        if constexpr (std::ranges::sized_range<Range>)
            this->size = static_cast<std::size_t>(std::ranges::size(range_));
    }

    /// Never waits.
    FOUNDRY_CORO boost::asio::awaitable<std::optional<T>> next() override
    {
        std::optional<T> item;
        if (at_)
            ++*at_;
        else
            at_.emplace(std::ranges::begin(range_));
        if (*at_ != std::ranges::end(range_))
            item.emplace(take(*at_));
        co_return item;
    }

private:
    using iterator = std::ranges::iterator_t<Range>;

    static T take(iterator& at)
    {
        if constexpr (owning_range<Range>)
            return static_cast<T>(std::ranges::iter_move(at));
        else
            return static_cast<T>(*at);
    }

    Range range_;
    std::optional<iterator> at_; // of the item before; not set before the first
};

template <class T, class Stream>
class stream_source final : public item_source<T>
{
public:
    explicit stream_source(Stream stream) : stream_(std::move(stream)) {}

    FOUNDRY_CORO boost::asio::awaitable<std::optional<T>> next() override
    {
        auto given = co_await stream_.next();
        std::optional<T> item;
        if (given)
            item.emplace(static_cast<T>(std::move(*given)));
        co_return item;
    }

private:
    Stream stream_;
};

template <class T, items_of<T> Items>
std::unique_ptr<item_source<T>> hold_items(Items items)
{
    if constexpr (item_stream<Items, T>)
        return std::make_unique<stream_source<T, Items>>(std::move(items));
    else
        return std::make_unique<range_source<T, Items>>(std::move(items));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
