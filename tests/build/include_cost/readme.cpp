// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// One answer, the same streamed, three vectors. naive.cpp is its twin.

#include "../../programs/tour.cpp"
