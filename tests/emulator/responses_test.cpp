// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The Responses API: recorded exchanges are gone through again, and what its functions send.

#include "support/plain_calls.hpp"
#include "support/recordings.hpp"
#include "support/report.hpp"

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/response_accumulator.hpp>
#include <foundry/responses.hpp>

namespace foundry_test::responses_test {

using foundry::item_type;
using foundry::response_request;
using foundry::response_status;

bool is_stream(exchange const& e) { return e.header("content-type").starts_with("text/event-stream"); }

/// The exchanges of each file that are this API's: some files upload documents first.
std::vector<std::vector<exchange>> const& recorded()
{
    static std::vector<std::vector<exchange>> const all = [] {
        std::vector<std::vector<exchange>> files;
        for (auto const& entry : std::filesystem::directory_iterator(FOUNDRY_TEST_DATA "/response_recordings"))
            if (entry.path().extension() == ".json")
                files.push_back(load(entry.path()));
        for (std::vector<exchange>& file : files)
            std::erase_if(file, [](exchange const& e) { return e.url.find("/responses") == std::string::npos; });
        return files;
    }();
    return all;
}

/// `/openai/v1/responses/resp_1/cancel`, say, without the query.
std::string path_of(exchange const& e)
{
    std::string const path = e.url.substr(0, e.url.find('?'));
    return path.substr(path.find("/responses") + 1);
}

/// The URL before `/responses`; the dated form names its version in the query.
foundry::endpoint endpoint_for(emulator const& service, exchange const& e)
{
    if (e.url.starts_with("https://api.openai.com/")) // a host that the emulator has no certificate for
        return at(service, local_url);
    std::size_t const query = e.url.find('?');
    std::string base = e.url.substr(0, e.url.find("/responses"));
    bool const is_project = base.find("/projects/") != std::string::npos;
    bool const is_dated = !is_project && query != std::string::npos;
    if (is_project)
        base += "/v1"; // recorded with a preview of it
    else if (is_dated)
        base.erase(base.rfind("/openai"));
    foundry::endpoint where = at(service, base);
    if (is_dated)
        where.set_api_version(e.url.substr(e.url.find("api-version=") + 12));
    return where;
}

/// What is not null.
json::value without_nulls(json::value const& v)
{
    if (auto const* const object = v.if_object()) {
        json::object kept;
        for (auto const& [name, value] : *object)
            if (!value.is_null())
                kept[name] = without_nulls(value);
        return kept;
    }
    if (auto const* const list = v.if_array()) {
        json::array kept;
        for (json::value const& element : *list)
            kept.push_back(without_nulls(element));
        return kept;
    }
    return v;
}

/// Whether a value has all that another one has; numbers are compared by what they are.
bool has_all(json::value const& v, json::value const& wanted)
{
    if (auto const* const object = wanted.if_object()) {
        for (auto const& [name, value] : *object) {
            auto const* const found = v.is_object() ? v.get_object().if_contains(name) : nullptr;
            bool const is_empty = (value.is_array() && value.get_array().empty()) ||
                                  (value.is_object() && value.get_object().empty()) ||
                                  (value.is_string() && value.get_string().empty());
            if (found == nullptr ? !is_empty : !has_all(*found, value)) {
                MESSAGE(std::string(name) << " is lost");
                return false;
            }
        }
        return true;
    }
    if (auto const* const list = wanted.if_array()) {
        bool same = v.is_array() && v.get_array().size() == list->size();
        for (std::size_t i = 0; same && i != list->size(); ++i)
            same = has_all(v.get_array()[i], (*list)[i]);
        return same;
    }
    if (v.is_number() && wanted.is_number())
        return v.to_number<double>() == wanted.to_number<double>();
    return v == wanted;
}

/// Nothing of the text is lost, and the items are its bytes.
void expect_response(exchange const& e, foundry::response const& reply)
{
    json::value wanted = without_nulls(json::parse(e.body));
    if (auto* const usage = wanted.as_object().if_contains("usage")) { // a Foundry project's spelling
        for (std::string const side : {"input", "output"}) {
            if (auto const* const details = usage->as_object().if_contains(side + "_token_details")) {
                usage->as_object()[side + "_tokens_details"] = *details;
                usage->as_object().erase(side + "_token_details");
            }
        }
    }
    std::string text;
    foundry::json::write(text, {&reply, &foundry::json::type_of<foundry::response>::value},
                         foundry::json::writing::all);
    CHECK(has_all(without_nulls(json::parse(text)), wanted));
    CHECK(reply.raw() == e.body);
    for (foundry::response_item const& item : reply.output) {
        CHECK(e.body.find(item.raw()) != std::string::npos);
        json::value const parsed = json::parse(item.raw());
        CHECK(item.type().name() == text_of(parsed.at("type")));
        CHECK(item.id() == text_of(parsed.at("id")));
    }
}

struct counts
{
    int requests = 0;
    int items = 0;
    int events = 0;
    int errors = 0;
};

/// The data of the events, read by other means. These recordings have one line of data for each event.
std::vector<std::string> data_of(std::string const& body)
{
    std::vector<std::string> all;
    std::string const begin = "data: ";
    for (std::size_t at = body.find(begin); at != std::string::npos; at = body.find("\n" + begin, at)) {
        at += body[at] == '\n' ? 1 : 0;
        std::size_t const end = body.find('\n', at);
        all.push_back(body.substr(at + begin.size(), end - at - begin.size()));
        at = end;
    }
    return all;
}

/// What the pieces of an item were joined to is what the service says in the end.
void expect_joined(foundry::response_item const& joined, foundry::response_item const& done)
{
    CHECK(joined.type() == done.type());
    CHECK(joined.id() == done.id());
    if (done.type() == item_type::message) {
        CHECK(joined.as<foundry::response_message>().text() == done.as<foundry::response_message>().text());
        CHECK(joined.as<foundry::response_message>().refusal() == done.as<foundry::response_message>().refusal());
    } else if (done.type() == item_type::function_call) {
        CHECK(joined.as<foundry::function_call>().arguments == done.as<foundry::function_call>().arguments);
        CHECK(joined.as<foundry::function_call>().call_id == done.as<foundry::function_call>().call_id);
    } else if (done.type() == item_type::reasoning) {
        auto const summary = done.as<foundry::reasoning_item>().summary;
        auto const pieces = joined.as<foundry::reasoning_item>().summary;
        REQUIRE(pieces.size() == summary.size());
        for (std::size_t i = 0; i != summary.size(); ++i)
            CHECK(pieces[i].text == summary[i].text);
    } else if (auto const code = json::parse(done.raw()); code.as_object().contains("code")) {
        CHECK(json::parse(joined.raw()).at("code") == code.at("code"));
    }
}

asio::awaitable<void> expect_stream(exchange const& e, foundry::response_stream events, counts& seen)
{
    foundry::response_accumulator all;
    std::vector<std::string> const wanted = data_of(e.body);
    std::string text;
    std::string done;
    std::size_t i = 0;
    while (auto const* event = co_await events.read()) {
        REQUIRE(i < wanted.size());
        CHECK(event->raw() == wanted[i]);
        json::value const parsed = json::parse(wanted[i]);
        CHECK(event->type.known().has_value());
        CHECK(event->type.name() == text_of(parsed.at("type")));
        CHECK(event->sequence_number == parsed.at("sequence_number").to_number<std::int64_t>());
        text += event->text();
        if (event->type == foundry::response_event_type::output_text_done)
            done += event->text_.value_or("");
        if (event->item)
            CHECK(wanted[i].find(event->item->raw()) != std::string::npos);
        std::string written;
        foundry::json::write(written, {event, &foundry::json::type_of<foundry::response_event>::value},
                             foundry::json::writing::all);
        CHECK(has_all(without_nulls(json::parse(written)), without_nulls(parsed)));
        if (event->type == foundry::response_event_type::output_item_done) {
            auto const joined = all.response_so_far().output.at(static_cast<std::size_t>(event->output_index.value()));
            expect_joined(joined, event->item.value());
        }
        all.add(*event);
        if (event->type == foundry::response_event_type::completed) {
            CHECK(all.response_so_far().output == event->response->output);
            CHECK(event->response.value().text() == text);
            CHECK(event->response->status == response_status::completed);
        }
        ++i;
        ++seen.events;
    }
    CHECK(i == wanted.size());
    CHECK(done.size() <= text.size());
}

asio::awaitable<void> go_through(std::vector<exchange> const& all, chunks how, counts& seen)
{
    emulator service(unchecked());
    for (exchange const& e : all)
        service.queue(answer::raw(message_of(e, how)).keep_open());
    foundry::client<> const client{co_await asio::this_coro::executor, endpoint_for(service, all.front()),
                                   foundry::api_key("emulator-key"), limited(service)};
    foundry::responses const responses{client};
    for (exchange const& e : all) {
        CAPTURE(e.name);
        std::string const path = path_of(e);
        std::string const id = path.size() > 10 ? path.substr(10, path.find('/', 10) - 10) : "";
        std::optional<foundry::error> failed;
        try {
            if (path.ends_with("/input_items")) {
                foundry::item_query which;
                if (e.url.find("limit=2") != std::string::npos)
                    which.limit = 2;
                std::size_t const after = e.url.find("after=");
                which.after = after != std::string::npos ? e.url.substr(after + 6) : "";
                foundry::response_items const page = co_await responses.input_items(id, which);
                CHECK(page.data.size() == json::parse(e.body).at("data").as_array().size());
                for (foundry::response_item const& item : page.data)
                    CHECK(e.body.find(item.raw()) != std::string::npos);
                CHECK(page.last_id == page.data.back().id());
            } else if (e.method == "DELETE") {
                co_await responses.remove(id);
            } else if (e.method == "GET" && is_stream(e)) {
                std::size_t const after = e.url.find("starting_after=");
                foundry::response_stream events = co_await responses.resume(
                    id, after != std::string::npos ? std::stoll(e.url.substr(after + 15)) : -1);
                co_await expect_stream(e, std::move(events), seen);
            } else if (e.method == "GET") {
                expect_response(e, co_await responses.get(id));
            } else if (path.ends_with("/cancel")) {
                expect_response(e, co_await responses.cancel(id));
            } else {
                response_request request;
                foundry::json::reader reader;
                REQUIRE(reader.read(request, json::serialize(e.request)));
                CHECK(has_all(json::parse(request.to_json()), e.request));
                if (e.request.empty()) // only its events were recorded
                    request = response_request("gpt-4o", "Hello");
                if (is_stream(e)) {
                    request.extra.erase("stream");
                    foundry::response_stream events = co_await responses.stream(request);
                    co_await expect_stream(e, std::move(events), seen);
                } else {
                    foundry::response const reply = co_await responses.create(request);
                    expect_response(e, reply);
                    seen.items += static_cast<int>(reply.output.size());
                }
            }
        } catch (foundry::error const& thrown) {
            failed = thrown;
        }
        CAPTURE(failed ? std::string(failed->what()) : "");
        bool const fails = e.status >= 400 || e.body.find("\"type\":\"response.failed\"") != std::string::npos ||
                           e.body.find("\"type\":\"error\"") != std::string::npos;
        REQUIRE(failed.has_value() == fails);
        if (failed) {
            CHECK((e.status < 400 || failed->info().status() == e.status));
            ++seen.errors;
        }
        auto const sent = service.journal().back();
        CHECK(sent.method == e.method);
        if (!e.request.empty()) { // the same, and nothing more
            json::value const body = json::parse(sent.body);
            CHECK(has_all(body, e.request));
            CHECK(has_all(without_nulls(e.request), without_nulls(body)));
        }
        ++seen.requests;
    }
}

TEST_CASE(
    "responses: recorded exchanges lose nothing, whatever pieces they come in, and each request is the recorded one")
{
    counts seen;
    for (std::vector<exchange> const& all : recorded())
        for (chunks const how : {chunks::one, chunks::per_event, chunks::tiny})
            run(go_through(all, how, seen));
    CHECK(seen.requests >= 60);
    CHECK(seen.errors >= 6);
    CHECK(seen.items >= 40);
    CHECK(seen.events >= 4000);
    report("recorded requests of the Responses API", static_cast<std::size_t>(seen.requests));
}

} // namespace foundry_test::responses_test
