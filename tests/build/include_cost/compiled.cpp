// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What a source file pays for the library where its bodies are compiled elsewhere.

#include <foundry.hpp>

int main() {}
