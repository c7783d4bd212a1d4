// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/number.hpp>
#include <foundry/detail/json/reader_frame.hpp>
#include <foundry/detail/json/type.hpp>

#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <cstddef>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::json {

/// Builds a JSON object or array from the tokens of its text: what the classes do not describe is kept as one.
class value_builder
{
public:
    /// Whether an object or array has begun and not ended.
    bool is_open() const noexcept { return depth_ != 0; }

    void reset() noexcept { depth_ = 0; }
    /// Begins an object or array.
    void begin();
    /// Begins one with the elements that a list has so far; the value of the current element comes next. False if an element has no JSON.
    bool begin_with(reader_frame const& list);
    void begin_inner() { ++depth_; }
    /// Ends the innermost object or array; `count` is the number of its members or elements.
    void end(shape of, std::size_t count);

    void add_name(std::string_view name);
    void add_text(std::string_view text);
    void add_number(number const& n);
    void add_bool(bool v) { stack_.push_bool(v); }
    void add_null() { stack_.push_null(); }
    void add_value(boost::json::value const& v);

    /// The value that has ended.
    boost::json::value release() { return stack_.release(); }
    /// The number of names in it, repeated ones included.
    std::size_t names() const noexcept { return names_; }

private:
    boost::json::value_stack stack_;
    std::size_t depth_ = 0;
    std::size_t names_ = 0;
};

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/value_builder.ipp>
#endif
