// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <chrono>
#include <memory>
#include <string>

/// A character that talks, for an engine that is compiled without exceptions and without RTTI. What throws is behind it, in
/// dialogue.cpp: no function here does, and none blocks. This header includes nothing of the library, nor of Boost.
///
/// All functions are called by one thread, the engine's.
class dialogue
{
public:
    /// Null if there is no service to talk to; `problem` then says why.
    static std::unique_ptr<dialogue> create(std::string& problem) noexcept;
    ~dialogue(); ///< Ends what is being said; its connection closes.
    dialogue(dialogue const&) = delete;
    dialogue& operator=(dialogue const&) = delete;

    /// Puts a question, or replaces the last one. The answer comes in the ticks that follow.
    void ask(std::string question) noexcept;

    /// Works for at most about this long. The rest waits for the next frame.
    void tick(std::chrono::microseconds share) noexcept;

    bool is_talking() const noexcept;            ///< Until the answer is complete, or has failed.
    std::string const& speech() const noexcept;  ///< As much of the answer as has arrived.
    std::string const& problem() const noexcept; ///< Why the answer has failed; empty if it has not.

private:
    struct parts;

    explicit dialogue(std::unique_ptr<parts> its) noexcept;

    std::unique_ptr<parts> parts_;
};
