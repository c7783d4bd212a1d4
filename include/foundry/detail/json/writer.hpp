// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type_of.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

enum class writing : std::uint8_t
{
    set, ///< Only members that are set; see is_set(). For requests.
    all, ///< All members; an empty optional is null. For values of the program's own classes.
};

/// Appends a described value as JSON. The members of `extra` follow the others.
///
/// Everything that the reader accepts can be written: a name in `extra` replaces a plain member that has its default, and an element of a
/// list in which only `extra[""]` is set is written as that value.
///
/// @throws foundry::error (`errc::invalid_argument`) naming the member that cannot be JSON: a number that is not finite, text that is not
/// UTF-8, a name in `extra` that is also a member which is set, a value nested deeper than 64.
FOUNDRY_DECL void write(std::string& out, const_object_ref value, writing what = writing::set);

template <class T>
std::string to_text(T const& value)
{
    std::string out;
    write(out, const_object_ref{&value, &type_of<T>::value});
    return out;
}

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/writer.ipp>
#endif
