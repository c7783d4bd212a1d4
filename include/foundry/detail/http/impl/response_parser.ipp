// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/field_text.hpp>
#include <foundry/detail/http/response_parser.hpp>
#include <foundry/error.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Removes a token or a quoted string from the start of the text. Returns false if there is neither.
inline bool take_word(std::string_view& text)
{
    std::size_t end = 0;
    if (text.starts_with('"')) {
        for (end = 1; end < text.size() && text[end] != '"'; ++end)
            end += text[end] == '\\';
        if (end++ >= text.size())
            return false;
    } else {
        while (end != text.size() && is_token_char(text[end]))
            ++end;
    }
    text.remove_prefix(end);
    return end != 0;
}

/// Whether the text consists of chunk extensions: nothing, or `;name` and `;name=value` (RFC 9112, 7.1.1).
inline bool are_extensions(std::string_view text)
{
    while (!text.empty()) {
        text = trim_front(text);
        if (!text.starts_with(';'))
            return false;
        text = trim_front(text.substr(1));
        if (text.starts_with('"') || !take_word(text))
            return false;
        std::string_view value = trim_front(text);
        if (!value.starts_with('='))
            continue;
        text = trim_front(value.substr(1));
        if (!take_word(text))
            return false;
    }
    return true;
}

inline constexpr std::string_view http_1 = "HTTP/1.";

} // namespace detail

FOUNDRY_DECL void response_parser::fail(errc code, char const* why, char const* advice) const
{
    failure f;
    f.status = head_.status;
    f.service_message = why;
    f.advice = advice;
    throw error(make_error_code(code), std::move(f));
}

FOUNDRY_DECL void response_parser::fail(char const* why) const
{
    fail(errc::unexpected_reply, why, "check that the endpoint's host and port speak HTTP/1.1");
}

FOUNDRY_DECL void response_parser::refuse_size(char const* what) const
{
    fail(errc::limit_exceeded, what, "raise options.limits if such answers are expected");
}

FOUNDRY_DECL std::size_t response_parser::feed(std::string_view bytes)
{
    std::string_view rest = bytes;
    while (!rest.empty() && !done()) {
        if (at_ == place::sized_body || at_ == place::until_eof || at_ == place::chunk) {
            take_body(rest);
            continue;
        }
        bool const had_head = has_head();
        if (!take_line(rest) || (has_head() && !had_head))
            break;
    }
    return bytes.size() - rest.size();
}

FOUNDRY_DECL bool response_parser::take_line(std::string_view& rest)
{
    // Checked before the end of the line, because an answer that is not HTTP may have no lines.
    if (at_ == place::status_line && rest.substr(0, detail::http_1.size()) != detail::http_1.substr(0, rest.size()))
        fail("the answer is not HTTP");
    std::size_t const end = rest.find('\n', scan_pos_);
    std::size_t const size = end == rest.npos ? rest.size() : end + 1;
    bool const in_head = at_ == place::status_line || at_ == place::field || at_ == place::trailer;
    if (in_head && size > head_left_)
        refuse_size("the response's head is larger than the limit");
    if (end == rest.npos) {
        scan_pos_ = size;
        return false;
    }
    scan_pos_ = 0;
    if (in_head)
        head_left_ -= size;
    if (end == 0 || rest[end - 1] != '\r')
        fail("the answer is not HTTP: a line of it ends without CRLF");
    std::string_view const line = rest.substr(0, end - 1);
    rest.remove_prefix(size);
    if (detail::has_control(line))
        fail("the answer is not HTTP: a line of it has control characters");
    on_line(line);
    return true;
}

FOUNDRY_DECL void response_parser::on_line(std::string_view line)
{
    switch (at_) {
    case place::status_line:
        return on_status_line(line);
    case place::field:
        return line.empty() ? on_head() : on_field(line);
    case place::chunk_size:
        return on_chunk_size(line);
    case place::chunk_end:
        if (!line.empty())
            fail("a chunk of the body is longer than its size");
        at_ = place::chunk_size;
        return;
    default:
        if (line.empty())
            at_ = place::end;
        else if (!detail::is_blank(line.front()))
            name_in(line); // a trailer
    }
}

FOUNDRY_DECL void response_parser::on_status_line(std::string_view line)
{
    // HTTP/1.1 200 OK
    line.remove_prefix(std::min(line.size(), detail::http_1.size()));
    bool const version = line.starts_with("1 ") || line.starts_with("0 ");
    keep_alive_ = line.starts_with('1');
    line.remove_prefix(version ? 2 : 0);
    std::string_view rest = line;
    std::uint64_t const status = foundry::detail::take_number(rest, 10).value_or(0);
    if (!version || line.size() - rest.size() != 3 || !(rest.empty() || rest.starts_with(' ')))
        fail("the answer is not HTTP: its first line has no version and status");
    head_.status = static_cast<unsigned>(status);
    if (status < 100 || status > 599)
        fail("the status is not one of HTTP");
    if (status == 101 && !may_upgrade_)
        fail("the server switches to a protocol that was not asked for");
    at_ = place::field;
}

FOUNDRY_DECL std::string_view response_parser::name_in(std::string_view line) const
{
    std::size_t const colon = line.find(':');
    std::string_view const name = line.substr(0, colon);
    if (colon == line.npos || !valid_field_name(name))
        fail("the answer is not HTTP: a header field has no name");
    return name;
}

FOUNDRY_DECL void response_parser::on_field(std::string_view line)
{
    if (detail::is_blank(line.front()) && !head_.headers.empty())
        return unfold(line);
    static constexpr std::size_t max_fields = 256;
    if (head_.headers.size() == max_fields)
        fail(errc::limit_exceeded, "the response has more than 256 header fields", "look for a proxy that adds them");
    std::string_view const name = name_in(line);
    std::string_view const value = detail::trim(line.substr(name.size() + 1));

    if (iequals(name, "transfer-encoding")) {
        if (chunked_ || !iequals(value, "chunked"))
            fail("the body has a transfer coding that was not asked for");
        chunked_ = true;
    } else if (iequals(name, "content-encoding")) {
        // Some servers send a charset here.
        if (!value.empty() && !iequals(value, "identity") && !iequals(value, "none") && !iequals(value, "utf-8"))
            is_encoded_ = true;
    } else if (iequals(name, "content-length")) {
        std::optional<std::uint64_t> const length = foundry::detail::whole_number(value, 10);
        if (!length || length_.value_or(*length) != *length)
            fail("the body's length is not one number");
        length_ = length;
    } else if (iequals(name, "connection")) {
        if (lists(value, "close"))
            closing_ = true;
        else if (lists(value, "keep-alive"))
            keep_alive_ = true;
    }
    head_.headers.add(name, value);
}

/// A line that begins with a blank continues the previous one.
FOUNDRY_DECL void response_parser::unfold(std::string_view line)
{
    std::string_view const last = head_.headers[head_.headers.size() - 1].name;
    for (std::string_view const name : {"transfer-encoding", "content-encoding", "content-length", "connection"}) {
        if (iequals(last, name))
            fail("a header field that says where the body ends is folded");
    }
    head_.headers.extend_last(" ");
    head_.headers.extend_last(detail::trim(line));
}

FOUNDRY_DECL void response_parser::on_head()
{
    static constexpr int max_interim = 8;
    if (chunked_ && length_)
        fail("the body has two lengths");
    if (is_encoded_ && head_.status < 400) // the status and the fields of an error are useful without its body
        fail("the body is compressed, which was not asked for; look for a proxy that does it");
    if (head_.status == 101) {
        at_ = place::end;
        closing_ = true;
    } else if (head_.status < 200) {
        if (++interim_ > max_interim)
            fail("the server sends interim responses without end");
        int const interim = interim_;
        restart();
        interim_ = interim;
    } else if (head_.status == 204 || head_.status == 304 || length_ == 0u) {
        at_ = place::end;
    } else if (chunked_) {
        at_ = place::chunk_size;
    } else {
        at_ = length_ ? place::sized_body : place::until_eof;
        part_left_ = length_.value_or(UINT64_MAX);
    }
    if (closing_ || at_ == place::until_eof)
        keep_alive_ = false;
}

FOUNDRY_DECL void response_parser::on_chunk_size(std::string_view line)
{
    std::optional<std::uint64_t> const size = foundry::detail::take_number(line, 16);
    if (!size)
        fail("a chunk of the body has no size");
    if (!detail::are_extensions(detail::trim(line)))
        fail("a chunk of the body has something else than extensions behind its size");
    part_left_ = *size;
    at_ = *size == 0 ? place::trailer : place::chunk;
}

FOUNDRY_DECL void response_parser::take_body(std::string_view& rest)
{
    std::string_view const bytes =
        rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), part_left_)));
    if (bytes.size() > body_left_)
        refuse_size("the response's body is larger than the limit");
    body_left_ -= bytes.size();
    rest.remove_prefix(bytes.size());
    if (at_ != place::until_eof) {
        part_left_ -= bytes.size();
        if (part_left_ == 0)
            at_ = at_ == place::chunk ? place::chunk_end : place::end;
    }
    if (sink_ != nullptr)
        sink_->on_body(bytes);
}

FOUNDRY_DECL void response_parser::restart()
{
    head_.status = 0;
    head_.headers.clear();
    head_left_ = head_limit_;
    scan_pos_ = 0;
    length_.reset();
    interim_ = 0;
    at_ = place::status_line;
    chunked_ = closing_ = keep_alive_ = is_encoded_ = false;
    deliver_to(nullptr, 0);
}

FOUNDRY_DECL void response_parser::end()
{
    if (at_ == place::until_eof)
        at_ = place::end;
    if (!done())
        throw error(errc::stream_truncated, "the connection ended before the answer was complete; ask again");
}

FOUNDRY_DECL void response_parser::deliver_to(body_sink* sink, std::size_t body_limit)
{
    sink_ = sink;
    body_left_ = body_limit;
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
