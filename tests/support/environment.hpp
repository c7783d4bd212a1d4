// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace foundry_test {

/// Sets variables of the environment, or removes them, and restores all of them.
class environment
{
public:
    environment() = default;
    environment(char const* name, std::optional<std::string> const& value) { set(name, value); }
    environment(environment const&) = delete;
    environment& operator=(environment const&) = delete;
    ~environment()
    {
        for (auto const& [name, value] : before_)
            put(name.c_str(), value);
    }

    /// Windows has no variables with an empty value: there, it removes the variable.
    environment& set(char const* name, std::optional<std::string> const& value)
    {
        char const* const present = std::getenv(name);
        before_.try_emplace(name, present != nullptr ? std::optional<std::string>(present) : std::nullopt);
        put(name, value);
        return *this;
    }

private:
    static void put(char const* name, std::optional<std::string> const& value)
    {
#if defined(_WIN32)
        ::_putenv_s(name, value.value_or("").c_str());
#else
        value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name);
#endif
    }

    std::map<std::string, std::optional<std::string>> before_;
};

} // namespace foundry_test
