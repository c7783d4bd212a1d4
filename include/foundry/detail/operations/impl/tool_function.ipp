// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/tool_function.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL tool::tool() = default;
FOUNDRY_DECL tool::~tool() = default;

FOUNDRY_DECL void tool::set_parameters(json::schema const& schema)
{
    parameters = schema.text;
    is_strict = schema.is_strict;
}

FOUNDRY_DECL void read_arguments(std::string_view text, json::object_ref into)
{
    json::reader reader;
    if (!reader.read(into, text.empty() ? "{}" : text, json::reading::strict))
        throw unfit_arguments("the arguments do not fit: " + reader.problem());
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::string> ready(std::string result) { co_return result; }

} // namespace foundry::inline FOUNDRY_ABI::detail
