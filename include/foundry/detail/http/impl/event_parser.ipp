// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/http/event_parser.hpp>
#include <foundry/error.hpp>

#include <algorithm>
#include <cstring>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

FOUNDRY_DECL std::size_t byte_finder::find(std::string_view text, std::size_t from)
{
    found_ = (std::max)(found_, from);
    if (found_ < text.size() && text[found_] != byte_) {
        auto const at = std::memchr(text.data() + found_, byte_, text.size() - found_);
        found_ = at ? static_cast<std::size_t>(static_cast<char const*>(at) - text.data()) : text.size();
    }
    return found_;
}

[[noreturn]] inline void refuse_event(std::string_view what, std::size_t limit)
{
    throw error(errc::limit_exceeded, std::string(what) + " of the event stream is longer than " +
                                          std::to_string(limit) +
                                          " bytes; raise the limit if answers of that size are expected");
}

} // namespace detail

FOUNDRY_DECL void event_parser::feed(std::string_view bytes)
{
    if (delivered_)
        begin_event();
    own_data();
    drop_consumed();
    buffer_ += bytes;
}

FOUNDRY_DECL bool event_parser::next(event& out)
{
    if (delivered_)
        begin_event();
    if (take_usual(out))
        return true;
    while (type_.size() + id_.size() + data().size() <= limits_.event) {
        auto const line = take_line();
        if (!line)
            return false;
        if (!line->empty())
            take_field(*line);
        else if (end_event(out))
            return true;
    }
    detail::refuse_event("an event", limits_.event);
}

FOUNDRY_DECL std::size_t event_parser::pending() const noexcept
{
    auto const unfinished = delivered_ ? 0 : type_.size() + data().size() + std::min<std::size_t>(data_lines_, 1);
    return buffer_.size() - begin_ + unfinished;
}

FOUNDRY_DECL void event_parser::reset()
{
    buffer_.clear();
    begin_ = 0;
    lf_ = detail::byte_finder('\n');
    cr_ = detail::byte_finder('\r');
    mark_skipped_ = after_cr_ = false;
    begin_event();
    id_.clear();
    last_event_id_.clear();
    retry_.reset();
    comments_ = 0;
}

/// Takes an event that has arrived whole as one line of data and an empty line, both of which end with LF. Changes nothing if the next bytes
/// are not such an event.
FOUNDRY_DECL bool event_parser::take_usual(event& out)
{
    constexpr std::string_view field = "data: ";
    bool const has_begun = data_lines_ != 0 || !type_.empty() || event_retry_.has_value();
    if (has_begun || !mark_skipped_ || after_cr_ || buffer_.compare(begin_, field.size(), field) != 0)
        return false;
    std::size_t const end = lf_.find(buffer_, begin_);
    if (buffer_.size() - end < 2 || buffer_[end + 1] != '\n' || cr_.find(buffer_, begin_) < end)
        return false;
    std::string_view const value(buffer_.data() + begin_ + field.size(), end - begin_ - field.size());
    if (end - begin_ > limits_.line || id_.size() + value.size() > limits_.event || !foundry::detail::valid_utf8(value))
        return false;
    data_lines_ = 1;
    lend_data(value);
    begin_ = end + 2;
    return end_event(out);
}

/// Skips a byte order mark. Returns false if it needs more bytes to recognise one.
FOUNDRY_DECL bool event_parser::skip_mark()
{
    constexpr std::string_view mark = "\xef\xbb\xbf";
    auto const start = std::string_view(buffer_).substr(0, mark.size());
    if (start.size() < mark.size() && mark.starts_with(start))
        return false;
    if (start == mark)
        begin_ = mark.size();
    return mark_skipped_ = true;
}

/// A CR ends a line at once, without waiting for an LF. If an LF follows, the next call skips it.
FOUNDRY_DECL std::optional<std::string_view> event_parser::take_line()
{
    if (!mark_skipped_ && !skip_mark())
        return std::nullopt;
    if (after_cr_ && begin_ < buffer_.size()) {
        begin_ += buffer_[begin_] == '\n';
        after_cr_ = false;
    }
    auto const end = (std::min)(lf_.find(buffer_, begin_), cr_.find(buffer_, begin_));
    if (end - begin_ > limits_.line)
        detail::refuse_event("a line", limits_.line);
    if (end == buffer_.size())
        return std::nullopt;
    auto const line = std::string_view(buffer_).substr(begin_, end - begin_);
    after_cr_ = buffer_[end] == '\r';
    begin_ = end + 1;
    return line;
}

FOUNDRY_DECL void event_parser::take_field(std::string_view line)
{
    auto const colon = (std::min)(line.find(':'), line.size());
    auto const name = line.substr(0, colon);
    auto value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' '))
        value.remove_prefix(1);
    if (colon == 0) {
        ++comments_;
    } else if (name == "data") {
        take_data(value);
    } else if (name == "event") {
        type_.clear();
        foundry::detail::append_utf8(type_, value);
    } else if (name == "id" && value.find('\0') == std::string_view::npos) {
        id_.clear();
        foundry::detail::append_utf8(id_, value);
    } else if (name == "retry") {
        take_retry(value);
    } else if (name == "error") {
        type_ = name;
        take_data(value);
    }
}

FOUNDRY_DECL void event_parser::take_data(std::string_view value)
{
    if (data_lines_++ == 0 && foundry::detail::valid_utf8(value))
        return lend_data(value);
    own_data();
    if (data_lines_ > 1)
        data_ += '\n';
    foundry::detail::append_utf8(data_, value);
}

FOUNDRY_DECL void event_parser::lend_data(std::string_view value)
{
    data_in_buffer_ = true;
    data_begin_ = static_cast<std::size_t>(value.data() - buffer_.data());
    data_size_ = value.size();
}

FOUNDRY_DECL void event_parser::take_retry(std::string_view digits)
{
    if (std::optional<std::uint64_t> const milliseconds = foundry::detail::whole_number(digits, 10))
        retry_ = event_retry_ = *milliseconds;
}

/// Ends the event at an empty line. Returns false for an event without data, which only sets the last event id.
FOUNDRY_DECL bool event_parser::end_event(event& out)
{
    last_event_id_ = id_;
    if (data_lines_ == 0) {
        begin_event();
        return false;
    }
    out.type = type_.empty() ? std::string_view("message") : std::string_view(type_);
    out.data = data();
    out.id = last_event_id_;
    out.retry = event_retry_;
    return delivered_ = true;
}

FOUNDRY_DECL void event_parser::begin_event()
{
    type_.clear();
    data_.clear();
    data_lines_ = 0;
    data_in_buffer_ = false;
    event_retry_.reset();
    delivered_ = false;
}

/// Copies the data out of the buffer, before the buffer changes or another line adds to the data.
FOUNDRY_DECL void event_parser::own_data()
{
    if (!data_in_buffer_)
        return;
    data_ = data();
    data_in_buffer_ = false;
}

/// Moves at most as many bytes as were consumed, so that the amortized cost of each byte is constant.
FOUNDRY_DECL void event_parser::drop_consumed()
{
    if (begin_ < buffer_.size() - begin_)
        return;
    buffer_.erase(0, begin_);
    lf_.shift(begin_);
    cr_.shift(begin_);
    begin_ = 0;
}

FOUNDRY_DECL std::string_view event_parser::data() const noexcept
{
    return data_in_buffer_ ? std::string_view(buffer_).substr(data_begin_, data_size_) : std::string_view(data_);
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
