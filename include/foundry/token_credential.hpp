// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/credential.hpp>
#include <foundry/detail/auth/token_source.hpp>

/// Include this to make a client with a token credential of the program: a type that models `token_credential` of <foundry/credential.hpp>.
/// The token cache and its refresh are compiled only in files that include this header.
