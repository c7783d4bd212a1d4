// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Objects that are kept as their text.

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/response.hpp>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace foundry_test::verbatim_test {

namespace json = foundry::json;
using foundry::response_item;

struct holder
{
    std::string before;
    std::vector<response_item> items;
    std::optional<response_item> one;
    foundry::dictionary<response_item> named;
    int after = 0;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(holder, (), (before, items, one, named, after, extra))

std::string const first = R"({ "a" : [1.0, 1e2, "\u00e4\"}" , {"b":{}}],"type":"x"})";
std::string const second = "{}";
std::string const third = R"({"a":1,"a":2, "c":"\ud83d\ude00"})";
std::string const text = R"({"before":"b","items":[)" + first + " , " + second + R"(],"one":)" + third +
                         R"(,"named":{"n":)" + first + R"(},"after":7})";

bool read(holder& into, std::string const& from, std::size_t piece, json::reading how)
{
    json::reader reader;
    reader.start({&into, &json::type_of<holder>::value}, how);
    for (std::size_t at = 0; at < from.size(); at += piece)
        reader.feed(std::string_view(from).substr(at, piece));
    return reader.finish();
}

TEST_CASE("verbatim: an object keeps its bytes, in pieces of any size, and is written as they are")
{
    for (json::reading const how : {json::reading::reused, json::reading::created, json::reading::strict}) {
        for (std::size_t piece = 1; piece <= text.size(); ++piece) {
            holder h;
            REQUIRE(read(h, text, piece, how));
            REQUIRE(h.items.size() == 2);
            CHECK(h.items[0].raw() == first);
            CHECK(h.items[1].raw() == second);
            REQUIRE(h.one);
            CHECK(h.one->raw() == third);
            CHECK(h.named.find("n")->raw() == first);
            CHECK(h.after == 7);
            if (piece == 1)
                CHECK(json::to_text(h) == R"({"before":"b","items":[)" + first + "," + second + R"(],"one":)" + third +
                                              R"(,"named":{"n":)" + first + R"(},"after":7})");
        }
    }
}

TEST_CASE("verbatim: a value that is used again has the new bytes only")
{
    holder h;
    json::reader reader;
    REQUIRE(reader.read(h, text));
    REQUIRE(reader.read(h, R"({"items":[{"new":true}]})"));
    REQUIRE(h.items.size() == 1);
    CHECK(h.items[0].raw() == R"({"new":true})");
    CHECK(!h.one);
    CHECK(h.named.empty());
}

TEST_CASE("verbatim: what is no object is kept as another shape, or refused by strict reading")
{
    std::string const odd = R"({"items":[{"a":1},5],"one":"text","after":1})";
    holder h;
    REQUIRE(read(h, odd, 1, json::reading::reused));
    CHECK(boost::json::serialize(h.extra.at("items")) == R"([{"a":1},5])");
    CHECK(h.extra.at("one") == "text");
    CHECK(h.after == 1);
    holder strict;
    json::reader reader;
    CHECK(!reader.read({&strict, &json::type_of<holder>::value}, odd, json::reading::strict));
    CHECK(!read(h, R"({"items":[{"a":1})", 1, json::reading::reused)); // cut off
    REQUIRE(read(h, R"({"one":{"a":1}})", 3, json::reading::reused));
    CHECK(h.one->raw() == R"({"a":1})");
}

TEST_CASE("verbatim: an item is read as its kind, with what the kind does not describe")
{
    response_item const item(boost::json::value{{"type", "function_call"},
                                                {"call_id", "c"},
                                                {"name", "f"},
                                                {"arguments", "{}"},
                                                {"caller", {{"type", "direct"}}}});
    CHECK(item.type() == foundry::item_type::function_call);
    auto const call = item.as<foundry::function_call>();
    CHECK(call.call_id == "c");
    CHECK(call.extra.at("caller").at("type") == "direct");
    CHECK(response_item(call).as<foundry::function_call>() == call);

    CHECK(response_item(boost::json::value{{"role", "user"}}).type() == foundry::item_type::message);
    CHECK(response_item(boost::json::value{{"type", "of tomorrow"}}).type().name() == "of tomorrow");
    CHECK_THROWS_AS(response_item(boost::json::value{1, 2}), foundry::error);
}

TEST_CASE("verbatim: the type of an item is found wherever it stands, and only at the top level")
{
    using foundry::item_type;
    std::string const inner = R"([{"type":"reasoning"},"\"type\":\"reasoning\"",{"a":{"type":"reasoning"}}])";
    std::string const end = R"(,"type":"function_call","after":{"type":"reasoning"}})";
    for (std::size_t length = 0; length != 300; ++length) {
        holder h;
        REQUIRE(read(h, R"({"one":{"id":")" + std::string(length, 'i') + R"(","before":)" + inner + end + "}", 1000,
                     json::reading::reused));
        CHECK(h.one->type() == item_type::function_call);
        CHECK(h.one->id().size() == length);
    }
    std::string const odd =
        R"({"items":[{},{"type":null},{"type":""},{"a":{"type":"reasoning"}},{"\u0074ype":"rea\u0073oning"}]})";
    holder h;
    REQUIRE(read(h, odd, 1000, json::reading::reused));
    REQUIRE(h.items.size() == 5);
    for (std::size_t i = 0; i != 4; ++i)
        CHECK(h.items[i].type() == item_type::message);
    CHECK(h.items[4].type() == item_type::reasoning);
    CHECK(response_item().type() == item_type::message);
}

TEST_CASE("verbatim: a request's text becomes a message once items follow")
{
    foundry::response_request request{"m", "first"};
    CHECK(request.to_json() == R"({"model":"m","input":"first"})");
    request.add(foundry::function_call_output("c", "5")).user("second");
    CHECK(request.to_json() ==
          R"({"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"first"}]},)"
          R"({"type":"function_call_output","call_id":"c","output":"5"},)"
          R"({"type":"message","role":"user","content":[{"type":"input_text","text":"second"}]}]})");
}

} // namespace foundry_test::verbatim_test
