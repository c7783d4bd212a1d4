// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// A value of an enumeration that the service extends without notice: a known enumerator, any other name, or not set.
///
/// `E` counts from zero, and `wire_names(E)`, found by argument-dependent lookup, gives the name of each enumerator in order.
///
///     if (choice.finish_reason != foundry::finish_reason::stop)
///         std::cout << choice.finish_reason.name();
template <class E>
class open_enum
{
public:
    open_enum() = default;
    open_enum(E value) noexcept : index_(static_cast<int>(value)) {}
    /// A known name becomes its enumerator, an empty name "not set".
    open_enum(std::convertible_to<std::string_view> auto const& name) { assign(name); }

    /// Whether the value is set, to a known or an unknown name.
    explicit operator bool() const noexcept { return index_ != unset; }

    /// The enumerator; empty if the name is not known or not set.
    std::optional<E> known() const noexcept
    {
        return index_ >= 0 ? std::optional<E>{static_cast<E>(index_)} : std::nullopt;
    }

    /// The name on the wire; empty if not set.
    std::string_view name() const noexcept
    {
        return index_ >= 0 ? wire_names(E{})[static_cast<std::size_t>(index_)] : std::string_view{other_};
    }

    void assign(std::string_view name)
    {
        other_.clear();
        index_ = unset;
        if (name.empty())
            return;
        auto const names = std::span<std::string_view const>{wire_names(E{})};
        for (std::size_t i = 0; i != names.size(); ++i) {
            if (names[i] == name) {
                index_ = static_cast<int>(i);
                return;
            }
        }
        other_ = name;
        index_ = unknown;
    }

    friend bool operator==(open_enum const&, open_enum const&) = default;
    friend bool operator==(open_enum const& a, E b) noexcept { return a.index_ == static_cast<int>(b); }

private:
    static constexpr int unset = -1;
    static constexpr int unknown = -2;

    int index_ = unset;
    std::string other_;
};

} // namespace foundry::inline FOUNDRY_ABI
