// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response.hpp>
#include <foundry/response_event.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {
struct text_place;
} // namespace detail

/// Joins the events of a stream into the response so far: what a program shows while the model writes, or keeps of a stream that broke.
///
///     foundry::response_accumulator all;
///     while (auto const* event = co_await events.read())
///         all.add(*event);
///     foundry::response whole = all.take();
///
/// The last event has the whole response, which replaces what was joined. Until then each item has what has come of it: pieces are appended
/// to the item and the part that the event names, and an event `..._done` replaces them. An event that names no item goes to the item with
/// its id, else to the last one. Items and parts beyond `max_items` are ignored.
///
/// Thread safety: as a value.
class response_accumulator
{
public:
    static constexpr std::size_t max_items = 4096; ///< Of a response, and parts of an item.

    response_accumulator() = default;

    /// Adds the next event.
    void add(response_event const& event);

    /// A copy of the response so far.
    foundry::response response_so_far() const;
    /// Moves it out; the accumulator is then empty.
    foundry::response take();

private:
    boost::json::object* item_of(response_event const& event, char const* type);
    void add_text(response_event const& event, detail::text_place const& place);

    foundry::response head_;
    std::vector<boost::json::object> items_; // until the last event
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/response_accumulator.ipp>
#endif
