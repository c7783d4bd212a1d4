// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/chat.hpp>
#include <foundry/detail/http/event_parser.hpp>
#include <foundry/detail/json/repeating_reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/response_event.hpp>

#include "support/recordings.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry_test::repeating_reader_test {

using foundry::chat_chunk;
using foundry::json::reader;
using foundry::json::repeating_reader;

namespace bench {

enum class colour
{
    red,
    green
};
BOOST_DESCRIBE_ENUM(colour, red, green)

struct part
{
    part() = default;
    std::string name;
    int count = 0;
    std::optional<std::string> note;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(part, (), (name, count, note, extra))

/// Something of each kind.
struct thing
{
    thing() = default;
    std::string name;
    std::uint8_t small = 0;
    double weight = 0;
    colour paint = colour::red;
    std::vector<part> parts;
    std::vector<std::string> words;
    std::vector<int> counts;
    foundry::dictionary<part> by_name;
    std::map<std::string, std::string> labels;
    std::variant<std::monostate, std::string, std::vector<part>> content;
    boost::json::value any;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(thing, (),
                      (name, small, weight, paint, parts, words, counts, by_name, labels, content, any, extra))

} // namespace bench

/// Reads documents into one value, and each of them into another one with a plain reader.
template <class T>
class both_readers
{
public:
    void read(std::string_view text)
    {
        CAPTURE(text);
        bool const is_good = ours_.read(mine, text);
        CHECK(is_good == theirs_.read(plain_, text));
        CHECK(ours_.problem() == theirs_.problem());
        if (is_good)
            CHECK(foundry::json::to_text(mine) == foundry::json::to_text(plain_));
    }

    T mine;

private:
    T plain_;
    repeating_reader ours_;
    reader theirs_;
};

std::string chunk(std::string_view content)
{
    return R"({"id":"c","created":17,"choices":[{"index":0,"delta":{"content":")" + std::string(content) +
           R"("},"finish_reason":null}],"model":"m"})";
}

/// The data of the events in all recordings, stream by stream.
std::vector<std::vector<std::string>> recorded_streams()
{
    std::vector<std::vector<std::string>> streams;
    for (char const* const directory : {"/recordings", "/response_recordings"}) {
        for (auto const& file : std::filesystem::directory_iterator(FOUNDRY_TEST_DATA + std::string(directory))) {
            if (file.path().extension() != ".json")
                continue;
            for (exchange const& e : load(file.path())) {
                if (e.header("content-type").find("event-stream") == std::string::npos)
                    continue;
                foundry::http::event_parser parser;
                parser.feed(e.body);
                std::vector<std::string>& stream = streams.emplace_back();
                for (foundry::http::event event; parser.next(event);)
                    stream.emplace_back(event.data);
            }
        }
    }
    return streams;
}

TEST_CASE("what repeats is not read again, until forget()")
{
    repeating_reader reader;
    chat_chunk value;
    for (char const* const text : {"one", "two", "three"})
        CHECK(reader.read(value, chunk(text)));
    value.model = "changed by the caller, against the rules";

    CHECK(reader.read(value, chunk("fo\\u00fcr")));
    CHECK(value.text() == "fo\xc3\xbcr");
    CHECK(value.model == "changed by the caller, against the rules");

    reader.forget();
    CHECK(reader.read(value, chunk("five")));
    CHECK(value.text() == "five");
    CHECK(value.model == "m");
}

TEST_CASE("every recorded stream gives what a plain reader gives")
{
    std::size_t documents = 0;
    for (auto const& stream : recorded_streams()) {
        both_readers<chat_chunk> chunks;
        both_readers<foundry::response_event> events;
        for (std::string const& data : stream) {
            chunks.read(data);
            events.read(data);
            ++documents;
        }
    }
    CHECK(documents > 2'000);
}

TEST_CASE("any text and any number may stand in the place of another")
{
    both_readers<chat_chunk> readers;
    for (int round = 0; round != 3; ++round) {
        for (char const* const text : {"",
                                       "a",
                                       "b",
                                       R"(\n)",
                                       R"(\")",
                                       R"(\\)",
                                       R"(a\\\")",
                                       R"(","model":"x)",
                                       R"(\",\"model\":\"x)",
                                       "\xc3\xa9",
                                       "\xff",
                                       "\xc3",
                                       R"(\ud83d\ude00)",
                                       R"(\ud83d)",
                                       "}",
                                       "]}",
                                       "\x7f",
                                       "0123456789abcdef",
                                       R"(0123456789abcd\")",
                                       R"(0123456789abcde\")",
                                       "\x01",
                                       R"(\x)",
                                       R"(\)",
                                       R"(\u12)"})
            readers.read(chunk(text));
    }
    for (char const* const number :
         {"1",     "2",    "-3",   "4.0", "5e1", "6.5", "7e99", "1e999", "9223372036854775808", "01", "-", "\"8\"",
          "\"x\"", "null", "true", "[]",  "9",   "10",  "9",    "10"})
        readers.read(R"({"id":"c","created":)" + std::string(number) + R"(,"model":"m"})");
}

TEST_CASE("a name that is repeated, in any shape, counts as in a plain reader")
{
    for (char const* const last : {R"("name":"b")", R"("name":null)", R"("name":{})", R"("name":7)"}) {
        for (char const* const first : {"", "a", "b", "c"}) {
            both_readers<bench::thing> readers;
            for (char const* const text : {first, "x", "y", "", "z"}) {
                std::string const name = R"({"name":")" + std::string(text) + R"(",)";
                readers.read(name + last + "}");
                readers.read(R"({"parts":[)" + name + last + R"(}],"parts":[)" + name + R"("count":1}]})");
                readers.read(R"({"by_name":{"k":)" + name + R"("count":1},"k":{}}})");
            }
        }
    }
}

TEST_CASE("a list that is kept as JSON, a value in `extra`, and a map are those of a plain reader")
{
    for (std::string_view const form : {R"({"words":["@",5,"@"]})",
                                        R"({"words":["@",{"x":"@"}]})",
                                        R"({"parts":[{"name":"@"},5]})",
                                        R"({"parts":[{"name":"@"},[{"name":"@"}]]})",
                                        R"({"name":{"x":"@"}})",
                                        R"({"unknown":"@","name":"@"})",
                                        R"({"by_name":{"k":{"name":"@"},"l":5}})",
                                        R"({"by_name":{"@":{"name":"n"}}})",
                                        R"({"labels":{"a":"@"}})",
                                        R"({"labels":{"a":"@","a":"x"}})",
                                        R"({"content":"@"})",
                                        R"({"content":[{"name":"@"}]})",
                                        R"({"content":"@","content":[{"name":"@"}]})",
                                        R"({"any":"@"})",
                                        R"({"any":{"name":"@"}})",
                                        R"({"paint":"@"})",
                                        R"({"small":"@"})",
                                        R"({"@":"name"})",
                                        R"("@")",
                                        R"(["@"])",
                                        R"( { "name" : "@" } )"}) {
        both_readers<bench::thing> readers;
        for (char const* const text : {"a", "b", "c", "red", "green", "7", "300", "a", "\\n", "", "b"}) {
            std::string document(form);
            for (std::size_t at = 0; (at = document.find('@', at)) != std::string::npos;)
                document.replace(at, 1, text);
            readers.read(document);
        }
    }
}

TEST_CASE("a document that is too large to be kept is read, and so is the one after it")
{
    both_readers<chat_chunk> readers;
    for (std::size_t const size :
         {std::size_t{1}, std::size_t{2}, std::size_t{65'000}, std::size_t{70'000}, std::size_t{70'001}}) {
        for (char const content : {'a', 'b', 'c'}) {
            std::string document = chunk(std::string(size, content));
            readers.read(document);
            document.front() = '\0';
            readers.read(document);
        }
    }
    repeating_reader reader;
    bench::part value;
    std::string large = R"({"name":")" + std::string(70'000, 'z') + R"(","note":"w"})";
    CHECK(reader.read(value, R"({"name":"x","note":"y"})"));
    CHECK(reader.read(value, large));
    large.front() = '\0';
    CHECK(!reader.read(value, large));
}

/// A document of which one is made after the other: an object, or an array without names.
struct tree
{
    std::string name;
    bool is_array = false;
    std::vector<std::pair<std::string, std::string>> scalars; // name and text
    std::vector<tree> children;

    std::string text() const
    {
        std::string all;
        auto const add = [&](std::string const& key, std::string const& value) {
            all += all.empty() ? "" : ",";
            all += is_array ? value : '"' + key + "\":" + value;
        };
        for (auto const& [key, value] : scalars)
            add(key, value);
        for (tree const& child : children)
            add(child.name, child.text());
        return is_array ? '[' + all + ']' : '{' + all + '}';
    }
};

class tree_changer
{
public:
    explicit tree_changer(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

    std::string scalar()
    {
        static constexpr std::array<char const*, 24> all{
            "\"\"",         "\"a\"",       "\"b\"",       "\"abc\"",   "\"\\n\"", "\"\\\"\"",
            "\"\\\\\"",     "\"\\u00e9\"", "0",           "1",         "22",      "333",
            "-1",           "1.5",         "1e3",         "true",      "null",    "\"red\"",
            "\"\xc3\xa9\"", "\"\xff\"",    "\"\\ud83d\"", "\"x\\\\\"", "256",     "\"0123456789abcdefg\""};
        return all[below(all.size())];
    }

    std::string name()
    {
        static constexpr std::array<char const*, 12> all{"name",  "small",   "weight", "paint",   "words", "counts",
                                                         "parts", "by_name", "labels", "content", "any",   "unknown"};
        return all[below(all.size())];
    }

    /// Most changes are of one scalar; the others are of the shape.
    void change(tree& t)
    {
        if (!t.children.empty() && below(2) == 0)
            return change(t.children[below(t.children.size())]);
        switch (below(20)) {
        case 0:
            if (!t.children.empty())
                t.children.erase(t.children.begin());
            break;
        case 1:
            if (t.children.size() < 3)
                t.children.push_back({name(), below(2) == 0, {{name(), scalar()}}, {}});
            break;
        case 2:
            if (!t.scalars.empty())
                t.scalars.pop_back();
            break;
        case 3:
            if (t.scalars.size() < 5)
                t.scalars.emplace_back(name(), scalar());
            break;
        case 4:
            if (t.scalars.size() > 1)
                std::swap(t.scalars.front(), t.scalars.back());
            break;
        default:
            if (t.scalars.empty())
                t.scalars.emplace_back(name(), scalar());
            t.scalars[below(t.scalars.size())].second = scalar();
        }
    }

private:
    std::mt19937 random_;
};

TEST_CASE("documents that change at random are those of a plain reader")
{
    for (unsigned seed = 0; seed != 200; ++seed) {
        CAPTURE(seed);
        both_readers<bench::thing> readers;
        tree_changer changer(seed);
        tree document;
        tree other;
        for (int i = 0; i != 100; ++i) {
            changer.change(document);
            readers.read(document.text());
            if (seed % 4 == 0) { // every second one of another shape
                changer.change(other);
                readers.read(other.text());
            }
        }
    }
}

} // namespace foundry_test::repeating_reader_test
