// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Whatever is read can be written back as it came: each described member of each answer, at any depth, in each shape that JSON has.

#include "support/plain_calls.hpp"
#include "support/report.hpp"

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/image_generation.hpp>
#include <foundry/model_info.hpp>

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace foundry_test::round_trip_test {

namespace asio = boost::asio;
namespace json = boost::json;
using foundry::json::kind;
using foundry::json::reader;
using foundry::json::reading;
using foundry::json::to_text;
using foundry::json::type;

/// A value with all its members, one element in each list, and the pointer of each of them.
json::value sample(type const& t, std::string const& path, std::vector<std::string>& paths)
{
    switch (t.what) {
    case kind::boolean:
        return true;
    case kind::integer:
        return path.ends_with("index") ? 0 : 3;
    case kind::number:
    case kind::float32:
        return 0.5;
    case kind::object: {
        json::object all;
        for (int i = 0; i != t.size; ++i) {
            foundry::json::member const& m = t.members[i];
            if (i == t.extra)
                continue;
            std::string const inner = path + "/" + std::string(m.name);
            paths.push_back(inner);
            all[m.name] = sample(*m.described, inner, paths);
        }
        return all;
    }
    case kind::array:
        return json::array{sample(*t.element, path + "/0", paths)};
    case kind::map:
        return json::object{{"hate", sample(*t.element, path + "/hate", paths)}};
    case kind::choice:
        return path.ends_with("/embedding") ? json::value(json::array{0.5, 1.5}) : json::value("text");
    case kind::any:
    case kind::members:
        return json::object{{"k", 1}};
    default:
        return "text";
    }
}

json::value const odd_values[] = {nullptr, true, 7, 1.5, "text", json::array{1, "a"}, json::object{{"k", 1}}};

/// Whether what was written says what came, but for the conversions that the reader documents.
bool says(json::value const& written, json::value const& came)
{
    if (written == came || came.is_null())
        return true;
    if (written.is_object() && came.is_object()) { // plain members are written, too
        for (auto const& member : came.get_object()) {
            auto const* const found = written.get_object().if_contains(member.key());
            if (found == nullptr || *found != member.value())
                return false;
        }
        return true;
    }
    if (written.is_string() &&
        (came.is_number() || came.is_structured() || came.is_bool())) // a number, or a call's arguments
        return json::parse(written.get_string()) == came;
    bool const is_wrapped = written.is_array() && written.get_array().size() == 1; // a content of one part
    return is_wrapped && written.get_array()[0] == came;
}

template <class T>
std::size_t check_reading(std::size_t& refused)
{
    std::vector<std::string> paths;
    json::value const whole = sample(foundry::json::type_of<T>::value, "", paths);
    std::size_t checked = 0;
    for (std::string const& path : paths) {
        for (json::value const& odd : odd_values) {
            json::value document = whole;
            boost::system::error_code absent;
            *document.find_pointer(path, absent) = odd;
            CAPTURE(path);
            CAPTURE(to_text(document));
            T first;
            reader r;
            ++checked;
            if (!r.read(first, to_text(document))) {
                CHECK(path.ends_with("/embedding")); // a vector that is none
                ++refused;
                continue;
            }
            std::string written;
            REQUIRE_NOTHROW(written = to_text(first));
            T second;
            REQUIRE(r.read(second, written));
            CHECK(to_text(second) == written);
            T created; // which differs only in the initial values of its members
            REQUIRE(r.read({&created, &foundry::json::type_of<T>::value}, to_text(document), reading::created));
            CHECK(to_text(created) == written);
            json::value const again = json::parse(written);
            auto const* const found = again.find_pointer(path, absent);
            CHECK((odd.is_null() || (found != nullptr && says(*found, odd))));
        }
    }
    return checked;
}

TEST_CASE("round trip: each member of each answer in each shape of JSON is read, written and read again")
{
    std::size_t refused = 0;
    std::size_t checked = check_reading<foundry::chat_completion>(refused);
    checked += check_reading<foundry::chat_chunk>(refused);
    checked += check_reading<foundry::embeddings>(refused);
    checked += check_reading<foundry::generated_images>(refused);
    checked += check_reading<foundry::model_info>(refused);
    CHECK(checked > 1000);
    CHECK(refused < 10);
    report("members in odd shapes", checked);
}

/// Sends an answer's message as history, and compares what arrived.
asio::awaitable<void> send_as_history(emulator& service, foundry::client<> client, foundry::chat_completion reply)
{
    std::string const written = reply.to_json();
    foundry::chat_completion again;
    reader r;
    REQUIRE(r.read(again, written));
    CHECK(again.to_json() == written);

    foundry::chat_request next = question();
    next.add(reply.message());
    service.clear_journal();
    service.queue(answer::json(200, completion_text("fine")));
    foundry::chat_completion const fine = co_await client.complete(next);
    CHECK(fine.text() == "fine");
    CHECK(json::parse(service.journal().at(0).body).at_pointer("/messages/1") == json::parse(to_text(reply.message())));
}

asio::awaitable<void> send_all(emulator& service, bool streamed, std::size_t& checked)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    std::vector<std::string> paths;
    json::value const whole = streamed ? sample(foundry::json::type_of<foundry::chat_chunk>::value, "", paths)
                                       : sample(foundry::json::type_of<foundry::chat_completion>::value, "", paths);
    foundry::chat_request const request = question();
    for (std::string const& path : paths) {
        for (json::value const& odd : odd_values) {
            json::value document = whole;
            boost::system::error_code absent;
            *document.find_pointer(path, absent) = odd;
            std::string const text = to_text(document);
            CAPTURE(text);
            foundry::chat_completion reply;
            ++checked;
            if (streamed) {
                std::string const end = R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
                                        "\n\ndata: [DONE]\n\n";
                service.queue(answer::events("data: " + text + "\n\n" + end));
                foundry::chat_stream chunks = co_await client.stream(request);
                reply = co_await chunks.collect();
            } else {
                service.queue(answer::json(200, text));
                if (path == "/choices" && (!odd.is_array())) {
                    foundry::error const failed = co_await failure_of(client.complete(request));
                    CHECK(failed.code() == foundry::errc::unexpected_reply);
                    continue;
                }
                reply = co_await client.complete(request);
            }
            co_await send_as_history(service, client, std::move(reply));
        }
    }
}

TEST_CASE(
    "round trip: an answer with a member in any shape, whole or streamed, goes into the history of the next request")
{
    emulator service(unchecked());
    std::size_t checked = 0;
    run(send_all(service, false, checked));
    run(send_all(service, true, checked));
    CHECK(checked > 800);
    report("answers with odd members sent as history", checked);
}

} // namespace foundry_test::round_trip_test
