// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Finds one byte in a text that grows at its end and is read from its front; looks at every byte once.
class byte_finder
{
public:
    explicit byte_finder(char byte) : byte_(byte) {}

    /// Where the byte first stands at or after `from`, or the size of the text where it does not.
    std::size_t find(std::string_view text, std::size_t from);

    /// The first `count` bytes of the text were removed.
    void shift(std::size_t count) { found_ -= count < found_ ? count : found_; }

private:
    char byte_;
    std::size_t found_ = 0; // the byte does not stand between what was read and here
};

} // namespace detail

/// A server-sent event.
struct event
{
    event() = default;
    std::string_view type; ///< "message" where the stream named none.
    std::string_view data;
    std::string_view id;                ///< The last one that the stream gave, in this event or before it.
    std::optional<std::uint64_t> retry; ///< Milliseconds; only where this event gave them.
};

/// How much an `event_parser` holds at most, in bytes.
struct event_limits
{
    event_limits() = default;
    std::size_t line = std::size_t{16} << 20;
    std::size_t event = std::size_t{16} << 20; ///< Type, id and data of one event.
};

/// Reads an event stream as the HTML standard says (9.2.6, "Interpreting an event stream"), whatever pieces it arrives
/// in.
///
/// ```
/// parser.feed(bytes);
/// while (parser.next(event))
///     ...
/// ```
///
/// One thing more: a field `error`, which the standard ignores, makes the event one of that type and adds its value to the data.
/// llama.cpp's server has sent errors so, with an end marker behind them as if all were well.
///
/// An event that the stream ends in the middle of is never delivered; feed two line feeds to have it all the same.
///
/// Thread safety: as a value.
class event_parser
{
public:
    event_parser() = default;
    explicit event_parser(event_limits limits) : limits_(limits) {}

    /// Takes the next bytes of the stream. Ends the life of the views that next() gave.
    void feed(std::string_view bytes);

    /// The next event. Its views live until the next call of feed(), next() or reset().
    ///
    /// @returns false where more bytes are needed.
    /// @throws foundry::error (`errc::limit_exceeded`) from here on, where a line or an event is over its limit.
    bool next(event& out);

    /// The bytes fed and not delivered; after next() returned false, those of an unfinished event.
    std::size_t pending() const noexcept;
    /// What a reconnect sends as `Last-Event-ID`.
    std::string_view last_event_id() const noexcept { return last_event_id_; }
    /// The last reconnection time that the stream gave, in milliseconds.
    std::optional<std::uint64_t> retry() const noexcept { return retry_; }
    /// How many comments (keep-alives) came by.
    std::size_t comments() const noexcept { return comments_; }

    /// Starts over with a new stream; keeps limits and memory.
    void reset();

private:
    bool skip_mark();
    std::optional<std::string_view> take_line();
    void take_field(std::string_view line);
    void take_data(std::string_view value);
    void take_retry(std::string_view digits);
    bool end_event(event& out);
    void begin_event();
    void own_data();
    void drop_consumed();
    std::string_view data() const noexcept;

    event_limits limits_;

    std::string buffer_;
    std::size_t begin_ = 0; // the first byte of the buffer that is not consumed
    detail::byte_finder lf_{'\n'};
    detail::byte_finder cr_{'\r'};
    bool mark_skipped_ = false; // past the byte order mark, if there was one
    bool after_cr_ = false;

    std::string type_;
    std::string data_;
    std::size_t data_lines_ = 0;
    bool data_in_buffer_ = false; // then it is one line, and data_ is not used
    std::size_t data_begin_ = 0;
    std::size_t data_size_ = 0;
    std::optional<std::uint64_t> event_retry_;
    bool delivered_ = false;

    std::string id_;
    std::string last_event_id_;
    std::optional<std::uint64_t> retry_;
    std::size_t comments_ = 0;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/event_parser.ipp>
#endif
