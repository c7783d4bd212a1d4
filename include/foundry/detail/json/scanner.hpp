// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

/// A number of a JSON text, in the narrowest of three forms that holds it.
struct number
{
    number() = default;

    enum
    {
        is_signed,
        is_unsigned, ///< Only beyond the signed range.
        is_double
    } form = is_signed;
    std::int64_t i = 0;
    std::uint64_t u = 0;
    double d = 0;
};

/// Whether the whole text is a number of JSON. One beyond all bounds becomes infinite.
FOUNDRY_DECL bool parse_number(std::string_view text, number& n);

/// Reads the syntax of JSON (RFC 8259) from bytes as they arrive, and tells the class derived from it what there is. Knows no values.
/// Half a surrogate pair, and what is not UTF-8, becomes U+FFFD.
///
/// Boost.JSON's own parser does as much, with a hundred kilobytes of code to compile in each source file.
///
/// `Handler` has these functions. Those that return a bool may return false to go no further, after refuse().
///
/// - `bool on_begin(shape of)`: an object or array begins
/// - `bool on_end(shape of, std::size_t count)`: and ends; so many members or elements were in it
/// - `std::string_view likely_key()`: the name that probably comes next; may be empty
/// - `void on_likely_key()`: it has come
/// - `void on_key(std::string_view name)`: any name
/// - `bool on_text(std::string_view text)`: a string
/// - `std::string& on_string()`: a string that comes in pieces or has escapes begins; it is appended to what is returned
/// - `bool on_string_end()`: and is complete
/// - `bool on_number(numeral const& n)`, `bool on_bool(bool v)`, `bool on_null()`
/// - `char const* on_more_numbers(char const* p, char const* end, std::size_t& count)`: behind a number in an array; takes as many
///   more as it can, each with the comma before it, and counts them
/// - `std::string path()`: where the value stands that is being read, for problem()
template <class Handler>
class scanner
{
public:
    void reset();

    /// Takes the next bytes, as far as they are good.
    bool feed(std::string_view bytes);
    /// The text is complete.
    bool finish();

    /// What is wrong and where; empty where nothing is.
    std::string const& problem() const noexcept { return problem_; }

protected:
    scanner() = default;
    scanner(scanner&&) noexcept = default;
    scanner& operator=(scanner&&) noexcept = default;
    ~scanner() = default;

    bool fail(std::string what);

private:
    enum class state : std::uint8_t
    {
        value,
        first_element,
        first_key,
        key,
        colon,
        after_value,
        done,
        string,
        escape,
        code_unit,
        number,
        literal,
        refused,
    };

    struct level
    {
        shape of;
        std::size_t count;
    };

    static constexpr std::size_t max_depth = 64;

    char const* take(char const* p, char const* end);
    // Each gets on, or refuses.
    char const* take_string(char const* p, char const* end);
    char const* begin_value(char const* p, char const* end);
    char const* take_key(char const* p, char const* end);
    char const* begin_string(char const* p, char const* end);
    char const* take_literal(char const* p, char const* end);
    char const* take_number(char const* p, char const* end);

    Handler& handler() { return static_cast<Handler&>(*this); }

    void skip_blank(char c);
    bool enter(shape of);
    bool leave(shape of);
    bool end_value();
    bool end_string();
    bool end_number(bool ok, number const& n);
    bool take_escape(char c);
    bool take_hex(char c);
    bool take_code_unit();
    void end_lead_surrogate();

    state state_ = state::value;
    bool is_key_ = false;              // what the string is that is being read
    std::string* text_ = nullptr;      // where it goes
    std::uint64_t text_bits_ = 0;      // not zero where it is not ASCII
    char literal_begin_ = '\0';        // of true, false or null
    char const* literal_ = nullptr;    // what has yet to come of it
    unsigned hex_digits_ = 0;          // of a \u escape
    std::uint32_t code_unit_ = 0;      // its value so far
    std::uint32_t lead_surrogate_ = 0; // the one that waits for its other half
    std::size_t depth_ = 0;
    level levels_[max_depth];
    std::size_t consumed_ = 0;
    std::string key_;
    std::string number_; // the digits that came before, where a number comes in pieces
    std::string problem_;
};

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/scanner.ipp>
#endif
