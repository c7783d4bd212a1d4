// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/expectation.hpp>
#include <foundry/detail/json/integer.hpp>

#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

FOUNDRY_DECL std::string names_of(type const& t)
{
    std::string text;
    for (int i = 0; i != t.size; ++i) {
        if (i != t.extra)
            text.append(text.empty() ? "" : ", ").append(t.members[i].name);
    }
    return text;
}

FOUNDRY_DECL std::string expectation(type const& t)
{
    switch (t.what) {
    case kind::boolean:
        return "true or false";
    case kind::integer:
        return "an integer from " + range_of(t);
    case kind::number:
        return "a number";
    case kind::float32:
        return "a number that fits a float";
    case kind::string:
        return "a text";
    case kind::text:
    case kind::enumeration: {
        std::string text;
        for (std::string_view const name : t.known)
            text.append(text.empty() ? "" : ", ").append(name);
        return t.known.empty() ? "a text" : t.known.size() == 1 ? text : "one of " + text;
    }
    case kind::array:
        return t.size != 0 ? "an array of " + std::to_string(t.size) : "an array";
    case kind::choice: {
        std::string text;
        for (alternative const& one : t.choices->alternatives) {
            text.append(text.empty() ? "" : " or ").append(expectation(*one.described));
            if (one.described->what == kind::object)
                text.append(" of ").append(names_of(*one.described));
        }
        return text;
    }
    case kind::any:
        return "a value";
    case kind::object:
    case kind::map:
    case kind::associative:
    case kind::members:
    case kind::verbatim:
        return "an object";
    }
    return {};
}

} // namespace foundry::inline FOUNDRY_ABI::json
