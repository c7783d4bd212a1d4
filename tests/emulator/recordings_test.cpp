// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Real exchanges with Azure, replayed byte for byte in several chunkings. What the library makes of them is compared with what
// Boost.JSON's own parser finds in the recorded text.

#include "support/fixture.hpp"
#include "support/recordings.hpp"
#include "support/report.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::recordings_test {

using foundry::testing::emulator;
using foundry::testing::emulator_options;

// ---- How they are sent again

struct replay
{
    char const* name;
    chunks divided;
    std::vector<std::size_t> writes;
};

std::vector<replay> const& replays()
{
    static std::vector<replay> const all = {
        {"whole", chunks::one, {std::size_t{1} << 20}},
        {"byte by byte, a chunk for each event", chunks::per_event, {1}},
        {"1,000 bytes at a time, a chunk for each event", chunks::per_event, {1000}},
        {"1,000 bytes at a time, chunks of some bytes", chunks::tiny, {1000}},
    };
    return all;
}

// ---- What they must come to

std::string string_in(json::object const& in, std::string_view name)
{
    auto const* const v = in.if_contains(name);
    return v && v->is_string() ? text_of(*v) : std::string();
}

std::int64_t number_in(json::object const& in, std::string_view name)
{
    auto const* const v = in.if_contains(name);
    return v && v->is_int64() ? v->get_int64() : 0;
}

json::object const* object_in(json::object const& in, std::string_view name)
{
    auto const* const v = in.if_contains(name);
    return v ? v->if_object() : nullptr;
}

/// What the type does not have is in `extra`, and nothing else is.
void expect_extra(json::object const& text, std::initializer_list<std::string_view> known, json::object const& extra)
{
    std::size_t unknown = 0;
    for (auto const& [name, value] : text) {
        if (std::find(known.begin(), known.end(), std::string_view{name.data(), name.size()}) != known.end())
            continue;
        ++unknown;
        CAPTURE(std::string{name});
        auto const* const kept = extra.if_contains(name);
        REQUIRE(kept);
        CHECK(*kept == value);
    }
    CHECK(extra.size() == unknown);
}

void expect_filter(json::object const* text, foundry::filter_results const& results)
{
    CHECK(results.size() == (text ? text->size() : 0));
    if (!text)
        return;
    for (auto const& [category, verdict] : *text) {
        CAPTURE(std::string{category});
        foundry::filter_result const* const found = results.find(std::string_view{category.data(), category.size()});
        REQUIRE(found);
        json::object const& v = verdict.as_object();
        CHECK(found->filtered == v.at("filtered").as_bool());
        CHECK(found->severity.name() == string_in(v, "severity"));
        CHECK(found->severity.known().has_value() == v.contains("severity"));
        auto const* const detected = v.if_contains("detected");
        CHECK(found->detected.has_value() == (detected != nullptr));
        if (detected)
            CHECK(found->detected == detected->as_bool());
        expect_extra(v, {"filtered", "severity", "detected"}, found->extra);
    }
}

void expect_prompt_filters(json::object const& text, std::vector<foundry::prompt_filter_result> const& results)
{
    auto const* const list = text.if_contains("prompt_filter_results");
    REQUIRE(results.size() == (list ? list->as_array().size() : 0));
    for (std::size_t i = 0; i != results.size(); ++i) {
        json::object const& one = list->as_array()[i].as_object();
        CHECK(results[i].prompt_index == number_in(one, "prompt_index"));
        expect_filter(object_in(one, "content_filter_results"), results[i].content_filter_results);
    }
}

void expect_usage(json::object const& text, std::optional<foundry::token_usage> const& usage)
{
    json::object const* const u = object_in(text, "usage");
    REQUIRE(usage.has_value() == (u != nullptr));
    if (!u)
        return;
    CHECK(usage->prompt_tokens == number_in(*u, "prompt_tokens"));
    CHECK(usage->completion_tokens == number_in(*u, "completion_tokens"));
    CHECK(usage->total_tokens == number_in(*u, "total_tokens"));
    if (json::object const* const prompt = object_in(*u, "prompt_tokens_details")) {
        CHECK(usage->prompt_tokens_details.cached_tokens == number_in(*prompt, "cached_tokens"));
        CHECK(usage->prompt_tokens_details.audio_tokens == number_in(*prompt, "audio_tokens"));
        expect_extra(*prompt, {"cached_tokens", "audio_tokens"}, usage->prompt_tokens_details.extra);
    } else {
        CHECK(usage->prompt_tokens_details == foundry::prompt_tokens_details());
    }
    auto const& d = usage->completion_tokens_details;
    json::object const* const completion = object_in(*u, "completion_tokens_details");
    if (!completion) {
        CHECK(d == foundry::completion_tokens_details());
    } else {
        CHECK(d.reasoning_tokens == number_in(*completion, "reasoning_tokens"));
        CHECK(d.audio_tokens == number_in(*completion, "audio_tokens"));
        CHECK(d.accepted_prediction_tokens == number_in(*completion, "accepted_prediction_tokens"));
        CHECK(d.rejected_prediction_tokens == number_in(*completion, "rejected_prediction_tokens"));
        expect_extra(*completion,
                     {"reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"},
                     d.extra);
    }
    expect_extra(
        *u,
        {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details"},
        usage->extra);
}

/// The members that a completion and a chunk share.
template <class Answer>
void expect_envelope(json::object const& text, Answer const& a)
{
    CHECK(a.id == string_in(text, "id"));
    CHECK(a.object == string_in(text, "object"));
    CHECK(a.model == string_in(text, "model"));
    CHECK(a.created == number_in(text, "created"));
    CHECK(a.system_fingerprint.value_or("") == string_in(text, "system_fingerprint"));
    CHECK(a.service_tier.value_or("") == string_in(text, "service_tier"));
    expect_prompt_filters(text, a.prompt_filter_results);
    expect_usage(text, a.usage);
    expect_extra(text,
                 {"id", "object", "model", "created", "system_fingerprint", "service_tier", "prompt_filter_results",
                  "usage", "choices", "obfuscation"},
                 a.extra);
}

template <class Call>
void expect_tool_calls(json::object const& message, std::vector<Call> const& calls)
{
    auto const* const list = message.if_contains("tool_calls");
    REQUIRE(calls.size() == (list && list->is_array() ? list->get_array().size() : 0));
    for (std::size_t i = 0; i != calls.size(); ++i) {
        json::object const& call = list->get_array()[i].as_object();
        CHECK(calls[i].id == string_in(call, "id"));
        CHECK(calls[i].type == string_in(call, "type"));
        CHECK(calls[i].function.name == string_in(call.at("function").as_object(), "name"));
        CHECK(calls[i].function.arguments == string_in(call.at("function").as_object(), "arguments"));
    }
}

void expect_info(exchange const& e, foundry::response_info const& info)
{
    CHECK(info.status() == e.status);
    for (auto const& [name, value] : e.headers) {
        CAPTURE(name);
        if (name != "content-length" && name != "content-encoding")
            CHECK(info.header(name) == value);
    }
    CHECK(info.request_id() == e.header("x-request-id"));
    CHECK(info.apim_request_id() == e.header("apim-request-id"));
    foundry::rate_limits const limits = info.rate_limits();
    for (auto const& [name, value] : std::initializer_list<std::pair<char const*, std::optional<std::int64_t>>>{
             {"x-ratelimit-limit-requests", limits.limit_requests},
             {"x-ratelimit-limit-tokens", limits.limit_tokens},
             {"x-ratelimit-remaining-requests", limits.remaining_requests},
             {"x-ratelimit-remaining-tokens", limits.remaining_tokens}}) {
        CAPTURE(std::string(name));
        CHECK((value ? std::to_string(*value) : std::string()) == e.header(name));
    }
    auto const reset = e.header("x-ratelimit-reset-requests");
    CHECK(limits.reset_requests.has_value() == !reset.empty());
    if (!reset.empty())
        CHECK(limits.reset_requests == std::chrono::seconds{std::stoi(reset)});
}

void expect_completion(exchange const& e, foundry::chat_completion const& reply)
{
    json::value const whole = json::parse(e.body);
    json::object const& text = whole.as_object();
    expect_info(e, reply.info());
    CHECK(reply.raw() == e.body);
    expect_envelope(text, reply);
    json::array const& choices = text.at("choices").as_array();
    REQUIRE(reply.choices.size() == choices.size());
    for (std::size_t i = 0; i != choices.size(); ++i) {
        json::object const& choice = choices[i].as_object();
        // A completion that the filter blocked has none.
        json::object const message = choice.contains("message") ? choice.at("message").as_object() : json::object();
        foundry::chat_choice const& c = reply.choices[i];
        CHECK(c.index == number_in(choice, "index"));
        CHECK(c.finish_reason.name() == string_in(choice, "finish_reason"));
        CHECK(c.finish_reason.known().has_value());
        CHECK(c.message.role.name() == string_in(message, "role"));
        CHECK(c.message.text() == string_in(message, "content"));
        CHECK(c.message.refusal.value_or("") == string_in(message, "refusal"));
        expect_tool_calls(message, c.message.tool_calls);
        expect_filter(object_in(choice, "content_filter_results"), c.content_filter_results);
        expect_extra(message, {"role", "content", "refusal", "tool_calls"}, c.message.extra);
        expect_extra(choice, {"index", "finish_reason", "message", "logprobs", "content_filter_results"}, c.extra);
    }
    CHECK(reply.text() == reply.choices.at(0).message.text());
    CHECK(reply.finish_reason() == reply.choices.at(0).finish_reason);
}

// ---- Streams

void expect_chunk(std::string const& event, foundry::chat_chunk const& chunk)
{
    CAPTURE(event);
    json::value const whole = json::parse(event);
    json::object const& text = whole.as_object();
    CHECK(chunk.obfuscation.value_or("") == string_in(text, "obfuscation"));
    CHECK(chunk.raw() == event);
    expect_envelope(text, chunk);
    json::array const& choices = text.at("choices").as_array();
    REQUIRE(chunk.choices.size() == choices.size());
    std::string first;
    for (std::size_t i = 0; i != choices.size(); ++i) {
        json::object const& choice = choices[i].as_object();
        json::object const& delta = choice.at("delta").as_object();
        foundry::chunk_choice const& c = chunk.choices[i];
        CHECK(c.index == number_in(choice, "index"));
        CHECK(c.finish_reason.name() == string_in(choice, "finish_reason"));
        CHECK(c.delta.role.name() == string_in(delta, "role"));
        CHECK(c.delta.content == string_in(delta, "content"));
        CHECK(c.delta.refusal == string_in(delta, "refusal"));
        expect_tool_calls(delta, c.delta.tool_calls);
        expect_filter(object_in(choice, "content_filter_results"), c.content_filter_results);
        expect_extra(delta, {"role", "content", "refusal", "tool_calls"}, c.delta.extra);
        expect_extra(
            choice, {"index", "finish_reason", "delta", "logprobs", "content_filter_results", "content_filter_offsets"},
            c.extra);
        if (i == 0)
            first = string_in(delta, "content");
    }
    CHECK(chunk.text() == first);
}

/// What all chunks come to, found without the library. Each recording has one choice.
struct sum
{
    std::string text;
    std::string finish;
    std::string id;
    std::string model;
    std::vector<std::pair<std::string, std::string>> calls; // name and arguments
    json::object filter;                                    // the last verdict on each category
    json::object last_with_usage;
    json::object first;
};

sum sum_of(std::vector<std::string> const& events)
{
    sum s;
    s.first = json::parse(events.front()).as_object();
    for (std::string const& event : events) {
        json::object const chunk = json::parse(event).as_object();
        if (object_in(chunk, "usage"))
            s.last_with_usage = chunk;
        if (!string_in(chunk, "id").empty()) {
            s.id = string_in(chunk, "id");
            s.model = string_in(chunk, "model");
        }
        for (json::value const& item : chunk.at("choices").as_array()) {
            json::object const& choice = item.as_object();
            json::object const& delta = choice.at("delta").as_object();
            s.text += string_in(delta, "content");
            if (choice.contains("finish_reason") && choice.at("finish_reason").is_string())
                s.finish = string_in(choice, "finish_reason");
            if (auto const* const verdicts = object_in(choice, "content_filter_results"))
                for (auto const& [category, verdict] : *verdicts)
                    s.filter[category] = verdict;
            if (auto const* const calls = delta.if_contains("tool_calls"))
                for (json::value const& call : calls->as_array())
                    s.calls.emplace_back(text_of(call.at_pointer("/function/name")),
                                         text_of(call.at_pointer("/function/arguments")));
        }
    }
    return s;
}

void expect_sum(exchange const& e, std::vector<std::string> const& events, foundry::chat_completion const& reply)
{
    sum const s = sum_of(events);
    expect_info(e, reply.info());
    CHECK(reply.raw().empty());
    CHECK(reply.id == s.id);
    CHECK(reply.model == s.model);
    CHECK(reply.text() == s.text);
    CHECK(reply.finish_reason().name() == s.finish);
    CHECK(reply.finish_reason().known().has_value());
    REQUIRE(reply.tool_calls().size() == s.calls.size());
    for (std::size_t i = 0; i != s.calls.size(); ++i) {
        CHECK(reply.tool_calls()[i].function.name == s.calls[i].first);
        CHECK(reply.tool_calls()[i].function.arguments == s.calls[i].second);
    }
    REQUIRE(reply.choices.size() == 1);
    CHECK(reply.choices[0].message.role == foundry::chat_role::assistant);
    expect_filter(&s.filter, reply.choices[0].content_filter_results);
    expect_prompt_filters(s.first, reply.prompt_filter_results);
    expect_usage(s.last_with_usage, reply.usage);
}

enum class reading
{
    next,
    read,
    collect,
};

asio::awaitable<void> replay_stream(foundry::client<>& client, exchange const& e, foundry::chat_request const& request,
                                    reading how)
{
    std::vector<std::string> const events = events_of(e.body);
    foundry::chat_stream chunks = co_await client.stream(request);
    expect_info(e, chunks.info());
    std::size_t seen = 0;
    if (how == reading::collect) {
        foundry::chat_completion const reply = co_await chunks.collect();
        expect_sum(e, events, reply);
        seen = events.size();
    } else if (how == reading::next) {
        std::optional<foundry::chat_chunk> chunk = co_await chunks.next();
        while (chunk && seen < events.size()) {
            expect_chunk(events[seen], *chunk);
            ++seen;
            chunk = co_await chunks.next();
        }
        CHECK(!chunk);
        chunk = co_await chunks.next();
        CHECK(!chunk);
    } else {
        foundry::chat_chunk const* chunk = co_await chunks.read();
        while (chunk != nullptr && seen < events.size()) {
            expect_chunk(events[seen], *chunk);
            ++seen;
            chunk = co_await chunks.read();
        }
        CHECK(chunk == nullptr);
    }
    CHECK(seen == events.size());
}

// ---- Embeddings

std::vector<float> decode_base64(std::string_view text)
{
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (char const c : text) {
        if (c == '=')
            break;
        auto const digit = std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"}.find(c);
        REQUIRE(digit != std::string_view::npos);
        bits = (bits << 6) | static_cast<unsigned>(digit);
        if ((count += 6) >= 8) {
            count -= 8;
            bytes += static_cast<char>((bits >> count) & 0xff);
        }
    }
    std::vector<float> floats(bytes.size() / sizeof(float));
    std::memcpy(floats.data(), bytes.data(), floats.size() * sizeof(float));
    return floats;
}

asio::awaitable<void> replay_embedding(foundry::client<>& client, exchange const& e)
{
    foundry::embedding_request request;
    request.add(text_of(e.request.at("input")));
    request.encoding_format.assign(text_of(e.request.at("encoding_format")));
    foundry::embeddings const reply = co_await client.embed(request);
    expect_info(e, reply.info());
    json::value const whole = json::parse(e.body);
    json::object const& text = whole.as_object();
    CHECK(reply.object == string_in(text, "object"));
    CHECK(reply.model == string_in(text, "model"));
    expect_usage(text, reply.usage);
    expect_extra(text, {"object", "model", "data", "usage", "id"}, reply.extra);
    json::array const& data = text.at("data").as_array();
    REQUIRE(reply.size() == data.size());
    for (std::size_t i = 0; i != data.size(); ++i) {
        std::vector<float> const wanted = decode_base64(text_of(data[i].at("embedding")));
        CHECK(wanted.size() == 3072);
        std::span<float const> const got = reply[i];
        CHECK(std::equal(wanted.begin(), wanted.end(), got.begin(), got.end()));
        CHECK(reply.data[i].index == number_in(data[i].as_object(), "index"));
    }
}

// ---- Errors

foundry::errc wanted_code(exchange const& e, json::object const& error)
{
    if (e.status == 401)
        return foundry::errc::unauthorized;
    if (string_in(error, "code") == "DeploymentNotFound")
        return foundry::errc::model_not_found;
    CHECK(string_in(error, "code") == "content_filter");
    return foundry::errc::content_filter;
}

void expect_error(exchange const& e, foundry::error const& failed)
{
    json::value const whole = json::parse(e.body);
    json::object const& error = whole.at("error").as_object();
    CAPTURE(std::string(failed.what()));
    CHECK(failed.status() == e.status);
    CHECK(failed.code() == wanted_code(e, error));
    CHECK(failed.message() == string_in(error, "message"));
    CHECK(failed.service_code() == string_in(error, "code"));
    CHECK(failed.body() == e.body);
    CHECK(failed.request_id() == e.header("x-request-id"));
    CHECK(failed.apim_request_id() == e.header("apim-request-id"));
    CHECK(!failed.advice().empty());
    json::object const* const inner = object_in(error, "innererror");
    expect_filter(inner ? object_in(*inner, "content_filter_result") : nullptr, failed.content_filter());
}

asio::awaitable<void> replay_error(foundry::client<>& client, exchange const& e, foundry::chat_request const& request)
{
    if (e.is_embedding()) {
        foundry::embedding_request embedding;
        embedding.add(text_of(e.request.at("input")));
        foundry::error const failed = co_await foundry_test::failure_of(client.embed(embedding));
        expect_error(e, failed);
    } else if (e.streamed()) {
        foundry::error const failed = co_await foundry_test::failure_of(client.stream(request));
        expect_error(e, failed);
    } else {
        foundry::error const failed = co_await foundry_test::failure_of(client.complete(request));
        expect_error(e, failed);
    }
}

// ---- All of it

asio::awaitable<void> replay_once(foundry::client<>& client, exchange const& e, foundry::chat_request const& request,
                                  reading how)
{
    if (e.status != 200) {
        co_await replay_error(client, e, request);
    } else if (e.is_embedding()) {
        co_await replay_embedding(client, e);
    } else if (e.streamed()) {
        co_await replay_stream(client, e, request, how);
    } else {
        foundry::chat_completion const reply = co_await client.complete(request);
        expect_completion(e, reply);
    }
}

void expect_request(exchange const& e, foundry::testing::recorded_request const& sent)
{
    auto const path = e.url.find('/', e.url.find("://") + 3);
    CHECK(sent.target == e.url.substr(path));
    std::string host = e.url.substr(0, path).substr(e.url.find("://") + 3);
    std::transform(host.begin(), host.end(), host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    CHECK(sent.host == host);
    CHECK(sent.sni == host);
    json::object const body = json::parse(sent.body).as_object();
    CHECK((body.contains("stream") && body.at("stream") == true) == e.streamed());
    if (e.request.contains("messages"))
        CHECK(body.at("messages") == e.request.at("messages"));
    if (e.request.contains("tools"))
        CHECK(body.at("tools") == e.request.at("tools"));
    if (e.request.contains("reasoning_effort"))
        CHECK(body.at("reasoning_effort") == e.request.at("reasoning_effort"));
}

/// Every chunking of one exchange over one connection. Returns how many were replayed.
asio::awaitable<std::size_t> replay_all(emulator& service, exchange const& e)
{
    foundry::endpoint where = endpoint_of(e);
    where.connect_to("127.0.0.1", service.tls_port());
    foundry::any_credential key = foundry::api_key{service.api_key()};
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = foundry_test::trusting(service);
    with.pool.max_connections = 1; // a call waits until the last bytes of the one before have been read away
    foundry::client<> client(executor, where, key, with);
    foundry::chat_request const request = chat_of(e);

    std::vector<reading> ways;
    ways.push_back(reading::next);
    if (e.status == 200 && e.streamed()) {
        ways.push_back(reading::read);
        ways.push_back(reading::collect);
    }
    std::size_t done = 0;
    std::size_t const connections = service.connections();
    for (replay const& how : replays()) {
        std::string const message = message_of(e, how.divided);
        // Byte by byte takes a while, so each stream is read in one way so, in turn.
        std::size_t const only = done % ways.size();
        for (std::size_t w = 0; w != ways.size(); ++w) {
            if (how.writes.front() == 1 && w != only)
                continue;
            CAPTURE(e.name);
            CAPTURE(std::string(how.name));
            service.clear_journal();
            foundry::testing::answer next = foundry::testing::answer::raw(message);
            next.chunking(how.writes).keep_open();
            service.queue(std::move(next));
            co_await replay_once(client, e, request, ways[w]);
            auto const journal = service.journal();
            REQUIRE(journal.size() == 1);
            expect_request(e, journal.front());
        }
        ++done;
    }
    CHECK(service.queued() == 0);
    CHECK(service.connections() == connections + 1);
    co_return done;
}

asio::awaitable<void> replay_everything(emulator& service, std::vector<exchange> const& all, std::size_t& done)
{
    for (exchange const& e : all) {
        CAPTURE(e.name);
        done += co_await replay_all(service, e);
    }
}

TEST_CASE("recordings: every recorded exchange with Azure is read the same in any chunking")
{
    std::vector<exchange> const all = load_all();
    REQUIRE(all.size() >= 28);
    emulator_options with;
    with.certificate_names.push_back("fake-recorded-host.microsoft.com");
    emulator service(with);
    std::size_t done = 0;
    foundry_test::run(replay_everything(service, all, done));
    CHECK(done == all.size() * replays().size());
    foundry_test::report("recordings x chunkings", done);
}

} // namespace foundry_test::recordings_test
