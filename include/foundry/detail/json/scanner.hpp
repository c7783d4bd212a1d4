// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/number.hpp>
#include <foundry/detail/json/type.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

/// Reads the syntax of JSON (RFC 8259) from bytes as they arrive, and reports each token to the derived class. Stores no values. Half a
/// surrogate pair, and invalid UTF-8, becomes U+FFFD.
///
/// Boost.JSON's own parser does the same, but adds a hundred kilobytes of code to each source file.
///
/// `Handler` has these functions. Those that return a bool may call fail() and return false to stop.
///
/// - `bool on_begin(shape of)`: an object or array begins
/// - `bool on_end(shape of, std::size_t count)`: it ends; `count` is the number of its members or elements
/// - `std::string_view predicted_key()`: the name that probably comes next; may be empty
/// - `void on_predicted_key()`: the predicted name has come
/// - `void on_key(std::string_view name)`: any other name
/// - `bool on_text(std::string_view text)`: a whole string
/// - `std::string& on_string()`: a string that comes in pieces or has escapes begins; returns the target of its text
/// - `bool on_string_end()`: that string is complete
/// - `bool on_number(number const& n)`, `bool on_bool(bool v)`, `bool on_null()`
/// - `char const* on_more_numbers(char const* p, char const* end, std::size_t& count)`: called after a number in an array; takes as many
///   more numbers as it can, each with the comma before it, and counts them
/// - `std::string path()`: the position of the current value, for problem()
template <class Handler>
class scanner
{
public:
    void reset();

    /// Reads the next bytes, up to the first error.
    bool feed(std::string_view bytes);
    /// Ends the text.
    bool finish();

    /// What is wrong and where; empty if nothing is.
    std::string const& problem() const noexcept { return problem_; }
    /// What is wrong, without where.
    std::string_view reason() const noexcept { return std::string_view(problem_).substr(0, reason_size_); }

protected:
    scanner() = default;
    scanner(scanner&&) noexcept = default;
    scanner& operator=(scanner&&) noexcept = default;
    ~scanner() = default;

    bool fail(std::string what);

    /// The first byte of the current value; null if it came with earlier bytes.
    char const* value_begin() const { return at_; }

    /// Appends the text of the object or array that has just begun, up to its end.
    void begin_copy(std::string& into)
    {
        copy_ = &into;
        copied_to_ = at_;
    }
    /// Called when it ends.
    void end_copy()
    {
        copy_->append(copied_to_, at_ + 1);
        copy_ = nullptr;
    }

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
    // Each returns the position after the bytes it has taken, or fails.
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
    bool is_key_ = false;              // whether the current string is a name
    std::string* text_ = nullptr;      // target of the current string
    std::uint64_t text_bits_ = 0;      // zero if the current string is ASCII
    char literal_begin_ = '\0';        // first letter of true, false or null
    char const* literal_ = nullptr;    // letters of it that must follow
    unsigned hex_digits_ = 0;          // number of digits of a \u escape
    std::uint32_t code_unit_ = 0;      // value of the escape so far
    std::uint32_t lead_surrogate_ = 0; // surrogate that waits for its second half
    std::size_t depth_ = 0;
    level levels_[max_depth];
    std::size_t consumed_ = 0;
    std::string key_;
    std::string number_;              // earlier digits of a number that comes in pieces
    char const* at_ = nullptr;        // where the current value begins, or the bracket that ends it
    std::string* copy_ = nullptr;     // where the text goes
    char const* copied_to_ = nullptr; // what of these bytes it has
    std::string problem_;
    std::size_t reason_size_ = 0;
};

} // namespace foundry::inline FOUNDRY_ABI::json

#include <foundry/detail/json/impl/scanner.ipp> // a template: needed in both modes
