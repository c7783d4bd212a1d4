// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Answers in a class of the program, whole and while they arrive.

#include "support/plain_calls.hpp"

#include <foundry/structured.hpp>

#include <boost/json.hpp>

#include <map>

namespace foundry_test::typed_answer_test {

namespace json = boost::json;
using foundry::errc;

enum class difficulty
{
    easy,
    hard
};
BOOST_DESCRIBE_ENUM(difficulty, easy, hard)

struct ingredient
{
    std::string name;
    double grams = 0;
};
BOOST_DESCRIBE_STRUCT(ingredient, (), (name, grams))

struct recipe
{
    std::string title;
    std::vector<ingredient> ingredients;
    difficulty level = difficulty::easy;
    std::optional<unsigned> minutes;
};
BOOST_DESCRIBE_STRUCT(recipe, (), (title, ingredients, level, minutes))

constexpr auto describe(recipe const*) { return foundry::about("A dish").member<&recipe::minutes>("Time to cook"); }

struct prices
{
    std::map<std::string, double> of;
};
BOOST_DESCRIBE_STRUCT(prices, (), (of))

/// More levels than any service takes.
template <int Level>
struct nested
{
    nested<Level - 1> inner;
    BOOST_DESCRIBE_CLASS(nested, (), (inner), (), ())
};
template <>
struct nested<0>
{
    int last = 0;
    BOOST_DESCRIBE_CLASS(nested, (), (last), (), ())
};

constexpr char const* good =
    R"({"title":"Soup","ingredients":[{"name":"water","grams":500},{"name":"salt","grams":2.5}],"level":"hard","minutes":null})";

foundry::client<> client_for(asio::any_io_executor executor, emulator& service, char const* url = v1_url)
{
    return client_of(std::move(executor), service, url, limited(service));
}

json::value format_sent(emulator& service) { return json::parse(service.journal().back().body).at("response_format"); }

asio::awaitable<void> complete_recipes(emulator& service, char const* url)
{
    auto const client = client_for(co_await asio::this_coro::executor, service, url);
    foundry::chat_request const request = question("A soup, please");
    service.queue(answer::chat(good));
    foundry::structured<recipe> const one = co_await client.complete<recipe>(request);
    CHECK(one.value.title == "Soup");
    REQUIRE(one.value.ingredients.size() == 2);
    CHECK(one.value.ingredients[1].grams == 2.5);
    CHECK(one.value.level == difficulty::hard);
    CHECK(!one.value.minutes);
    CHECK(one.completion.text() == good);
    json::value const format = format_sent(service);
    CHECK(format.at("type") == "json_schema");
    CHECK(format.at("json_schema").at("name") == "recipe");
    CHECK(format.at("json_schema").at("strict") == true);
    CHECK(json::serialize(format.at("json_schema").at("schema")) == foundry::schema_of<recipe>());

    foundry::structured<recipe> const made =
        co_await client.complete<recipe>(request); // the emulator follows the schema
    CHECK(!made.value.title.empty());
}

asio::awaitable<void> send_no_strict(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    foundry::chat_request const request = question();
    service.queue(answer::chat(R"({"of":{"bread":2.5}})"));
    foundry::structured<prices> const told = co_await client.complete<prices>(request);
    CHECK(told.value.of.at("bread") == 2.5);
    CHECK(!format_sent(service).at("json_schema").as_object().contains("strict"));
}

std::string completion_ended_by(std::string const& reason, std::string const& text)
{
    return R"({"id":"x","choices":[{"index":0,"finish_reason":")" + reason +
           R"(","message":{"role":"assistant","content":)" + json::serialize(json::value(text)) + "}}]}";
}

asio::awaitable<void> refuse_answers(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    foundry::chat_request const request = question();
    struct
    {
        answer reply;
        errc code;
        std::string message;
        std::string body;
    } const cases[] = {
        {answer::refusal("I will not."), errc::refused, "", "I will not."},
        {answer::json(200, completion_ended_by("length", R"({"title":"So)")), errc::answer_cut_off,
         "the token limit ended the answer", R"({"title":"So)"},
        {answer::json(200, completion_ended_by("content_filter", "{")), errc::content_filter,
         "the filter ended the answer", "{"},
        {answer::chat("Here is a soup."), errc::answer_misfit, "syntax error at byte 1", "Here is a soup."},
        {answer::chat(R"({"title":"Soup","ingredients":[{"name":"secret"}]})"), errc::answer_misfit,
         "the member grams is missing in ingredients[0] at byte 48",
         R"({"title":"Soup","ingredients":[{"name":"secret"}]})"},
        {answer::chat(R"({"title":"Soup","ingredients":[],"level":"secret","minutes":null})"), errc::answer_misfit,
         "expected one of easy, hard in level at byte 49", ""},
        {answer::chat(""), errc::answer_misfit, "the answer has no text", ""},
        {answer::tool_calls({{"f", "{}"}}), errc::answer_misfit,
         "the model calls a function instead; give complete() the toolbox, too", ""},
    };
    for (auto const& one : cases) {
        service.queue(one.reply);
        foundry::error const failed = co_await failure_of(client.complete<recipe>(request));
        CHECK(failed.code() == one.code);
        if (!one.message.empty())
            CHECK(failed.message() == one.message);
        if (!one.body.empty())
            CHECK(failed.body() == one.body);
        CHECK(std::string(failed.what()).find("secret") == std::string::npos);
        CHECK(failed.status() == 200);
    }
}

asio::awaitable<void> correct_answers(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    foundry::chat_request const request = question();
    foundry::call_options twice;
    twice.corrections = 1;
    service.queue(answer::chat(R"({"title":5})"));
    service.queue(answer::chat(good));
    foundry::structured<recipe> const told = co_await client.complete<recipe>(request, twice);
    CHECK(told.value.title == "Soup");
    json::value const sent = json::parse(service.journal().back().body);
    CHECK(sent.at("messages").as_array().size() == 3);
    CHECK(std::string(sent.at("messages").at(2).at("content").as_string())
              .find("expected a text, got a number in title") != std::string::npos);

    service.queue(answer::chat(R"({"title":5})"));
    service.queue(answer::chat(R"({"title":6})"));
    foundry::error const failed = co_await failure_of(client.complete<recipe>(request, twice));
    CHECK(failed.body() == R"({"title":6})");
}

asio::awaitable<void> refuse_requests(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    foundry::chat_request request = question();
    foundry::error const deep = co_await failure_of(client.complete<nested<11>>(request));
    CHECK(deep.code() == errc::invalid_argument);
    request.response_format = foundry::response_format(foundry::format_type::json_object);
    foundry::error const taken = co_await failure_of(client.complete<recipe>(request));
    CHECK(taken.code() == errc::invalid_argument);
    CHECK(service.journal().empty());
}

asio::awaitable<void> fill_while_streaming(emulator& service, char const* url)
{
    auto const client = client_for(co_await asio::this_coro::executor, service, url);
    foundry::chat_request const request = question();
    std::vector<std::string> pieces;
    for (char const* p = good; *p != '\0'; ++p)
        pieces.emplace_back(1, *p);
    service.queue(answer::pieces(pieces));
    foundry::structured_stream<recipe> chunks = co_await client.stream<recipe>(request);
    std::string titles;
    std::string counts;
    for (foundry::chat_chunk const* chunk = co_await chunks.read(); chunk != nullptr; chunk = co_await chunks.read()) {
        recipe const& so_far = chunks.partial();
        if (so_far.title.size() != titles.size())
            titles = so_far.title;
        std::string const count = std::to_string(so_far.ingredients.size());
        if (!counts.ends_with(count))
            counts += count;
        CHECK(std::string("Soup").starts_with(so_far.title));
    }
    CHECK(counts == "012");
    CHECK(chunks.partial().level == difficulty::hard);
    CHECK(chunks.info().status() == 200);

    service.queue(answer::pieces(pieces));
    chunks = co_await client.stream<recipe>(request);
    static_cast<void>(co_await chunks.read());
    foundry::structured<recipe> const whole = co_await chunks.collect();
    CHECK(whole.value.ingredients.size() == 2);
    CHECK(whole.completion.text() == good);
}

asio::awaitable<int> count_chunks(foundry::client<> client)
{
    foundry::chat_request const request = question();
    foundry::structured_stream<recipe> chunks = co_await client.stream<recipe>(request);
    int count = 0;
    for (foundry::chat_chunk const* chunk = co_await chunks.read(); chunk != nullptr; chunk = co_await chunks.read())
        ++count;
    co_return count;
}

asio::awaitable<void> refuse_streams(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    service.queue(answer::pieces({"{\"title\":", "5", ",\"level\":", "\"easy\"}"}));
    foundry::error const misfit = co_await failure_of(count_chunks(client));
    CHECK(misfit.code() == errc::answer_misfit);
    CHECK(misfit.message() == "expected a text, got a number in title at byte 10");
    CHECK(misfit.body() == "{\"title\":5,\"level\":"); // it ended there

    service.queue(answer::pieces({"{\"title\":", "\"So"}));
    CHECK((co_await failure_of(count_chunks(client))).code() == errc::answer_misfit);

    service.queue(answer::events("data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"No.\"},"
                                 "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"));
    foundry::error const refused = co_await failure_of(count_chunks(client));
    CHECK(refused.code() == errc::refused);
    CHECK(refused.body() == "No.");

    service.queue(answer::pieces({"{\"title\":", "\"So", "up\""}).cut_after_event(2));
    CHECK((co_await failure_of(count_chunks(client))).code() == errc::stream_truncated);
}

TEST_CASE("typed answer: the model fills a class, on each form of the API")
{
    for (char const* const url : urls) {
        emulator service;
        run(complete_recipes(service, url));
    }
}

TEST_CASE("typed answer: strict is not sent for a class with a map; the reader alone checks")
{
    emulator service;
    run(send_no_strict(service));
}

TEST_CASE(
    "typed answer: a refusal, a cut answer and one that does not fit have their codes, and their text only in body()")
{
    emulator service(unchecked());
    run(refuse_answers(service));
}

TEST_CASE("typed answer: the model is shown what does not fit, if that is wanted")
{
    emulator service;
    run(correct_answers(service));
}

TEST_CASE("typed answer: a schema that no service takes, and a second format, are refused before anything is sent")
{
    emulator service;
    run(refuse_requests(service));
}

TEST_CASE("typed answer: the value fills while the answer arrives")
{
    for (char const* const url : urls) {
        emulator service;
        run(fill_while_streaming(service, url));
    }
}

TEST_CASE("typed answer: a stream ends as soon as its answer does not fit")
{
    emulator service(unchecked());
    run(refuse_streams(service));
}

} // namespace foundry_test::typed_answer_test
