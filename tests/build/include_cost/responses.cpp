// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What the Responses API adds.

#include <foundry/responses.hpp>

int main() {}
