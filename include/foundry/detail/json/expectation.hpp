// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type.hpp>

#include <string>

namespace foundry::inline FOUNDRY_ABI::json {

/// What strict reading takes, in words, such as "an integer from 0 to 255".
FOUNDRY_DECL std::string expectation(type const& t);

/// The names of a class's members, with commas.
FOUNDRY_DECL std::string names_of(type const& t);

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/expectation.ipp>
#endif
