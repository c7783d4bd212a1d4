// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/json/value_match.hpp>

#include <boost/json/object.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::json {

FOUNDRY_DECL shape shape_of(boost::json::value const& v)
{
    switch (v.kind()) {
    case boost::json::kind::null:
        return shape::null;
    case boost::json::kind::bool_:
        return shape::boolean;
    case boost::json::kind::string:
        return shape::string;
    case boost::json::kind::array:
        return shape::array;
    case boost::json::kind::object:
        return shape::object;
    default:
        return shape::number;
    }
}

FOUNDRY_DECL std::size_t number_of_names(boost::json::value const& v)
{
    std::size_t n = 0;
    if (auto const* const elements = v.if_array()) {
        for (boost::json::value const& element : *elements)
            n += number_of_names(element);
    } else if (auto const* const members = v.if_object()) {
        n = members->size();
        for (auto const& pair : *members)
            n += number_of_names(pair.value());
    }
    return n;
}

FOUNDRY_DECL bool is_one_of(shape of, type const& choice)
{
    return std::any_of(choice.choices->alternatives.begin(), choice.choices->alternatives.end(),
                       [of](alternative const& one) { return takes(one.described->what, of); });
}

FOUNDRY_DECL bool may_be(shape of, type const& t)
{
    if (of == shape::null)
        return takes_null(t);
    return t.what == kind::choice ? is_one_of(of, t) : takes(t.what, of);
}

FOUNDRY_DECL bool has_constants_of(boost::json::value const& v, type const& t)
{
    auto const* const object = v.if_object();
    for (int i = 0; object != nullptr && i != t.size; ++i) {
        member const& m = t.members[i];
        if (m.described->known.size() != 1)
            continue;
        auto const* const found = object->if_contains(boost::json::string_view(m.name.data(), m.name.size()));
        if (found == nullptr || !found->is_string() ||
            found->get_string() != boost::json::string_view(m.described->known[0].data(), m.described->known[0].size()))
            return false;
    }
    return true;
}

FOUNDRY_DECL bool has_members_of(boost::json::value const& v, type const& t)
{
    auto const* const object = v.if_object();
    if (object == nullptr || t.what != kind::object)
        return true;
    std::size_t found = 0;
    for (int i = 0; i != t.size; ++i) {
        member const& m = t.members[i];
        auto const* const value = object->if_contains(boost::json::string_view(m.name.data(), m.name.size()));
        if (i == t.extra || (value == nullptr && m.reach_optional != nullptr))
            continue;
        if (value == nullptr || !(may_be(shape_of(*value), *m.described) || (value->is_null() && m.reach_optional)))
            return false;
        ++found;
    }
    return found == object->size() || t.extra >= 0;
}

} // namespace foundry::inline FOUNDRY_ABI::json
