// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/realtime_event.hpp>

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// An item of a session, as far as its events have arrived.
struct realtime_item
{
    realtime_item() = default;

    std::string id;
    open_enum<item_type> type;         ///< `message`, `function_call`, `function_call_output`, ...
    open_enum<chat_role> role;         ///< Of a message.
    std::string text;                  ///< Written or said; of the user what the service has transcribed.
    std::vector<std::int16_t> samples; ///< Said by the model: 24,000 a second.
    function_call call;                ///< Of a function call; its arguments are complete if the item is done.
    bool is_done = false;
};

/// Joins the events of a session to its items. The events of several items may come in turn: the transcription of what the user said, an
/// answer and a function call.
///
///     foundry::realtime_accumulator items;
///     while (auto event = co_await session.next()) {
///         foundry::realtime_item const* item = items.add(*event);
///         if (item != nullptr && event->type == foundry::realtime_event_type::item_done)
///             std::cout << item->role.name() << ": " << item->text << '\n';
///     }
///
/// Memory: all that the session says, until take_done() is called.
/// Thread safety: as a value.
class realtime_accumulator
{
public:
    /// Returns the item that the event belongs to, valid until the next call; null if there is none.
    ///
    /// @throws foundry::error (`errc::unexpected_reply`) if its audio is not valid.
    realtime_item const* add(realtime_event const& event);

    /// The items in the order of their beginnings.
    std::list<realtime_item> const& items() const noexcept { return items_; }
    /// Null if there is none of this id.
    realtime_item const* find(std::string_view id) const noexcept;
    /// Takes the items that are done. A transcription that comes later begins an item again.
    std::vector<realtime_item> take_done();

private:
    realtime_item& item(std::string_view id);

    std::list<realtime_item> items_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/realtime_accumulator.ipp>
#endif
