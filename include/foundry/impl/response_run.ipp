// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response_run.hpp>

#include <string>
#include <variant>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL response_run::response_run(response_request first) : request(std::move(first))
{
    if (auto* const text = std::get_if<std::string>(&request.input))
        add(response_message(chat_role::user, std::move(*text)));
    else if (auto* const given = std::get_if<std::vector<response_item>>(&request.input))
        items = std::move(*given);
    request.input = std::monostate();
}

} // namespace foundry::inline FOUNDRY_ABI
