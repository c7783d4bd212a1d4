// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// While a text arrives, the value holds what has come: at each byte it is what a slow reader makes of the text so far.

#include <foundry/detail/json/reader.hpp>

#include <boost/describe/enum_to_string.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <variant>
#include <vector>

namespace foundry_test::partial_value_test {

thread_local std::size_t allocated = 0; // bytes

} // namespace foundry_test::partial_value_test

void* operator new(std::size_t size)
{
    foundry_test::partial_value_test::allocated += size;
    if (void* const memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace foundry_test::partial_value_test {

namespace orchard {

enum class ripeness
{
    green,
    ripe,
    over_ripe
};
BOOST_DESCRIBE_ENUM(ripeness, green, ripe, over_ripe)

struct apple
{
    double weight = 0;
    std::vector<ripeness> spots;
};
BOOST_DESCRIBE_STRUCT(apple, (), (weight, spots))

struct pear
{
    std::string name;
    std::vector<int> seeds;
};
BOOST_DESCRIBE_STRUCT(pear, (), (name, seeds))

using fruit = std::variant<apple, pear, std::string>;

/// Members that appear when they are complete, and those that grow.
struct basket
{
    std::string label = "new";
    ripeness state = ripeness::ripe;
    bool full = true;
    double weight = -1;
    std::optional<int> count;
    std::optional<std::string> note;
    std::optional<ripeness> worst;
    std::vector<std::string> tags;
    std::vector<int> sizes = {1};
    std::array<int, 3> corner{};
    std::vector<std::vector<ripeness>> rows;
    fruit best;
    std::optional<fruit> next;
    boost::json::value any;
};
BOOST_DESCRIBE_STRUCT(basket, (),
                      (label, state, full, weight, count, note, worst, tags, sizes, corner, rows, best, next, any))

/// Lists of classes, of variants, and maps of each.
struct shelf
{
    std::vector<apple> apples;
    std::vector<fruit> fruits;
    std::map<std::string, int> prices;
    std::map<std::string, std::string> notes;
    std::unordered_map<std::string, fruit> by_name;
    foundry::dictionary<std::vector<std::string>> words;
    std::optional<pear> spare;
    std::vector<boost::json::value> values;
};
BOOST_DESCRIBE_STRUCT(shelf, (), (apples, fruits, prices, notes, by_name, words, spare, values))

/// A class that contains itself.
struct branch
{
    std::string name;
    std::vector<branch> branches;
    std::map<std::string, branch> named;
};
BOOST_DESCRIBE_STRUCT(branch, (), (name, branches, named))

} // namespace orchard

using namespace orchard;
using boost::json::value;
using foundry::json::reader;
using foundry::json::reading;

// What a type is for the slow reader.
template <class T>
struct is_list : std::false_type
{};
template <class T>
struct is_list<std::vector<T>> : std::true_type
{
    using element = T;
};
template <class T, std::size_t N>
struct is_list<std::array<T, N>> : std::true_type
{
    using element = T;
};

template <class T>
struct is_map : std::false_type
{};
template <class T>
struct is_map<std::map<std::string, T>> : std::true_type
{
    using element = T;
};
template <class T>
struct is_map<std::unordered_map<std::string, T>> : is_map<std::map<std::string, T>>
{};
template <class T>
struct is_map<foundry::dictionary<T>> : is_map<std::map<std::string, T>>
{};

template <class T>
struct optional_of
{
    using type = T;
};
template <class T>
struct optional_of<std::optional<T>>
{
    using type = T;
};

template <class T, class F>
void for_each_member(F f)
{
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(f);
}

/// A value in memory. Its texts may end within a character.
template <class T>
value seen(T const& v)
{
    if constexpr (requires { v.has_value(); }) {
        return v ? seen(*v) : value();
    } else if constexpr (is_list<T>::value) {
        boost::json::array all;
        for (auto const& element : v)
            all.push_back(seen(element));
        return all;
    } else if constexpr (is_map<T>::value) {
        boost::json::object all;
        for (auto const& [name, element] : v)
            all[name] = seen(element);
        return all;
    } else if constexpr (boost::describe::has_describe_members<T>::value) {
        boost::json::object all;
        for_each_member<T>([&](auto d) { all[d.name] = seen(v.*d.pointer); });
        return all;
    } else if constexpr (std::is_enum_v<T>) {
        return boost::json::string(boost::describe::enum_to_string(v, ""));
    } else if constexpr (std::is_same_v<T, fruit>) {
        return std::visit([](auto const& one) { return seen(one); }, v);
    } else {
        return value(v);
    }
}

/// A position in a text that is not complete.
struct cursor
{
    std::string_view text;
    std::size_t at = 0;

    /// The next character that is not blank; zero if it has not come.
    char peek()
    {
        while (at != text.size() && (text[at] == ' ' || text[at] == '\n'))
            ++at;
        return at == text.size() ? '\0' : text[at];
    }
    bool take(char c)
    {
        bool const is_next = peek() == c;
        at += is_next;
        return is_next;
    }
};

/// A value so far.
struct partial
{
    std::optional<value> what; ///< Empty if it has not appeared.
    bool complete = false;
};

/// The decoded part of a text.
partial text_so_far(cursor& c)
{
    std::string out;
    std::uint32_t lead = 0; // half of a pair that waits for the other
    c.take('"');
    for (std::string_view rest = c.text.substr(c.at); !rest.empty(); rest = c.text.substr(c.at)) {
        std::size_t taken = 1;
        std::string piece;
        std::uint32_t unit = 0;
        if (rest[0] == '\\') {
            taken = rest.size() < 2 ? 2 : rest[1] == 'u' ? 6 : 2;
            if (rest.size() < taken)
                break;
            if (taken == 6)
                unit = static_cast<std::uint32_t>(std::stoul(std::string(rest.substr(2, 4)), nullptr, 16));
            else
                piece = boost::json::parse('"' + std::string(rest.substr(0, 2)) + '"').as_string();
        } else if (rest[0] != '"') {
            piece = rest[0];
        }
        c.at += taken;
        bool const trails = unit >= 0xdc00 && unit < 0xe000;
        if (lead != 0 && !trails)
            out += "\xef\xbf\xbd";
        if (unit >= 0xd800 && unit < 0xdc00) {
            lead = unit;
            continue;
        }
        if (lead != 0 && trails)
            unit = 0x10000 + ((lead - 0xd800) << 10) + (unit - 0xdc00);
        lead = 0;
        if (unit >= 0x10000)
            for (std::uint32_t const byte :
                 {0xf0 | unit >> 18, 0x80 | (unit >> 12 & 63), 0x80 | (unit >> 6 & 63), 0x80 | (unit & 63)})
                piece += static_cast<char>(byte);
        else if (unit != 0)
            piece = boost::json::parse('"' + std::string(rest.substr(0, 6)) + '"').as_string();
        out += piece;
        if (rest[0] == '"')
            return {value(out), true};
    }
    return {value(out), false};
}

/// A value that appears when it is complete.
partial whole_so_far(cursor& c)
{
    std::size_t const begin = c.at;
    int depth = 0;
    bool in_text = false;
    for (std::size_t i = begin; i != c.text.size(); ++i) {
        char const now = c.text[i];
        if (in_text) {
            i += now == '\\' && i + 1 != c.text.size() ? 1 : 0;
            in_text = now != '"';
        } else {
            in_text = now == '"';
            depth += now == '{' || now == '[' ? 1 : 0;
            depth -= now == '}' || now == ']' ? 1 : 0;
        }
        bool const is_number = c.text[begin] == '-' || (c.text[begin] >= '0' && c.text[begin] <= '9');
        bool const is_word = c.text[begin] >= 'a' && c.text[begin] <= 'z';
        std::string_view const word = c.text.substr(begin, i + 1 - begin);
        bool const ends = is_number ? std::string_view("+-.0123456789eE").find(now) == std::string_view::npos
                          : is_word ? word == "true" || word == "false" || word == "null"
                                    : depth == 0 && !in_text;
        if (!ends)
            continue;
        c.at = is_number ? i : i + 1;
        std::string_view const text = c.text.substr(begin, c.at - begin);
        return {boost::json::parse({text.data(), text.size()}), true};
    }
    return {};
}

/// What has come of a value of a type.
template <class T>
partial so_far(cursor& c)
{
    if (c.peek() == '\0')
        return {};
    if constexpr (std::is_same_v<T, std::string>) {
        return text_so_far(c);
    } else if constexpr (is_list<T>::value) {
        partial list{value(boost::json::array())};
        if constexpr (requires { std::tuple_size<T>::value; })
            list.what = seen(T());
        c.take('[');
        for (std::size_t i = 0; !(list.complete = c.take(']')); ++i) {
            c.take(',');
            partial const element = so_far<typename is_list<T>::element>(c);
            boost::json::array& all = list.what->get_array();
            if (element.what && i < all.size())
                all[i] = *element.what;
            else if (element.what)
                all.push_back(*element.what);
            if (!element.complete)
                break;
        }
        return list;
    } else if constexpr (is_map<T>::value || boost::describe::has_describe_members<T>::value) {
        partial object{is_map<T>::value ? value(boost::json::object()) : seen(T())};
        c.take('{');
        while (!(object.complete = c.take('}'))) {
            c.take(',');
            partial const name = c.peek() == '"' ? text_so_far(c) : partial();
            if (!name.complete || !c.take(':'))
                break;
            partial element;
            if constexpr (is_map<T>::value) {
                element = so_far<typename is_map<T>::element>(c);
            } else {
                for_each_member<T>([&](auto d) {
                    if (name.what->as_string() != d.name)
                        return;
                    using type = std::remove_cvref_t<decltype(T().*d.pointer)>;
                    if (!std::is_same_v<type, typename optional_of<type>::type> && c.peek() == 'n')
                        element = whole_so_far(c);
                    else
                        element = so_far<typename optional_of<type>::type>(c);
                });
            }
            if (element.what)
                object.what->get_object()[name.what->get_string()] = *element.what;
            if (!element.complete)
                break;
        }
        return object;
    } else {
        partial whole = whole_so_far(c);
        if constexpr (std::is_same_v<T, double> || std::is_same_v<T, int>) {
            if (whole.what)
                whole.what = whole.what->to_number<T>(); // however it is written
        }
        return whole;
    }
}

/// Compares the value with what the slow reader says, after each piece of the text.
template <class T>
void check_at_each_byte(std::string const& text)
{
    std::size_t changes = 0;
    for (std::size_t const size : {1u, 2u, 3u, 7u}) {
        T v;
        value last = seen(v);
        reader r;
        r.start({&v, &foundry::json::type_of<T>::value}, reading::strict);
        for (std::size_t at = 0; at < text.size(); at += size) {
            REQUIRE_MESSAGE(r.feed(std::string_view(text).substr(at, size)), r.problem());
            cursor c{std::string_view(text).substr(0, at + size)};
            value const expected = so_far<T>(c).what.value_or(seen(T()));
            value const now = seen(v);
            REQUIRE_MESSAGE(now == expected, c.text, "\n", boost::json::serialize(now), "\n",
                            boost::json::serialize(expected));
            changes += size == 1 && now != last ? 1 : 0;
            last = now;
        }
        REQUIRE_MESSAGE(r.finish(), r.problem());
    }
    CHECK(changes > 10); // it does grow
}

/// Bytes that are allocated to read a text in small pieces.
template <class T>
std::size_t allocated_for(std::string const& text)
{
    T v;
    reader r;
    std::size_t const before = allocated;
    r.start({&v, &foundry::json::type_of<T>::value}, reading::strict);
    for (std::size_t at = 0; at < text.size(); at += 3)
        REQUIRE_MESSAGE(r.feed(std::string_view(text).substr(at, 3)), r.problem());
    REQUIRE_MESSAGE(r.finish(), r.problem());
    return allocated - before;
}

/// A list of n elements.
std::string list_of(std::size_t n, std::string const& element)
{
    std::string text = "[";
    for (std::size_t i = 0; i != n; ++i)
        text.append(i == 0 ? "" : ",").append(element);
    return text + ']';
}

TEST_CASE("partial value: texts, lists and optionals grow, other members appear when they are complete")
{
    check_at_each_byte<basket>(
        R"({"label":"a\n\"\\\/b\u00e9\ud83d\ude00 \ud83dx\ud83d\n\ud83d\u00e9\ud83d\ud83d\ude00\ud83d","state":"over_ripe","full":false,)"
        "\"weight\":-12.5e-1,\"count\":-17,\"note\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",\"worst\":\"gr\\u0065en\","
        R"("tags":["","a","b\tc","\u20ac"],"sizes":[10,-2,300],"corner":[1,22,333],"rows":[[],["ripe"],["green","over_ripe"]],)"
        R"("best":{"name":"p","seeds":[1,2]},"next":{"weight":2.5,"spots":["ripe"]},"any":{"a":[1,{"b":null}]}})");
    check_at_each_byte<basket>(
        "{ \"any\" : [ 12 , \"x\" ] ,\n \"rows\" : [ [ \"ripe\" , \"green\" ] , [ ] ] , \"next\" : null , \"best\" : "
        "\"a\\u00e9\" ,"
        "\"note\" : null , \"worst\" : null , \"count\" : null , \"l\\u0061bel\" : \"\" , \"state\" : \"green\" , "
        "\"full\" : true ,"
        "\"weight\" : 0 , \"tags\" : [ ] , \"sizes\" : [ ] , \"corner\" : [ 1e1 , 2.0 , -0 ] } \n");
}

TEST_CASE("partial value: an object in a list appears when it begins, a variant when it is complete")
{
    check_at_each_byte<shelf>(
        R"({"apples":[{"weight":1.25,"spots":["ripe","green"]},{"spots":[],"weight":10}],)"
        R"("fruits":[{"weight":0.5,"spots":["ripe"]},"a \"text\"",{"name":"}","seeds":[1]},"\ud83d\ude00",{"seeds":[],"name":""}],)"
        R"("prices":{"a":1,"b\u00e9":22,"":333},"notes":{"a":"abc","b":"","c":"\u20ac"},)"
        R"("by_name":{"x":"y","p":{"name":"n","seeds":[1,2,3]}},"words":{"z":["true","false"],"a":[],"m":["one"]},)"
        R"("spare":{"name":"spare","seeds":[7]},"values":[1,"two",[3],{"four":5},null,true,-6.5]})");
}

TEST_CASE("partial value: a class that contains itself fills at each level")
{
    check_at_each_byte<branch>(
        R"({"name":"root","branches":[{"name":"a","branches":[{"branches":[],"named":{},"name":"deep\\"}],"named":{}},)"
        R"({"named":{"k":{"name":"b","branches":[],"named":{"l":{"name":"\u00e9","named":{},"branches":[]}}}},"branches":[],"name":""}],)"
        R"("named":{}})");
}

TEST_CASE("partial value: four times the text allocates four times the memory, at most")
{
    auto const check = []<class T>(T const&, auto text_of) {
        std::size_t const few = allocated_for<T>(text_of(512));
        std::size_t const many = allocated_for<T>(text_of(2048));
        CHECK_MESSAGE(many <= 5 * few, few, " and ", many);
    };
    check(std::string(), [](std::size_t n) { return '"' + std::string(8 * n, 'x') + '"'; });
    check(std::string(), [](std::size_t n) { return list_of(n, "\\u00e9").replace(0, 1, "\"").append("\""); });
    check(std::vector<std::string>(),
          [](std::size_t n) { return list_of(n, "\"a text of more than sixteen bytes\""); });
    check(std::vector<apple>(), [](std::size_t n) { return list_of(n, R"({"weight":1,"spots":["ripe","green"]})"); });
    check(std::vector<fruit>(), [](std::size_t n) { return list_of(n, R"({"weight":1,"spots":["ripe","green"]})"); });
    check(fruit(), [](std::size_t n) { return R"({"name":"n","seeds":)" + list_of(n, "12") + '}'; });
    check(value(), [](std::size_t n) { return list_of(n, R"({"weight":1,"spots":["ripe","green"]})"); });
    auto const map_of = [](std::size_t n) {
        std::string text = "{";
        for (std::size_t i = 0; i != n; ++i)
            text.append(i == 0 ? "\"" : ",\"").append(std::to_string(10000 + i)).append("\":\"x\"");
        return text + '}';
    };
    check(std::map<std::string, std::string>(), map_of);
    check(foundry::dictionary<std::string>(), map_of);
}

} // namespace foundry_test::partial_value_test
