// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/operation.hpp>
#include <foundry/endpoint.hpp>

#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The failed request, for the code and the advice of its error.
struct error_context
{
    error_context() = default;

    foundry::endpoint const* endpoint = nullptr;
    operation const* what = &operations::unknown;
    std::string_view path;       ///< Such as "chat/completions"; empty: not known.
    std::string_view deployment; ///< The requested one; may be empty.
    std::string_view scope;      ///< Of the token that was sent; empty if none was.
};

} // namespace foundry::inline FOUNDRY_ABI::detail
