// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Realtime sessions with a server that does what the test says: recorded sessions, frames that are wrong, ends of all kinds.

#include "support/kept_members.hpp"
#include "support/plain_calls.hpp"
#include "support/recordings.hpp"
#include "support/websocket_server.hpp"

#include <foundry/detail/json/reader.hpp>
#include <foundry/realtime.hpp>
#include <foundry/tools.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <mutex>
#include <random>
#include <set>

namespace foundry_test::realtime_sessions_test {

using foundry::errc;
using foundry::realtime_event;
using foundry::realtime_event_type;
using foundry::realtime_options;
using foundry::realtime_session;

std::string const created =
    R"({"type":"session.created","event_id":"e","session":{"type":"realtime","id":"s","model":"gpt-realtime","expires_at":0}})";

std::string numbered(int i)
{
    return R"({"type":"response.output_text.delta","event_id":"e","response_id":"r","item_id":"i","output_index":0,"content_index":0,"delta":")" +
           std::to_string(i) + " \"}";
}

foundry::options quick()
{
    foundry::options with;
    with.retry.max_retries = 0;
    with.timeouts.first_byte = 5s;
    return with;
}

constexpr std::string_view preview = "the preview version";

foundry::client<> client_of_server(asio::any_io_executor executor, websocket_server const& server,
                                   foundry::options const& with = quick(), std::string_view base = "/v1")
{
    std::string const url = "http://127.0.0.1:" + std::to_string(server.port());
    foundry::endpoint where(url + std::string(base == preview ? std::string_view() : base));
    if (base == preview)
        where.set_form(foundry::api_form::dated).set_api_version("2025-04-01-preview");
    return foundry::client<>(std::move(executor), where, foundry::any_credential(foundry::api_key("key")), with);
}

/// A test with a server that accepts a session and then follows the script, and a client of it.
template <class Body>
void with_server(std::function<void(websocket_peer&)> script, Body body, realtime_options how = realtime_options(),
                 bool confirms = true)
{
    websocket_server server([script = std::move(script), confirms](websocket_peer& peer) {
        peer.accept();
        if (confirms)
            peer.write(created);
        script(peer);
    });
    run([](Body test, websocket_server& at, realtime_options options) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect("gpt-realtime", options);
        co_await test(session, client);
    }(std::move(body), server, std::move(how)));
}

/// All events until the end.
asio::awaitable<std::vector<realtime_event>> rest_of(realtime_session& session)
{
    std::vector<realtime_event> all;
    std::optional<realtime_event> event = co_await session.next();
    while (event) {
        all.push_back(std::move(*event));
        event = co_await session.next();
    }
    co_return all;
}

/// The events before an error, and the error.
struct broken_session
{
    broken_session() = default;

    std::size_t events = 0;
    std::optional<foundry::error> error;
};

asio::awaitable<broken_session> broken(realtime_session& session)
{
    broken_session result;
    try {
        while (std::optional<realtime_event> event = co_await session.next())
            ++result.events;
    } catch (foundry::error const& e) {
        result.error = e;
    }
    if (result.error)
        CHECK(!co_await session.next()); // it is at its end
    CHECK(result.error.has_value() == (session.failure() != nullptr));
    co_return result;
}

// Recordings

struct recorded_session
{
    recorded_session() = default;

    std::string name;
    std::vector<std::pair<bool, json::value>> messages; // whether it was received
};

std::vector<recorded_session> recorded_sessions()
{
    std::vector<recorded_session> all;
    for (auto const& file : std::filesystem::directory_iterator(FOUNDRY_TEST_DATA "/realtime_recordings")) {
        if (file.path().extension() != ".json" || file.path().filename() == "error_events.json")
            continue;
        json::value const content = json::parse(read_file(file.path()));
        json::value const* const messages = content.as_object().if_contains("messages");
        if (messages == nullptr)
            continue;
        recorded_session one;
        one.name = file.path().filename().string();
        for (json::value const& each : messages->as_array())
            one.messages.emplace_back(each.at("direction") == "received", each.at("data"));
        all.push_back(std::move(one));
    }
    return all;
}

/// Whether the client's words are those of the recording.
void expect_command(json::value const& wanted, std::string const& got)
{
    CHECK(first_lost(wanted, json::parse(got)) == "");
    CHECK(first_lost(json::parse(got), wanted) == "");
}

void replay(recorded_session const& recorded, framing how, std::size_t& events, std::size_t& commands)
{
    std::atomic<std::size_t> answered = 0;
    websocket_server server([&](websocket_peer& peer) {
        peer.accept();
        peer.how = how;
        for (auto const& [is_received, data] : recorded.messages) {
            if (is_received)
                peer.write(json::serialize(data));
            else if (std::optional<std::string> const text = peer.read_text())
                expect_command(data, *text);
            ++answered;
        }
        peer.close(1000);
    });
    run([](recorded_session const& all, websocket_server& at, std::size_t& seen,
           std::size_t& sent) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect("gpt-realtime");
        bool is_first = true;
        for (auto const& [is_received, data] : all.messages) {
            std::string const text = json::serialize(data);
            if (!is_received) {
                foundry::realtime_command command;
                foundry::json::reader reader;
                REQUIRE(reader.read(command, text));
                co_await session.send(command);
                ++sent;
            } else if (std::exchange(is_first, false)) {
                CHECK(session.settings().id.has_value());
            } else {
                std::optional<realtime_event> const event = co_await session.next();
                REQUIRE(event);
                CHECK(event->raw() == text);
                CHECK(event->type.known());
                if (data.at("type").as_string() == event->type.name()) // else it is a name of the preview version
                    expect_kept(text, *event);
                ++seen;
            }
        }
        CHECK(!co_await session.next());
        CHECK(session.close_code() == 1000);
    }(recorded, server, events, commands));
    CHECK(answered == recorded.messages.size());
}

TEST_CASE("realtime: recorded sessions are said and heard whole, in frames, fragments and single bytes")
{
    std::size_t events = 0;
    std::size_t commands = 0;
    std::size_t sessions = 0;
    for (recorded_session const& each : recorded_sessions()) {
        CAPTURE(each.name);
        for (framing const how : {framing::whole, framing::fragments, framing::single_bytes}) {
            replay(each, how, events, commands);
            ++sessions;
        }
    }
    CHECK(sessions == 8 * 3);
    MESSAGE("report: " << sessions << " recorded sessions replayed: " << events << " events and " << commands
                       << " commands");
}

TEST_CASE("realtime: recorded errors are events, and the session goes on")
{
    std::vector<std::string> texts;
    json::value const content = json::parse(read_file(FOUNDRY_TEST_DATA "/realtime_recordings/error_events.json"));
    for (json::value const& each : content.at("messages").as_array()) {
        if (each.as_object().contains("data"))
            texts.push_back(json::serialize(each.at("data")));
    }
    with_server(
        [&](websocket_peer& peer) {
            for (std::string const& text : texts)
                peer.write(text);
            peer.close(1000);
        },
        [&](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            std::vector<realtime_event> const all = co_await rest_of(session);
            CHECK(all.size() == texts.size());
            for (std::size_t i = 0; i != all.size(); ++i) {
                CHECK(all[i].raw() == texts[i]);
                expect_kept(texts[i], all[i]);
            }
        });
}

// Opening

TEST_CASE("realtime: the request to open a session is that of the form")
{
    struct form
    {
        std::string_view base;
        char const* line;
        bool is_preview;
    };
    for (form const& one :
         {form{"/v1", "GET /v1/realtime?model=gpt-realtime HTTP/1.1", false},
          form{"/openai/v1", "GET /openai/v1/realtime?model=gpt-realtime HTTP/1.1", false},
          form{preview, "GET /openai/realtime?api-version=2025-04-01-preview&deployment=gpt-realtime HTTP/1.1",
               true}}) {
        CAPTURE(one.base);
        std::string head;
        websocket_server server([&](websocket_peer& peer) {
            head = peer.read_request();
            peer.accept();
            peer.write(created);
            peer.close(1000);
        });
        run([](websocket_server& at, std::string_view base) -> asio::awaitable<void> {
            foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at, quick(), base);
            foundry::realtime const realtime(client);
            realtime_session session = co_await realtime.connect("gpt-realtime");
            CHECK(!co_await session.next());
            CHECK(session.info().status() == 101);
        }(server, one.base));
        CHECK(head.substr(0, head.find("\r\n")) == one.line);
        CHECK((head.find("OpenAI-Beta: realtime=v1\r\n") != std::string::npos) == one.is_preview);
        for (char const* const field : {"Connection: Upgrade\r\n", "Upgrade: websocket\r\n",
                                        "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: ", "key"})
            CHECK(head.find(field) != std::string::npos);
        CHECK(head.find("Content-Length") == std::string::npos);
    }
}

/// What connect() throws if the server does this with the request.
foundry::error refused(std::function<void(websocket_peer&)> script, foundry::options const& with = quick())
{
    std::optional<foundry::error> thrown;
    websocket_server server(std::move(script));
    run([](websocket_server& at, foundry::options how, std::optional<foundry::error>& e) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at, how);
        foundry::realtime const realtime(client);
        try {
            (void)co_await realtime.connect("gpt-realtime");
        } catch (foundry::error const& failed) {
            e = failed;
        }
        CHECK(client.connections().open == client.connections().idle);
    }(server, with, thrown));
    REQUIRE(thrown);
    return *thrown;
}

std::string plain_answer(std::string const& status, std::string const& body)
{
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_CASE("realtime: a refusal to open is the same error as of other calls")
{
    struct refusal
    {
        char const* status;
        char const* body;
        errc wanted;
    };
    for (refusal const& one :
         {refusal{"401 Unauthorized", R"({"error":{"code":"401","message":"wrong key"}})", errc::unauthorized},
          refusal{"404 Not Found", R"({"error":{"code":"DeploymentNotFound","message":"no such deployment"}})",
                  errc::model_not_found},
          refusal{"426 Upgrade Required", R"({"error":{"message":"upgrade"}})", errc::bad_request},
          refusal{"429 Too Many Requests", R"({"error":{"code":"429","message":"slow"}})", errc::rate_limited},
          refusal{"503 Service Unavailable", "<html>busy</html>", errc::service_error},
          refusal{"200 OK", "<html>hello</html>", errc::unexpected_reply}}) {
        CAPTURE(one.status);
        foundry::error const e = refused([&](websocket_peer& peer) {
            peer.write_raw(plain_answer(one.status, one.body));
            peer.wait_for_end();
        });
        CHECK(e.code() == one.wanted);
        CHECK(e.status() == static_cast<unsigned>(std::stoi(one.status)));
    }
}

TEST_CASE("realtime: a handshake that is not that of the request is refused")
{
    std::string const good = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    for (std::string const& fields : {good + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", good,
                                      std::string("Upgrade: h2c\r\nConnection: Upgrade\r\n")}) {
        foundry::error const e = refused([&](websocket_peer& peer) {
            peer.write_raw("HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n");
            peer.wait_for_end();
        });
        CHECK(e.code() == errc::unexpected_reply);
        CHECK(e.status() == 101);
    }
    foundry::error const extended = refused([](websocket_peer& peer) {
        peer.accept("Sec-WebSocket-Extensions: permessage-deflate\r\n");
        peer.wait_for_end();
    });
    CHECK(extended.code() == errc::unexpected_reply);
}

TEST_CASE("realtime: a key that is refused in the session is refused by connect()")
{
    foundry::error const e = refused([](websocket_peer& peer) {
        peer.accept();
        peer.write(
            R"({"type":"error","event_id":"e","error":{"type":"invalid_request_error","code":"invalid_api_key","message":"Incorrect API key provided"}})");
        peer.close(3000, "invalid_request_error.invalid_api_key");
    });
    CHECK(e.code() == errc::unauthorized);
    CHECK(e.service_code() == "invalid_api_key");
    CHECK(std::string(e.what()).find("Incorrect API key provided") != std::string::npos);
    foundry::error const closed = refused([](websocket_peer& peer) {
        peer.accept();
        peer.close(3000, "invalid_request_error.invalid_api_key");
    });
    CHECK(closed.code() == errc::unauthorized);
}

TEST_CASE("realtime: a service that never confirms a session is given up")
{
    foundry::options with = quick();
    with.timeouts.first_byte = 50ms;
    foundry::error const silent = refused(
        [](websocket_peer& peer) {
            peer.accept();
            peer.wait_for_end();
        },
        with);
    CHECK(silent.code() == errc::first_byte_timeout);
    foundry::error const other = refused([](websocket_peer& peer) {
        peer.accept();
        for (int i = 0; i != 100; ++i)
            peer.write(numbered(i));
        peer.wait_for_end();
    });
    CHECK(other.code() == errc::unexpected_reply);
    foundry::error const cut = refused([](websocket_peer& peer) { peer.accept(); });
    CHECK(cut.code() == errc::stream_truncated);
}

TEST_CASE("realtime: events that come with the handshake or before the confirmation are not lost")
{
    websocket_server server([](websocket_peer& peer) {
        peer.accept({}, server_frame(1, numbered(0)) + server_frame(1, created) + server_frame(1, numbered(1)));
        peer.close(1000);
    });
    run([](websocket_server& at) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect("gpt-realtime");
        std::vector<realtime_event> const all = co_await rest_of(session);
        REQUIRE(all.size() == 2);
        CHECK(all[0].text() == "0 ");
        CHECK(all[1].text() == "1 ");
    }(server));
}

TEST_CASE("realtime: what a relay passes on stays as it is, session.created included")
{
    std::string const odd = R"({ "type":"session.update", "session":{"turn_detection":null, "x":1.50} })";
    std::string heard;
    realtime_options how;
    how.delivers_created = true;
    with_server(
        [&](websocket_peer& peer) {
            heard = peer.read_text().value_or("");
            peer.write(odd);
            peer.close(1000);
        },
        [&](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            co_await session.send_raw(odd);
            std::vector<realtime_event> const all = co_await rest_of(session);
            REQUIRE(all.size() == 2);
            CHECK(all[0].raw() == created);
            CHECK(all[1].raw() == odd);
        },
        how);
    CHECK(heard == odd);
}

TEST_CASE("realtime: what cannot be opened is refused before anything is sent")
{
    run([]() -> asio::awaitable<void> {
        foundry::client<> const models(co_await asio::this_coro::executor,
                                       foundry::endpoint("https://contoso.services.ai.azure.com/models"), "key");
        foundry::realtime const realtime(models);
        CHECK_THROWS_WITH_AS((void)co_await realtime.connect("gpt-realtime"), doctest::Contains("has no realtime"),
                             foundry::error);
        foundry::client<> const v1(co_await asio::this_coro::executor,
                                   foundry::endpoint("https://contoso.openai.azure.com/openai/v1"), "key");
        foundry::realtime const nameless(v1);
        CHECK_THROWS_WITH_AS((void)co_await nameless.connect(""), doctest::Contains("the deployment is empty"),
                             foundry::error);
    }());
}

// Frames

TEST_CASE("realtime: frames that break the protocol end the session, after the events before them")
{
    struct fault
    {
        char const* name;
        std::string bytes;
        errc wanted;
        int code; // that the client closes with
    };
    std::string const masked{'\x81', '\x81', 1, 2, 3, 4, 'a'};
    for (fault const& one :
         {fault{"masked", masked, errc::unexpected_reply, 1002},
          fault{"reserved bit",
                std::string("\xc1\x01"
                            "a"),
                errc::unexpected_reply, 1002},
          fault{"reserved opcode", server_frame(3, "a"), errc::unexpected_reply, 1002},
          fault{"fragmented ping", server_frame(9, "a", false), errc::unexpected_reply, 1002},
          fault{"long ping", server_frame(9, std::string(126, 'a')), errc::unexpected_reply, 1002},
          fault{"continuation of nothing", server_frame(0, "a"), errc::unexpected_reply, 1002},
          fault{"a message within a message", server_frame(1, "a", false) + server_frame(1, "b"),
                errc::unexpected_reply, 1002},
          fault{"length that is not minimal",
                std::string("\x81\x7e\x00\x01"
                            "a",
                            5),
                errc::unexpected_reply, 1002},
          fault{"length with the top bit", std::string("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x01", 10),
                errc::unexpected_reply, 1002},
          fault{"invalid UTF-8", server_frame(1, "\xff"), errc::unexpected_reply, 1007},
          fault{"close code", server_frame(8, std::string("\x03\xed", 2)), errc::unexpected_reply, 1002},
          fault{"close payload of a byte", server_frame(8, "a"), errc::unexpected_reply, 1002},
          fault{"too large", server_frame(1, std::string(2000, 'a')), errc::limit_exceeded, 1009}}) {
        CAPTURE(one.name);
        realtime_options how;
        how.max_message = 1000;
        std::string closing;
        with_server(
            [&](websocket_peer& peer) {
                peer.write(numbered(1));
                peer.write_raw(one.bytes);
                while (peer.read()) {
                }
                closing = peer.close_payload;
            },
            [&](realtime_session& session, foundry::client<> const& client) -> asio::awaitable<void> {
                broken_session const result = co_await broken(session);
                CHECK(result.events == 1);
                REQUIRE(result.error);
                CHECK(result.error->code() == one.wanted);
                CHECK(client.connections().open == 0);
            },
            how);
        REQUIRE(closing.size() == 2);
        CHECK((static_cast<unsigned char>(closing[0]) << 8 | static_cast<unsigned char>(closing[1])) == one.code);
    }
}

TEST_CASE("realtime: pings are answered, also while nobody reads and between fragments")
{
    std::vector<std::string> pongs;
    with_server(
        [&](websocket_peer& peer) {
            std::string const text = numbered(1);
            peer.write_raw(server_frame(9, "one"));
            std::optional<client_frame> frame = peer.read();
            pongs.push_back(frame->payload);
            peer.write_raw(server_frame(1, text.substr(0, 10), false) + server_frame(9, "two") +
                           server_frame(0, text.substr(10)));
            frame = peer.read();
            pongs.push_back(frame->payload);
            peer.close(1000);
        },
        [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
            co_await timer.async_wait(asio::use_awaitable);
            std::vector<realtime_event> const all = co_await rest_of(session);
            CHECK(all.size() == 1);
        });
    CHECK(pongs == std::vector<std::string>{"one", "two"});
}

TEST_CASE(
    "realtime: events of unknown types are delivered whole; what is no event is an error, and the session goes on")
{
    with_server(
        [](websocket_peer& peer) {
            peer.write(R"({"type":"session.dreamed","of":{"what":[1,2]}})");
            peer.write("[1,2");
            peer.write(R"({"type":"response.done","response":"text"})");
            peer.write_raw(server_frame(2, numbered(1))); // binary
            peer.close(1000);
        },
        [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            std::optional<realtime_event> const unknown = co_await session.next();
            REQUIRE(unknown);
            CHECK(unknown->type.name() == "session.dreamed");
            CHECK(!unknown->type.known());
            CHECK(unknown->extra.at("of").at("what").as_array().size() == 2);
            bool is_refused = false;
            try {
                (void)co_await session.next();
            } catch (foundry::error const& e) {
                is_refused = e.code() == errc::unexpected_reply;
            }
            CHECK(is_refused);
            std::optional<realtime_event> const odd = co_await session.next();
            REQUIRE(odd);
            CHECK(odd->type == realtime_event_type::response_done);
            CHECK(odd->raw() == R"({"type":"response.done","response":"text"})");
            std::optional<realtime_event> const last = co_await session.next();
            REQUIRE(last);
            CHECK(last->text() == "1 ");
            CHECK(!co_await session.next());
        });
}

// Ends

TEST_CASE("realtime: codes of the service's close frame are kept, and say whether it is an error")
{
    struct ending
    {
        int code;
        char const* reason;
        std::optional<errc> wanted;
    };
    for (ending const& one :
         {ending{1000, "done", std::nullopt},
          ending{1001, "Your session hit the maximum duration of 60 minutes.", std::nullopt},
          ending{1011, "internal", errc::service_error}, ending{1008, "policy", errc::service_error},
          ending{3000, "invalid_request_error.invalid_api_key", errc::unauthorized},
          ending{4999, "", errc::service_error}}) {
        CAPTURE(one.code);
        with_server(
            [&](websocket_peer& peer) {
                peer.write(numbered(1));
                peer.close(static_cast<std::uint16_t>(one.code), one.reason);
            },
            [&](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
                broken_session const result = co_await broken(session);
                CHECK(result.events == 1);
                CHECK(result.error.has_value() == one.wanted.has_value());
                if (result.error) {
                    CHECK(result.error->code() == *one.wanted);
                    CHECK(std::string(result.error->what()).find(std::to_string(one.code)) != std::string::npos);
                }
                CHECK(session.close_code() == one.code);
                CHECK(session.close_reason() == one.reason);
            });
    }
}

TEST_CASE("realtime: a connection that breaks is an error, after the events before it")
{
    for (bool const is_reset : {false, true}) {
        CAPTURE(is_reset);
        std::atomic<bool> is_read = false;
        with_server(
            [&](websocket_peer& peer) {
                for (int i = 0; i != 100; ++i)
                    peer.write(numbered(i));
                while (is_reset && !is_read)
                    std::this_thread::yield();
                if (is_reset)
                    peer.reset();
            },
            [&](realtime_session& session, foundry::client<> const& client) -> asio::awaitable<void> {
                for (int i = 0; i != 100; ++i) {
                    std::optional<realtime_event> const event = co_await session.next();
                    REQUIRE(event);
                    CHECK(event->text() == std::to_string(i) + " ");
                }
                is_read = true;
                broken_session const result = co_await broken(session);
                CHECK(result.events == 0);
                REQUIRE(result.error);
                CHECK(result.error->code() == errc::stream_truncated);
                CHECK(client.connections().open == 0);
                CHECK_THROWS_AS(co_await session.say("late"), foundry::error);
            });
    }
}

TEST_CASE("realtime: close() tells the service, waits for its consent, and ends next()")
{
    std::string closing;
    std::atomic<bool> has_ended = false;
    with_server(
        [&](websocket_peer& peer) {
            while (peer.read()) {
            }
            closing = peer.close_payload;
            peer.write(numbered(1)); // is on its way
            peer.write_raw(server_frame(8, std::string("\x03\xe8", 2)));
            peer.wait_for_end();
            has_ended = true;
        },
        [](realtime_session& session, foundry::client<> const& client) -> asio::awaitable<void> {
            using asio::experimental::awaitable_operators::operator&&;
            auto const reads = [](realtime_session& from) -> asio::awaitable<bool> {
                co_return (co_await from.next()).has_value();
            };
            CHECK(!co_await (reads(session) && session.close()));
            CHECK(client.connections().open == 0);
            co_await session.close(); // again
            bool is_refused = false;
            try {
                co_await session.say("late");
            } catch (foundry::error const& e) {
                is_refused = e.code() == errc::invalid_argument;
            }
            CHECK(is_refused);
        });
    CHECK(closing == std::string("\x03\xe8", 2));
}

TEST_CASE("realtime: a session that is dropped is closed, and a moved one goes on")
{
    std::atomic<int> ended = 0;
    websocket_server server([&](websocket_peer& peer) {
        peer.accept();
        peer.write(created);
        while (peer.read()) {
        }
        ++ended;
    });
    run([](websocket_server& at, std::atomic<int>& ends) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        {
            realtime_session first = co_await realtime.connect("gpt-realtime");
            realtime_session second = std::move(first);
            co_await second.say("hello");
            CHECK(!co_await first.next());
            CHECK(first.info().status() == 0);
            CHECK(!first.settings().id);
            CHECK(first.close_code() == 0);
            CHECK(first.close_reason().empty());
            co_await first.close();
            CHECK_THROWS_WITH_AS(co_await first.say("hello"), doctest::Contains("never opened"), foundry::error);
            CHECK(client.connections().open == 1);
        }
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (ends == 0) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        CHECK(client.connections().open == 0);
        realtime_session third = co_await realtime.connect("gpt-realtime");
        co_await third.say("hello");
        third = realtime_session();
        while (ends != 2) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }(server, ended));
}

TEST_CASE("realtime: a client that is closed ends its sessions")
{
    with_server([](websocket_peer& peer) { peer.wait_for_end(); },
                [](realtime_session& session, foundry::client<> const& client) -> asio::awaitable<void> {
                    using asio::experimental::awaitable_operators::operator&&;
                    auto const close = [](foundry::client<> which) -> asio::awaitable<void> {
                        which.close();
                        co_return;
                    };
                    auto const result = co_await (broken(session) && close(client));
                    REQUIRE(result.error);
                    CHECK(result.error->code() == errc::client_closed);
                });
}

TEST_CASE("realtime: a cancelled next() loses nothing, and the session stays usable")
{
    std::atomic<bool> may_write = false;
    with_server(
        [&](websocket_peer& peer) {
            while (!may_write)
                std::this_thread::yield();
            for (int i = 0; i != 1000; ++i)
                peer.write(numbered(i));
            peer.close(1000);
        },
        [&](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            asio::any_io_executor const executor = co_await asio::this_coro::executor;
            int wanted = 0;
            int cancelled = 0;
            asio::steady_timer timer(executor);
            for (bool is_over = false; !is_over;) {
                asio::cancellation_signal signal;
                std::optional<std::optional<realtime_event>> outcome;
                bool has_ended = false;
                asio::co_spawn(executor, session.next(),
                               asio::bind_cancellation_slot(
                                   signal.slot(), [&](std::exception_ptr thrown, std::optional<realtime_event> event) {
                                       if (!thrown)
                                           outcome = std::move(event);
                                       has_ended = true;
                                   }));
                co_await asio::post(executor, asio::use_awaitable);
                signal.emit(asio::cancellation_type::terminal);
                while (!has_ended)
                    co_await asio::post(executor, asio::use_awaitable);
                if (!outcome) {
                    may_write = ++cancelled >= 10;
                    continue;
                }
                is_over = !outcome->has_value();
                if (!is_over)
                    CHECK((*outcome)->text() == std::to_string(wanted++) + " ");
            }
            CHECK(wanted == 1000);
            MESSAGE("report: 1,000 events read by next() that was cancelled " << cancelled << " times");
        });
}

TEST_CASE("realtime: next() beside a timer loses nothing, though both are ready in one turn")
{
    std::atomic<int> wanted = 0;
    with_server(
        [&](websocket_peer& peer) {
            for (int i = 0; i != 50; ++i) {
                while (wanted != i)
                    std::this_thread::yield();
                peer.write(numbered(i));
            }
            peer.close(1000);
        },
        [&](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            using asio::experimental::awaitable_operators::operator||;
            asio::steady_timer timer(co_await asio::this_coro::executor);
            while (wanted != 50) {
                timer.expires_after(1ms);
                auto const first = co_await (session.next() || timer.async_wait(asio::use_awaitable));
                if (first.index() != 0)
                    continue;
                std::optional<realtime_event> const& event = std::get<0>(first);
                REQUIRE(event);
                CHECK(event->text() == std::to_string(wanted) + " ");
                std::this_thread::sleep_for(2ms); // a frame of a game
                ++wanted;
                std::this_thread::sleep_for(2ms);
            }
            CHECK(!co_await session.next());
        });
}

TEST_CASE("realtime: a second next() is refused, and the first goes on")
{
    std::atomic<bool> may_write = false;
    with_server(
        [&](websocket_peer& peer) {
            while (!may_write)
                std::this_thread::yield();
            peer.write(numbered(1));
            peer.close(1000);
        },
        [&](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            using asio::experimental::awaitable_operators::operator&&;
            auto const again = [](realtime_session& from, std::atomic<bool>& done) -> asio::awaitable<void> {
                bool is_refused = false;
                try {
                    (void)co_await from.next();
                } catch (foundry::error const& e) {
                    is_refused = e.code() == errc::invalid_argument;
                }
                CHECK(is_refused);
                done = true;
            };
            std::optional<realtime_event> const event = co_await (session.next() && again(session, may_write));
            REQUIRE(event);
            CHECK(event->text() == "1 ");
        });
}

TEST_CASE("realtime: what broke a session is what a later send throws, too")
{
    with_server([](websocket_peer&) {},
                [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
                    broken_session const result = co_await broken(session);
                    REQUIRE(result.error);
                    std::optional<foundry::error> failed;
                    try {
                        co_await session.say("late");
                    } catch (foundry::error const& e) {
                        failed = e;
                    }
                    REQUIRE(failed);
                    CHECK(failed->code() == errc::stream_truncated);
                });
}

TEST_CASE("realtime: what broke a session is known after a next() whose error was lost beside a timer")
{
    with_server([](websocket_peer&) {},
                [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
                    using asio::experimental::awaitable_operators::operator||;
                    asio::steady_timer timer(co_await asio::this_coro::executor, 50ms);
                    auto const first = co_await (session.next() || timer.async_wait(asio::use_awaitable));
                    CHECK(first.index() == 1);
                    REQUIRE(session.failure());
                    CHECK_THROWS_WITH_AS(std::rethrow_exception(session.failure()), doctest::Contains("broke"),
                                         foundry::error);
                });
}

TEST_CASE("realtime: a session that hears another format than samples takes its bytes by send()")
{
    std::string heard;
    with_server(
        [&](websocket_peer& peer) {
            peer.write(R"({"type":"session.updated","session":{"audio":{"input":{"format":{"type":"audio/pcmu"}}}}})");
            heard = peer.read_text().value_or("");
        },
        [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            (void)co_await session.next();
            std::vector<std::int16_t> const samples(2400);
            CHECK_THROWS_WITH_AS(co_await session.append(samples), doctest::Contains("audio/pcmu"), foundry::error);
            foundry::realtime_command append("input_audio_buffer.append");
            append.audio = "fn5+";
            co_await session.send(append);
            co_await broken(session);
        });
    CHECK(heard == R"({"type":"input_audio_buffer.append","audio":"fn5+"})");
}

TEST_CASE("realtime: a handshake that is repeated has another key")
{
    std::vector<std::string> requests;
    websocket_server server([&](websocket_peer& peer) {
        requests.push_back(peer.read_request());
        if (requests.size() == 1)
            return peer.write_raw("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        peer.accept();
        peer.write(created);
        peer.close(1000);
    });
    run([](websocket_server& at) -> asio::awaitable<void> {
        foundry::options with = quick();
        with.retry.max_retries = 1;
        with.retry.backoff = 1ms;
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at, with);
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect("gpt-realtime");
        CHECK(!co_await session.next());
    }(server));
    REQUIRE(requests.size() == 2);
    auto const key_of = [](std::string const& head) {
        std::size_t const begin = head.find("Sec-WebSocket-Key: ");
        return head.substr(begin, head.find('\r', begin) - begin);
    };
    CHECK(key_of(requests[0]).size() == 43);
    CHECK(key_of(requests[0]) != key_of(requests[1]));
}

TEST_CASE("realtime: the total time of a call limits the wait for the confirmation, too")
{
    foundry::options with = quick();
    with.timeouts.total = 50ms;
    foundry::error const e = refused(
        [](websocket_peer& peer) {
            peer.accept();
            peer.wait_for_end();
        },
        with);
    CHECK(e.code() == errc::total_timeout);
}

// Limits

TEST_CASE("realtime: silence of the service ends a session, and pings are sent before that")
{
    std::size_t pings = 0;
    realtime_options how;
    how.ping = 10ms;
    how.silence = 100ms;
    with_server(
        [&](websocket_peer& peer) {
            while (std::optional<client_frame> const frame = peer.read())
                pings += frame->opcode == 9 ? 1 : 0;
        },
        [](realtime_session& session, foundry::client<> const& client) -> asio::awaitable<void> {
            broken_session const result = co_await broken(session);
            REQUIRE(result.error);
            CHECK(result.error->code() == errc::silence_timeout);
            CHECK(client.connections().open == 0);
        },
        how);
    CHECK(pings >= 3);
    CHECK(pings <= 11);
}

TEST_CASE("realtime: pongs keep a session alive")
{
    realtime_options how;
    how.ping = 10ms;
    how.silence = 100ms;
    with_server(
        [&](websocket_peer& peer) {
            for (int i = 0; i != 30; ++i) {
                std::optional<client_frame> const frame = peer.read();
                peer.write_raw(server_frame(10, frame->payload));
            }
            peer.close(1000);
        },
        [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            CHECK(!co_await session.next());
        },
        how);
}

TEST_CASE("realtime: a program that stood still longer than the limit of silence keeps the session if bytes have come")
{
    std::atomic<bool> may_write = false;
    std::atomic<bool> has_written = false;
    realtime_options how;
    how.ping = 0ms;
    how.silence = 30ms;
    with_server(
        [&](websocket_peer& peer) {
            while (!may_write)
                std::this_thread::yield();
            peer.write(numbered(1));
            has_written = true;
            peer.close(1000);
        },
        [&](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            auto const until = std::chrono::steady_clock::now() + 2 * how.silence;
            while (std::chrono::steady_clock::now() < until)
                std::this_thread::yield();
            co_await asio::post(asio::deferred); // the limit is noticed, and its handler is next
            may_write = true;
            while (!has_written)
                std::this_thread::yield();
            std::optional<realtime_event> const event = co_await session.next();
            REQUIRE(event);
            CHECK(event->text() == "1 ");
        },
        how);
}

TEST_CASE("realtime: the end of a session is told ahead")
{
    auto const now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    std::string const session =
        R"({"type":"session.created","session":{"id":"s","expires_at":)" + std::to_string(now.count() + 61) + "}}";
    with_server(
        [&](websocket_peer& peer) {
            peer.write(session);
            peer.wait_for_end();
        },
        [](realtime_session& open, foundry::client<> const&) -> asio::awaitable<void> {
            std::optional<realtime_event> const event = co_await open.next(); // a second at most
            REQUIRE(event);
            CHECK(event->type == realtime_event_type::session_expiring);
            REQUIRE(event->session);
            CHECK(event->session->expires_at.has_value());
        },
        realtime_options(), false);
}

TEST_CASE("realtime: a service that does not read ends the session in the time for writing, and what waits is bounded")
{
    std::atomic<bool> is_over = false;
    websocket_server server([&](websocket_peer& peer) {
        peer.accept();
        peer.write(created);
        while (!is_over)
            std::this_thread::yield();
    });
    run([](websocket_server& at, std::atomic<bool>& over) -> asio::awaitable<void> {
        foundry::options with = quick();
        with.timeouts.write = 100ms;
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at, with);
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect("gpt-realtime");
        std::vector<std::int16_t> const second(24'000);
        std::optional<foundry::error> failed;
        std::size_t sent = 0;
        try {
            for (;; ++sent)
                co_await session.append(second);
        } catch (foundry::error const& e) {
            failed = e;
        }
        CHECK(sent < 1'000); // 64 KB each
        broken_session const result = co_await broken(session);
        REQUIRE(result.error);
        CHECK(result.error->code() == errc::write_timeout);
        over = true;
    }(server, is_over));
}

TEST_CASE("realtime: events that nobody reads are bounded, and come all when somebody does")
{
    constexpr int count = 2'000; // of 20 KB
    std::string const text = R"({"type":"response.output_text.delta","delta":")" + std::string(20'000, 'a') + "\"}";
    std::atomic<int> written = 0;
    with_server(
        [&](websocket_peer& peer) {
            for (; written != count; ++written)
                peer.write(text);
            peer.close(1000);
        },
        [&](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            asio::steady_timer timer(co_await asio::this_coro::executor);
            int before = -1;
            while (before != written) { // until the server cannot go on
                before = written;
                timer.expires_after(300ms);
                co_await timer.async_wait(asio::use_awaitable);
            }
            CHECK(before < count);
            std::vector<realtime_event> const all = co_await rest_of(session);
            CHECK(all.size() == count);
            MESSAGE("report: of 40 MB of events " << before / 50 << " MB were sent before the first was read");
        });
}

TEST_CASE("realtime: others run between events that have all arrived, if the caller takes long for each")
{
    with_server(
        [](websocket_peer& peer) {
            for (int i = 0; i != 100; ++i)
                peer.write(R"({"type":"response.output_text.delta","delta":"ship"})");
            peer.close(1000);
        },
        [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            std::size_t events = 0;
            std::size_t turns = 0;
            bool is_over = false;
            auto const take_turns = [&]() -> asio::awaitable<void> {
                std::size_t seen = 0;
                while (!is_over) {
                    turns += std::exchange(seen, events) != events ? 1 : 0;
                    co_await asio::post(asio::deferred);
                }
            };
            asio::co_spawn(co_await asio::this_coro::executor, take_turns(), asio::detached);
            std::optional<realtime_event> event = co_await session.next();
            while (event) {
                auto const end = std::chrono::steady_clock::now() + 100us;
                while (std::chrono::steady_clock::now() < end)
                    continue;
                ++events;
                event = co_await session.next();
            }
            is_over = true;
            co_await asio::post(asio::deferred); // the other one ends
            CHECK(events == 100);
            CHECK(turns >= events / 4);
        });
}

TEST_CASE("realtime: one event that is larger than the limit of what waits to be sent goes alone")
{
    std::size_t size = 0;
    with_server(
        [&](websocket_peer& peer) {
            std::optional<std::string> const text = peer.read_text();
            size = text->size();
            CHECK(peer.read_text());
            peer.close(1000);
        },
        [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            co_await session.say(std::string(4'000'000, 'a'));
            co_await session.respond();
            CHECK(!co_await session.next());
        });
    CHECK(size > 4'000'000);
}

// What the program says

TEST_CASE("realtime: each function of a session sends its event")
{
    std::vector<json::value> sent;
    with_server(
        [&](websocket_peer& peer) {
            while (std::optional<std::string> const text = peer.read_text())
                sent.push_back(json::parse(*text));
            peer.write_raw(server_frame(8, std::string("\x03\xe8", 2)));
        },
        [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            foundry::realtime_settings settings;
            settings.instructions = "Be brief.";
            settings.answer_in("text").push_to_talk().transcribe_with("whisper");
            co_await session.update(settings);
            std::vector<std::int16_t> const samples{0, 1, -1, 32767, -32768};
            co_await session.append(samples);
            co_await session.append(std::vector<std::int16_t>(6000));
            co_await session.append({});
            co_await session.commit();
            co_await session.clear();
            co_await session.say("hello");
            foundry::realtime_message const answer(foundry::chat_role::assistant, "hi");
            co_await session.add(answer, "root");
            co_await session.retrieve("item_1");
            co_await session.remove("item_1");
            co_await session.truncate("item_2", 1500ms);
            co_await session.respond();
            foundry::realtime_response_options how;
            how.conversation = "none";
            how.output_modalities = {"text"};
            co_await session.respond(how);
            co_await session.cancel_response();
            co_await session.close();
        });
    std::vector<std::string> const wanted{
        R"({"type":"session.update","session":{"type":"realtime","output_modalities":["text"],"instructions":"Be brief.","audio":{"input":{"transcription":{"model":"whisper"},"turn_detection":null}}}})",
        R"({"type":"input_audio_buffer.append","audio":"AAABAP//\/38AgA=="})",
        "",
        "",
        "",
        R"({"type":"input_audio_buffer.commit"})",
        R"({"type":"input_audio_buffer.clear"})",
        R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}})",
        R"({"type":"conversation.item.create","previous_item_id":"root","item":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}})",
        R"({"type":"conversation.item.retrieve","item_id":"item_1"})",
        R"({"type":"conversation.item.delete","item_id":"item_1"})",
        R"({"type":"conversation.item.truncate","item_id":"item_2","content_index":0,"audio_end_ms":1500})",
        R"({"type":"response.create"})",
        R"({"type":"response.create","response":{"conversation":"none","output_modalities":["text"]}})",
        R"({"type":"response.cancel"})"};
    REQUIRE(sent.size() == wanted.size());
    for (std::size_t i = 0; i != wanted.size(); ++i) {
        if (!wanted[i].empty())
            CHECK(json::serialize(sent[i]) == json::serialize(json::parse(wanted[i])));
    }
    std::size_t const sizes[] = {6400, 6400, 3200}; // base64 of 2,400, 2,400 and 1,200 samples
    for (std::size_t i = 0; i != 3; ++i)
        CHECK(sent[2 + i].at("audio").as_string().size() == sizes[i]);
}

TEST_CASE("realtime: more than a minute of samples at a time is refused, and nothing is sent")
{
    with_server([](websocket_peer& peer) { CHECK(!peer.read_text()); },
                [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
                    std::vector<std::int16_t> const samples(60 * 24'000 + 1);
                    CHECK_THROWS_WITH_AS(co_await session.append(samples), doctest::Contains("at most 60 s"),
                                         foundry::error);
                });
}

TEST_CASE("realtime: on the preview version sessions and names are translated both ways")
{
    std::vector<json::value> sent;
    websocket_server server([&](websocket_peer& peer) {
        peer.accept();
        peer.write(
            R"({"type":"session.created","session":{"id":"s","modalities":["audio","text"],"voice":"alloy","input_audio_format":"pcm16","output_audio_format":"g711_ulaw","turn_detection":{"type":"server_vad","threshold":0.5},"max_response_output_tokens":"inf","temperature":0.8}})");
        while (std::optional<std::string> const text = peer.read_text()) {
            sent.push_back(json::parse(*text));
            if (sent.size() != 3)
                continue;
            peer.write(R"({"type":"response.text.delta","delta":"a"})");
            peer.write(R"({"type":"response.audio.delta","delta":"AQACAA=="})");
            peer.write(R"({"type":"response.audio_transcript.delta","delta":"b"})");
            peer.write(R"({"type":"conversation.item.created","item":{"id":"i","type":"message"}})");
            peer.close(1000);
        }
    });
    run([](websocket_server& at) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at, quick(), preview);
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect("gpt-realtime");
        foundry::realtime_settings const& heard = session.settings();
        CHECK(heard.output_modalities == std::vector<std::string>{"audio"});
        REQUIRE(heard.audio);
        CHECK(heard.audio->output->voice == "alloy");
        CHECK(heard.audio->output->format->type == "audio/pcmu");
        CHECK(heard.audio->input->format->type == "audio/pcm");
        CHECK(heard.audio->input->turn_detection->threshold == 0.5);
        CHECK(heard.max_output_tokens == "inf");
        CHECK(heard.extra.at("temperature") == 0.8);
        foundry::realtime_settings settings;
        settings.answer_in("audio").transcribe_with("whisper");
        settings.audio->output.emplace().voice = "echo";
        co_await session.update(settings);
        foundry::realtime_message const answer(foundry::chat_role::assistant, "hi");
        co_await session.add(answer);
        foundry::realtime_response_options how;
        how.output_modalities = {"text"};
        co_await session.respond(how);
        std::vector<realtime_event> const all = co_await rest_of(session);
        REQUIRE(all.size() == 4);
        CHECK(all[0].text() == "a");
        CHECK(all[1].samples() == std::vector<std::int16_t>{1, 2});
        CHECK(all[2].text() == "b");
        CHECK(all[3].type == realtime_event_type::item_added);
    }(server));
    REQUIRE(sent.size() == 3);
    CHECK(
        json::serialize(sent[0]) ==
        R"({"type":"session.update","session":{"modalities":["audio","text"],"input_audio_transcription":{"model":"whisper"},"voice":"echo"}})");
    CHECK(sent[1].at("item").at("content").at(0).at("type") == "text");
    CHECK(json::serialize(sent[2]) == R"({"type":"response.create","response":{"modalities":["text"]}})");
}

// Tools

struct addends
{
    int x = 0;
    int y = 0;
};
BOOST_DESCRIBE_STRUCT(addends, (), (x, y))

TEST_CASE("realtime: functions that a response calls are run, their results sent, and the next answer asked for")
{
    std::vector<json::value> sent;
    with_server(
        [&](websocket_peer& peer) {
            peer.write(
                R"({"type":"response.done","response":{"id":"r","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"One moment."}]},{"type":"function_call","call_id":"c1","name":"add","arguments":"{\"x\":2,\"y\":3}"},{"type":"function_call","call_id":"c2","name":"fly","arguments":"{}"}]}})");
            for (int i = 0; i != 3; ++i)
                sent.push_back(json::parse(*peer.read_text()));
            peer.close(1000);
        },
        [](realtime_session& session, foundry::client<> const&) -> asio::awaitable<void> {
            foundry::toolbox tools;
            tools.add("add", "Adds two numbers", [](addends a) { return a.x + a.y; });
            std::vector<json::value> const listed = foundry::functions_of(tools);
            REQUIRE(listed.size() == 1);
            CHECK(listed[0].at("name") == "add");
            CHECK(!listed[0].as_object().contains("strict"));
            std::optional<realtime_event> const event = co_await session.next();
            REQUIRE(event);
            CHECK(event->response->text() == "One moment.");
            std::vector<std::string> approved;
            foundry::tool_options how;
            how.before_call = [&](foundry::tool_call& call) -> asio::awaitable<std::optional<std::string>> {
                approved.push_back(call.function.name);
                co_return std::nullopt;
            };
            CHECK(co_await session.answer_calls(*event, tools, how) == 2);
            CHECK(!approved.empty());
            realtime_event const other;
            CHECK(co_await session.answer_calls(other, tools) == 0);
            CHECK(!co_await session.next());
        });
    REQUIRE(sent.size() == 3);
    std::set<std::string> ids;
    for (int i = 0; i != 2; ++i) {
        json::value const& item = sent[static_cast<std::size_t>(i)].at("item");
        CHECK(item.at("type") == "function_call_output");
        ids.insert(std::string(item.at("call_id").as_string()));
        if (item.at("call_id") == "c1")
            CHECK(item.at("output") == "5");
    }
    CHECK(ids == std::set<std::string>{"c1", "c2"});
    CHECK(sent[2].at("type") == "response.create");
}

// Damage

/// A short session of a recording as the bytes that the server sends.
std::string session_bytes()
{
    std::string bytes;
    for (int i = 0; i != 20; ++i) {
        bytes += server_frame(1, numbered(i).substr(0, 30), false) + server_frame(9, "ping") +
                 server_frame(0, numbered(i).substr(30));
    }
    return bytes + server_frame(8, std::string("\x03\xe8", 2));
}

TEST_CASE("realtime: a session that is cut after any byte delivers the whole events before it, and then an error")
{
    std::string const bytes = session_bytes();
    std::atomic<std::size_t> cut = 0;
    websocket_server server([&](websocket_peer& peer) {
        peer.accept();
        peer.write(created);
        peer.write_raw(std::string_view(bytes).substr(0, cut));
    });
    run([](websocket_server& at, std::string const& all, std::atomic<std::size_t>& where) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        std::size_t const one = all.size() / 20;
        std::size_t cuts = 0;
        for (std::size_t i = 0; i < all.size(); i += all.size() / 400 + 1, ++cuts) {
            where = i;
            realtime_session session = co_await realtime.connect("gpt-realtime");
            broken_session const result = co_await broken(session);
            REQUIRE(result.error);
            CHECK(result.error->code() == errc::stream_truncated);
            CHECK(result.events <= i / (one - 2) + 1);
            CHECK(result.events + 1 >= i / (one + 2));
        }
        MESSAGE("report: " << cuts << " sessions cut");
    }(server, bytes, cut));
}

TEST_CASE("realtime: a session with any byte changed ends with its events or a typed error")
{
    std::string const bytes = session_bytes();
    std::mt19937 random(1);
    std::string damaged;
    std::mutex mutex;
    websocket_server server([&](websocket_peer& peer) {
        peer.accept();
        peer.write(created);
        std::string now;
        {
            std::lock_guard const lock(mutex);
            now = damaged;
        }
        peer.write_raw(now);
    });
    run([](websocket_server& at, std::string const& good, std::mt19937& numbers, std::string& bad,
           std::mutex& guard) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        std::size_t whole = 0;
        for (int i = 0; i != 1000; ++i) {
            {
                std::lock_guard const lock(guard);
                bad = good;
                bad[numbers() % bad.size()] = static_cast<char>(numbers());
            }
            realtime_session session = co_await realtime.connect("gpt-realtime");
            std::optional<realtime_event> event;
            bool is_over = false;
            bool is_broken = false;
            while (!is_over) {
                try {
                    event = co_await session.next();
                    is_over = !event;
                } catch (foundry::error const& e) {
                    is_broken = true;
                    bool const is_typed = e.code() == errc::stream_truncated || e.code() == errc::unexpected_reply ||
                                          e.code() == errc::limit_exceeded || e.code() == errc::service_error;
                    CHECK(is_typed);
                }
            }
            whole += is_broken ? 0 : 1;
        }
        MESSAGE("report: 1,000 sessions with a damaged byte, " << whole << " without an error");
    }(server, bytes, random, damaged, mutex));
}

} // namespace foundry_test::realtime_sessions_test
