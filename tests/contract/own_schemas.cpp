// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Prints the schemas of many classes, each with texts that the strict reader takes and texts that it refuses, a JSON object a line:
// own_schemas.mjs compares them with a validator.

#include "support/fixture.hpp"

#include <foundry/tools.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstdint>
#include <iostream>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

namespace json = boost::json;

enum class unit
{
    celsius,
    fahrenheit
};
BOOST_DESCRIBE_ENUM(unit, celsius, fahrenheit)

enum class suit
{
    red_heart,
    black_spade
};
inline constexpr std::string_view suit_names[] = {"red-heart", "black-spade"};
constexpr auto& wire_names(suit) { return suit_names; }

struct empty
{};
BOOST_DESCRIBE_STRUCT(empty, (), ())

struct point
{
    double x = 0;
    double y = 0;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))
constexpr auto describe(point const*)
{
    return foundry::about("A place in the \"plane\"").member<&point::x>("To the right").member<&point::y>("Upwards");
}

struct circle
{
    foundry::constant<"circle"> kind;
    point centre;
    double radius = 0;
};
BOOST_DESCRIBE_STRUCT(circle, (), (kind, centre, radius))

struct polygon
{
    foundry::constant<"polygon"> kind;
    std::vector<point> corners;
};
BOOST_DESCRIBE_STRUCT(polygon, (), (kind, corners))

struct tree
{
    std::string name;
    std::vector<tree> children;
};
BOOST_DESCRIBE_STRUCT(tree, (), (name, children))

struct branch;
struct leaf
{
    std::string colour;
};
BOOST_DESCRIBE_STRUCT(leaf, (), (colour))
struct branch
{
    std::vector<branch> branches;
    std::vector<leaf> leaves;
    std::optional<leaf> last;
};
BOOST_DESCRIBE_STRUCT(branch, (), (branches, leaves, last))
struct plant
{
    branch root;
    std::optional<branch> graft;
};
BOOST_DESCRIBE_STRUCT(plant, (), (root, graft))

struct base
{
    int id = 0;
};
BOOST_DESCRIBE_STRUCT(base, (), (id))
struct derived : base
{
    std::string name;
};
BOOST_DESCRIBE_STRUCT(derived, (base), (name))

/// A class with one member of a type: most of what a class may hold.
template <class T>
struct holds
{
    T it{};
    BOOST_DESCRIBE_CLASS(holds, (), (it), (), ())
};

template <int I>
struct numbered
{
    std::int32_t number = I;
    std::optional<std::string> note;
    BOOST_DESCRIBE_CLASS(numbered, (), (number, note), (), ())
};

template <class T>
bool is_read(std::string const& text, T& value)
{
    foundry::json::reader reader;
    return reader.read({&value, &foundry::json::type_of<T>::value}, text, foundry::json::reading::strict);
}

template <class T>
std::string written(T const& value)
{
    std::string text;
    foundry::json::write(text, {&value, &foundry::json::type_of<T>::value}, foundry::json::writing::all);
    return text;
}

/// Texts are refused by the schema too, unless only the reader knows: a range, or the number of items.
template <class T>
void print(std::string const& name, std::vector<T> const& values, std::vector<std::string> const& wrong,
           std::vector<std::string> const& out_of_range = {})
{
    json::object line;
    line["name"] = name;
    line["schema"] = json::parse(foundry::schema_of<T>());
    line["strict"] = foundry::detail::schema_for<T>().is_strict;
    json::array good, bad;
    for (T const& value : values) {
        std::string const text = written(value);
        T again{};
        if (!is_read(text, again) || written(again) != text)
            throw std::runtime_error(name + " is not read as it was written: " + text);
        good.push_back(json::parse(text));
    }
    auto const refuse = [&name](std::string const& text) {
        if (T value{}; is_read(text, value))
            throw std::runtime_error(name + " is read from " + text);
    };
    for (std::string const& text : wrong) {
        refuse(text);
        bad.push_back(json::parse(text));
    }
    for (std::string const& text : out_of_range)
        refuse(text);
    line["good"] = std::move(good);
    line["bad"] = std::move(bad);
    std::cout << json::serialize(line) << '\n';
}

template <class T>
void print_member(std::string const& name, std::vector<T> const& values, std::vector<std::string> const& wrong,
                  std::vector<std::string> const& out_of_range = {})
{
    std::vector<holds<T>> held;
    for (T const& value : values)
        held.emplace_back().it = value;
    auto const within = [](std::vector<std::string> const& texts) {
        std::vector<std::string> all;
        for (std::string const& text : texts)
            all.push_back("{\"it\":" + text + "}");
        return all;
    };
    std::vector<std::string> refused = within(wrong);
    if (!is_read("{}", held.front())) // the reader alone lets an optional be absent
        refused.emplace_back("{}");
    refused.emplace_back("[]");
    refused.emplace_back(written(holds<T>()).insert(1, "\"unknown\":1,"));
    print(name, held, refused, within(out_of_range));
}

template <class Integer>
void print_integer(std::string const& name, std::vector<std::string> const& out_of_range)
{
    using limits = std::numeric_limits<Integer>;
    print_member<Integer>(name, {limits::min(), limits::max(), Integer{7}}, {"\"7\"", "7.5", "null", "true"},
                          out_of_range);
}

/// Sends all tools in one request, lets the model call each once, and prints the schemas that arrived.
template <int... I>
boost::asio::awaitable<void> print_tools(std::integer_sequence<int, I...>)
{
    using foundry::testing::answer;
    foundry::testing::emulator service;
    foundry::toolbox tools;
    std::vector<std::pair<std::string, std::string>> calls;
    int sum = 0;
    auto const add = [&]<int Number>(std::integral_constant<int, Number>) {
        std::string const name = "tool_" + std::to_string(Number);
        tools.add(name, "Tool", [&sum](numbered<Number> const& n) { return sum += n.number; });
        calls.emplace_back(name, R"({"number":)" + std::to_string(Number) + R"(,"note":null})");
    };
    (add(std::integral_constant<int, I>()), ...);
    service.queue(answer::tool_calls(calls));
    service.queue(answer::chat("Done."));
    foundry::client<> const client =
        foundry_test::client_of(co_await boost::asio::this_coro::executor, service, foundry_test::urls[1]);
    foundry::chat_request request{"gpt-4o-mini"};
    request.user("Call each tool.");
    static_cast<void>(co_await client.complete(request, tools));
    if (sum != (I + ... + 0))
        throw std::runtime_error("not every tool was called once");
    json::value const sent = json::parse(service.journal().front().body);
    for (json::value const& one : sent.at("tools").as_array()) {
        json::value const& function = one.at("function");
        json::object line;
        line["name"] = function.at("name");
        line["schema"] = function.at("parameters");
        line["strict"] = function.at("strict");
        line["good"] = json::array{json::object{{"number", 1}, {"note", nullptr}}};
        line["bad"] = json::array{json::object{{"number", 1}}, json::object{{"number", "1"}, {"note", nullptr}}};
        std::cout << json::serialize(line) << '\n';
    }
}

} // namespace

int main()
{
    print<empty>("empty", {empty()}, {"[]", R"({"a":1})"});
    print<point>("point", {point{1.5, -2}},
                 {R"({"x":1})", R"({"x":1,"y":null})", R"({"x":1,"y":2,"z":3})", R"({"x":"1","y":2})"});
    print<derived>("derived", {derived{}}, {R"({"name":""})", R"({"id":1})"});
    tree two{"root", {}};
    two.children.push_back(tree{"leaf", {}});
    print<tree>("tree", {two}, {R"({"name":"a","children":[{"name":"b"}]})", R"({"name":"a","children":[1]})"});
    plant flower;
    flower.root.branches.emplace_back().leaves.emplace_back().colour = "gr\xc3\xbcn";
    flower.graft = flower.root;
    print<plant>(
        "plant", {plant(), flower},
        {R"({"root":{"branches":[],"leaves":[1],"last":null},"graft":null})", R"({"root":null,"graft":null})"});

    print_member<bool>("bool", {true, false}, {"1", "\"true\"", "null"});
    print_integer<std::int8_t>("int8", {"128", "-129"});
    print_integer<std::uint8_t>("uint8", {"256", "-1"});
    print_integer<std::int16_t>("int16", {"32768"});
    print_integer<std::uint16_t>("uint16", {"65536"});
    print_integer<std::int32_t>("int32", {"2147483648"});
    print_integer<std::uint32_t>("uint32", {"4294967296", "-1"});
    print_integer<std::int64_t>("int64", {"9223372036854775808", "-1e19"});
    print_integer<std::uint64_t>("uint64", {"18446744073709551616", "-1"});
    print_integer<long>("long", {});
    print_integer<unsigned long long>("unsigned_long_long", {"-1"});
    print_member<float>("float", {0.5F, -1e30F}, {"\"0.5\"", "null"}, {"1e300"});
    print_member<double>("double", {0.1, 1e300, -0.0}, {"[]", "null"});
    print_member<std::string>("string", {"", "a\"b\\\n\t\x01", "\xe2\x82\xac \xf0\x9f\x98\x80"}, {"1", "null", "[]"});
    print_member<unit>("described_enum", {unit::celsius, unit::fahrenheit}, {"\"kelvin\"", "0", "\"\"", "null"});
    print_member<suit>("named_enum", {suit::red_heart, suit::black_spade}, {"\"red_heart\"", "null"});
    print_member<std::optional<int>>("optional_int", {std::nullopt, 5}, {"\"5\"", "[]"});
    print_member<std::optional<unit>>("optional_enum", {std::nullopt, unit::celsius}, {"\"kelvin\"", "1"});
    print_member<std::optional<point>>("optional_class", {std::nullopt, point{1, 2}}, {"{}", "1"});
    print_member<std::vector<std::string>>("texts", {{}, {"a", "b"}}, {"[1]", "null", "\"a\"", "[null]"});
    print_member<std::vector<std::vector<int>>>("lists", {{{}, {1, 2}}}, {"[1]", "[[\"1\"]]"});
    print_member<std::vector<point>>("points", {{point{1, 2}, point{3, 4}}}, {"[{}]", "[[]]"});
    print_member<std::array<double, 3>>("array", {{1, 2, 3}}, {"[\"1\",2,3]", "null"}, {"[1,2]", "[1,2,3,4]"});
    print_member<std::vector<unit>>("enums", {{unit::celsius}}, {"[\"kelvin\"]"});
    print_member<std::variant<circle, polygon>>("shapes", {circle{{}, {1, 2}, 3}, polygon{{}, {point{}}}},
                                                {R"({"kind":"circle"})", R"({"kind":"square","radius":1})", "null"});
    print_member<std::variant<std::monostate, point, leaf>>("by_shape", {{}, point{}, leaf{"red"}},
                                                            {R"({"z":1})", "1"});
    print_member<std::variant<int, std::string>>("int_or_text", {5, "five"}, {"true", "null", "[]"});
    print_member<std::map<std::string, int>>("map", {{}, {{"a", 1}, {"\xc3\xa4", 2}}}, {"[]", R"({"a":"1"})"});
    print_member<std::unordered_map<std::string, point>>("unordered_map", {{{"a", point{1, 2}}}}, {R"({"a":{}})"});
    print_member<foundry::dictionary<std::string>>("dictionary", {foundry::dictionary<std::string>()}, {R"({"a":1})"});
    print_member<json::value>("any", {json::value(nullptr), json::value{1, "a"}}, {});

    foundry_test::run(print_tools(std::make_integer_sequence<int, FOUNDRY_TEST_TOOLS_COUNT>()));
}
