// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <cstdio>

bool first();
bool second();

int main()
{
    bool const a = first();
    bool const b = second();
    if (!a || !b)
        std::printf("%s%s\n", a ? "" : "first.cpp failed ", b ? "" : "second.cpp failed");
    return a && b ? 0 : 1;
}
