// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The recorded exchanges of data/job_recordings, and a comparison of the emulator's JSON with theirs.

#include <boost/json.hpp>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace foundry_test {

namespace json = boost::json;

/// The response of an exchange of a file.
inline json::value recorded_response(std::string const& file, std::size_t exchange)
{
    std::ifstream in(FOUNDRY_TEST_DATA "/job_recordings/" + file + ".json", std::ios::binary);
    std::string const text(std::istreambuf_iterator<char>(in), {});
    return json::parse(text).at("exchanges").at(exchange).at("response");
}

inline std::string recorded_text(std::string const& file, std::size_t exchange)
{
    return std::string(recorded_response(file, exchange).at("body").as_string());
}

inline json::value recorded_json(std::string const& file, std::size_t exchange)
{
    return json::parse(recorded_text(file, exchange));
}

inline bool is_same_kind(json::value const& a, json::value const& b)
{
    return a.kind() == b.kind() || (a.is_number() && b.is_number());
}

/// The first place where two values differ in the names of members, their order, or the kind of a value; empty if there is none. A value
/// may be null in one of them. Of arrays, the first elements are compared.
inline std::string difference(json::value const& ours, json::value const& recorded, std::string const& at = "")
{
    if (ours.is_null() || recorded.is_null())
        return {};
    if (!is_same_kind(ours, recorded))
        return at + ": another kind of value";
    if (ours.is_array())
        return ours.get_array().empty() || recorded.get_array().empty()
                   ? std::string()
                   : difference(ours.get_array().front(), recorded.get_array().front(), at + "/0");
    if (!ours.is_object())
        return {};
    auto mine = ours.get_object().begin();
    for (auto const& [name, value] : recorded.get_object()) {
        if (mine == ours.get_object().end() || mine->key() != name)
            return at + "/" + std::string(name) + ": not in this place";
        if (auto const found = difference(mine->value(), value, at + "/" + std::string(name)); !found.empty())
            return found;
        ++mine;
    }
    return mine == ours.get_object().end() ? std::string() : at + "/" + std::string(mine->key()) + ": not recorded";
}

} // namespace foundry_test
