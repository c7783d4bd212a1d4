// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Base64, and floats in it, against a decoder that takes one digit at a time.

#include "fuzz.hpp"

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/base/decode_floats.hpp>

#include <cstring>
#include <optional>

using foundry_fuzz::check;

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> reference(std::string_view text)
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    for (int i = 0; i != 2 && text.ends_with('='); ++i)
        text.remove_suffix(1);
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (char const c : text) {
        std::size_t const digit = digits.find(c);
        if (digit == digits.npos)
            return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        if ((count += 6) >= 8)
            bytes += static_cast<char>(bits >> (count -= 8) & 0xff);
    }
    return bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    std::string text(in.text);
    if (in.mode & 1) // mostly good
        for (char& c : text)
            c = static_cast<unsigned char>(c) < 240 ? digits[static_cast<unsigned char>(c) % 64] : c;
    if (in.mode & 2)
        text.resize(text.size() / 16 * 16);
    if (in.mode & 4)
        text += "AAAAAA==";
    std::vector<char> const exact(text.begin(), text.end());
    auto const right = reference(text);
    std::vector<float> floats(in.mode & 8 ? 3 : 0);
    bool const read = foundry::detail::decode_floats(foundry_fuzz::view(exact), floats);
    check(read == (right && right->size() % 4 == 0), "only one of us reads it", text);
    if (read)
        check(right->size() == floats.size() * 4 &&
                  (floats.empty() || std::memcmp(right->data(), floats.data(), right->size()) == 0),
              "the floats", text);
    auto const bytes = foundry::detail::from_base64(foundry_fuzz::view(exact));
    check(bytes == right, "the bytes", text);
    check(foundry::detail::from_base64(foundry::detail::to_base64(in.text)) == in.text, "there and back", in.text);
    return 0;
}
