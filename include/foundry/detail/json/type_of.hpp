// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/dictionary.hpp>
#include <foundry/detail/json/open_enum.hpp>
#include <foundry/detail/json/type.hpp>

#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/fwd.hpp>
#include <boost/mp11/list.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
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
template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <std::integral T>
requires(!character<T> && sizeof(T) <= 8) struct type_of<T>
{
    static constexpr type value{
        .what = kind::integer, .is_unsigned = std::is_unsigned_v<T>, .size = static_cast<std::uint16_t>(sizeof(T))};
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
    static constexpr type value{.what = kind::text, .names = &names, .known = wire_names(E{})};
};

namespace detail {

/// An enumerator of an enum: its value, and its name as JSON text.
template <class E>
struct enumerator
{
    E value;
    std::string_view name;
};

template <class E, template <class...> class List, class... D>
constexpr auto described_enumerators(List<D...>)
{
    return std::array<enumerator<E>, sizeof...(D)>{{{D::value, D::name}...}};
}

template <class E>
concept named_by_table = requires
{
    wire_names(E{});
};

/// The enumerators that `wire_names(E)` names, else those of BOOST_DESCRIBE_ENUM.
template <class E>
constexpr auto enumerators()
{
    if constexpr (named_by_table<E>) {
        std::array<enumerator<E>, std::size(wire_names(E{}))> all{};
        for (std::size_t i = 0; i != all.size(); ++i)
            all[i] = {static_cast<E>(i), wire_names(E{})[i]};
        return all;
    } else {
        return described_enumerators<E>(boost::describe::describe_enumerators<E>());
    }
}

} // namespace detail

template <class E>
requires(std::is_enum_v<E> &&
         (detail::named_by_table<E> || boost::describe::has_describe_enumerators<E>::value)) struct type_of<E>
{
    static constexpr auto enumerators = detail::enumerators<E>();
    static constexpr auto texts = [] {
        std::array<std::string_view, enumerators.size()> all;
        for (std::size_t i = 0; i != all.size(); ++i)
            all[i] = enumerators[i].name;
        return all;
    }();

    /// An empty text gives the value zero.
    static bool assign(void* self, std::string_view text)
    {
        auto const found = std::find(texts.begin(), texts.end(), text);
        if (found != texts.end())
            *static_cast<E*>(self) = enumerators[static_cast<std::size_t>(found - texts.begin())].value;
        else if (text.empty())
            *static_cast<E*>(self) = E{};
        return found != texts.end();
    }
    /// Empty if the value is no enumerator.
    static std::string_view view(void const* self)
    {
        for (auto const& one : enumerators) {
            if (one.value == *static_cast<E const*>(self))
                return one.name;
        }
        return {};
    }

    static constexpr text_functions names{&assign, &view};
    static constexpr type value{.what = kind::enumeration, .size = sizeof(E), .names = &names, .known = texts};
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

template <class List>
item items_of(void* self, std::size_t i, access how)
{
    return {item_of<List>(self, i, how), nullptr};
}

template <class T>
void* reach_optional(void* self, access how)
{
    auto& o = *static_cast<std::optional<T>*>(self);
    if (how == access::get_or_create && !o.has_value())
        o.emplace();
    else if (how == access::clear)
        o.reset();
    return o.has_value() ? &*o : nullptr;
}

#ifndef FOUNDRY_HEADER_ONLY // what most classes have is compiled once
extern template item items_of<std::vector<std::string>>(void*, std::size_t, access);
extern template item items_of<std::vector<int>>(void*, std::size_t, access);
extern template item items_of<std::vector<double>>(void*, std::size_t, access);
extern template void* reach_optional<std::string>(void*, access);
extern template void* reach_optional<int>(void*, access);
extern template void* reach_optional<double>(void*, access);
extern template void* reach_optional<bool>(void*, access);
#endif

} // namespace detail

template <class T>
requires(!std::same_as<T, bool>) struct type_of<std::vector<T>>
{
    static constexpr type value{
        .what = kind::array, .element = &type_of<T>::value, .items = &detail::items_of<std::vector<T>>};
};

template <class Allocator>
struct type_of<std::vector<bool, Allocator>>
{
    static_assert(!std::same_as<Allocator, Allocator>,
                  "std::vector<bool> has no bool to read into; use an array, or a class with a bool");
    static constexpr type value{.what = kind::any};
};

/// A list that cannot grow: the elements that the JSON does not have keep their value.
template <class T, std::size_t N>
struct type_of<std::array<T, N>>
{
    static item items(void* self, std::size_t i, access how)
    {
        auto& all = *static_cast<std::array<T, N>*>(self);
        for (; how == access::clear && i < N; ++i)
            all[i] = T();
        return {i < N ? &all[i] : nullptr, nullptr};
    }

    static constexpr type value{
        .what = kind::array, .size = std::uint16_t{N}, .element = &type_of<T>::value, .items = &items};
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

namespace detail {

template <class M>
concept text_map = std::same_as<typename M::key_type, std::string> && requires(M& map, std::string key)
{
    map.try_emplace(key).first->second;
};

} // namespace detail

/// std::map, std::unordered_map and others like them.
template <detail::text_map M>
struct type_of<M>
{
    static void* insert(void* self, std::string_view key, bool& is_new)
    {
        auto const [entry, inserted] = static_cast<M*>(self)->try_emplace(std::string(key));
        is_new = inserted;
        return &entry->second;
    }
    static void clear(void* self) { static_cast<M*>(self)->clear(); }
    static void visit(void const* self, void* context, void (*each)(void*, std::string_view, void const*))
    {
        for (auto const& entry : *static_cast<M const*>(self))
            each(context, entry.first, &entry.second);
    }

    static constexpr associative_functions entries{&insert, &clear, &visit};
    static constexpr type value{
        .what = kind::associative, .element = &type_of<typename M::mapped_type>::value, .entries = &entries};
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
    case kind::enumeration:
        return of == shape::string;
    case kind::array:
        return of == shape::array;
    case kind::object:
    case kind::map:
    case kind::associative:
    case kind::members:
    case kind::verbatim:
        return of == shape::object;
    case kind::choice:
        return false;
    case kind::any:
        return true;
    }
    return false;
}

/// Empty if it has the alternative `std::monostate`.
template <class... T>
struct type_of<std::variant<T...>>
{
    using either = std::variant<T...>;
    static constexpr bool has_empty = (std::same_as<T, std::monostate> || ...);

    template <class A>
    static bool choose_one(either& v, shape of, object_ref& chosen)
    {
        if constexpr (std::same_as<A, std::monostate>) {
            return false;
        } else {
            if (!takes(type_of<A>::value.what, of))
                return false;
            A* const active = std::get_if<A>(&v);
            chosen = {active != nullptr ? active : &v.template emplace<A>(), &type_of<A>::value};
            return true;
        }
    }

    template <class A>
    static bool is_active(either const& v, const_object_ref& found)
    {
        if constexpr (std::same_as<A, std::monostate>) {
            return false;
        } else {
            found = {std::get_if<A>(&v), &type_of<A>::value};
            return found.object != nullptr;
        }
    }

    /// The first alternative that takes the shape; for null the first of all.
    static object_ref choose(void* self, shape of)
    {
        object_ref chosen;
        auto& v = *static_cast<either*>(self);
        if (of == shape::null)
            v.template emplace<0>();
        else
            static_cast<void>((choose_one<T>(v, of, chosen) || ...));
        return chosen;
    }

    static const_object_ref active(void const* self)
    {
        const_object_ref found;
        bool const any = (is_active<T>(*static_cast<either const*>(self), found) || ...);
        return any ? found : const_object_ref();
    }

    template <class A>
    static void* emplace(void* self)
    {
        return &static_cast<either*>(self)->template emplace<A>();
    }

    template <class... A>
    static constexpr auto list(std::variant<A...> const*)
    {
        return std::array<alternative, sizeof...(A)>{{{&type_of<A>::value, &emplace<A>}...}};
    }
    template <class... A>
    static constexpr auto list(std::variant<std::monostate, A...> const*)
    {
        return list(static_cast<std::variant<A...> const*>(nullptr));
    }

    static constexpr auto alternatives = list(static_cast<either const*>(nullptr));
    static constexpr choice_functions choices{&choose, &active, alternatives, has_empty};
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
    static constexpr void* (*reach)(void*, access) = &reach_optional<T>;
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

namespace detail {

template <class T>
concept described_class = boost::describe::has_describe_members<T>::value;

template <class T>
concept has_words = requires(T const* type)
{
    describe(type);
};

/// What `describe(T const*)` says, which argument-dependent lookup finds.
template <class T>
constexpr auto words_of() -> class_words (*)()
{
    if constexpr (has_words<T>) {
        return [] {
            static constexpr auto all = describe(static_cast<T const*>(nullptr));
            return class_words{all.text, all.members};
        };
    } else {
        return nullptr;
    }
}

/// Converts to a base of `T`, or to everything else, so that initializers of an aggregate can be tried out.
template <class T, bool Base, std::size_t = 0>
struct initializer
{
    template <class U>
    requires(!std::same_as<U, T> && std::is_base_of_v<U, T> == Base) operator U&() const& noexcept { std::terminate(); }
    template <class U>
    requires(!std::same_as<U, T> && std::is_base_of_v<U, T> == Base) operator U&() const&& noexcept
    {
        std::terminate();
    }
};

template <class T>
concept aggregate_with_base = requires
{
    T{initializer<T, true>()};
};

template <class T, std::size_t... I>
constexpr bool takes_initializers(std::index_sequence<I...>)
{
    return requires { T{initializer<T, false, I>()...}; };
}

/// Whether an aggregate has a member that BOOST_DESCRIBE_STRUCT does not name: it would be neither read nor written. Those of a base are
/// left out on purpose.
template <class T, std::size_t Described>
constexpr bool has_forgotten_members()
{
    if constexpr (std::is_aggregate_v<T> && !aggregate_with_base<T>)
        return takes_initializers<T>(std::make_index_sequence<Described + 1>());
    else
        return false;
}

} // namespace detail

/// A variable of its own, so that a class may contain a list of itself.
template <class T>
inline constexpr auto members_of = detail::member_table<T>(detail::described_members<T>());

template <class T>
struct type_of
{
    static_assert(
        detail::described_class<T>,
        "this type has no JSON form: use bool, an integer, double, float, std::string, an enum with "
        "BOOST_DESCRIBE_ENUM, a class with BOOST_DESCRIBE_STRUCT, boost::json::value, or std::optional, vector, "
        "array, map with text keys, or variant of them");
    static constexpr type value = [] {
        if constexpr (detail::described_class<T>) {
            static_assert(!detail::has_forgotten_members<T, members_of<T>.size()>(),
                          "BOOST_DESCRIBE_STRUCT does not name all members of this class");
            static_assert(members_of<T>.size() <= 64, "the reader notes the members it has seen in 64 bits");
            return type{.what = kind::object,
                        .size = static_cast<std::uint16_t>(members_of<T>.size()),
                        .extra = detail::extra_index(members_of<T>),
                        .members = members_of<T>.data(),
                        .words = detail::words_of<T>()};
        } else {
            return type{.what = kind::any};
        }
    }();
};

} // namespace foundry::inline FOUNDRY_ABI::json
