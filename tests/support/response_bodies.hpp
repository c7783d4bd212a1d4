// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Requests to the emulator's Responses API, and what tests look for in its replies.

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace foundry_test {

inline std::string const responses = "/openai/v1/responses";
inline std::string const miles = R"({"model":"gpt-4o-mini","input":"How many feet are in a mile?")";

inline std::string const weather = R"("tools":[{"type":"function","name":"get_weather","parameters":{"type":"object",)"
                                   R"("properties":{"city":{"type":"string"}},"required":["city"]}}])";

/// The body of a request with this input, JSON text, and more members.
inline std::string about(std::string const& input, std::string const& more = "")
{
    return R"({"model":"gpt-4o-mini","input":)" + input + (more.empty() ? "" : "," + more) + "}";
}

inline std::string text_in(json::value const& whole)
{
    for (auto const& item : whole.at("output").as_array()) {
        if (item.at("type") == "message")
            return std::string(item.at_pointer("/content/0/text").as_string());
    }
    return {};
}

/// The types of the events; several of one type after another count once.
inline std::vector<std::string> types_of(std::vector<json::value> const& events)
{
    std::vector<std::string> types;
    for (auto const& event : events)
        types.emplace_back(event.at("type").as_string());
    types.erase(std::unique(types.begin(), types.end()), types.end());
    return types;
}

inline bool is_numbered_from_0(std::vector<json::value> const& events)
{
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].at("sequence_number").to_number<std::size_t>() != i)
            return false;
    }
    return !events.empty();
}

inline void check_refused(response const& reply, unsigned status, char const* code, char const* param = nullptr)
{
    CAPTURE(reply.body);
    REQUIRE(reply.status == status);
    auto const error = reply.parsed().at("error");
    CHECK(error.at("type") == "invalid_request_error");
    if (param)
        CHECK(error.at("param") == param);
    else
        CHECK(error.at("param").is_null());
    if (code)
        CHECK(error.at("code") == code);
    else
        CHECK(error.at("code").is_null());
}

inline std::string id_of(json::value const& object) { return std::string(object.at("id").as_string()); }

/// The names of an object's members, in order.
inline std::vector<std::string> names_of(json::object const& object)
{
    std::vector<std::string> names;
    for (auto const& member : object)
        names.emplace_back(std::string_view(member.key()));
    return names;
}

/// The types of an output's items.
inline std::vector<std::string> items_in(json::value const& whole)
{
    std::vector<std::string> types;
    for (auto const& item : whole.at("output").as_array())
        types.emplace_back(item.at("type").as_string());
    return types;
}

inline response get(raw_client& client, std::string const& path)
{
    return client.call("GET", responses + "/" + path, raw_client::key, "");
}

inline response cancel(raw_client& client, std::string const& id)
{
    return client.call("POST", responses + "/" + id + "/cancel", raw_client::key, "");
}

} // namespace foundry_test
