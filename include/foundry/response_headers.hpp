// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// A header field. The views are valid until the `response_headers` that it comes from changes.
struct header_field
{
    std::string_view name;
    std::string_view value;
};

/// Header fields of a response in the order of arrival; iterate with `for (auto const& [name, value] : info.headers())`. All fields share
/// one string, because a string for each would be most of the allocations of a small answer.
///
/// Thread safety: as a value; const members may be called from several threads.
class response_headers
{
public:
    /// Iterates over the fields in their order of arrival.
    class iterator
    {
    public:
        iterator(response_headers const& all, std::size_t at) noexcept : all_(&all), at_(at) {}

        header_field operator*() const noexcept { return (*all_)[at_]; }
        iterator& operator++() noexcept
        {
            ++at_;
            return *this;
        }
        bool operator==(iterator const&) const noexcept = default;

    private:
        response_headers const* all_;
        std::size_t at_;
    };

    response_headers() = default;
    response_headers(std::initializer_list<header_field> fields)
    {
        for (header_field const& f : fields)
            add(f.name, f.value);
    }

    /// Adds a field at the end.
    void add(std::string_view name, std::string_view value)
    {
        if (places_.empty()) { // about as much as Azure sends
            places_.reserve(16);
            text_.reserve(768);
        }
        std::size_t const begin = text_.size();
        text_.append(name).append(value);
        places_.push_back({begin, begin + name.size(), text_.size()});
    }
    /// Appends to the value of the last field. There must be a field.
    void extend_last(std::string_view more)
    {
        text_.append(more);
        places_.back().end = text_.size();
    }
    /// Removes all fields; keeps the memory.
    void clear() noexcept
    {
        text_.clear();
        places_.clear();
    }

    std::size_t size() const noexcept { return places_.size(); }
    bool empty() const noexcept { return places_.empty(); }
    /// Field `i`, which must be less than size().
    header_field operator[](std::size_t i) const noexcept
    {
        place const& at = places_[i];
        std::string_view const all = text_;
        return {all.substr(at.name, at.value - at.name), all.substr(at.value, at.end - at.value)};
    }
    /// Value of the first field of this name; empty if there is none. The case of the name does not matter.
    std::string_view find(std::string_view name) const noexcept;
    iterator begin() const noexcept { return {*this, 0}; }
    iterator end() const noexcept { return {*this, size()}; }

private:
    /// Offsets of a field in text_: start of the name, start of the value, end of the value.
    struct place
    {
        std::size_t name;
        std::size_t value;
        std::size_t end;
    };

    std::string text_;
    std::vector<place> places_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/response_headers.ipp>
#endif
