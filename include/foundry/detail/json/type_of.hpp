// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/dictionary.hpp>
#include <foundry/detail/json/open_enum.hpp>
#include <foundry/detail/json/type.hpp>

#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/fwd.hpp>
#include <boost/mp11/list.hpp>

#include <array>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::json {

/// The description of `T`. For a class, `BOOST_DESCRIBE_STRUCT` provides it.
template <class T>
struct type_of;

template <>
struct type_of<bool>
{
    static constexpr type value{.what = kind::boolean};
};
template <>
struct type_of<std::int64_t>
{
    static constexpr type value{.what = kind::integer};
};
template <>
struct type_of<double>
{
    static constexpr type value{.what = kind::number};
};
template <>
struct type_of<float>
{
    static constexpr type value{.what = kind::float32};
};
template <>
struct type_of<std::string>
{
    static constexpr type value{.what = kind::string};
};
template <>
struct type_of<boost::json::value>
{
    static constexpr type value{.what = kind::any};
};
template <>
struct type_of<boost::json::object>
{
    static constexpr type value{.what = kind::members};
};

// Static functions instead of lambdas in the tables: the compiler emits half as many functions.

template <class E>
struct type_of<open_enum<E>>
{
    static bool assign(void* self, std::string_view text)
    {
        static_cast<open_enum<E>*>(self)->assign(text);
        return true;
    }
    static std::string_view view(void const* self) { return static_cast<open_enum<E> const*>(self)->name(); }

    static constexpr text_functions names{&assign, &view};
    static constexpr type value{.what = kind::text, .names = &names};
};

namespace detail {

template <class List>
auto* item_of(void* self, std::size_t i, access how)
{
    auto& list = *static_cast<List*>(self);
    if (how == access::get_or_create && i == list.size())
        list.emplace_back();
    while (how == access::clear && list.size() > i) // cheaper to compile than erase()
        list.pop_back();
    return i < list.size() ? &list[i] : nullptr;
}

} // namespace detail

template <class T>
struct type_of<std::vector<T>>
{
    static item items(void* self, std::size_t i, access how)
    {
        return {detail::item_of<std::vector<T>>(self, i, how), nullptr};
    }

    static constexpr type value{.what = kind::array, .element = &type_of<T>::value, .items = &items};
};

template <class T>
struct type_of<dictionary<T>>
{
    static item items(void* self, std::size_t i, access how)
    {
        auto& entries = static_cast<dictionary<T>*>(self)->entries();
        auto* const entry = detail::item_of<std::vector<std::pair<std::string, T>>>(&entries, i, how);
        return entry != nullptr ? item{&entry->second, &entry->first} : item{};
    }

    static constexpr type value{.what = kind::map, .element = &type_of<T>::value, .items = &items};
};

constexpr bool takes(kind what, shape of) noexcept
{
    switch (what) {
    case kind::boolean:
        return of == shape::boolean;
    case kind::integer:
    case kind::number:
    case kind::float32:
        return of == shape::number;
    case kind::string:
    case kind::text:
        return of == shape::string;
    case kind::array:
        return of == shape::array;
    case kind::object:
    case kind::map:
    case kind::members:
        return of == shape::object;
    case kind::choice:
        return false;
    case kind::any:
        return true;
    }
    return false;
}

/// Chooses the first alternative that takes the shape. `std::monostate` comes first, for an absent value.
template <class... T>
struct type_of<std::variant<std::monostate, T...>>
{
    using either = std::variant<std::monostate, T...>;

    template <class A>
    static bool choose_one(either& v, shape of, object_ref& chosen)
    {
        if (!takes(type_of<A>::value.what, of))
            return false;
        A* const active = std::get_if<A>(&v);
        chosen = {active != nullptr ? active : &v.template emplace<A>(), &type_of<A>::value};
        return true;
    }

    template <class A>
    static bool is_active(either const& v, const_object_ref& found)
    {
        found = {std::get_if<A>(&v), &type_of<A>::value};
        return found.object != nullptr;
    }

    static object_ref choose(void* self, shape of)
    {
        object_ref chosen;
        if (of == shape::null)
            static_cast<either*>(self)->template emplace<std::monostate>();
        else
            static_cast<void>((choose_one<T>(*static_cast<either*>(self), of, chosen) || ...));
        return chosen;
    }

    static const_object_ref active(void const* self)
    {
        const_object_ref found;
        bool const any = (is_active<T>(*static_cast<either const*>(self), found) || ...);
        return any ? found : const_object_ref();
    }

    static constexpr choice_functions choices{&choose, &active};
    static constexpr type value{.what = kind::choice, .choices = &choices};
};

namespace detail {

template <class T>
struct unwrap
{
    using type = T;
    static constexpr void* (*reach)(void*, access) = nullptr;
};
template <class T>
struct unwrap<std::optional<T>>
{
    using type = T;
    static void* reach(void* self, access how)
    {
        auto& o = *static_cast<std::optional<T>*>(self);
        if (how == access::get_or_create && !o.has_value())
            o.emplace();
        else if (how == access::clear)
            o.reset();
        return o.has_value() ? &*o : nullptr;
    }
};

/// Storage used only to compute member offsets; it never contains an object.
template <class T>
union offset_probe
{
    constexpr offset_probe() : nothing() {}
    constexpr ~offset_probe() {}

    char nothing;
    T object;
};
#if defined(__clang__) // in clang, such a union is not a literal type
template <class T>
[[clang::no_destroy]] inline constinit offset_probe<T> const model;
#else
template <class T>
inline constexpr offset_probe<T> model;
#endif

/// Members of described bases come first. Most classes have no bases and skip the search.
template <class T>
using public_members = boost::describe::describe_members<
    T, boost::mp11::mp_empty<boost::describe::describe_bases<T, boost::describe::mod_any_access>>::value
           ? boost::describe::mod_public
           : boost::describe::mod_public | boost::describe::mod_inherited>;

template <template <class...> class List, class... D>
constexpr bool all_public_data(List<D...>*)
{
    return ((D::modifiers == boost::describe::mod_public) && ...);
}

/// The descriptors of the members. If nothing has to be left out, Describe's own list is used: to filter it costs a tenth of the compile
/// time of the rest of this file.
template <class T>
constexpr auto described_members()
{
    if constexpr (requires(T * *t) { boost_public_member_descriptor_fn(t); }) {
        using all = decltype(boost_public_member_descriptor_fn(static_cast<T**>(nullptr)));
        using bases = boost::describe::describe_bases<T, boost::describe::mod_any_access>;
        if constexpr (boost::mp11::mp_empty<bases>::value && all_public_data(static_cast<all*>(nullptr)))
            return all();
        else
            return public_members<T>();
    } else {
        return public_members<T>();
    }
}

/// The JSON name of a member. A C++ name that would be a keyword or the name of a function ends with an underscore, which is dropped.
constexpr std::string_view wire_name(std::string_view name)
{
    return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

template <class Class, template <class...> class List, class... D>
constexpr auto member_table(List<D...>)
{
    constexpr auto& of = model<Class>.object;
    return std::array<member, sizeof...(D)>{
        {{wire_name(D::name), &type_of<typename unwrap<std::remove_cvref_t<decltype(of.*D::pointer)>>::type>::value,
          &model<Class>, &(of.*D::pointer), unwrap<std::remove_cvref_t<decltype(of.*D::pointer)>>::reach}...}};
}

template <std::size_t N>
constexpr std::int16_t extra_index(std::array<member, N> const& table)
{
    for (std::size_t i = 0; i != N; ++i) {
        if (table[i].name == "extra")
            return static_cast<std::int16_t>(i);
    }
    return -1;
}

} // namespace detail

template <class T>
struct type_of
{
    static_assert(boost::describe::has_describe_members<T>::value, "describe the type with BOOST_DESCRIBE_STRUCT");
    static constexpr auto members = detail::member_table<T>(detail::described_members<T>());
    static_assert(members.size() <= 64, "the reader notes the members it has seen in 64 bits");
    static constexpr type value{.what = kind::object,
                                .size = static_cast<std::uint16_t>(members.size()),
                                .extra = detail::extra_index(members),
                                .members = members.data()};
};

} // namespace foundry::inline FOUNDRY_ABI::json
