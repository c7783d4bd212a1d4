// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// HTTP responses, whole and in pieces: the same head, body, error and rest, within the limits.

#include "fuzz.hpp"

#include <foundry/detail/http/response_parser.hpp>
#include <foundry/error.hpp>

namespace {

using foundry_fuzz::check;

struct body final : foundry::http::body_sink
{
    void on_body(std::string_view bytes) override { text.append(bytes); }
    std::string text;
};

struct limits
{
    std::size_t head;
    std::size_t body;
};

/// All that can be seen of a response.
std::string parse(std::vector<std::vector<char>> const& parts, limits most)
{
    foundry::http::response_parser parser(most.head);
    body sink;
    std::string held, all;
    bool delivering = false;
    try {
        for (auto const& part : parts) {
            held.append(part.data(), part.size());
            std::size_t used = 1;
            while (used != 0 && !held.empty() && !parser.done()) {
                std::vector<char> const bytes(held.begin(), held.end());
                used = parser.feed(foundry_fuzz::view(bytes));
                check(used <= held.size(), "more was used than there is");
                held.erase(0, used);
                if (parser.has_head() && !delivering)
                    parser.deliver_to(&sink, most.body), delivering = true;
            }
            check(held.size() <= most.head + part.size() || parser.done() || delivering, "too much is held");
        }
        if (!parser.done())
            parser.end();
        all = "done " + std::to_string(parser.keep_alive()) + std::to_string(parser.has_framing()) + held;
    } catch (foundry::error const& e) {
        all = e.what();
    }
    if (parser.has_head()) {
        all += "\n" + std::to_string(parser.head().status);
        check(parser.head().status >= 200 && parser.head().status < 600 && parser.head().headers.size() <= 256, "head",
              all);
        for (auto const& [name, value] : parser.head().headers)
            all.append("\n").append(name).append(": ").append(value);
    }
    check(sink.text.size() <= most.body, "the body is too long");
    return all + "\n\n" + sink.text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    limits most{64 * 1024, 1 << 20};
    if (in.mode & 1)
        most.head = 100;
    if (in.mode & 2)
        most.body = 10;
    std::string const whole = parse(foundry_fuzz::pieces(in.text, 1u << 20), most);
    std::string const parts = parse(foundry_fuzz::pieces(in.text, in.split), most);
    // Of a body that is too long, more or less may have been delivered before.
    bool const cut = whole.starts_with("limit exceeded");
    check(cut ? parts.starts_with("limit exceeded") : whole == parts, "in pieces", whole, parts);
    return 0;
}
