// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type_of.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::json {

/// What the reader takes, and what becomes of members that the text does not have.
enum class reading : std::uint8_t
{
    reused,  ///< Lenient; they are reset, so that one value can be read again and again.
    created, ///< Lenient, into a new value: they keep the initial value of the class.
    strict,  ///< Into a new value that the text must fit exactly: for what a language model writes.
};

/// Reads JSON into a described value as the bytes arrive, without a document in between. Independent of sockets.
///
/// Lenient reading tolerates what services do, and loses nothing silently. A member that the class does not have, or whose value has another
/// shape than described, goes to the class's `extra`. An element of another shape goes to its own `extra`, under the empty name; if the
/// elements of a list have no `extra`, the whole list goes to the `extra` around it. Vectors of floats with other values in them, and lists
/// in lists, are refused. Null is the same as absent. A number may come as a string, and a string as a number. Half a surrogate pair, and
/// invalid UTF-8, becomes U+FFFD. In a value that is reused nothing is allocated in the steady state. Of duplicate names the last one counts.
/// Maximum depth: 64.
///
/// Strict reading refuses a value of another shape or out of range, an unknown or repeated member, and the absence of a member that is
/// no `std::optional`. A variant of classes takes the first class that fits. While the text arrives, the value fills: texts and lists
/// grow; numbers, enums, variants and `boost::json` values appear when they are complete.
///
/// Thread safety: none; one document at a time.
class reader
{
public:
    reader();
    reader(reader&&) noexcept;
    reader& operator=(reader&&) noexcept;
    ~reader();

    /// Begins a document. `value` must stay valid until the end of the document.
    template <class T>
    void start(T& value)
    {
        start(object_ref{&value, &type_of<T>::value});
    }
    void start(object_ref value, reading how = reading::reused);

    /// Reads the next bytes. False as soon as the text cannot be JSON for this value: see problem().
    bool feed(std::string_view bytes);

    /// Ends the document. False if the text is not JSON, is incomplete, or has another shape than the value.
    bool finish();

    /// Reads one whole document.
    template <class T>
    bool read(T& value, std::string_view text)
    {
        start(value);
        return whole(text);
    }

    bool read(object_ref value, std::string_view text, reading how);

    /// A text or whole number of a document: its first byte, and the `std::string` or integer that it was read into.
    struct scalar
    {
        std::size_t begin;
        object_ref target;
    };

    /// Reads a document again into the value that it has just been read into, and finds the scalars that other text in their place would
    /// change, and nothing else. None if a name is repeated or a list is kept as JSON.
    std::vector<scalar> read_again(object_ref value, std::string_view text);

    /// What is wrong and where, such as "expected an integer, got a text in days[0].high at byte 17"; never contains a piece of the text.
    std::string const& problem() const noexcept;

private:
    struct state;
    bool whole(std::string_view text);
    std::unique_ptr<state> state_;
};

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/reader.ipp>
#endif
