// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What a source file pays that only spawns a coroutine and names a JSON value.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/value.hpp>

int main() {}
