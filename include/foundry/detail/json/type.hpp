// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// The run-time description of a C++ type as JSON: constant tables, made from `BOOST_DESCRIBE_STRUCT` by type_of.hpp and used by one reader
/// and one writer. The only code generated per type is the few one-line functions in the tables.
namespace foundry::inline FOUNDRY_ABI::json {

enum class kind : std::uint8_t
{
    boolean,     ///< bool
    integer,     ///< any integer type, of `size` bytes
    number,      ///< double
    float32,     ///< float
    string,      ///< std::string
    text,        ///< a type that is read from and written as a string, by `names`; may be empty
    enumeration, ///< the same for an enum, which always has a value
    object,      ///< a described class
    array,       ///< std::vector; std::array if it has a `size`
    map,         ///< dictionary
    associative, ///< std::map, std::unordered_map
    choice,      ///< std::variant: the JSON value decides
    any,         ///< boost::json::value
    members,     ///< boost::json::object; as the member `extra` it holds the members that the class does not have
    verbatim,    ///< a class that keeps an object as its JSON text, by `names`
};

/// The shape of a JSON value.
enum class shape : std::uint8_t
{
    null,
    boolean,
    number,
    string,
    array,
    object,
};

struct type;

/// A value in memory with its description.
struct object_ref
{
    void* object = nullptr;
    type const* described = nullptr;
};

struct const_object_ref
{
    void const* object = nullptr;
    type const* described = nullptr;
};

struct text_functions
{
    bool (*assign)(void* self, std::string_view text); ///< False if the text is malformed.
    std::string_view (*view)(void const* self);
};

/// An alternative of a variant.
struct alternative
{
    type const* described;
    void* (*emplace)(void* self); ///< A new value of it.
};

struct choice_functions
{
    object_ref (*choose)(void* self, shape of);   ///< Empty if no alternative has this shape.
    const_object_ref (*active)(void const* self); ///< Empty if not set.
    std::span<alternative const> alternatives{};  ///< Without `std::monostate`.
    bool has_empty = false;                       ///< Whether `std::monostate` is one, for null.
};

struct associative_functions
{
    void* (*insert)(void* self, std::string_view key, bool& is_new); ///< The value of the key.
    void (*clear)(void* self);
    /// Calls a function with each entry.
    void (*visit)(void const* self, void* context,
                  void (*each)(void* context, std::string_view key, void const* value));
};

/// What a language model reads about a class; see `foundry::about`.
struct member_words
{
    std::string_view member;
    std::string_view words;
};
struct class_words
{
    std::string_view words;
    std::span<member_words const> members;
};

enum class access : std::uint8_t
{
    get_or_create, ///< The value; engages an empty optional, appends an element after the last one.
    peek,          ///< The value; nullptr if an optional is empty or there is no such element.
    clear,         ///< Empties an optional, removes this element and those after it; returns nullptr.
};

/// An element of a list.
struct item
{
    void* value = nullptr;
    std::string* key = nullptr; ///< Its name, if the list is a map.
};

/// Finds element i of a list. One function per list type, because each function costs compile time.
using item_function = item (*)(void* self, std::size_t i, access how);

/// Finds element i of a list without changing it.
inline item look_at(void const* self, std::size_t i, item_function items)
{
    return items(const_cast<void*>(self), i, access::peek);
}

struct member
{
    std::string_view name;
    type const* described;
    void const* model;    ///< Address of a model object of the class,
    void const* in_model; ///< and of this member in it; the difference is the member's offset.
    void* (*reach_optional)(void* self, access how); ///< Null for a member that is always present.

    void* reach(void* object, access how) const
    {
        void* const self =
            static_cast<char*>(object) + (static_cast<char const*>(in_model) - static_cast<char const*>(model));
        if (reach_optional != nullptr)
            return reach_optional(self, how);
        return how == access::clear ? nullptr : self;
    }
};

struct type
{
    kind what;
    bool is_unsigned = false; ///< kind::integer
    std::uint16_t size =
        0; ///< Number of members of an object, of elements of a std::array, of bytes of an integer or enum.
    std::int16_t extra = -1; ///< kind::object: index of the member for unknown members; -1 for none.
    member const* members = nullptr;
    type const* element = nullptr; ///< kind::array, kind::map, kind::associative
    item_function items = nullptr; ///< kind::array, kind::map
    text_functions const* names = nullptr;
    choice_functions const* choices = nullptr;
    associative_functions const* entries = nullptr;
    std::span<std::string_view const> known =
        {};                           ///< kind::text, kind::enumeration: the texts that it may be; empty: any.
    class_words (*words)() = nullptr; ///< kind::object: what `describe()` says of it.
};

/// Resets a value to its default, and keeps its memory if possible.
FOUNDRY_DECL void clear(void* object, type const& described);

/// Resets some members of an object, one bit for each; optionals become empty.
FOUNDRY_DECL void clear_members(void* object, type const& described, std::uint64_t which);

inline std::uint64_t all_members(type const& described)
{
    return described.size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << described.size) - 1;
}

/// Whether a value is in the state that clear() leaves.
FOUNDRY_DECL bool is_clear(void const* value, type const& described);

/// Whether the member is written. Not written are an empty optional, text, array, map or choice, and an object whose members all have their
/// defaults. A plain number, bool, `std::string` or `std::array` is always written.
FOUNDRY_DECL bool is_set(void const* object, member const& m);

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/type.ipp>
#endif
