// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// What the fuzzers have in common. Each defines LLVMFuzzerTestOneInput(), which ends the program where something is wrong.

#include <foundry/detail/json/type.hpp>

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_fuzz {

/// The bytes that libFuzzer has made. The last two say how the others are used, so that a seed is the text itself with two bytes
/// behind it.
struct input
{
    input(std::uint8_t const* data, std::size_t size);

    std::string_view text;
    unsigned mode = 0;  ///< What a fuzzer does with the text: each bit means something else.
    unsigned split = 0; ///< Where pieces() cuts.
};

/// Ends the program if something does not hold; prints what it was about.
void check(bool holds, char const* what, std::string_view one = {}, std::string_view other = {});

/// The text in pieces, each in memory of its own, so that a read beyond its end is found.
std::vector<std::vector<char>> pieces(std::string_view text, unsigned split);

inline std::string_view view(std::vector<char> const& bytes) { return {bytes.data(), bytes.size()}; }

/// Ends the program if a text is not valid UTF-8, or has characters that change a terminal or the order of what is read.
void check_printable(std::string_view text);

/// Reads decisions from bytes; zeros follow them.
class choices
{
public:
    explicit choices(std::string_view bytes) : rest_(bytes) {}

    bool empty() const noexcept { return rest_.empty(); }
    /// From 0 to `count - 1`.
    std::size_t below(std::size_t count);
    /// Taken as it is.
    std::string_view bytes(std::size_t count);

private:
    std::string_view rest_;
};

/// A number of JSON, often one at some bound.
std::string make_number(choices& from);

/// JSON with the members of a described type, some of them twice or in another shape.
std::string make_json(foundry::json::type const& described, choices& from);

/// What Boost.JSON reads from the same text, with U+FFFD for what is not UTF-8 and 64 levels at most. False where it reads nothing;
/// `undecided` where the two are different on purpose: half a surrogate pair is U+FFFD, and a number beyond all bounds is refused.
bool parse_json(std::string_view text, boost::json::value& out, bool& undecided);

/// Whether a value is what Boost.JSON has read, numbers as near as it reads them. A double is no integer.
bool is_same(boost::json::value const& theirs, boost::json::value const& ours);

/// Whether a described value was written as it came, but for what the reader is lenient in: null is absent, as is what is empty;
/// numbers come as texts and texts as numbers; a plain member is written where none came.
bool is_kept(boost::json::value const& came, boost::json::value const& written);

/// Ends the program if a text that was written is no JSON, or has an object with a name twice.
void check_written(std::string_view text);

/// Ends the program if what was written once is not kept where it was read and written again. It is the same text but for an entry
/// that came twice in a map of another shape: the first time it stands behind what made it so, then before, where it is read.
void check_kept(std::string const& written, std::string const& again);

} // namespace foundry_fuzz
