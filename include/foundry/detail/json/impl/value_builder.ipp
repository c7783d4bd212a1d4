// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/value_builder.hpp>
#include <foundry/detail/json/writer.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

inline boost::json::string_view as_text(std::string_view text) { return {text.data(), text.size()}; }

} // namespace detail

FOUNDRY_DECL void value_builder::begin()
{
    stack_.reset({});
    names_ = 0;
    depth_ = 1;
}

FOUNDRY_DECL bool value_builder::begin_with(reader_frame const& list)
{
    stack_.reset({});
    type const& t = *list.of.described;
    std::size_t const last = t.what == kind::map ? list.entry : list.index;
    auto const add_key = [this](item const& one) {
        if (one.key != nullptr)
            add_name(*one.key);
    };
    for (std::size_t i = 0; i != list.index; ++i) {
        if (i == last)
            continue;
        item const one = t.items(list.of.object, i, access::peek);
        add_key(one);
        std::string text;
        write(text, {one.value, t.element});
        boost::json::value value;
        if (!reader{}.read(value, text))
            return false;
        add_value(value);
    }
    item const current = t.items(list.of.object, last, access::peek);
    // the scanner counts repeated names; the last value of a name stays
    for (std::size_t i = 0; i != list.repeats; ++i) {
        add_key(current);
        add_null();
    }
    add_key(current);
    depth_ = 1;
    return true;
}

FOUNDRY_DECL void value_builder::end(shape of, std::size_t count)
{
    if (of == shape::object)
        stack_.push_object(count);
    else
        stack_.push_array(count);
    --depth_;
}

FOUNDRY_DECL void value_builder::add_name(std::string_view name)
{
    ++names_;
    stack_.push_key(detail::as_text(name));
}

FOUNDRY_DECL void value_builder::add_text(std::string_view text) { stack_.push_string(detail::as_text(text)); }

FOUNDRY_DECL void value_builder::add_number(number const& n)
{
    if (n.form == number::is_signed)
        stack_.push_int64(n.i);
    else if (n.form == number::is_unsigned)
        stack_.push_uint64(n.u);
    else
        stack_.push_double(n.d);
}

FOUNDRY_DECL void value_builder::add_value(boost::json::value const& v)
{
    switch (v.kind()) {
    case boost::json::kind::null:
        return stack_.push_null();
    case boost::json::kind::bool_:
        return stack_.push_bool(v.get_bool());
    case boost::json::kind::int64:
        return stack_.push_int64(v.get_int64());
    case boost::json::kind::uint64:
        return stack_.push_uint64(v.get_uint64());
    case boost::json::kind::double_:
        return stack_.push_double(v.get_double());
    case boost::json::kind::string:
        return stack_.push_string(v.get_string());
    case boost::json::kind::array:
        for (boost::json::value const& element : v.get_array())
            add_value(element);
        return stack_.push_array(v.get_array().size());
    case boost::json::kind::object:
        for (auto const& pair : v.get_object()) {
            stack_.push_key(pair.key());
            add_value(pair.value());
        }
        return stack_.push_object(v.get_object().size());
    }
}

} // namespace foundry::inline FOUNDRY_ABI::json
