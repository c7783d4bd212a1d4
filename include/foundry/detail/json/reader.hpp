// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type_of.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

/// Reads JSON into a described value as the bytes arrive, without a document in between. Independent of sockets.
///
/// The reader tolerates what services do, and loses nothing silently. A member that the class does not have, or whose value has another
/// shape than described, goes to the class's `extra`. An element of another shape goes to its own `extra`, under the empty name; if the
/// elements of a list have no `extra`, the whole list goes to the `extra` around it. Vectors of floats with other values in them, and lists
/// in lists, are refused. Null is the same as absent. A number may come as a string, and a string as a number. Half a surrogate pair, and
/// invalid UTF-8, becomes U+FFFD. Members that the text does not have are reset to their defaults, so that one value can be reused: in the
/// steady state nothing is allocated. Of duplicate names the last one counts. Maximum depth: 64.
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
    void start(object_ref value);

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

    /// What is wrong and where, such as "syntax error in choices[0].logprobs at byte 17"; never contains a piece of the text.
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
