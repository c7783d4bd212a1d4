// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/endpoint.hpp>

#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The request that has failed, for the code and the advice of its error.
struct error_context
{
    error_context() = default;

    foundry::endpoint const* endpoint = nullptr;
    std::string_view operation;  ///< Such as "chat/completions".
    std::string_view deployment; ///< The one that was asked for; may be empty.
    std::string_view scope;      ///< Of the token that was sent; empty where none was.
};

} // namespace foundry::inline FOUNDRY_ABI::detail
