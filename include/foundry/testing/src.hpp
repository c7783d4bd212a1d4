// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

/// The bodies of the emulator, for programs that define FOUNDRY_SEPARATE_COMPILATION. Include this in exactly one
/// source file.

#include <foundry/detail/base/config.hpp>

#ifndef FOUNDRY_SEPARATE_COMPILATION
#error "Define FOUNDRY_SEPARATE_COMPILATION for the whole program before you include <foundry/testing/src.hpp>"
#endif

#include <foundry/testing/impl/emulator.ipp>
#include <foundry/testing/impl/realtime.ipp>
#include <foundry/testing/impl/tones.ipp>
