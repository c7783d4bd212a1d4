// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Answers from the test suites of llhttp and curl (tests/data/http_cases.json), most of them wrong in some way, through the whole
// client: it gives the right message or an error, never a wrong message.

#include "support/fixture.hpp"
#include "support/report.hpp"

#include <foundry/call.hpp>
#include <foundry/detail/base/base64.hpp>

#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

namespace foundry_test::http_cases_test {

namespace json = boost::json;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;

struct http_case
{
    std::string name;
    std::string bytes;
    bool has_message = false; // the last of its messages that is not interim
    unsigned status = 0;
    std::string body;
};

std::vector<http_case> load_cases()
{
    std::ifstream file(FOUNDRY_TEST_DATA "/http_cases.json", std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    std::vector<http_case> cases;
    json::value const all = json::parse(text);
    for (json::value const& value : all.at("cases").as_array()) {
        http_case one;
        one.name = value.at("name").as_string();
        one.bytes = foundry::detail::from_base64(std::string_view(value.at("raw_b64").as_string())).value();
        for (json::value const& message : value.at_pointer("/expect/messages").as_array()) {
            auto const* const status = message.as_object().if_contains("status");
            if (one.has_message || status == nullptr || status->as_int64() < 200)
                continue;
            one.has_message = true;
            one.status = static_cast<unsigned>(status->as_int64());
            one.body = message.at("body").as_string();
        }
        cases.push_back(std::move(one));
    }
    return cases;
}

/// The case file's bodies have lost their line feeds.
std::string without_line_feeds(std::string text)
{
    std::erase(text, '\n');
    return text;
}

struct tally
{
    std::size_t understood = 0;
    std::size_t refused = 0;
};

asio::awaitable<void> play(emulator& service, foundry::client<> client, http_case one, std::vector<std::size_t> sizes,
                           tally& seen)
{
    CAPTURE(one.name);
    bool const at_once = sizes.front() > one.bytes.size();
    answer reply = answer::raw(one.bytes);
    reply.chunking(std::move(sizes));
    service.queue(std::move(reply));
    std::optional<foundry::error> failed;
    foundry::binary_content content;
    try {
        content = co_await client.call<foundry::binary_content>(foundry::route{"GET", "anything"});
    } catch (foundry::error const& e) {
        failed = e;
    }
    if (!failed) {
        REQUIRE(one.has_message);
        CHECK(content.info().status() == one.status);
        bool const is_strict =
            one.name.find("Trailing space on chunked body") != one.name.npos; // RFC 9112, 7.1.1 allows them
        CHECK((is_strict || without_line_feeds(content.bytes) == without_line_feeds(one.body)));
        ++seen.understood;
    } else if (failed->status() != 0 && failed->code() != errc::unexpected_reply &&
               failed->code() != errc::stream_truncated && failed->code() != errc::limit_exceeded) {
        REQUIRE(one.has_message);
        CHECK(failed->status() == one.status);
        CHECK(without_line_feeds(failed->body()) == without_line_feeds(one.body));
        ++seen.understood;
    } else {
        CHECK(failed->code().category() == foundry::error_category());
        ++seen.refused;
    }
    if (!at_once) // bytes behind an answer may come when its connection carries the next request; nobody can tell then
        co_return;
    foundry::chat_completion const next = co_await client.complete("gpt-4o-mini", "Hello.");
    CHECK(!next.text().empty());
}

asio::awaitable<void> play_all(emulator& service, std::vector<http_case> const& cases, tally& seen)
{
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, urls[3]);
    std::vector<std::size_t> const whole{1000000};
    std::vector<std::vector<std::size_t>> const pieces{{1}, {7, 1, 100}};
    for (http_case const& one : cases) {
        co_await play(service, client, one, whole, seen);
        for (std::vector<std::size_t> const& sizes : pieces) {
            foundry::client<> const fresh = client_of(co_await asio::this_coro::executor, service, urls[3]);
            co_await play(service, fresh, one, sizes, seen);
        }
    }
}

TEST_CASE("HTTP cases: a malformed answer of http_cases.json is understood as it is meant, or rejected")
{
    std::vector<http_case> const cases = load_cases();
    CHECK(cases.size() >= 63);
    emulator service;
    tally seen;
    run(play_all(service, cases, seen));
    CHECK(seen.understood + seen.refused == 3 * cases.size());
    CHECK(seen.understood > cases.size());
    report("HTTP cases x chunkings (" + std::to_string(seen.understood) + " understood, " +
               std::to_string(seen.refused) + " refused)",
           3 * cases.size());
}

} // namespace foundry_test::http_cases_test
