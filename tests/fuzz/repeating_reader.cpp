// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Documents that are read one after the other, each of which differs from the one before in what the fuzzer likes: what comes out is what
// a plain reader makes of them.

#include "fuzz.hpp"

#include <foundry/chat.hpp>
#include <foundry/detail/json/repeating_reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/response_event.hpp>

#include <algorithm>
#include <vector>

namespace {

using foundry_fuzz::check;
namespace json = foundry::json;

/// A piece is replaced, most often by one of the same kind. `place` stays the same for a while, as in a stream.
void change(std::string& text, std::size_t& place, foundry_fuzz::choices& from)
{
    if (text.empty())
        return;
    std::size_t const kind = from.below(16);
    if (kind == 15)
        place = from.below(text.size());
    std::size_t const at = kind < 8 ? (std::min)(place, text.size() - 1) : from.below(text.size());
    std::size_t const count = from.below(4);
    switch (kind < 12 ? kind % 2 : kind % 4) {
    case 0: // of a string
        if (std::size_t const quote = text.find(":\"", at); quote != text.npos)
            text.insert(quote + 2,
                        count == 3 ? std::string(from.below(2) * 70'000, 'x') : std::string(from.bytes(count)));
        break;
    case 1: // of a number
        if (std::size_t const digit = text.find_first_of("0123456789", at); digit != text.npos)
            text.insert(digit, std::to_string(from.below(1000)));
        break;
    case 2: // of what stands elsewhere
        text.insert(at, text.substr(from.below(text.size()), 8 * count));
        break;
    default:
        text.replace(at, count, from.bytes(count));
    }
}

template <class T>
void read_all(foundry_fuzz::input const& in)
{
    foundry_fuzz::choices from(in.text);
    std::string text(in.text.substr(0, in.text.find('\n')));
    if (in.mode & 2)
        text = foundry_fuzz::make_json(json::type_of<T>::value, from);
    json::repeating_reader reader;
    json::reader plain_reader;
    T value;
    T plain;
    std::string const first = text;
    std::size_t place = from.below(text.size() + 1);
    for (int i = 0; i != 16; ++i) {
        std::vector<char> const bytes(text.begin(),
                                      text.end()); // of exactly this size, so that a read beyond its end is found
        bool const is_good = reader.read(value, foundry_fuzz::view(bytes));
        check(is_good == plain_reader.read(plain, text), "only one of us reads it", text, reader.problem());
        check(reader.problem() == plain_reader.problem(), "the problem", reader.problem(), plain_reader.problem());
        if (is_good)
            check(json::to_text(value) == json::to_text(plain), "the value", json::to_text(value),
                  json::to_text(plain));
        else
            text = first;
        change(text, place, from);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    if (in.mode & 1)
        read_all<foundry::response_event>(in);
    else
        read_all<foundry::chat_chunk>(in);
    return 0;
}
