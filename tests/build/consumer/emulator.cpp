// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/testing/emulator.hpp>

int main() { return foundry::testing::emulator{}.tls_port() != 0 ? 0 : 1; }
