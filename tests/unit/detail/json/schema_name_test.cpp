// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The name of a schema, from a signature as each compiler spells it.

#include <foundry/schema.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace foundry_test::schema_name_test {

struct recipe
{
    std::string title;
};
BOOST_DESCRIBE_STRUCT(recipe, (), (title))

std::string name_in(std::string_view signature)
{
    return foundry::json::make_schema(foundry::json::type_of<recipe>::value, signature).name;
}

TEST_CASE("schema: the name is that of the class, without namespaces and template arguments")
{
    CHECK(foundry::detail::schema_for<recipe>().name == "recipe");
    CHECK(name_in("const x::schema& x::schema_for() [with T = recipe]") == "recipe");
    CHECK(name_in("const x::schema& x::schema_for() [with T = {anonymous}::recipe; y = z]") == "recipe");
    CHECK(name_in("const x::schema &x::schema_for() [T = (anonymous namespace)::recipe]") == "recipe");
    CHECK(name_in("const x::schema &x::schema_for() [T = a::box<b::recipe>]") == "box");
    CHECK(name_in("const struct x::schema &__cdecl x::schema_for<struct a::b::recipe>(void)") == "recipe");
    CHECK(name_in("const struct x::schema &__cdecl x::schema_for<class recipe>(void)") == "recipe");
    CHECK(name_in("const struct x::schema &__cdecl x::schema_for<struct a::box<struct b::recipe>>(void)") == "box");
}

} // namespace foundry_test::schema_name_test
