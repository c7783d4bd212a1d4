// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/credential.hpp>
#include <foundry/detail/auth/token_source.hpp>

/// For a client of a credential of one's own that yields tokens: the concept `token_credential` of <foundry/credential.hpp>. The cache
/// of tokens and what keeps it fresh are compiled where this is included, and nowhere else.
