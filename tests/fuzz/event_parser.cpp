// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The parser of server-sent events, against one written word by word after the HTML standard, 9.2.6.

#include "fuzz.hpp"

#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/http/event_parser.hpp>
#include <foundry/error.hpp>

namespace {

struct outcome
{
    void add(std::string_view type, std::string_view data, std::string_view id, std::string const& wait)
    {
        events.append(type).append("|").append(data).append("|").append(id).append("|").append(wait).append("\n");
    }

    std::string events;
    std::string last_id;
    std::string retry;
    std::size_t comments = 0;
    bool too_long = false;
};

bool is_number(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

/// Slow; the whole stream at once.
outcome reference(std::string_view bytes)
{
    outcome o;
    std::string stream;
    foundry::detail::append_utf8(stream, bytes.substr(bytes.starts_with("\xef\xbb\xbf") ? 3 : 0));
    std::string type, data, id, retry;
    for (std::size_t begin = 0, end; (end = stream.find_first_of("\r\n", begin)) != stream.npos;) {
        std::string const line = stream.substr(begin, end - begin);
        begin = end + (stream.compare(end, 2, "\r\n") == 0 ? 2 : 1);
        if (line.empty()) {
            o.last_id = id;
            if (!data.empty())
                o.add(type.empty() ? "message" : type, data.substr(0, data.size() - 1), id, retry);
            type = data = retry = "";
            continue;
        }
        std::size_t const colon = line.find(':');
        std::string const field = line.substr(0, colon);
        std::string value = colon == line.npos ? "" : line.substr(colon + 1);
        value.erase(0, value.starts_with(' ') ? 1 : 0);
        if (colon == 0)
            ++o.comments;
        else if (field == "event")
            type = value;
        else if (field == "data" || field == "error") // the second is an extension
            data += value + '\n', type = field == "error" ? field : type;
        else if (field == "id" && value.find('\0') == value.npos)
            id = value;
        else if (field == "retry" && is_number(value)) {
            std::string const digits = value.substr(std::min(value.find_first_not_of('0'), value.size() - 1));
            if (digits.size() < 20 || (digits.size() == 20 && digits <= "18446744073709551615"))
                o.retry = retry = digits;
        }
    }
    return o;
}

outcome parse(std::vector<std::vector<char>> const& parts, foundry::http::event_limits limits)
{
    outcome o;
    foundry::http::event_parser parser{limits};
    try {
        for (auto const& part : parts) {
            parser.feed(foundry_fuzz::view(part));
            foundry::http::event e;
            while (parser.next(e))
                o.add(e.type, e.data, e.id, e.retry ? std::to_string(*e.retry) : "");
        }
    } catch (foundry::error const&) {
        o.too_long = true;
        return o;
    }
    o.last_id = parser.last_event_id();
    o.retry = parser.retry() ? std::to_string(*parser.retry()) : "";
    o.comments = parser.comments();
    return o;
}

void check_same(outcome const& a, outcome const& b)
{
    foundry_fuzz::check(a.events == b.events, "the events", a.events, b.events);
    foundry_fuzz::check(a.last_id == b.last_id, "the last id", a.last_id, b.last_id);
    foundry_fuzz::check(a.retry == b.retry, "the retry time", a.retry, b.retry);
    foundry_fuzz::check(a.comments == b.comments && a.too_long == b.too_long, "the comments or the limit");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    foundry::http::event_limits limits;
    if (in.mode % 4 == 3)
        limits.line = limits.event = 20;
    outcome const whole = parse(foundry_fuzz::pieces(in.text, 1u << 20), limits);
    check_same(whole, parse(foundry_fuzz::pieces(in.text, in.split), limits));
    if (!whole.too_long)
        check_same(whole, reference(in.text));
    return 0;
}
