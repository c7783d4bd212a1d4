// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// A JSON object whose names are data, such as metadata or the categories of a content filter: pairs in the order of arrival.
///
/// Made for a handful of entries: a lookup is a linear search.
template <class T>
class dictionary
{
public:
    using value_type = std::pair<std::string, T>;

    dictionary() = default;

    bool empty() const noexcept { return entries_.empty(); }
    std::size_t size() const noexcept { return entries_.size(); }
    auto begin() const noexcept { return entries_.begin(); }
    auto end() const noexcept { return entries_.end(); }

    /// The value of a name, or nullptr.
    T const* find(std::string_view name) const noexcept
    {
        for (auto const& [key, value] : entries_) {
            if (key == name)
                return &value;
        }
        return nullptr;
    }

    /// The value of a name; adds the name if it is new.
    T& operator[](std::string_view name)
    {
        for (auto& [key, value] : entries_) {
            if (key == name)
                return value;
        }
        return entries_.emplace_back(std::string{name}, T{}).second;
    }

    void clear() noexcept { entries_.clear(); }

    std::vector<value_type>& entries() noexcept { return entries_; }
    std::vector<value_type> const& entries() const noexcept { return entries_; }

    friend bool operator==(dictionary const&, dictionary const&) = default;

private:
    std::vector<value_type> entries_;
};

} // namespace foundry::inline FOUNDRY_ABI
