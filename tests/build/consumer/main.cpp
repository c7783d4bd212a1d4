// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry.hpp>

int main() { return foundry::endpoint{"http://localhost:8080/v1"}.port() == 8080 ? 0 : 1; }
