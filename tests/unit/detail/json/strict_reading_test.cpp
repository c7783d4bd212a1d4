// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What a language model writes is read exactly, or refused with the reason and the path.

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace foundry_test::strict_reading_test {

namespace garden {

enum class colour
{
    red,
    green,
    dark_blue
};
BOOST_DESCRIBE_ENUM(colour, red, green, dark_blue)

enum class day
{
    monday,
    tuesday
};
inline constexpr std::string_view day_names[] = {"mon", "tues-day"};
constexpr auto& wire_names(day) { return day_names; }

/// A member of each type that is not a class.
struct sample
{
    std::int8_t i8 = 0;
    std::uint8_t u8 = 0;
    std::int16_t i16 = 0;
    std::uint16_t u16 = 0;
    std::int32_t i32 = 0;
    std::uint32_t u32 = 0;
    std::int64_t i64 = 0;
    std::uint64_t u64 = 0;
    float f = 0;
    double d = 0;
    bool b = false;
    std::string s;
    colour c = colour::red;
    day w = day::monday;
    std::optional<int> o;
    std::vector<int> v;
    std::array<std::int16_t, 2> a{};
    std::map<std::string, bool> m;
    foundry::dictionary<std::uint8_t> n;

    friend bool operator==(sample const&, sample const&) = default;
};
BOOST_DESCRIBE_STRUCT(sample, (), (i8, u8, i16, u16, i32, u32, i64, u64, f, d, b, s, c, w, o, v, a, m, n))

struct circle
{
    double radius = 0;
    friend bool operator==(circle const&, circle const&) = default;
};
BOOST_DESCRIBE_STRUCT(circle, (), (radius))

struct square
{
    std::int32_t side = 0;
    std::optional<std::string> name;
    friend bool operator==(square const&, square const&) = default;
};
BOOST_DESCRIBE_STRUCT(square, (), (side, name))

struct tree
{
    std::string name;
    std::vector<tree> children;
    friend bool operator==(tree const&, tree const&) = default;
};
BOOST_DESCRIBE_STRUCT(tree, (), (name, children))

/// Each place where a class can be.
struct holder
{
    std::optional<sample> maybe;
    std::optional<std::vector<sample>> list;
    std::optional<std::array<sample, 2>> pair;
    std::optional<std::map<std::string, sample>> sorted;
    std::optional<foundry::dictionary<sample>> ordered;
    std::optional<std::unordered_map<std::string, std::vector<sample>>> lists;
    std::optional<std::variant<sample, std::string>> one;
    std::optional<std::vector<std::variant<sample, std::string>>> some;
    std::optional<std::variant<circle, square>> shape;
    std::optional<std::map<std::string, std::variant<std::monostate, circle, square, std::string>>> shapes;
    std::optional<foundry::dictionary<boost::json::value>> values;
    std::optional<boost::json::value> any;
    std::optional<std::vector<boost::json::object>> objects;
    std::optional<std::array<std::variant<std::monostate, std::string>, 1>> one_or_none;
    std::optional<tree> root;

    friend bool operator==(holder const&, holder const&) = default;
};
BOOST_DESCRIBE_STRUCT(holder, (),
                      (maybe, list, pair, sorted, ordered, lists, one, some, shape, shapes, values, any, objects,
                       one_or_none, root))

/// A class whose members have values at first.
struct settings
{
    int limit = 7;
    double ratio = 0.5;
    bool on = true;
    std::string name = "none";
    colour paint = colour::green;
    std::vector<int> sizes = {1, 2};
    std::array<int, 2> corner = {3, 4};
    std::map<std::string, int> counts = {{"one", 1}};
    std::optional<int> most = 9;
    std::variant<std::string, circle> form = circle{2};
    boost::json::object extra;

    friend bool operator==(settings const&, settings const&) = default;
};
BOOST_DESCRIBE_STRUCT(settings, (), (limit, ratio, on, name, paint, sizes, corner, counts, most, form, extra))

/// Two classes that contain each other and differ in their last member.
struct minus;
struct plus
{
    std::vector<std::variant<plus, minus>> of;
    bool last = false;
};
struct minus
{
    std::vector<std::variant<plus, minus>> of;
    std::string last;
};
BOOST_DESCRIBE_STRUCT(plus, (), (of, last))
BOOST_DESCRIBE_STRUCT(minus, (), (of, last))

} // namespace garden

using namespace garden;
using foundry::json::reader;
using foundry::json::reading;

template <class T>
foundry::json::object_ref place_of(T& value)
{
    return {&value, &foundry::json::type_of<T>::value};
}

template <class T>
std::string all_of(T const& value)
{
    std::string text;
    foundry::json::write(text, {&value, &foundry::json::type_of<T>::value}, foundry::json::writing::all);
    return text;
}

/// Reads a text in pieces of some size.
bool read_pieces(reader& r, foundry::json::object_ref to, std::string_view text, std::size_t size, reading how)
{
    r.start(to, how);
    for (std::size_t i = 0; i < text.size(); i += size) {
        if (!r.feed(text.substr(i, size)))
            return false;
    }
    return r.finish();
}

/// What is wrong with a text, which is the same in pieces.
template <class T>
std::string problem_of(std::string_view text, reading how = reading::strict)
{
    T value;
    reader r;
    bool const good = r.read(place_of(value), text, how);
    std::string problem = r.problem();
    CHECK(good == problem.empty());
    T other;
    CHECK(read_pieces(r, place_of(other), text, 1, how) == good);
    CHECK(r.problem() == problem);
    return problem;
}

template <class T>
T good(std::string_view text, reading how = reading::strict)
{
    T value;
    reader r;
    CHECK_MESSAGE(r.read(place_of(value), text, how), text, ": ", r.problem());
    return value;
}

/// Removes the mark `^` from a text.
std::size_t take_mark(std::string& text)
{
    std::size_t const at = text.find('^');
    REQUIRE(at != text.npos);
    text.erase(at, 1);
    return at;
}

/// The texts of a member of `sample`.
struct member_texts
{
    std::string_view name;
    std::string_view good;
    std::string_view expectation;
    std::size_t shape; ///< Index of the shape in `shapes` that it takes.
    std::vector<std::string_view> out_of_range = {};
};

struct shape_text
{
    std::string_view text;
    std::string_view words;
};
constexpr shape_text shapes[] = {{"null", "null"},    {"true", "true or false"}, {"7", "a number"},
                                 {"\"x\"", "a text"}, {"[]", "an array"},        {"{}", "an object"}};

std::vector<member_texts> const members = {
    {"i8", "-128", "an integer from -128 to 127", 2, {"-129", "128", "0.5", "1e3", "1e300", "-1e-3"}},
    {"u8", "255", "an integer from 0 to 255", 2, {"-1", "256", "255.5", "-0.5"}},
    {"i16", "-32768", "an integer from -32768 to 32767", 2, {"-32769", "32768"}},
    {"u16", "65535", "an integer from 0 to 65535", 2, {"-1", "65536"}},
    {"i32", "-2147483648", "an integer from -2147483648 to 2147483647", 2, {"-2147483649", "2147483648", "3.5"}},
    {"u32", "4294967295", "an integer from 0 to 4294967295", 2, {"-1", "4294967296"}},
    {"i64",
     "-9223372036854775808",
     "an integer from -9223372036854775808 to 9223372036854775807",
     2,
     {"-9223372036854775809", "9223372036854775808", "-1e19", "1e19", "18446744073709551616", "1.5"}},
    {"u64",
     "18446744073709551615",
     "an integer from 0 to 18446744073709551615",
     2,
     {"-1", "18446744073709551616", "-9223372036854775809", "2e19"}},
    {"f", "-3.4e38", "a number that fits a float", 2, {"3.5e38", "-1e39"}},
    {"d", "-1.7e308", "a number", 2},
    {"b", "true", "true or false", 1},
    {"s", "\"\\u00e9\"", "a text", 3},
    {"c", "\"dark_blue\"", "one of red, green, dark_blue", 3, {"\"blue\"", "\"\"", "\"Red\"", "\"re\\u0064 \""}},
    {"w", "\"tues-day\"", "one of mon, tues-day", 3, {"\"tuesday\"", "\"mon\\u0000\""}},
    {"o", "-1", "an integer from -2147483648 to 2147483647", 2, {"2147483648"}},
    {"v", "[1,2]", "an array", 4},
    {"a", "[1,2]", "an array of 2", 4},
    {"m", "{\"k\":true}", "an object", 5},
    {"n", "{\"k\":1}", "an object", 5},
};

/// The text of a sample with another text for one member; without it if that is empty.
std::string sample_text(std::string_view name = {}, std::string_view other = {})
{
    std::string text;
    for (member_texts const& m : members) {
        std::string_view const value = m.name == name ? other : m.good;
        if (!value.empty())
            text.append(text.empty() ? "{\"" : ",\"").append(m.name).append("\":").append(value);
    }
    return text + '}';
}

/// A place for a sample in a holder.
struct place
{
    std::string before; ///< The text, up to the sample.
    std::string_view after;
    std::string_view path;
    bool in_variant = false; ///< It is looked at when it is complete.
};

std::vector<place> const& places()
{
    static std::string const one = sample_text();
    static std::vector<place> const all = {
        {R"({"maybe":)", "}", "maybe"},
        {R"({"list":[)" + one + ',', "]}", "list[1]"},
        {R"({"pair":[)" + one + ',', "]}", "pair[1]"},
        {R"({"sorted":{"k":)" + one + R"(,"l":)", "}}", "sorted.*"},
        {R"({"ordered":{"k":)", "}}", "ordered.*"},
        {R"({"lists":{"k":[],"l":[)", "]}}", "lists.*[0]"},
        {R"({"one":)", "}", "one", true},
        {R"({"some":["x",)", "]}", "some[1]", true},
    };
    return all;
}

std::string with_path(std::string reason, std::string_view path, std::string_view inner, std::size_t at)
{
    reason.append(" in ").append(path);
    if (!inner.empty())
        reason.append(inner.front() == '[' ? "" : ".").append(inner);
    return reason + " at byte " + std::to_string(at);
}

/// Puts a malformed sample, with a mark at the byte where this is seen, in each place.
void check_everywhere(std::string sample_with_mark, std::string const& reason, std::string_view inner,
                      std::string const& reason_in_variant = {})
{
    std::size_t const mark = take_mark(sample_with_mark);
    for (place const& p : places()) {
        bool const other = p.in_variant && !reason_in_variant.empty();
        std::size_t const at = p.before.size() + (p.in_variant ? sample_with_mark.size() : mark);
        std::string const text = p.before + sample_with_mark + std::string(p.after);
        CHECK_MESSAGE(problem_of<holder>(text) ==
                          with_path(other ? reason_in_variant : reason, p.path, other ? "" : inner, at),
                      text);
    }
}

TEST_CASE("strict reading: a member of another shape or out of range is refused in each place, with what was expected")
{
    for (member_texts const& m : members) {
        std::string const expected = "expected " + std::string(m.expectation);
        for (std::size_t i = 0; i != std::size(shapes); ++i) {
            if (i == m.shape || (i == 0 && m.name == "o"))
                continue;
            std::string marked(shapes[i].text);
            marked.insert(i < 4 ? marked.size() : 1, "^");
            check_everywhere(sample_text(m.name, marked), expected + ", got " + std::string(shapes[i].words), m.name);
        }
        for (std::string_view const value : m.out_of_range)
            check_everywhere(sample_text(m.name, std::string(value) + '^'), expected, m.name);
    }
}

TEST_CASE("strict reading: a missing, repeated or unknown member is refused in each place")
{
    std::string names;
    for (member_texts const& m : members)
        names.append(names.empty() ? "" : ", ").append(m.name);
    for (member_texts const& m : members) {
        std::string const name(m.name);
        if (name == "o")
            continue;
        check_everywhere(sample_text(name) + '^', "the member " + name + " is missing", "");
        std::string twice = sample_text();
        twice.insert(twice.size() - 1, ",\"" + name + "\"^:" + std::string(m.good));
        check_everywhere(twice, "the member is repeated", name, "a name is repeated");
    }
    for (std::string const unknown :
         {"\"zz\":1^", "\"zz\":[^1]", "\"I8\":\"1\"^", "\"i8 \":null^", "\"\":{^}", "\"i\":false^"}) {
        for (std::size_t const at : {std::size_t{1}, sample_text().size() - 1}) {
            std::string text = sample_text();
            text.insert(at, at == 1 ? unknown + ',' : ',' + unknown);
            check_everywhere(text, "a member that is not described; the members are " + names, "");
        }
    }
}

TEST_CASE("strict reading: an element of another shape or number is refused in each place")
{
    struct
    {
        char const* member;
        char const* text;
        char const* reason;
        char const* path;
        char const* reason_in_variant = "";
    } const cases[] = {
        {"v", "[1,\"2\"^]", "expected an integer from -2147483648 to 2147483647, got a text", "v[1]"},
        {"v", "[null^]", "expected an integer from -2147483648 to 2147483647, got null", "v[0]"},
        {"v", "[1,2,[^]]", "expected an integer from -2147483648 to 2147483647, got an array", "v[2]"},
        {"v", "[1,2147483648^]", "expected an integer from -2147483648 to 2147483647", "v[1]"},
        {"a", "[]^", "expected an array of 2", "a"},
        {"a", "[1]^", "expected an array of 2", "a"},
        {"a", "[1,2,3^]", "expected an array of 2", "a[2]"},
        {"a", "[1,2,null^]", "expected an array of 2", "a[2]"},
        {"a", "[1,2,{^}]", "expected an array of 2", "a[2]"},
        {"a", "[1,40000^]", "expected an integer from -32768 to 32767", "a[1]"},
        {"a", "[true^,1]", "expected an integer from -32768 to 32767, got true or false", "a[0]"},
        {"m", "{\"k\":1^}", "expected true or false, got a number", "m.*"},
        {"m", "{\"k\":true,\"l\":null^}", "expected true or false, got null", "m.*"},
        {"m", "{\"k\":true,\"k\":true^}", "the name is repeated", "m.*", "a name is repeated"},
        {"n", "{\"k\":256^}", "expected an integer from 0 to 255", "n.*"},
        {"n", "{\"k\":\"\\n\"^}", "expected an integer from 0 to 255, got a text", "n.*"},
        {"n", "{\"k\":1,\"\\u006b\":2^}", "the name is repeated", "n.*", "a name is repeated"},
    };
    for (auto const& c : cases)
        check_everywhere(sample_text(c.member, c.text), c.reason, c.path, c.reason_in_variant);
}

TEST_CASE("strict reading: what is wrong with a variant, a list or a whole text is said")
{
    struct
    {
        char const* text;
        char const* problem; ///< Without the byte, which has the mark.
    } const cases[] = {
        // the whole value
        {"null^", "expected an object, got null"},
        {"[^]", "expected an object, got an array"},
        {"7^ ", "expected an object, got a number"},
        {"\"{}\"^", "expected an object, got a text"},
        {"false^", "expected an object, got true or false"},
        {"{}{^", "extra data"},
        {"{} ,^", "extra data"},
        // variants
        {R"({"shape":{}^})", "expected an object of radius or an object of side, name in shape"},
        {R"({"shape":{"radius":1,"side":1}^})", "expected an object of radius or an object of side, name in shape"},
        {R"({"shape":{"side":1.5}^})", "expected an object of radius or an object of side, name in shape"},
        {R"({"shape":{"side":1,"name":"x","name":"x"}^})", "a name is repeated in shape"},
        {R"({"shape":7^})", "expected an object of radius or an object of side, name, got a number in shape"},
        {R"({"shape":[]^})", "expected an object of radius or an object of side, name, got an array in shape"},
        {R"({"shape":"x"^})", "expected an object of radius or an object of side, name, got a text in shape"},
        {R"({"shapes":{"a":null,"b":true^}})",
         "expected an object of radius or an object of side, name or a text, got true or false in shapes.*"},
        {R"({"shapes":{"a":{"radius":1},"b":{"radius":null}^}})",
         "expected an object of radius or an object of side, name or a text in shapes.*"},
        {R"({"shapes":{"a":{"radius":1},"a":{"radius":1}^}})", "the name is repeated in shapes.*"},
        {R"({"shapes":{"a":"","a":null^}})", "the name is repeated in shapes.*"},
        {R"({"shapes":{"a":null,"a":""^}})", "the name is repeated in shapes.*"},
        {R"({"shapes":{"a":"","a":1^}})",
         "expected an object of radius or an object of side, name or a text, got a number in shapes.*"},
        {R"({"some":[null^]})",
         "expected an object of i8, u8, i16, u16, i32, u32, i64, u64, f, d, b, s, c, w, o, v, a, m, n "
         "or a text, got null in some[0]"},
        {R"({"one_or_none":[]^})", "expected an array of 1 in one_or_none"},
        {R"({"one_or_none":[null,null^]})", "expected an array of 1 in one_or_none[1]"},
        {R"({"one_or_none":["","x"^]})", "expected an array of 1 in one_or_none[1]"},
        {R"({"one_or_none":["",{}^]})", "expected an array of 1 in one_or_none[1]"},
        // values of any shape
        {R"({"values":{"a":1,"a":null^}})", "the name is repeated in values.*"},
        {R"({"values":{"a":null,"a":1^}})", "the name is repeated in values.*"},
        {R"({"values":{"a":null,"a":{"b":1}^}})", "the name is repeated in values.*"},
        {R"({"objects":[{},[^]]})", "expected an object, got an array in objects[1]"},
        {R"({"objects":[{},1^]})", "expected an object, got a number in objects[1]"},
        {R"({"objects":[{"a":1,]^]})", "syntax error in objects[0]"},
        {R"({"any":{"a":1},"any"^:1})", "the member is repeated in any"},
        // places that are not there
        {R"({"maybe":null,"maybe"^:null})", "the member is repeated in maybe"},
        {R"({"list":{^}})", "expected an array, got an object in list"},
        {R"({"list":[null^]})", "expected an object, got null in list[0]"},
        {R"({"list":[[^]]})", "expected an object, got an array in list[0]"},
        {R"({"lists":{"k":[],"l":{^}}})", "expected an array, got an object in lists.*"},
        {R"({"root":{"name":"a","children":[{"name":"b","children":[{"name":"c","children":[]},{"name":1^}]}]}})",
         "expected a text, got a number in root.children[0].children[1].name"},
        {R"({"root":{"name":"a","children":[{"name":"b"}^]}})", "the member children is missing in root.children[0]"},
        // syntax
        {"^", "incomplete JSON"},
        {" \n^", "incomplete JSON"},
        {"{,^}", "syntax error"},
        {"x^", "syntax error"},
        {"nul^x", "syntax error"},
        {"{\"root\":{\"name\":\"a\",}^}", "syntax error in root.name"},
        {"{\"root\":{\"name\" 1^}}", "syntax error in root.name"},
        {"{\"root\":{\"name\":\"a\"]^}", "syntax error in root.name"},
        {"{\"root\":{\"name\":\"\t^\"}}", "a control character in a string in root.name"},
        {"{\"root\":{\"name\":\"\\x^\"}}", "syntax error in root.name"},
        {"{\"root\":{\"name\":\"\\u00g^0\"}}", "syntax error in root.name"},
        {"{\"root\":{'^name':1}}", "syntax error in root"},
        {"{\"list\":[}^", "syntax error in list[0]"},
        {"{\"objects\":[{},{\"a\":tru^}]}", "syntax error in objects[1]"},
        {"{\"objects\":[{},{\"a\":\"\n^\"}]}", "a control character in a string in objects[1]"},
        {"{\"shape\":{\"side\":1}^", "incomplete JSON"},
        {"{\"values\":{\"a\":1e999^}}", "a number is too large in values.*"},
        {"{\"values\":{\"a\":01^}}", "syntax error in values.*"},
        {"{\"values\":{\"a\":1.^}}", "syntax error in values.*"},
        {"{\"values\":{\"a\":-^}}", "syntax error in values.*"},
        {"{\"values\":{\"a\":+^1}}", "syntax error in values.*"},
        {"{\"values\":{\"a\":N^aN}}", "syntax error in values.*"},
    };
    for (auto const& c : cases) {
        std::string text = c.text;
        std::size_t const at = take_mark(text);
        CHECK_MESSAGE(problem_of<holder>(text) == c.problem + (" at byte " + std::to_string(at)), text);
    }
    CHECK(problem_of<std::vector<std::string>>(R"(["a","b\q"])") == "syntax error in [1] at byte 9");
    CHECK(problem_of<std::vector<std::string>>("[\"a\",\"b\n\"]") ==
          "a control character in a string in [1] at byte 8");
    CHECK(problem_of<std::vector<std::string>>(R"(["a",1])") == "expected a text, got a number in [1] at byte 6");
    CHECK(problem_of<std::vector<colour>>(R"(["red","pink"])") ==
          "expected one of red, green, dark_blue in [1] at byte 13");
    CHECK(problem_of<std::vector<std::vector<int>>>("[[1],[2,true]]") ==
          "expected an integer from -2147483648 to 2147483647, got true or false in [1][1] at byte 12");
    CHECK(problem_of<std::map<std::string, int>>("[]") == "expected an object, got an array at byte 1");
    CHECK(problem_of<std::int8_t>("300") == "expected an integer from -128 to 127 at byte 3");
    CHECK(problem_of<std::variant<circle, square>>("null") ==
          "expected an object of radius or an object of side, name, got null at byte 4");
    CHECK(problem_of<bool>("\"true\"") == "expected true or false, got a text at byte 6");
}

TEST_CASE("strict reading: a text that is cut anywhere is incomplete")
{
    for (place const& p : places()) {
        std::string const text = p.before + sample_text() + std::string(p.after);
        CHECK(problem_of<holder>(text).empty());
        reader r;
        for (std::size_t at = 0; at < text.size(); at += 3) {
            holder value;
            REQUIRE_FALSE_MESSAGE(r.read(place_of(value), std::string_view(text).substr(0, at), reading::strict),
                                  text.substr(0, at));
            std::string const problem = r.problem();
            // a cut number is one that cannot end there, or is complete and out of range
            bool const said =
                problem == "incomplete JSON at byte " + std::to_string(at) || problem.starts_with("syntax error");
            CHECK_MESSAGE(said, problem);
        }
    }
}

/// A value is the same after it has been written and read strictly, whole or in pieces.
template <class T>
void check_round_trip(T const& value)
{
    std::string const text = all_of(value);
    CHECK(good<T>(text) == value);
    CHECK(good<T>(text, reading::created) == value);
    reader r;
    for (std::size_t const size : {1u, 7u}) {
        T other;
        REQUIRE_MESSAGE(read_pieces(r, place_of(other), text, size, reading::strict), r.problem());
        CHECK(other == value);
    }
}

sample smallest()
{
    sample s;
    s.i8 = std::numeric_limits<std::int8_t>::min();
    s.i16 = std::numeric_limits<std::int16_t>::min();
    s.i32 = std::numeric_limits<std::int32_t>::min();
    s.i64 = std::numeric_limits<std::int64_t>::min();
    s.f = std::numeric_limits<float>::lowest();
    s.d = std::numeric_limits<double>::lowest();
    return s;
}

sample largest()
{
    sample s;
    s.i8 = std::numeric_limits<std::int8_t>::max();
    s.u8 = std::numeric_limits<std::uint8_t>::max();
    s.i16 = std::numeric_limits<std::int16_t>::max();
    s.u16 = std::numeric_limits<std::uint16_t>::max();
    s.i32 = std::numeric_limits<std::int32_t>::max();
    s.u32 = std::numeric_limits<std::uint32_t>::max();
    s.i64 = std::numeric_limits<std::int64_t>::max();
    s.u64 = std::numeric_limits<std::uint64_t>::max();
    s.f = std::numeric_limits<float>::max();
    s.d = std::numeric_limits<double>::max();
    s.b = true;
    s.s = std::string("\0\x1f\"\\/\b\f\n\r\t\x7f", 11) + "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
    s.c = colour::dark_blue;
    s.w = day::tuesday;
    s.o = std::numeric_limits<int>::min();
    s.v = {0, -1, std::numeric_limits<int>::max()};
    s.a = {-32768, 32767};
    s.m = {{"", true}, {"\xc3\xa9\n\"", false}, {"x.y", true}};
    s.n["z"] = 255;
    s.n["a"] = 0;
    return s;
}

tree tree_of(int depth)
{
    tree t{"leaf", {}};
    for (int i = 1; i != depth; ++i) {
        tree outer{std::to_string(i), {}};
        outer.children.push_back(std::move(t));
        outer.children.emplace_back().name = "side";
        t = std::move(outer);
    }
    return t;
}

std::string repeated(std::string_view text, std::size_t n)
{
    std::string all;
    for (std::size_t i = 0; i != n; ++i)
        all += text;
    return all;
}

TEST_CASE("strict reading: every value that is written is read again")
{
    std::vector<sample> samples = {sample(), smallest(), largest()};
    samples.emplace_back().f = std::numeric_limits<float>::denorm_min();
    samples.emplace_back().d = std::numeric_limits<double>::denorm_min();
    samples.emplace_back().d = 0.1 + 0.2;
    samples.emplace_back().d = 1e22;
    samples.emplace_back().d = 9007199254740993.0;
    samples.emplace_back().f = 16777216;
    samples.emplace_back().s = std::string(10000, '\\') + std::string(10000, 'x');
    samples.emplace_back().v.assign(1000, -7);
    for (int i = 0; i != 100; ++i) {
        samples.back().m[std::to_string(i)] = i % 2 == 0;
        samples.back().n[std::to_string(i)] = static_cast<std::uint8_t>(i);
    }
    for (sample const& s : samples)
        check_round_trip(s);

    holder h;
    check_round_trip(h);
    auto const check = [&h](auto member, auto value) {
        h.*member = std::move(value);
        check_round_trip(h);
    };
    check(&holder::maybe, largest());
    check(&holder::list, std::vector<sample>());
    check(&holder::list, samples);
    check(&holder::pair, std::array<sample, 2>{smallest(), largest()});
    check(&holder::sorted, std::map<std::string, sample>{{"a", smallest()}, {"", largest()}});
    h.ordered.emplace()["z"] = largest();
    h.ordered.emplace()["a"] = smallest();
    check(&holder::lists, std::unordered_map<std::string, std::vector<sample>>{{"a", {}}, {"b", {smallest()}}});
    check(&holder::one, std::variant<sample, std::string>(largest()));
    check(&holder::one, std::variant<sample, std::string>("\n"));
    check(&holder::some, std::vector<std::variant<sample, std::string>>{"", smallest(), "x", sample()});
    check(&holder::shape, std::variant<circle, square>(circle{0.25}));
    check(&holder::shape, std::variant<circle, square>(square{-1, "a"}));
    check(&holder::shapes, std::map<std::string, std::variant<std::monostate, circle, square, std::string>>{
                               {"a", {}}, {"b", circle{1}}, {"c", square{2, {}}}, {"d", "d"}});
    boost::json::value const any = {{"a", {1, 2.0, nullptr, "\xc3\xa9", true}}, {"b", std::uint64_t(-1)}};
    h.values.emplace()["null"] = nullptr;
    (*h.values)["any"] = any;
    check(&holder::any, boost::json::value(boost::json::array{}));
    check(&holder::any, any);
    check(&holder::objects, std::vector<boost::json::object>{{}, any.get_object()});
    check(&holder::one_or_none, std::array<std::variant<std::monostate, std::string>, 1>{"x"});
    check(&holder::one_or_none, std::array<std::variant<std::monostate, std::string>, 1>{});
    check(&holder::root, tree_of(20));

    check_round_trip(settings());
    check_round_trip(settings{0, -1, false, "", colour::red, {}, {0, 0}, {}, 0, "text", {{"more", 1}}});
    check_round_trip(tree_of(32));
    check_round_trip(std::vector<std::vector<std::string>>{{}, {"", "a"}});
    check_round_trip(std::map<std::string, std::map<std::string, std::array<float, 2>>>{{"a", {{"b", {0.1f, -0.f}}}}});
    check_round_trip(std::numeric_limits<std::int64_t>::min());
    check_round_trip(std::numeric_limits<std::uint64_t>::max());
    check_round_trip(std::string("\xe2\x82\xac"));
    check_round_trip(colour::green);
    check_round_trip(false);
}

TEST_CASE("strict reading: a whole number is an integer however it is written")
{
    CHECK(good<std::int8_t>("3.0") == 3);
    CHECK(good<std::int8_t>("1e2") == 100);
    CHECK(good<std::int8_t>("-12.80E+1") == -128);
    CHECK(good<std::uint8_t>("2550e-1") == 255);
    CHECK(good<std::uint8_t>("-0") == 0);
    CHECK(good<std::uint64_t>("-0.0") == 0);
    CHECK(good<std::uint64_t>("18446744073709549568.0") == 18446744073709549568u);
    CHECK(good<std::int64_t>("-9007199254740992.0") == -9007199254740992);
    CHECK(good<std::vector<int>>("[1.0,2e0,30e-1]") == std::vector<int>{1, 2, 3});
    CHECK(good<double>("3") == 3);
    for (char const* const text : {"3.5", "1e-1", "0.0001", "1e3", "12800e-2", "1e400", "-1e400"})
        CHECK_FALSE(problem_of<std::int8_t>(text).empty());
    // a double is not what these were rounded to
    CHECK(problem_of<std::int64_t>("9223372036854775808.0").starts_with("expected an integer"));
    CHECK(problem_of<std::int64_t>("-9223372036854775809").starts_with("expected an integer"));
    CHECK(problem_of<std::uint64_t>("18446744073709551615.0").starts_with("expected an integer"));
}

TEST_CASE("strict reading: a text that is nested too deeply is refused where it is")
{
    std::string const open = R"({"name":"a","children":[)";
    std::string const close = "]}";
    CHECK(problem_of<tree>(repeated(open, 32) + repeated(close, 32)).empty());
    std::string path = "children[0]";
    for (int i = 1; i != 32; ++i)
        path += ".children[0]";
    for (std::size_t const depth : {33u, 34u, 1000u, 100000u})
        CHECK(problem_of<tree>(repeated(open, depth)) ==
              "too deep in " + path + " at byte " + std::to_string(32 * open.size() + 1));
    CHECK(problem_of<tree>(repeated(open, 33), reading::created).starts_with("too deep in children[0]"));
    CHECK(problem_of<holder>(R"({"any":)" + repeated("[", 100)) == "too deep in any at byte 71");
    CHECK(problem_of<holder>(R"({"values":{"a":)" + repeated("{\"b\":", 100)).starts_with("too deep in values.* at"));
    CHECK(problem_of<plus>(repeated(R"({"of":[)", 100)).starts_with("too deep in of[0] at byte "));

    std::string text;
    CHECK_NOTHROW(text = all_of(tree_of(32)));
    CHECK_THROWS_WITH_AS(text = all_of(tree_of(33)), doctest::Contains("children[0] is nested too deeply"),
                         foundry::error);
}

TEST_CASE("strict reading: variants in variants do not take longer at each level")
{
    std::string const begin = R"({"of":[)";
    std::string const end = R"(],"last":"x"})";
    auto const root = good<std::variant<plus, minus>>(repeated(begin, 32) + repeated(end, 32));
    std::variant<plus, minus> const* inner = &root;
    for (int i = 1; i != 32; ++i) {
        REQUIRE(std::get<minus>(*inner).of.size() == 1);
        inner = &std::get<minus>(*inner).of[0];
    }
    CHECK(std::get<minus>(*inner).last == "x");
    CHECK(problem_of<std::variant<plus, minus>>(repeated(begin, 31) + R"({"of":[]})" + repeated(end, 31))
              .starts_with("expected an object of of, last or an object of of, last at byte"));
}

TEST_CASE("created reading: absent and null members keep their initial value, and lists are replaced")
{
    auto const read = [](char const* text) { return good<settings>(text, reading::created); };
    CHECK(read("{}") == settings());
    settings expected;
    expected.most.reset();
    CHECK(
        read(
            R"({"limit":null,"ratio":null,"on":null,"name":null,"paint":null,"sizes":null,"corner":null,"counts":null,)"
            R"("most":null,"form":null})") == expected);

    CHECK(read(R"({"sizes":[5]})").sizes == std::vector<int>{5});
    CHECK(read(R"({"sizes":[]})").sizes.empty());
    CHECK(read(R"({"counts":{"two":2}})").counts == std::map<std::string, int>{{"two", 2}});
    CHECK(read(R"({"counts":{}})").counts.empty());
    CHECK(read(R"({"corner":[9]})").corner == std::array<int, 2>{9, 4});
    CHECK(read(R"({"name":""})").name.empty());
    CHECK(read(R"({"form":"x"})").form == std::variant<std::string, circle>("x"));
    CHECK(read(R"({"form":{"radius":5,"more":1}})").form == std::variant<std::string, circle>(circle{5}));
}

TEST_CASE("created reading: of duplicate names the last one counts")
{
    auto const read = [](char const* text) { return good<settings>(text, reading::created); };
    CHECK(read(R"({"limit":1,"limit":2})").limit == 2);
    CHECK(read(R"({"name":"aa","name":"b"})").name == "b");
    CHECK(read(R"({"sizes":[1,2,3],"sizes":[4]})").sizes == std::vector<int>{4});
    CHECK(read(R"({"counts":{"a":1},"counts":{"b":2}})").counts == std::map<std::string, int>{{"b", 2}});
    CHECK(read(R"({"counts":{"a":1,"b":2,"a":3}})").counts == std::map<std::string, int>{{"a", 3}, {"b", 2}});
    CHECK(read(R"({"most":1,"most":null})").most == std::nullopt);
    CHECK(read(R"({"most":null,"most":1})").most == 1);
    CHECK(read(R"({"form":"x","form":{"radius":1}})").form == std::variant<std::string, circle>(circle{1}));
    settings const twice = read(R"({"limit":"x","limit":2})");
    CHECK(twice.limit == 2);
    CHECK(twice.extra.empty());
}

TEST_CASE("created reading: what does not fit goes to extra, or the text is refused")
{
    auto const extra = [](char const* text) {
        settings const s = good<settings>(text, reading::created);
        CHECK(good<settings>(all_of(s), reading::created) == s);
        return s.extra;
    };
    CHECK(extra(R"({"limit":"12","name":3})").empty());
    CHECK(extra(R"({"limit":"x"})").at("limit") == "x");
    CHECK(extra(R"({"limit":2147483648})").at("limit") == 2147483648);
    CHECK(extra(R"({"sizes":[1,"x",2]})").at("sizes") == boost::json::value{1, "x", 2});
    CHECK(extra(R"({"sizes":[1,null]})").at("sizes") == boost::json::value{1, nullptr});
    CHECK(extra(R"({"corner":[1,2,3]})").at("corner") == boost::json::value{1, 2, 3});
    CHECK(extra(R"({"form":5})").at("form") == 5);
    CHECK(extra(R"({"paint":[]})").at("paint").is_array());
    CHECK(extra(R"({"counts":1})").at("counts") == 1);
    CHECK(extra(R"({"form":{"radius":[]}})").size() == 0); // a circle, whose member has no place for it
    CHECK(extra(R"({"new":{"a":[1]}})").at("new").at("a").at(0) == 1);

    auto const problem = [](char const* text) { return problem_of<settings>(text, reading::created); };
    CHECK(problem(R"({"paint":"pink"})") == "expected one of red, green, dark_blue in paint at byte 15");
    CHECK(problem(R"({"paint":3})") == "expected one of red, green, dark_blue in paint at byte 10");
    CHECK(problem(R"({"counts":{"a":1,"b":"x"}})") == "an element of another shape in counts.* at byte 24");
    CHECK(problem(R"({"counts":{"a":null}})") == "an element of another shape in counts.* at byte 19");
    CHECK(problem(R"({"counts":{"a":"1","b":2.0}})").empty());
    CHECK(problem_of<std::vector<colour>>(R"(["red","pink"])", reading::created) ==
          "expected one of red, green, dark_blue in [1] at byte 13");

    // more than an array has
    for (char const* const text : {R"({"one_or_none":["a",null]})", R"({"one_or_none":["a",{}]})",
                                   R"({"one_or_none":[null,1]})", R"({"one_or_none":["a",[1]]})"})
        CHECK(good<holder>(text, reading::created).one_or_none == std::nullopt);
    for (char const* const text : {"[1,2]", "[1,null]", "[1,{}]", "[1,[]]", "[1,\"x\"]"})
        CHECK(problem_of<std::array<boost::json::value, 1>>(text, reading::created)
                  .starts_with("an element of another shape in [1]"));
}

TEST_CASE("strict reading: a spoiled text is read the same whole and in pieces, and what is read can be written")
{
    std::mt19937 random(1);
    auto const below = [&random](std::size_t n) { return random() % n; };
    static constexpr std::string_view tokens[] = {"{",   "}",   "[",     "]",    ",",        ":",
                                                  "\"",  "\\",  "null",  "true", "1",        "-",
                                                  "2.0", "1e2", "\"x\"", "[{}]", "\"k\":1,", "\"side\":2,"};
    std::vector<std::string> seeds = {
        R"({"shape":{"side":1,"name":"x"},"shapes":{"a":null,"b":{"radius":1},"c":"t"},"one_or_none":["x"]})",
        R"({"values":{"a":1,"b":{"c":[1,2.5,null]}},"any":[1,{"a":"b"}],"objects":[{},{"a":1}]})",
        R"({"root":{"name":"a\u00e9","children":[{"name":"b","children":[]}]},"one_or_none":[null]})",
    };
    for (place const& p : places())
        seeds.push_back(p.before + sample_text() + std::string(p.after));
    std::size_t read = 0;
    reader r;
    for (int i = 0; i != 1500; ++i) {
        std::string text = seeds[below(seeds.size())];
        std::string_view const token = tokens[below(std::size(tokens))];
        text.replace(below(text.size()), below(3), token);
        for (reading const how : {reading::strict, reading::created}) {
            holder whole;
            holder in_pieces;
            bool const is_good = r.read(place_of(whole), text, how);
            REQUIRE_MESSAGE(read_pieces(r, place_of(in_pieces), text, 1 + below(3), how) == is_good, text);
            if (!is_good)
                continue;
            ++read;
            REQUIRE_MESSAGE(whole == in_pieces, text);
            REQUIRE_MESSAGE(good<holder>(all_of(whole), how) == whole, text);
        }
    }
    CHECK(read > 100);
}

} // namespace foundry_test::strict_reading_test
