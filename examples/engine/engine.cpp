// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// An engine's loop, compiled without exceptions and without RTTI. The library is in a module of its own, which it ticks each frame.
//
//     engine [question]
//
// configuration.hpp says which service it uses.

#include "dialogue.hpp"

#include "../printable.hpp"

#include <cstdio>
#include <thread>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this file is to show that an engine needs neither exceptions nor RTTI: compile it without"
#endif

int main(int argc, char** argv)
{
    using std::chrono::steady_clock;
    constexpr auto frame_time = std::chrono::nanoseconds{std::chrono::seconds{1}} / 60;

    std::string problem;
    std::unique_ptr<dialogue> const captain = dialogue::create(problem);
    if (captain == nullptr) {
        std::fprintf(stderr, "%s\n", problem.c_str());
        return 1;
    }
    captain->ask(argc > 1 ? argv[1] : "How many feet are in a mile?");
    std::size_t shown = 0;
    for (auto next = steady_clock::now(); captain->is_talking(); next += frame_time) {
        captain->tick(std::chrono::microseconds{100});
        std::printf("%s", printable(captain->speech().substr(shown)).c_str());
        std::fflush(stdout);
        shown = captain->speech().size();
        std::this_thread::sleep_until(next);
    }
    std::printf("\n");
    if (captain->problem().empty())
        return 0;
    std::fprintf(stderr, "%s\n", captain->problem().c_str());
    return 1;
}
