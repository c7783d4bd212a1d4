// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Recorded exchanges with typed answers and tools are gone through again by typed calls and by the loop.

#include "support/plain_calls.hpp"
#include "support/recordings.hpp"

#include <foundry/tools.hpp>

namespace foundry_test::typed_recordings_test {

struct analysis
{
    std::string topic;
    std::vector<std::string> key_points;
    std::string summary;
};
BOOST_DESCRIBE_STRUCT(analysis, (), (topic, key_points, summary))

struct rated_joke
{
    int rating = 0;
    std::string joke;
};
BOOST_DESCRIBE_STRUCT(rated_joke, (), (rating, joke))

struct city_query
{
    std::string city_name;
};
BOOST_DESCRIBE_STRUCT(city_query, (), (city_name))

struct place
{
    std::string latitude;
    std::string longitude;
};
BOOST_DESCRIBE_STRUCT(place, (), (latitude, longitude))

std::vector<exchange> recorded(char const* name)
{
    return load(std::string(FOUNDRY_TEST_DATA "/typed_recordings/") + name + ".json");
}

/// On the form of the API that the exchanges were recorded on.
foundry::client<> client_for(asio::any_io_executor executor, emulator& service, std::vector<exchange> const& all)
{
    std::string const& url = all.front().url;
    bool const is_dated = url.find("/deployments/") != std::string::npos;
    bool const is_models = url.find("/models/") != std::string::npos;
    for (exchange const& e : all)
        service.queue(answer::raw(message_of(e, chunks::tiny)).keep_open());
    return client_of(std::move(executor), service,
                     is_dated    ? dated_url
                     : is_models ? foundry_url
                                 : v1_url,
                     limited(service));
}

foundry::chat_request plain_request(exchange const& e)
{
    foundry::chat_request request = chat_of(e);
    request.response_format.reset();
    request.tools.clear();
    request.model = "gpt-4o";
    return request;
}

asio::awaitable<void> read_analysis(emulator& service)
{
    std::vector<exchange> const all = recorded("chat_structured_output_azure_dated");
    auto const client = client_for(co_await asio::this_coro::executor, service, all);
    foundry::chat_request const request = plain_request(all.front());
    foundry::structured<analysis> const told = co_await client.complete<analysis>(request);
    CHECK(told.value.topic == "Benefits of Remote Work");
    CHECK(told.value.key_points.size() > 2);
    CHECK(!told.value.summary.empty());
}

asio::awaitable<void> read_refusals(emulator& service)
{
    std::vector<exchange> all = recorded("chat_structured_output_refusal");
    all.resize(1);
    auto const client = client_for(co_await asio::this_coro::executor, service, all);
    foundry::chat_request const request = plain_request(all.front());
    foundry::error const failed = co_await failure_of(client.complete<rated_joke>(request));
    CHECK(failed.code() == foundry::errc::refused);
    CHECK(failed.body() == "I'm very sorry, but I can't assist with that request.");
}

asio::awaitable<int> read_to_the_end(foundry::client<> client, foundry::chat_request request)
{
    foundry::structured_stream<rated_joke> chunks = co_await client.stream<rated_joke>(request);
    int count = 0;
    for (foundry::chat_chunk const* chunk = co_await chunks.read(); chunk != nullptr; chunk = co_await chunks.read())
        ++count;
    co_return count;
}

asio::awaitable<void> read_streamed_refusals(emulator& service)
{
    std::vector<exchange> const all = recorded("chat_stream_structured_output_refusal");
    auto const client = client_for(co_await asio::this_coro::executor, service, all);
    foundry::chat_request const request = plain_request(all.front());
    foundry::error const failed = co_await failure_of(read_to_the_end(client, request));
    CHECK(failed.code() == foundry::errc::answer_misfit); // the recorded model refuses in its text
    CHECK(failed.body().starts_with("I'm"));
}

asio::awaitable<void> go_through_cities(emulator& service)
{
    std::vector<exchange> const all = recorded("chat_tool_loop_parallel");
    auto const client = client_for(co_await asio::this_coro::executor, service, all);
    std::vector<std::string> cities;
    foundry::toolbox tools;
    tools.add("get_weather_for_city", "gets the current weather for a given city", [&cities](city_query q) {
        cities.push_back(q.city_name);
        return q.city_name == "Santiago" ? "rainy" : "sunny";
    });
    foundry::chat_request const request = plain_request(all.front());
    foundry::tool_run const run = co_await client.complete(request, tools);
    CHECK(cities == std::vector<std::string>{"Santiago", "Karachi"});
    CHECK(run.reply.text() == "The current weather is as follows:\n- Santiago: Rainy\n- Karachi: Sunny");
    json::value const sent = json::parse(service.journal().back().body);
    CHECK(sent.at("messages").as_array().size() == all.back().request.at("messages").as_array().size());
    for (std::size_t i : {2U, 3U}) // the results, as the recorder's own loop sent them
        CHECK(sent.at("messages").at(i) == all.back().request.at("messages").at(i));
}

asio::awaitable<void> go_through_functions(emulator& service)
{
    std::vector<exchange> const all = recorded("chat_tool_loop_parallel_foundry_models");
    auto const client = client_for(co_await asio::this_coro::executor, service, all);
    foundry::toolbox tools;
    tools.add("weather", "Gets current weather for a location", [](place p) {
        return "Current weather at " + p.latitude + ", " + p.longitude + ": 15\u00b0C, Wind: 10 km/h";
    });
    tools.add("best_language_to_learn", "Gets the best language to learn", [] { return "Ruby"; });
    foundry::chat_request const request = plain_request(all.front());
    foundry::tool_run const run = co_await client.complete(request, tools);
    CHECK(run.rounds == 2);
    CHECK(run.usage.total_tokens == 351 + 429);
    CHECK(run.reply.text().ends_with("The best language to learn is Ruby."));
    json::value const sent = json::parse(service.journal().back().body);
    for (std::size_t i : {2U, 3U})
        CHECK(sent.at("messages").at(i) == all.back().request.at("messages").at(i));
}

TEST_CASE("recordings: a typed answer of Azure OpenAI")
{
    emulator service(unchecked());
    run(read_analysis(service));
}

TEST_CASE("recordings: a model that refuses, whole and streamed")
{
    emulator service(unchecked());
    run(read_refusals(service));
    run(read_streamed_refusals(service));
}

TEST_CASE("recordings: two rounds of parallel calls")
{
    emulator service(unchecked());
    run(go_through_cities(service));
    run(go_through_functions(service));
}

} // namespace foundry_test::typed_recordings_test
