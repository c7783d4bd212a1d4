// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type.hpp>

#include <boost/json/value.hpp>

#include <cstddef>

/// What a JSON value says of the type that it may be: the alternative of a variant is chosen by it.
namespace foundry::inline FOUNDRY_ABI::json {

FOUNDRY_DECL shape shape_of(boost::json::value const& v);

/// The number of members in a value, those of inner objects included.
FOUNDRY_DECL std::size_t number_of_names(boost::json::value const& v);

/// Whether a value of this shape is kept as JSON.
inline bool is_kept(shape of, type const& t)
{
    return t.what == kind::any || ((t.what == kind::members || t.what == kind::verbatim) && of == shape::object);
}

/// Whether null is a value of this type.
inline bool takes_null(type const& t)
{
    return t.what == kind::any || (t.what == kind::choice && t.choices->has_empty);
}

/// Whether an alternative of a variant can have this shape.
FOUNDRY_DECL bool is_one_of(shape of, type const& choice);

/// Whether a value of this shape can be of this type.
FOUNDRY_DECL bool may_be(shape of, type const& t);

/// Whether an object has the texts that a class always has.
FOUNDRY_DECL bool has_constants_of(boost::json::value const& v, type const& t);

/// Whether an object has all members of a class that are not optional, none that it does not describe, and each in a shape that it can
/// have. True for other values.
FOUNDRY_DECL bool has_members_of(boost::json::value const& v, type const& t);

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/value_match.ipp>
#endif
