// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <stdexcept>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

using header_list = std::vector<std::pair<std::string, std::string>>;

FOUNDRY_DECL char ascii_lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

FOUNDRY_DECL std::string lower(std::string_view text)
{
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(), ascii_lower);
    return made;
}

FOUNDRY_DECL bool same_name(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

class realtime_opening;

/// A response before it is converted to bytes. A streamed body has several parts, with a pause after each.
class reply
{
public:
    reply() = default;
    reply(unsigned code, std::string text) : status(code) { parts.push_back(std::move(text)); }

    void set_header(std::string_view name, std::string value);
    void add_header_unless_set(std::string_view name, std::string value);

    unsigned status = 200;
    header_list headers;
    std::vector<std::string> parts;
    bool chunked = false;
    bool close = false; ///< Whether the connection ends after this response.
    bool head = false;  ///< Whether it responds to HEAD, and so has no body.
    std::chrono::nanoseconds pause = {};
    std::function<void()> before_last;         ///< Called before the last part is sent; may be empty.
    std::shared_ptr<realtime_opening> opening; ///< The realtime session that follows, instead of a body.
};

/// The operations on the socket: the bytes of each write, the pauses, and the end.
class write_plan
{
public:
    enum class ending
    {
        next_request,
        close,
        hang,
        hang_until_recovery,
        reset,
        cut
    };

    std::vector<std::string> writes;
    std::chrono::nanoseconds delay = {}; ///< Time before the first write.
    std::chrono::nanoseconds pause = {}; ///< Time after each write except the last.
    std::function<void()> before_last;   ///< Called before the last write; may be empty.
    ending end = ending::next_request;
};

FOUNDRY_DECL void reply::set_header(std::string_view name, std::string value)
{
    for (auto& header : headers) {
        if (same_name(header.first, name)) {
            header.second = std::move(value);
            return;
        }
    }
    headers.emplace_back(std::string(name), std::move(value));
}

FOUNDRY_DECL void reply::add_header_unless_set(std::string_view name, std::string value)
{
    auto const is_set =
        std::any_of(headers.begin(), headers.end(), [&](auto const& header) { return same_name(header.first, name); });
    if (!is_set)
        headers.emplace_back(std::string(name), std::move(value));
}

FOUNDRY_DECL std::string in_hex(std::uint64_t number)
{
    std::string digits;
    do {
        digits.insert(digits.begin(), "0123456789abcdef"[number % 16]);
        number /= 16;
    } while (number != 0);
    return digits;
}

FOUNDRY_DECL std::string as_chunk(std::string const& data)
{
    return data.empty() ? std::string() : in_hex(data.size()) + "\r\n" + data + "\r\n";
}

FOUNDRY_DECL std::string head_of(reply const& r)
{
    auto const reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(r.status));
    std::string head = "HTTP/1.1 " + std::to_string(r.status) + " ";
    head.append(reason.data(), reason.size());
    head += "\r\n";
    for (auto const& [name, value] : r.headers)
        head += name + ": " + value + "\r\n";
    return head + "\r\n";
}

/// The first part is sent together with the head, as a server with a corked socket does, and the last part together with the last chunk.
FOUNDRY_DECL write_plan make_write_plan(reply r)
{
    std::size_t size = 0;
    for (auto const& part : r.parts)
        size += part.size();
    if (r.chunked)
        r.add_header_unless_set("transfer-encoding", "chunked");
    else if (r.status != 204 && r.status != 304)
        r.add_header_unless_set("content-length", std::to_string(r.head ? 0 : size));
    if (r.close)
        r.add_header_unless_set("connection", "close");

    write_plan made;
    made.pause = r.pause;
    made.before_last = std::move(r.before_last);
    made.end = r.close ? write_plan::ending::close : write_plan::ending::next_request;
    made.writes.push_back(head_of(r));
    if (r.head)
        return made;
    bool first = true;
    for (auto& part : r.parts) {
        auto bytes = r.chunked ? as_chunk(part) : std::move(part);
        if (std::exchange(first, false))
            made.writes.back() += bytes;
        else
            made.writes.push_back(std::move(bytes));
    }
    if (r.chunked)
        made.writes.back() += "0\r\n\r\n";
    return made;
}

/// Splits the same bytes into writes of these sizes; the last size repeats.
FOUNDRY_DECL void resize_writes(write_plan& s, std::vector<std::size_t> const& sizes)
{
    std::string all;
    for (auto const& bytes : s.writes)
        all += bytes;
    s.writes.clear();
    for (std::size_t begin = 0, i = 0; begin < all.size(); ++i) {
        auto const size = std::max<std::size_t>(sizes[(std::min)(i, sizes.size() - 1)], 1);
        s.writes.push_back(all.substr(begin, size));
        begin += s.writes.back().size();
    }
}

FOUNDRY_DECL void cut(write_plan& s, std::size_t bytes)
{
    std::size_t size = 0;
    for (auto const& piece : s.writes)
        size += piece.size();
    if (bytes > size)
        throw std::invalid_argument("cut_after(" + std::to_string(bytes) + "): the message has only " +
                                    std::to_string(size) + " bytes");
    std::vector<std::string> kept;
    for (auto& piece : s.writes) {
        piece.resize(std::min(piece.size(), bytes));
        bytes -= piece.size();
        if (!piece.empty())
            kept.push_back(std::move(piece));
    }
    s.writes = std::move(kept);
    s.end = write_plan::ending::cut;
}

/// The text of an event stream, with one part for each event.
FOUNDRY_DECL std::vector<std::string> split_events(std::string const& body)
{
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < body.size();) {
        auto const blank = body.find("\n\n", begin);
        auto const end = blank == std::string::npos ? body.size() : blank + 2;
        parts.push_back(body.substr(begin, end - begin));
        begin = end;
    }
    return parts;
}

/// The size of the message up to the end of its n-th part.
FOUNDRY_DECL std::size_t size_with_parts(reply const& r, std::size_t n)
{
    auto const on_the_wire = [&r](std::string const& part) { return r.chunked ? as_chunk(part).size() : part.size(); };
    auto size = make_write_plan(r).writes.front().size() - on_the_wire(r.parts.front());
    if (r.chunked && r.parts.size() == 1)
        size -= std::string_view("0\r\n\r\n").size();
    for (std::size_t i = 0; i < n; ++i)
        size += on_the_wire(r.parts[i]);
    return size;
}

/// Converts an `answer` to a response and its writes.
class answer_reader
{
public:
    explicit answer_reader(answer wanted) : answer_(std::move(wanted)) {}

    bool is_raw() const { return answer_.is_raw_; }
    bool is_realtime() const { return answer_.is_realtime_; }
    bool is_stream() const { return answer_.chunked_; }
    bool hangs() const { return answer_.hang_; }
    unsigned status() const { return answer_.status_; }
    std::chrono::milliseconds delay() const { return answer_.delay_; }
    std::chrono::milliseconds pace() const { return answer_.pace_; }
    std::vector<std::size_t> const& sizes() const { return answer_.sizes_; }
    header_list const& headers() const { return answer_.headers_; }
    std::optional<std::size_t> cut_after() const { return answer_.cut_; }
    std::optional<std::size_t> cut_after_event() const { return answer_.cut_event_; }
    std::optional<std::size_t> close_after_event() const { return answer_.close_event_; }
    std::uint16_t close_code() const { return answer_.close_code_; }
    std::string const& close_reason() const { return answer_.close_reason_; }
    std::string const& body() const { return answer_.body_; }
    bool wants_default_headers() const { return answer_.default_headers_ && !answer_.is_raw_; }
    reply make_reply() const; ///< Not for a raw answer.
    write_plan finish(reply r) const;

private:
    std::vector<std::string> parts() const;

    answer answer_;
};

FOUNDRY_DECL std::vector<std::string> answer_reader::parts() const
{
    if (answer_.chunked_ || answer_.cut_event_)
        return split_events(answer_.body_);
    return {answer_.body_};
}

FOUNDRY_DECL reply answer_reader::make_reply() const
{
    reply made;
    made.status = answer_.status_;
    made.parts = parts();
    made.chunked = answer_.chunked_;
    made.close = answer_.close_;
    if (answer_.default_headers_)
        made.set_header("content-type", answer_.content_type_);
    return made;
}

FOUNDRY_DECL write_plan answer_reader::finish(reply r) const
{
    write_plan made;
    auto cut_after = answer_.cut_;
    if (answer_.is_raw_) {
        made.writes.push_back(answer_.body_);
        made.end = answer_.close_ ? write_plan::ending::close : write_plan::ending::next_request;
    } else {
        // Removes existing headers with the added names; added headers with the same name all stay.
        std::erase_if(r.headers, [&](auto const& header) {
            return std::any_of(answer_.headers_.begin(), answer_.headers_.end(),
                               [&](auto const& added) { return same_name(added.first, header.first); });
        });
        r.headers.insert(r.headers.end(), answer_.headers_.begin(), answer_.headers_.end());
        if (answer_.cut_event_)
            cut_after = size_with_parts(r, *answer_.cut_event_);
        made = make_write_plan(std::move(r));
    }
    made.delay = answer_.delay_;
    made.pause = answer_.pace_;
    if (!answer_.sizes_.empty())
        resize_writes(made, answer_.sizes_);
    if (cut_after)
        cut(made, *cut_after);
    if (answer_.hang_)
        made.end = write_plan::ending::hang;
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail

namespace foundry::inline FOUNDRY_ABI::testing {

FOUNDRY_DECL answer::answer(unsigned status, std::string body)
    : status_(status),
      body_(std::move(body)),
      content_type_("application/json"),
      close_code_(0),
      delay_(0),
      pace_(0),
      is_raw_(false),
      is_realtime_(false),
      chunked_(false),
      default_headers_(true),
      hang_(false),
      close_(false)
{}

FOUNDRY_DECL answer answer::json(unsigned status, std::string body) { return answer(status, std::move(body)); }

FOUNDRY_DECL answer answer::events(std::string body)
{
    answer made(200, std::move(body));
    made.content_type_ = "text/event-stream; charset=utf-8";
    made.chunked_ = true;
    return made;
}

FOUNDRY_DECL answer answer::raw(std::string bytes)
{
    answer made(200, std::move(bytes));
    made.is_raw_ = true;
    made.close_ = true;
    return made;
}

FOUNDRY_DECL answer answer::realtime()
{
    answer made(101, std::string());
    made.is_realtime_ = true;
    return made;
}

FOUNDRY_DECL answer& answer::header(std::string name, std::string value)
{
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
}

FOUNDRY_DECL answer& answer::remove_default_headers()
{
    default_headers_ = false;
    return *this;
}

FOUNDRY_DECL answer& answer::chunked(bool on)
{
    chunked_ = on;
    return *this;
}

FOUNDRY_DECL answer& answer::chunking(std::vector<std::size_t> sizes)
{
    sizes_ = std::move(sizes);
    return *this;
}

FOUNDRY_DECL answer& answer::cut_after(std::size_t bytes)
{
    if (is_raw_ && bytes > body_.size())
        throw std::invalid_argument("cut_after(" + std::to_string(bytes) + "): the answer has only " +
                                    std::to_string(body_.size()) + " bytes");
    cut_ = bytes;
    cut_event_.reset();
    return *this;
}

FOUNDRY_DECL answer& answer::cut_after_event(std::size_t n)
{
    bool const is_stream = !is_raw_ && content_type_.starts_with("text/event-stream");
    auto const events = is_stream ? detail::split_events(body_).size() : 0;
    if (!is_realtime_ && (n > events || events == 0))
        throw std::invalid_argument("cut_after_event(" + std::to_string(n) + "): the answer has " +
                                    std::to_string(events) + " events");
    cut_event_ = n;
    cut_.reset();
    return *this;
}

FOUNDRY_DECL answer& answer::close_after_event(std::size_t n, std::uint16_t code, std::string reason)
{
    if (!is_realtime_)
        throw std::invalid_argument("close_after_event(): only for answer::realtime()");
    close_event_ = n;
    close_code_ = code;
    close_reason_ = std::move(reason);
    return *this;
}

FOUNDRY_DECL answer& answer::hang()
{
    hang_ = true;
    return *this;
}

FOUNDRY_DECL answer& answer::keep_open()
{
    close_ = false;
    return *this;
}

FOUNDRY_DECL answer& answer::close()
{
    close_ = true;
    return *this;
}

FOUNDRY_DECL answer& answer::delay(std::chrono::milliseconds time)
{
    delay_ = time;
    return *this;
}

FOUNDRY_DECL answer& answer::pace(std::chrono::milliseconds time)
{
    pace_ = time;
    return *this;
}

} // namespace foundry::inline FOUNDRY_ABI::testing
