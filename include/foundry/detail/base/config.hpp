// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

/// How the library is built. By default every body is inline. To compile the bodies once, define FOUNDRY_SEPARATE_COMPILATION for the whole
/// program and include <foundry/src.hpp> in exactly one source file.
///
/// Each release and each mode has its own inline namespace, so that source files of different modes never share a symbol.
#if defined(FOUNDRY_SEPARATE_COMPILATION)
#define FOUNDRY_DECL
#define FOUNDRY_ABI v0_2_compiled
#else
#define FOUNDRY_HEADER_ONLY
#define FOUNDRY_DECL inline
#define FOUNDRY_ABI v0_2_header_only
#endif

// FOUNDRY_FORCE_FALLBACKS is for tests: it compiles what other systems and standard libraries need instead of a call that they lack.

/// Whether the keychain of macOS and iOS is asked about certificates. Only by bodies that are compiled once, because its headers have names
/// such as Point in the global namespace.
#if (defined(__APPLE__) && defined(FOUNDRY_SEPARATE_COMPILATION)) || defined(FOUNDRY_FORCE_FALLBACKS)
#define FOUNDRY_KEYCHAIN
#endif

/// Marks every coroutine function, and every other one that calls co_spawn(), which is a coroutine of Asio. clang 16 caches the address of
/// thread-local variables across co_await when it inlines a coroutine into its caller, which corrupts Asio's frame recycler in a program
/// with several threads.
#if defined(__clang__)
#define FOUNDRY_CORO __attribute__((noinline))
#else
#define FOUNDRY_CORO
#endif

// Shared objects are created with std::shared_ptr<T>(new T(..)): std::make_shared adds 2 KB of code for each type.

// g++ 12 miscompiles `while (co_await f()) {}` with an empty body: the coroutine resumes with a wrong frame. Such loops are written as `for
// (bool more = true; more;) more = co_await f();`.
