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

/// Finds a byte in a buffer that grows at its end and shrinks at its start; examines each byte once.
class byte_finder
{
public:
    explicit byte_finder(char byte) : byte_(byte) {}

    /// Position of the first such byte at or after `from`, or the size of the text if there is none.
    std::size_t find(std::string_view text, std::size_t from);

    /// To call after the removal of the first `count` bytes of the text.
    void shift(std::size_t count) { found_ -= count < found_ ? count : found_; }

private:
    char byte_;
    std::size_t found_ = 0; // no unread byte before this position matches
};

} // namespace detail

/// A server-sent event. The views are valid until the next call of a non-const function of the parser.
struct event
{
    event() = default;
    std::string_view type; ///< "message" if the stream names none.
    std::string_view data;
    std::string_view id;                ///< The last id of the stream, in this event or before it.
    std::optional<std::uint64_t> retry; ///< Reconnection time in milliseconds, if this event has one.
};

/// Maximum sizes for an `event_parser`, in bytes.
struct event_limits
{
    event_limits() = default;
    std::size_t line = std::size_t{16} << 20;  ///< One line.
    std::size_t event = std::size_t{16} << 20; ///< Type, id and data of one event.
};

/// Parses an event stream by the HTML standard (9.2.6, "Interpreting an event stream"), in pieces of any size. Has no socket.
///
/// ```
/// parser.feed(bytes);
/// while (parser.next(event))
///     ...
/// ```
///
/// One extension: a field `error`, which the standard ignores, sets the type of the event to `error` and adds its value to the data. The
/// server of llama.cpp has sent errors in this way, followed by an end marker.
///
/// The parser does not deliver an incomplete event at the end of the stream; feed two line feeds to receive it.
///
/// Thread safety: as a value.
class event_parser
{
public:
    event_parser() = default;
    explicit event_parser(event_limits limits) : limits_(limits) {}

    /// Adds the next bytes of the stream. Invalidates the views of the last event.
    void feed(std::string_view bytes);

    /// The next event. Its views are valid until the next call of feed(), next() or reset().
    ///
    /// @returns false if it needs more bytes.
    /// @throws foundry::error (`errc::limit_exceeded`) if a line or an event exceeds its limit, also in all further calls.
    bool next(event& out);

    /// Number of bytes that are not delivered; after next() has returned false, those of an incomplete event.
    std::size_t pending() const noexcept;
    /// Value of `Last-Event-ID` for a reconnection.
    std::string_view last_event_id() const noexcept { return last_event_id_; }
    /// Last reconnection time of the stream, in milliseconds.
    std::optional<std::uint64_t> retry() const noexcept { return retry_; }
    /// Number of comments (keep-alives) so far.
    std::size_t comments() const noexcept { return comments_; }

    /// Prepares for a new stream; keeps limits and memory.
    void reset();

private:
    bool take_usual(event& out);
    bool skip_mark();
    std::optional<std::string_view> take_line();
    void take_field(std::string_view line);
    void take_data(std::string_view value);
    void lend_data(std::string_view value);
    void take_retry(std::string_view digits);
    bool end_event(event& out);
    void begin_event();
    void own_data();
    void drop_consumed();
    std::string_view data() const noexcept;

    event_limits limits_;

    std::string buffer_;
    std::size_t begin_ = 0; // position of the first byte in the buffer that is not consumed
    detail::byte_finder lf_{'\n'};
    detail::byte_finder cr_{'\r'};
    bool mark_skipped_ = false; // true after the check for a byte order mark
    bool after_cr_ = false;

    std::string type_;
    std::string data_;
    std::size_t data_lines_ = 0;
    bool data_in_buffer_ = false; // if true, the data is one line of the buffer, and data_ is not used
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
