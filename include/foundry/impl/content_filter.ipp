// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/content_filter.hpp>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline filter_results const no_filter_results{};

} // namespace detail

FOUNDRY_DECL filter_results const& error::content_filter() const
{
    return details_->content_filter ? *details_->content_filter : detail::no_filter_results;
}

} // namespace foundry::inline FOUNDRY_ABI
