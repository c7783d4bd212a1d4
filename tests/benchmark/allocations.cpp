// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Counts allocations: glibc lets a program put its own functions in front of its allocator.

#include "measure.hpp"

#include <cerrno>
#include <cstdlib>

namespace {
std::size_t count = 0; // the clients have one thread
}

std::size_t benchmark::allocations() noexcept { return count; }

#ifdef __GLIBC__

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept
{
    ++count;
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) noexcept
{
    ++count;
    return __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) noexcept
{
    ++count;
    return __libc_realloc(old, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    ++count;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept
{
    ++count;
    *out = __libc_memalign(alignment, size);
    return *out == nullptr ? ENOMEM : 0;
}
}

#endif
