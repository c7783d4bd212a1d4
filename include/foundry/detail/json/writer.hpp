// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type_of.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

/// Appends a described value as JSON. Only what is set is written (see is_set()); the members of `extra` follow the others.
///
/// Whatever the reader has read can be written: a name in `extra` takes the place of a plain member that is as by default, and an
/// element of a list of which nothing is set but `extra[""]` is written as that value.
///
/// @throws foundry::error (`errc::invalid_argument`) naming the member that cannot be JSON: a number that is not finite, text
/// that is not UTF-8, a name in `extra` that is also a member which is set, a value nested deeper than 64.
FOUNDRY_DECL void write(std::string& out, const_object_ref value);

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
