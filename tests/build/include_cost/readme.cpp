// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The program of README.md: one answer, the same streamed, three vectors. naive.cpp is its twin.

#include "../../../examples/quickstart.cpp"
