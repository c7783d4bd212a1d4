// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>

namespace foundry_test::reader_writer_test {

namespace shop {

enum class colour
{
    red,
    self_harm
};
inline constexpr std::string_view colour_names[] = {"red", "self-harm"};
constexpr auto& wire_names(colour) { return colour_names; }

struct part
{
    part() = default;
    std::string name;
    std::optional<std::int64_t> count;
    std::vector<double> sizes;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(part, (), (name, count, sizes, extra))

struct base
{
    base() = default;
    std::string id;
};
BOOST_DESCRIBE_STRUCT(base, (), (id))

struct thing : base
{
    thing() = default;
    foundry::open_enum<colour> paint;
    std::vector<part> parts;
    foundry::dictionary<part> by_name;
    std::variant<std::monostate, std::string, std::vector<part>> content;
    std::optional<part> spare;
    boost::json::value anything;
    std::optional<std::string> static_;
    bool good = false;
    std::vector<boost::json::object> rows;
    foundry::dictionary<std::string> notes;
    double weight = 0;
    std::vector<std::string> words;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(thing, (base),
                      (paint, parts, by_name, content, spare, anything, static_, good, rows, notes, weight, words,
                       extra))

struct ledger
{
    ledger() = default;
    std::map<std::string, int> counts;
    std::map<std::string, std::vector<int>> lists;
};
BOOST_DESCRIBE_STRUCT(ledger, (), (counts, lists))

} // namespace shop

using foundry::json::reader;
using foundry::json::to_text;

std::string const everything =
    R"({"id":"x","paint":"self-harm","parts":[{"name":"a","count":3,"sizes":[1,2.5]},{"name":"b","new":{"q":[1,{"w":null}]}}],)"
    R"("by_name":{"k":{"name":"kk"}},"content":[{"name":"p"}],"spare":{"name":"s","count":-1},"anything":{"x":[1,"2"]},)"
    R"("static":"st","good":true,"weight":0.25,"words":["one","tw\u00f6"],"unknown":"kept","gone":null})";

boost::json::value document(std::string const& text) { return boost::json::parse(text); }

shop::thing read(std::string const& text)
{
    shop::thing t;
    reader r;
    REQUIRE_MESSAGE(r.read(t, text), r.problem());
    return t;
}

std::string problem_of(std::string const& text)
{
    shop::thing t;
    reader r;
    CHECK_FALSE(r.read(t, text));
    return r.problem();
}

std::string message_of(shop::thing const& t)
{
    try {
        to_text(t);
    } catch (foundry::error const& e) {
        CHECK(e.code() == foundry::errc::invalid_argument);
        return e.what();
    }
    return {};
}

TEST_CASE("json: a document that is read is written again, unknown members included")
{
    shop::thing const t = read(everything);
    CHECK(t.id == "x");
    CHECK(t.paint == shop::colour::self_harm);
    CHECK(t.parts[0].count == 3);
    CHECK(t.parts[1].extra.at("new").is_object());
    CHECK(t.by_name.find("k")->name == "kk");
    CHECK(t.static_ == "st");
    CHECK(t.extra.at("unknown") == "kept");
    CHECK(t.extra.at("gone").is_null());
    CHECK(read(to_text(t)).words[1] == "tw\xc3\xb6");
    CHECK(document(to_text(read(to_text(t)))) == document(to_text(t)));
}

TEST_CASE("json reader: a document reads the same in pieces of any size")
{
    std::string const whole = to_text(read(everything));
    for (std::size_t size = 1; size != 9; ++size) {
        shop::thing t;
        reader r;
        r.start(t);
        for (std::size_t i = 0; i < everything.size(); i += size)
            REQUIRE(r.feed(std::string_view{everything}.substr(i, size)));
        REQUIRE(r.finish());
        CHECK(to_text(t) == whole);
    }
    for (std::size_t at = 0; at <= everything.size(); ++at) {
        shop::thing t;
        reader r;
        r.start(t);
        REQUIRE(r.feed(everything.substr(0, at)));
        REQUIRE(r.feed(everything.substr(at)));
        REQUIRE(r.finish());
        CHECK(to_text(t) == whole);
    }
}

TEST_CASE("json reader: reading into a value again leaves nothing of its former content")
{
    shop::thing t;
    reader r;
    REQUIRE(r.read(t, everything));
    REQUIRE(r.read(t, R"({"id":"y","parts":[{"count":1}]})"));
    CHECK(to_text(t) == to_text(read(R"({"id":"y","parts":[{"count":1}]})")));
    REQUIRE(r.read(t, "{}"));
    CHECK(to_text(t) == to_text(shop::thing()));
}

TEST_CASE("json reader: a map is read again, too")
{
    shop::ledger l;
    reader r;
    CHECK(r.read(l, R"({"counts":{"a":1,"b":2},"lists":{"c":[1,2,3]}})"));
    CHECK(r.read(l, R"({"counts":{"b":3,"d":4,"b":5},"lists":{"c":[4]}})"));
    CHECK(l.counts == std::map<std::string, int>{{"b", 5}, {"d", 4}});
    CHECK(l.lists == std::map<std::string, std::vector<int>>{{"c", {4}}});
    CHECK(r.read(l, R"({"counts":{}})"));
    CHECK(l.counts.empty());
    CHECK(l.lists.empty());
    CHECK(!r.read(l, R"({"counts":{"a":"x"}})"));
}

TEST_CASE("json reader: reading into a value again reuses its memory")
{
    std::string const text(100, 'a');
    shop::thing t;
    reader r;
    std::string const json = R"({"parts":[{"name":")" + text + R"("}]})";
    REQUIRE(r.read(t, json));
    char const* const memory = t.parts[0].name.data();
    REQUIRE(r.read(t, json));
    CHECK(t.parts[0].name.data() == memory);
}

TEST_CASE("json reader: null is the same as absent")
{
    shop::thing const t = read(
        R"({"id":null,"paint":null,"parts":null,"by_name":null,"content":null,"spare":null,"static":null,"good":null,"weight":null})");
    CHECK(to_text(t) == to_text(shop::thing()));
}

TEST_CASE("json reader: numbers come as strings and strings as numbers, integers with a fraction of zero")
{
    shop::thing const t = read(R"({"id":17,"weight":"2.5","spare":{"count":"12","name":1.5},"parts":[{"count":3.0}]})");
    CHECK(t.id == "17");
    CHECK(t.weight == 2.5);
    CHECK(t.spare->count == 12);
    CHECK(t.spare->name == "1.5");
    CHECK(t.parts[0].count == 3);
}

TEST_CASE("json reader: a value of another shape than described is kept as an unknown member")
{
    shop::thing const t = read(
        R"({"parts":"none","good":"maybe","words":{"a":[1]},"spare":[1,2],"content":5,"paint":{"deep":[[]]},"weight":[]})");
    CHECK(t.parts.empty());
    CHECK(t.extra.at("parts") == "none");
    CHECK(t.extra.at("good") == "maybe");
    CHECK(t.extra.at("words").is_object());
    CHECK(t.extra.at("spare").is_array());
    CHECK(t.extra.at("content") == 5);
    CHECK(t.extra.at("paint").is_object());
    CHECK(t.extra.at("weight").is_array());
    CHECK_FALSE(t.spare.has_value());

    shop::thing const in_list = read(R"({"parts":[5,{"name":"b"},"x",null]})");
    REQUIRE(in_list.parts.size() == 4);
    CHECK(in_list.parts[0].extra.at("") == 5);
    CHECK(in_list.parts[1].name == "b");
}

TEST_CASE("json reader: an integer that does not fit is kept as an unknown member, and a number beyond all bounds is "
          "rejected")
{
    CHECK(read(R"({"spare":{"count":18446744073709551615}})").spare->extra.contains("count"));
    CHECK(read(R"({"spare":{"count":1e300}})").spare->extra.contains("count"));
    CHECK(problem_of(R"({"weight":1e999})").find("too large") != std::string::npos);
    CHECK(read(R"({"weight":0.0e999})").weight == 0);
}

TEST_CASE("json reader: a name that is not known is kept by an open enumeration")
{
    shop::thing const t = read(R"({"paint":"mauve"})");
    CHECK(t.paint);
    CHECK_FALSE(t.paint.known());
    CHECK(t.paint.name() == "mauve");
    CHECK(to_text(t).find("mauve") != std::string::npos);
    CHECK(foundry::open_enum<shop::colour>{"red"} == shop::colour::red);
    CHECK_FALSE(foundry::open_enum<shop::colour>{});
}

TEST_CASE("json reader: the last of two members of one name stays, and all of it")
{
    CHECK(read(R"({"id":"a","id":"b"})").id == "b");
    CHECK(read(R"({"parts":[{"name":"a"},{"name":"b"}],"parts":[{"count":1}]})").parts.size() == 1);
    CHECK(read(R"({"parts":[{"name":"a"}],"parts":[{"count":1}]})").parts[0].name.empty());
}

TEST_CASE("json reader: the last of two members of one name stays, whatever their shapes")
{
    CHECK(read(R"({"weight":"lots","weight":5})").weight == 5);
    CHECK(to_text(read(R"({"weight":"lots","weight":5})")) == to_text(read(R"({"weight":5})")));
    CHECK(to_text(read(R"({"weight":5,"weight":"lots"})")) == to_text(read(R"({"weight":"lots"})")));
    CHECK(to_text(read(R"({"parts":"x","parts":null})")) == to_text(shop::thing()));
    CHECK(to_text(read(R"({"parts":"x","parts":[{"name":"b"}],"parts":{"a":1}})")) ==
          to_text(read(R"({"parts":{"a":1}})")));
    CHECK(to_text(read(R"({"unknown":1,"unknown":"x"})")) == to_text(read(R"({"unknown":"x"})")));
}

TEST_CASE("json reader: the last of two entries of one name in a map stays, and all of it")
{
    shop::thing const t =
        read(R"({"notes":{"a":"1","b":"x","a":"2"},"by_name":{"k":{"name":"a","count":1},"k":{"name":"b"}}})");
    CHECK(t.notes.size() == 2);
    CHECK(*t.notes.find("a") == "2");
    CHECK(to_text(t) == to_text(read(R"({"notes":{"a":"2","b":"x"},"by_name":{"k":{"name":"b"}}})")));
    for (char const* const text :
         {R"({"by_name":{"k":5,"l":null,"k":{"name":"b"}}})", R"({"by_name":{"k":{"name":"b"},"l":null}})"})
        CHECK(to_text(read(text)) == to_text(read(R"({"by_name":{"k":{"name":"b"},"l":{}}})")));
    CHECK(to_text(read(R"({"by_name":{"k":{"name":"b"},"k":5}})")) == to_text(read(R"({"by_name":{"k":5}})")));
    CHECK(read(R"({"notes":{"a":"1","b":"2","a":{}}})").extra.at("notes") == document(R"({"a":{},"b":"2"})"));

    std::string many; // so many that they are not compared one by one
    for (int round = 0; round != 2; ++round)
        for (int i = 0; i != 300; ++i)
            many.append(many.empty() ? "" : ",")
                .append("\"n" + std::to_string(i) + "\":\"" + std::to_string(i + round) + "\"");
    shop::thing const large = read("{\"notes\":{" + many + "},\"by_name\":{\"k\":{}}}");
    REQUIRE(large.notes.size() == 300);
    CHECK(*large.notes.find("n0") == "1");
    CHECK(*large.notes.find("n299") == "300");
}

TEST_CASE("json: members, elements and lists of another type are written as they came")
{
    for (char const* const text : {
             R"({"id":{"a":1}})",
             R"({"good":"maybe","weight":[1]})",
             R"({"paint":[7.5]})",
             R"({"parts":[5,{"name":"b"},"x",[1,2]]})",
             R"({"by_name":{"a":{"name":"n"},"b":false}})",
             R"({"parts":[{"name":"a","sizes":[1.5,2,"many",{"a":null}]}]})",
             R"({"parts":[{"name":"a","sizes":[1.5,null,2]}]})",
             R"({"words":["a",{"b":1},["c"],true]})",
             R"({"words":[[]]})",
             R"({"rows":[{"a":1},{}]})",
             R"({"rows":[{"a":1},5]})",
             R"({"notes":{"a":"1","b":{}}})",
             R"({"spare":{"name":"s","sizes":[{}]},"content":[{"name":"p","sizes":[[]]}]})",
         }) {
        CAPTURE(text);
        auto written = document(to_text(read(text)));
        auto const came = document(text);
        for (auto const& member : came.as_object()) {
            INFO("written: ", to_text(read(text)));
            CHECK(written.as_object().at(member.key()) == member.value());
        }
        CHECK(to_text(read(to_text(read(text)))) == to_text(read(text)));
    }
}

TEST_CASE("json reader: an element with an object under the empty name is not that object")
{
    std::string const text = to_text(read(R"({"parts":[{"":{}}],"by_name":{"a":{"":{"b":1}}}})"));
    CHECK(document(text).at("parts").at(0).at("") == document("{}"));
    CHECK(document(text).at("by_name").at("a").at("") == document(R"({"b":1})"));
    CHECK(to_text(read(text)) == text);
}

TEST_CASE("json reader: a map with a name twice that turns out to be of another shape keeps the last")
{
    shop::thing const t = read(R"({"notes":{"a":"1","a":"2","b":{},"b":5}})");
    CHECK(t.extra.at("notes") == boost::json::parse(R"({"a":"2","b":5})"));
    CHECK(read(R"({"rows":[{"a":1}]})").rows[0].at("a") == 1);
}

TEST_CASE("json reader: half a surrogate pair, and what is not UTF-8, becomes U+FFFD")
{
    auto const id = [](std::string const& text) { return read("{\"id\":\"" + text + "\"}").id; };
    std::string const unknown = "\xef\xbf\xbd";
    CHECK(id("\\ud83d") == unknown);
    CHECK(id("\\ude00") == unknown);
    CHECK(id("a\\ud83db") == "a" + unknown + "b");
    CHECK(id("\\ud83d\\n") == unknown + "\n");
    CHECK(id("\\ud83d\\u0041") == unknown + "A");
    CHECK(id("\\ud83d\\ud83d\\ude00") == unknown + "\xf0\x9f\x98\x80");
    CHECK(id("\\ude00\\ud83d") == unknown + unknown);
    CHECK(id("\xff") == unknown);
    CHECK(id("a\\n\xf0\x9f\x98") == "a\n" + unknown);
    CHECK(read("{\"unknown\":\"\\ud83d\"}").extra.at("unknown") == unknown.c_str());
}

TEST_CASE("json reader: the error names the member, as far as it is described")
{
    CHECK(problem_of(R"({"parts":[{"name":"a"},{"sizes":[1,NaN]}]})") ==
          "syntax error in parts[1].sizes[1] at byte 36");
    CHECK(problem_of(R"({"by_name":{"secret":{"count":}}})").find("secret") == std::string::npos);
    std::vector<float> floats;
    reader r;
    CHECK_FALSE(r.read(floats, "[1,2.5,null,3]"));
    CHECK(r.problem() == "something else than a number in [2] at byte 11");
}

TEST_CASE("json reader: a member named extra is an unknown member like any other")
{
    shop::thing const t = read(R"({"extra":{"a":1},"id":"x"})");
    CHECK(t.extra.at("extra").at("a") == 1);
}

TEST_CASE("json reader: the error of invalid JSON, of half a document and of a non-object has the position")
{
    CHECK(problem_of("").find("incomplete") != std::string::npos);
    CHECK(problem_of("<html>").find("byte") != std::string::npos);
    CHECK(problem_of(R"({"id":"x")").find("incomplete") != std::string::npos);
    CHECK(problem_of(R"({"id":"x"} {})").find("extra data") != std::string::npos);
    CHECK(problem_of("[]").find("another shape") != std::string::npos);
    CHECK(problem_of("null") != "");
    std::string deep;
    for (int i = 0; i != 100; ++i)
        deep += R"({"unknown":)";
    CHECK(problem_of(deep).find("deep") != std::string::npos);
}

TEST_CASE("json reader: accepts and decodes the same as Boost.JSON, in one piece or byte by byte")
{
    char const* const texts[] = {
        // numbers
        "0",
        "17",
        "-17",
        "01",
        "-",
        "-01",
        "+1",
        "1.",
        ".5",
        "1.5",
        "-1.5",
        "0.1",
        "1.25e2",
        "1.e2",
        "1e",
        "1e+",
        "1e-",
        "1e5",
        "1E+5",
        "2.5e-3",
        "1e22",
        "1e23",
        "1e-400",

        "123456789012345678",
        "1234567890123456789",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "123456789012345678901234567890",
        "9007199254740993.0",
        "0.12345678901234567890123",
        "1x",
        "1 2",
        "--1",
        "1-1",
        "1.5.5",
        "NaN",
        "Infinity",
        "0x10",
        // literals
        "true",
        "false",
        "null",
        "tru",
        "trueish",
        "nul",
        "True",
        " null ",
        "\t\r\n true\n",
        // strings
        "\"\"",
        "\"a\"",
        "\"long enough for a word at a time, and a rest\"",
        "\"",
        "\"a",
        "\"a\nb\"",
        "\"\x7f\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\a\"",
        "\"\\u0041\\u00e9\\u20AC\"",
        "\"\\u00\"",
        "\"\\u00g0\"",
        "\"\\ud83d\\ude00!\"",
        "\"\\u0000\"",
        "\"t\xc3\xa9xt \xf0\x9f\x98\x80\"",
        "\"seven..\\n\"",
        "\"eight...\\n\"",
        "\"seven..\x01\"",
        "'a'",
        // arrays and objects
        "[]",
        "[ ]",
        "[1]",
        "[1,2]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        "]",
        "[1}",
        "[[],[[]],{}]",
        "{}",
        "{ }",
        "{\"a\":1}",
        "{ \"a\" : 1 , \"b\" : [ true ] }",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":1]",
        "{\"\\u0061\":1,\"\\n\":2,\"\xc3\xa9\":3}",
        "{\"a\":{\"b\":[{\"c\":null}]}}",
        "{\"a\":1}}",
        "[1]]",
        "",
        " ",
        "// no\n1",
        "[1,/**/2]",
    };
    // What Boost.JSON refuses and this reader mends is the same in one piece and in many.
    for (std::string_view const text :
         {"\"\\ud83d\"", "\"\\ud83d!\"", "\"\\ud83d\\n\"", "\"\\ud83d\\ud83d\"", "\"\\ude00\"", "\"\xff\"", "\"\xc3\"",
          "\"\xc3\\u00a9\"", "\"\xed\xa0\x80\"", "{\"\xff\":1}"}) {
        boost::json::value whole;
        boost::json::value in_pieces;
        reader r;
        CHECK(r.read(whole, text));
        r.start(in_pieces);
        for (char const& c : text)
            r.feed({&c, 1});
        CHECK(r.finish());
        CHECK(in_pieces == whole);
    }
    // Not among them is -0, which Boost.JSON reads as the integer 0.
    for (std::string_view const text : texts) {
        CAPTURE(text);
        boost::system::error_code not_json;
        auto const expected = boost::json::parse(boost::json::string_view(text.data(), text.size()), not_json);
        boost::json::value whole;
        boost::json::value in_pieces;
        reader r;
        CHECK(r.read(whole, text) == !not_json);
        r.start(in_pieces);
        for (char const& c : text)
            r.feed({&c, 1});
        CHECK(r.finish() == !not_json);
        if (not_json)
            continue;
        CHECK(in_pieces == whole);
        CHECK(whole.kind() == expected.kind());
        if (expected.is_double())
            CHECK(whole.get_double() == doctest::Approx(expected.get_double()).epsilon(1e-15));
        else
            CHECK(whole == expected);
    }
}

TEST_CASE("json reader: a number with a huge exponent is zero or too large, whichever its digits say")
{
    auto const weight = [](std::string const& number) { return read("{\"weight\":" + number + "}").weight; };
    std::string const zeros(400, '0');
    CHECK(weight("1.5e-18446744073709551616") == 0);
    CHECK(weight("-1e-99999999999999999999") == 0);
    CHECK(weight("0." + zeros + "1e1") == 0);
    CHECK(weight("0e18446744073709551616") == 0);
    CHECK(std::signbit(weight("-1.5e-400")));
    CHECK(std::signbit(weight("-0." + zeros + "1e1")));
    CHECK_FALSE(std::signbit(weight("1.5e-400")));
    CHECK(weight("0." + zeros + "1e401") == 1);
    CHECK(weight("1" + zeros + "e-400") == 1);
    for (std::string const& number :
         {std::string("1e18446744073709551616"), "1" + zeros + "000e-1", "0." + zeros + "1e18446744073709551617"}) {
        CAPTURE(number);
        CHECK(problem_of("{\"weight\":" + number + "}").find("too large") != std::string::npos);
    }
}

TEST_CASE("json reader: a reader reads the next document after a bad one")
{
    shop::thing t;
    reader r;
    CHECK_FALSE(r.read(t, R"({"parts":[{"name":"cut of)"));
    CHECK(r.read(t, R"({"id":"good"})"));
    CHECK(to_text(t) == to_text(read(R"({"id":"good"})")));
}

TEST_CASE("json writer: only members that are set are written")
{
    CHECK(to_text(shop::part()) == R"({"name":""})");
    shop::part p;
    p.count = 0;
    CHECK(to_text(p) == R"({"name":"","count":0})");
}

TEST_CASE("json writer: text is escaped as JSON requires")
{
    shop::part p;
    p.name = std::string{"\"\\\n\r\t\x01/\x7f"} + '\0';
    CHECK(to_text(p) == "{\"name\":\"\\\"\\\\\\n\\r\\t\\u0001/\x7f\\u0000\"}");
    CHECK(document(to_text(p)).at("name").as_string() == p.name.c_str() + std::string(1, '\0'));
}

TEST_CASE("json writer: numbers are written so that they read the same")
{
    for (double const d : {0.1, 1e-300, 123456789.123, -0.0, 3.0, std::numeric_limits<double>::max()}) {
        shop::thing t;
        t.weight = d;
        CHECK(read(to_text(t)).weight == d);
    }
}

TEST_CASE("json: minus zero and whole numbers with a fraction stay doubles")
{
    shop::thing const t =
        read(R"({"anything":[-0,1.0,-0.0,1e5,12,-3.0,1e22],"id":-0,"weight":-0,"spare":{"count":-0},"new":2.0})");
    std::string const text = to_text(t);
    CHECK(text.find("[-0.0,1.0,-0.0,1e+05,12,-3.0,1e+22]") != text.npos);
    CHECK(text.find("\"new\":2.0") != text.npos);
    CHECK(read(text).anything == t.anything);
    CHECK(t.id == "-0");
    CHECK(std::signbit(t.weight));
    CHECK(std::signbit(read(text).weight));
    CHECK(t.spare->count == 0);
}

TEST_CASE("json writer: a value that JSON cannot express is rejected by its path")
{
    shop::thing t;
    t.weight = std::numeric_limits<double>::quiet_NaN();
    CHECK(message_of(t).find("weight is not a finite number") != std::string::npos);
    t = {};
    t.parts.emplace_back();
    t.parts.emplace_back().sizes = {1, std::numeric_limits<double>::infinity()};
    CHECK(message_of(t).find("parts[1].sizes[1] is not a finite number") != std::string::npos);
    t = {};
    t.words = {"fine", "\xc3\x28"};
    CHECK(message_of(t).find("words[1] is not valid UTF-8") != std::string::npos);
    t = {};
    t.anything = std::numeric_limits<double>::infinity();
    CHECK(message_of(t).find("anything is not a finite number") != std::string::npos);
    t = {};
    t.id = "once";
    t.extra["id"] = "twice";
    CHECK(message_of(t).find("id is set both") != std::string::npos);
    t = {};
    boost::json::value deep = 1;
    for (int i = 0; i != 100; ++i)
        deep = boost::json::array{deep};
    t.extra["deep"] = deep;
    CHECK(message_of(t).find("deep is nested too deeply") != std::string::npos);
}

TEST_CASE("json reader: a long vector of numbers is the same in any pieces, with any blanks, and whatever the value "
          "held before")
{
    std::vector<float> const expected{1, -2.5F, 3e-3F, 0, 1e10F, 123456789.0F};
    std::string const texts[] = {"[1,-2.5,3e-3,0,1e10,123456789]", "[ 1 ,-2.5, 3e-3\n,0\t,\r1e10 , 123456789 ]",
                                 R"([1,"-2.5",3e-3,0,1E10,123456789.0])"};
    reader r;
    std::vector<float> numbers;
    for (std::size_t const before : {0U, 3U, 6U, 9U}) {
        for (std::string const& text : texts) {
            for (std::size_t at = 0; at <= text.size(); ++at) {
                CAPTURE(at);
                numbers.assign(before, 7);
                r.start(numbers);
                REQUIRE(r.feed(std::string_view(text).substr(0, at)));
                REQUIRE(r.feed(std::string_view(text).substr(at)));
                REQUIRE(r.finish());
                REQUIRE(numbers == expected);
            }
        }
    }
    for (char const* const bad : {"[1,,2]", "[1,2", "[1,2,]", "[1,2}", "[1,x]", "[1,02]", "[1,1e39]", "[1,1e999]",
                                  "[1,-]", "[1,null]", "[1,[2]]", "[1,2]3"}) {
        CAPTURE(bad);
        CHECK_FALSE(r.read(numbers, bad));
    }
}

TEST_CASE("utf8: only well-formed UTF-8 is accepted")
{
    using foundry::detail::valid_utf8;
    CHECK(valid_utf8(""));
    CHECK(valid_utf8("plain text, long enough for a word at a time"));
    CHECK(valid_utf8("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
    for (char const* const bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                                  "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xf0\x9f\x98", "a\xc3"})
        CHECK_FALSE(valid_utf8(bad));
}

} // namespace foundry_test::reader_writer_test
