// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The parser of WebSocket frames: the same from the whole input and from its pieces, within the limits, and what it has delivered comes
// back from frames that the writer makes of it.

#include "fuzz.hpp"

#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/http/websocket_parser.hpp>
#include <foundry/detail/http/websocket_writer.hpp>
#include <foundry/error.hpp>

namespace {

namespace http = foundry::http;

struct outcome
{
    std::string items;
    std::string written; // by the client
    unsigned failure = 0;
};

void check_item(http::websocket_item const& item, std::size_t limit)
{
    using enum http::websocket_opcode;
    bool const is_control = item.type >= close;
    foundry_fuzz::check(is_control || item.type == text || item.type == binary, "the type");
    foundry_fuzz::check(item.payload.size() <= (is_control ? http::max_control_payload : limit), "the size");
    foundry_fuzz::check((item.type != text && item.type != close) || foundry::detail::valid_utf8(item.payload),
                        "the text", item.payload);
    foundry_fuzz::check(item.close_code == http::close_code::none ||
                            (item.type == close && http::valid_close_code(item.close_code)),
                        "the close code");
}

outcome parse(std::vector<std::vector<char>> const& parts, std::size_t limit)
{
    outcome o;
    http::websocket_parser parser{limit};
    try {
        for (auto const& part : parts) {
            std::string_view rest = foundry_fuzz::view(part);
            http::websocket_item item;
            while (parser.next(rest, item)) {
                check_item(item, limit);
                o.items += std::to_string(static_cast<int>(item.type)) + '|' + std::to_string(item.close_code) + '|';
                o.items.append(item.payload).append("\n");
                if (item.type == http::websocket_opcode::close)
                    http::append_close_frame(o.written, item.close_code, item.payload, {});
                else
                    http::append_websocket_frame(o.written, item.type, item.payload, {});
            }
            foundry_fuzz::check(rest.empty(), "bytes are left");
        }
    } catch (foundry::error const&) {
        foundry_fuzz::check(parser.failure_code() != 0, "the failure has no code");
    }
    o.failure = parser.failure_code();
    return o;
}

/// Removes the masks, which are zero, so that the frames are those of a server.
std::string unmasked(std::string_view frames)
{
    std::string made;
    while (!frames.empty()) {
        auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(frames[i]); };
        std::size_t size = byte(1) & 0x7fu;
        std::size_t const more = size < 126 ? 0 : size == 126 ? 2 : 8;
        if (more != 0)
            size = 0;
        for (std::size_t i = 0; i != more; ++i)
            size = size << 8 | byte(2 + i);
        made += frames[0];
        made += static_cast<char>(byte(1) & 0x7fu);
        made.append(frames.substr(2, more)).append(frames.substr(2 + more + 4, size));
        frames.remove_prefix(2 + more + 4 + size);
    }
    return made;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    std::size_t const limit = in.mode % 4 == 3 ? 20 : std::size_t{1} << 20;
    outcome const whole = parse(foundry_fuzz::pieces(in.text, 1u << 20), limit);
    outcome const cut = parse(foundry_fuzz::pieces(in.text, in.split), limit);
    foundry_fuzz::check(whole.items == cut.items, "the items", whole.items, cut.items);
    foundry_fuzz::check(whole.failure == cut.failure, "the failure");
    outcome const again = parse(foundry_fuzz::pieces(unmasked(whole.written), in.split), limit);
    foundry_fuzz::check(whole.items == again.items && again.failure == 0, "what was written", whole.items, again.items);
    return 0;
}
