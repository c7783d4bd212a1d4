// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type_of.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

/// Reads JSON into a described value as the bytes arrive, without a document in between. Knows no socket.
///
/// It is lenient where services are loose, and never silently so: a member that the class does not have, or whose value has
/// another shape than described, goes to the class's `extra`. An element of another shape goes to its own `extra`, under the
/// empty name; a list whose elements have none goes to the `extra` around it, all of it. Refused are vectors of floats with something
/// else in them, and lists in lists. Null is the same as absent; a number may come as a string and a
/// string as a number; half a surrogate pair, and what is not UTF-8, becomes U+FFFD. Members that the text does not have become what they are by default, so that one value can be read into
/// again and again: in the steady state nothing is allocated. Duplicate names: the last one stays. Depth: 64.
///
/// Thread safety: none; one document at a time.
class reader
{
public:
    reader();
    reader(reader&&) noexcept;
    reader& operator=(reader&&) noexcept;
    ~reader();

    /// Begins a document. `value` must stay until it ends.
    template <class T>
    void start(T& value)
    {
        start(object_ref{&value, &type_of<T>::value});
    }
    void start(object_ref value);

    /// The next bytes. False once the text has turned out not to be JSON for this value: see problem().
    bool feed(std::string_view bytes);

    /// The text is complete. False where it is not JSON, not whole, or has another shape than the value.
    bool finish();

    /// One whole document.
    template <class T>
    bool read(T& value, std::string_view text)
    {
        start(value);
        return whole(text);
    }

    /// What is wrong and where, such as "syntax error in choices[0].logprobs at byte 17"; never a piece of the text.
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
