// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/embedding_model.ipp>
#include <foundry/testing/impl/schema.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

FOUNDRY_DECL std::string make_id(std::string_view lead, std::uint64_t number)
{
    return std::string(lead) + in_hex(hash_of(std::string(lead) + std::to_string(number)));
}

/// A UUID for a number: the same one for the same number.
FOUNDRY_DECL std::string make_uuid(std::uint64_t number)
{
    auto const digits = [number](char salt) {
        auto text = in_hex(hash_of(salt + std::to_string(number)));
        return std::string(16 - text.size(), '0') + text;
    };
    auto const a = digits('a');
    auto const b = digits('b');
    return a.substr(0, 8) + "-" + a.substr(8, 4) + "-4" + a.substr(13, 3) + "-a" + b.substr(1, 3) + "-" +
           b.substr(4, 12);
}

/// The same without hyphens.
FOUNDRY_DECL std::string in_one_piece(std::string uuid)
{
    std::erase(uuid, '-');
    return uuid;
}

[[noreturn]] FOUNDRY_DECL void refuse_id(std::string const& message, json::value param)
{
    throw refusal(404, openai_error(message, "invalid_request_error", std::move(param), nullptr));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
