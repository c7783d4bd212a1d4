// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

/// JSON Schema of a described class.
struct schema
{
    std::string name; ///< Of the class, without namespaces, in the characters that services take.
    std::string text;
    bool is_strict = true; ///< Whether a service can hold a model to it: not if it has a map, or any JSON, in it.
};

/// @param signature of a function template with the class as its argument, as the compiler spells it.
/// @throws foundry::error (`errc::invalid_argument`) naming the member at which the schema is nested too deeply, or if it is too large.
FOUNDRY_DECL schema make_schema(type const& root, std::string_view signature);

/// The text of a schema as a value; schemas are nested deeper than Boost.JSON reads by default.
FOUNDRY_DECL boost::json::value parse_schema(std::string const& text);

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/schema.ipp>
#endif
