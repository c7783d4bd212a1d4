// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/integer.hpp>
#include <foundry/detail/json/type_of.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <bit>

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

#ifndef FOUNDRY_HEADER_ONLY
template item items_of<std::vector<std::string>>(void*, std::size_t, access);
template item items_of<std::vector<int>>(void*, std::size_t, access);
template item items_of<std::vector<double>>(void*, std::size_t, access);
template void* reach_optional<std::string>(void*, access);
template void* reach_optional<int>(void*, access);
template void* reach_optional<double>(void*, access);
template void* reach_optional<bool>(void*, access);
#endif

inline bool is_empty(void const* map, associative_functions const& functions)
{
    bool empty = true;
    functions.visit(map, &empty,
                    [](void* context, std::string_view, void const*) { *static_cast<bool*>(context) = false; });
    return empty;
}

} // namespace detail

FOUNDRY_DECL void clear(void* object, type const& described)
{
    switch (described.what) {
    case kind::boolean:
        *static_cast<bool*>(object) = false;
        break;
    case kind::integer:
        clear_integer(object, described);
        break;
    case kind::number:
        *static_cast<double*>(object) = 0;
        break;
    case kind::float32:
        *static_cast<float*>(object) = 0;
        break;
    case kind::string:
        static_cast<std::string*>(object)->clear();
        break;
    case kind::text:
    case kind::enumeration:
    case kind::verbatim:
        described.names->assign(object, {});
        break;
    case kind::associative:
        described.entries->clear(object);
        break;
    case kind::array:
    case kind::map:
        described.items(object, 0, access::clear);
        break;
    case kind::choice:
        described.choices->choose(object, shape::null);
        break;
    case kind::any:
        *static_cast<boost::json::value*>(object) = nullptr;
        break;
    case kind::members:
        if (auto& members = *static_cast<boost::json::object*>(object); !members.empty())
            members.clear();
        break;
    case kind::object:
        clear_members(object, described, all_members(described));
        break;
    }
}

FOUNDRY_DECL void clear_members(void* object, type const& described, std::uint64_t which)
{
    for (; which != 0; which &= which - 1) {
        member const& m = described.members[std::countr_zero(which)];
        if (m.reach_optional != nullptr)
            m.reach(object, access::clear);
        else
            clear(m.reach(object, access::peek), *m.described);
    }
}

FOUNDRY_DECL bool is_clear(void const* value, type const& described)
{
    switch (described.what) {
    case kind::boolean:
        return !*static_cast<bool const*>(value);
    case kind::integer:
        return is_zero(value, described);
    case kind::number:
        return *static_cast<double const*>(value) == 0;
    case kind::float32:
        return *static_cast<float const*>(value) == 0;
    case kind::string:
        return static_cast<std::string const*>(value)->empty();
    case kind::text:
    case kind::verbatim:
        return described.names->view(value).empty();
    case kind::enumeration:
        return is_zero(value, described);
    case kind::associative:
        return detail::is_empty(value, *described.entries);
    case kind::array:
        for (std::size_t i = 0; i != described.size; ++i) {
            if (!is_clear(look_at(value, i, described.items).value, *described.element))
                return false;
        }
        return described.size != 0 || look_at(value, 0, described.items).value == nullptr;
    case kind::map:
        return look_at(value, 0, described.items).value == nullptr;
    case kind::choice: {
        choice_functions const& choices = *described.choices;
        const_object_ref const active = choices.active(value);
        bool const is_first = !choices.has_empty && !choices.alternatives.empty() &&
                              active.described == choices.alternatives[0].described;
        return active.object == nullptr || (is_first && is_clear(active.object, *active.described));
    }
    case kind::any:
        return static_cast<boost::json::value const*>(value)->is_null();
    case kind::members:
        return static_cast<boost::json::object const*>(value)->empty();
    case kind::object:
        for (member const* m = described.members; m != described.members + described.size; ++m) {
            // access::peek changes nothing.
            void const* const inner = m->reach(const_cast<void*>(value), access::peek);
            if (inner != nullptr && (m->reach_optional != nullptr || !is_clear(inner, *m->described)))
                return false;
        }
        return true;
    }
    return true;
}

FOUNDRY_DECL bool is_set(void const* object, member const& m)
{
    void const* const value = m.reach(const_cast<void*>(object), access::peek);
    if (value == nullptr)
        return false;
    switch (m.described->what) {
    case kind::boolean:
    case kind::integer:
    case kind::number:
    case kind::float32:
    case kind::string:
    case kind::enumeration:
        return true;
    case kind::array:
        return m.described->size != 0 || !is_clear(value, *m.described);
    case kind::choice:
        return m.described->choices->active(value).object != nullptr;
    case kind::object:
        return m.reach_optional != nullptr || !is_clear(value, *m.described);
    default:
        return !is_clear(value, *m.described);
    }
}

} // namespace foundry::inline FOUNDRY_ABI::json
