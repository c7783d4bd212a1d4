// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The pieces of code that the documentation's pages and the headers' comments show, word for word: a namespace for each of them.

#include "../../examples/engine/dialogue.hpp"

#include <foundry.hpp>
#include <foundry/async_call.hpp>
#include <foundry/batches.hpp>
#include <foundry/bulk.hpp>
#include <foundry/call.hpp>
#include <foundry/client_from_environment.hpp>
#include <foundry/endpoints.hpp>
#include <foundry/entra/azure_cli_credential.hpp>
#include <foundry/entra/chained_credential.hpp>
#include <foundry/entra/client_assertion_credential.hpp>
#include <foundry/entra/client_secret_credential.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/entra/managed_identity_credential.hpp>
#include <foundry/files.hpp>
#include <foundry/images.hpp>
#include <foundry/log_sink.hpp>
#include <foundry/media.hpp>
#include <foundry/models.hpp>
#include <foundry/realtime.hpp>
#include <foundry/realtime_accumulator.hpp>
#include <foundry/response_accumulator.hpp>
#include <foundry/response_from_chat.hpp>
#include <foundry/responses.hpp>
#include <foundry/sample_ring.hpp>
#include <foundry/schema.hpp>
#include <foundry/speech.hpp>
#include <foundry/structured.hpp>
#include <foundry/structured_response.hpp>
#include <foundry/telemetry.hpp>
#include <foundry/testing/emulator.hpp>
#include <foundry/testing/realtime.hpp>
#include <foundry/token_credential.hpp>
#include <foundry/tools.hpp>
#include <foundry/wav.hpp>
#include <foundry/webhook.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <syslog.h>

#include <atomic>
#include <cassert>
#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace errors {

asio::awaitable<void> catches(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
try {
    foundry::chat_completion reply = co_await client.complete(request);
    std::cout << reply.text() << '\n';
} catch (foundry::error const& e) {
    if (e.code() == foundry::errc::content_filter)
        std::cout << "Please ask something else.\n";
    else
        std::cerr << e.what() << '\n';
}
    // clang-format on
}

asio::awaitable<void> takes_it_as_a_value(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
auto reply = co_await foundry::as_result(client.complete(request));
if (reply)
    std::cout << reply->text() << '\n';
else if (reply.error().code() == foundry::errc::model_not_found)
    co_await client.complete("gpt-4o-mini", "Hello.");
else
    std::cerr << reply.error().what() << '\n';
    // clang-format on
}

} // namespace errors

namespace completion_tokens {

// clang-format off
void report(std::exception_ptr failed)
{
    try {
        std::rethrow_exception(failed);
    } catch (std::exception const& e) { // a foundry::error, or a system_error if the call was cancelled
        std::cerr << e.what() << '\n';
    }
}
// clang-format on

void future(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
asio::thread_pool pool;
std::future<foundry::chat_completion> reply =
    foundry::async_call(pool.get_executor(), client.complete(request), asio::use_future);
std::cout << reply.get().text() << '\n'; // throws what the call throws
        // clang-format on
}

void callback(asio::io_context& context, foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::async_call(context.get_executor(), client.complete(request),
                    [](std::exception_ptr failed, foundry::chat_completion reply) {
                        if (failed)
                            report(failed);
                        else
                            std::cout << reply.text() << '\n';
                    });
    // clang-format on
}

void stackful(asio::io_context& context, foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
asio::spawn(context, [client, request](asio::yield_context yield) {
    auto const [failed, reply] =
        foundry::async_call(yield.get_executor(), client.complete(request), asio::as_tuple(yield));
    if (failed)
        report(failed);
    else
        std::cout << reply.text() << '\n';
});
    // clang-format on
}

void async_call_hpp(asio::thread_pool& pool, foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
std::future<foundry::chat_completion> reply =
    foundry::async_call(pool.get_executor(), client.complete(request), asio::use_future);
    // clang-format on
}

} // namespace completion_tokens

namespace compilers {

// clang-format off
struct question { std::string text; std::string model; };
struct answer_text { std::string text; };
struct safe_question
{
    safe_question(std::string t, std::string m) : text(std::move(t)), model(std::move(m)) {}

    std::string text;
    std::string model;
};
// clang-format on

asio::awaitable<std::string> ask(foundry::client<> client, question q);
asio::awaitable<std::string> ask(foundry::client<> client, safe_question q);
asio::awaitable<void> write(tcp::socket& to, std::string body);
std::string page(std::string const& text);
std::string error_page(std::string const& text);
asio::awaitable<bool> step();

asio::awaitable<void> names_an_aggregate(foundry::client<> client)
{
    // clang-format off
question q{"How many feet are in a mile?", "gpt-4o-mini"};
std::string text = co_await ask(client, std::move(q));
    // clang-format on
    text = co_await ask(client, safe_question{"How many feet are in a mile?", "gpt-4o-mini"});
}

asio::awaitable<answer_text> awaits_first(foundry::client<> client, question q)
{
    // clang-format off
std::string text = co_await ask(client, std::move(q));
answer_text result{std::move(text)};
co_return result;
    // clang-format on
}

asio::awaitable<void> names_a_list(foundry::client<> client)
{
    // clang-format off
std::vector<std::string> texts{"a mile", "a foot"};
foundry::embeddings vectors = co_await client.embed({"text-embedding-3-small", texts});
    // clang-format on
}

asio::awaitable<void> builds_a_request(foundry::client<> client)
{
    // clang-format off
foundry::chat_request request{"gpt-4o-mini"};
request.system("Answer briefly.").user("How many feet are in a mile?");
foundry::chat_completion reply = co_await client.complete(request);
    // clang-format on
}

asio::awaitable<void> branches(tcp::socket& to, bool failed, std::string text)
{
    // clang-format off
std::string body = page(text);
if (failed)
    body = error_page(text);
co_await write(to, std::move(body));
    // clang-format on
}

asio::awaitable<void> loops()
{
    // clang-format off
for (bool more = true; more;)
    more = co_await step();
    // clang-format on
}

template <class Predicate>
asio::awaitable<bool> any_chunk(foundry::chat_stream chunks, Predicate predicate)
{
    while (auto const* chunk = co_await chunks.read()) {
        if (predicate(chunk->text()))
            co_return true;
    }
    co_return false;
}

asio::awaitable<bool> names_a_lambda(foundry::chat_stream chunks, std::size_t limit)
{
    // clang-format off
auto const is_long = [limit](std::string_view text) { return text.size() > limit; };
bool const found = co_await any_chunk(std::move(chunks), is_long);
    // clang-format on
    co_return found;
}

// clang-format off
asio::awaitable<void> print_reply(foundry::client<> client, foundry::chat_request request)
{
    foundry::chat_completion reply = co_await client.complete(request);
    std::cout << reply.text() << '\n';
}
// clang-format on

void spawns(asio::io_context& context, foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
asio::co_spawn(context, print_reply(client, request), foundry::rethrow);
    // clang-format on
}

asio::awaitable<void> takes_a_tuple(asio::any_io_executor executor, foundry::client<> client,
                                    foundry::chat_request request)
{
    // clang-format off
std::tuple<std::exception_ptr, foundry::chat_completion> const outcome =
    co_await asio::co_spawn(executor, client.complete(request), asio::as_tuple(asio::use_awaitable));
if (!std::get<0>(outcome))
    std::cout << std::get<1>(outcome).text() << '\n';
    // clang-format on
}

// clang-format off
#if defined(__clang__)
#define NOINLINE_CORO __attribute__((noinline))
#else
#define NOINLINE_CORO
#endif

NOINLINE_CORO asio::awaitable<std::string> ask_on_any_thread(foundry::client<> client, std::string prompt)
{
    foundry::chat_completion reply = co_await client.complete("gpt-4o-mini", prompt);
    co_return std::string{reply.text()};
}
// clang-format on

asio::awaitable<void> asks_again(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
auto reply = co_await foundry::as_result(client.complete(request));
if (!reply && reply.error().code() == foundry::errc::model_not_found)
    reply = co_await foundry::as_result(client.complete("gpt-4o-mini", "Hello."));
    // clang-format on
}

} // namespace compilers

namespace operations {

void goes_on(foundry::chat_request request, foundry::chat_completion reply)
{
    // clang-format off
request.add(reply.message()).user("And in metres?");
    // clang-format on
}

asio::awaitable<void> accumulates(foundry::chat_stream chunks, foundry::chat_request request)
{
    // clang-format off
foundry::chat_accumulator all;
while (auto const* chunk = co_await chunks.read()) {
    std::cout << chunk->text() << std::flush;
    all.add(*chunk);
}
request.add(all.message()).user("And in metres?");
    // clang-format on
}

asio::awaitable<void> shows_an_image(foundry::client<> client)
{
    // clang-format off
std::vector<foundry::content_part> parts;
parts.push_back(foundry::content_part::from_text("What is in this picture?"));
parts.push_back(foundry::image::load_file("cat.png").part());
foundry::chat_completion reply = co_await client.complete(foundry::chat_request{"gpt-4o"}.user(parts));
    // clang-format on
}

asio::awaitable<void> embeds(foundry::client<> client)
{
    // clang-format off
std::vector<std::string> texts{"a mile", "a foot", "a song"};
foundry::embeddings vectors = co_await client.embed({"text-embedding-3-small", texts});
double similarity = foundry::cosine_similarity(vectors[0], vectors[1]);
    // clang-format on
    std::cout << similarity;
}

// clang-format off
struct vector_store : foundry::answer
{
    std::string id;
    std::string status;
    boost::json::object extra; // all other members
};
BOOST_DESCRIBE_STRUCT(vector_store, (), (id, status, extra))
// clang-format on

asio::awaitable<void> asks_any_route(foundry::client<> client, boost::json::object request)
{
    // clang-format off
boost::json::object names;
names["name"] = "manuals";
vector_store made = co_await client.call<vector_store>(foundry::route{"POST", "vector_stores"}, names);

foundry::multipart form;
form.add("model", "gpt-image-1").add("prompt", "At night").load_file("image", "lighthouse.png", "image/png");
foundry::generated_images edited = co_await client.call<foundry::generated_images>(
    foundry::route{"POST", "images/edits"}.deployment("gpt-image-1"), form);

foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"}, request);
while (auto const* event = co_await events.read())
    std::cout << event->event << ": " << event->data << '\n';
    // clang-format on
}

asio::awaitable<void> asks_the_default_model()
{
    // clang-format off
foundry::client<> client = foundry::client_from_environment(co_await asio::this_coro::executor);
foundry::chat_completion reply = co_await client.complete("", "How many feet are in a mile?"); // empty: the default model
        // clang-format on
}

asio::awaitable<void> acts_for_a_user(foundry::client<> client, std::string token)
{
    // clang-format off
foundry::client<foundry::bearer_token> theirs = client.with_credential(foundry::bearer_token{token});
foundry::chat_completion reply = co_await theirs.complete("gpt-4o-mini", "Hello.");
    // clang-format on
}

} // namespace operations

namespace retry {

void is_patient()
{
    // clang-format off
foundry::options options;
options.retry.max_retries = 6;
options.retry.max_server_wait = std::chrono::minutes{5};
options.retry.on_retry = [](foundry::attempt const& failed, std::chrono::milliseconds wait) {
    std::clog << failed.code.message() << ", again in " << wait.count() << " ms\n";
};
    // clang-format on
}

asio::awaitable<void> asks_once(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::call_options once;
once.retry.max_retries = 0;
foundry::chat_completion reply = co_await client.complete(request, once);
    // clang-format on
}

// clang-format off
class patient_with_load : public foundry::retry_policy
{
public:
    std::optional<std::chrono::milliseconds> decide(foundry::attempt const& failed, unsigned retries,
                                                    double random) const override
    {
        if (failed.code != foundry::errc::rate_limited || retries == 2)
            return std::nullopt;
        if (failed.retry_after)
            return failed.retry_after;
        return std::chrono::milliseconds{static_cast<int>(1000 + 1000 * random)};
    }
};
// clang-format on

void has_a_rule()
{
    // clang-format off
foundry::options options;
options.retry.policy = std::make_shared<patient_with_load>();
    // clang-format on
}

asio::awaitable<void> tells_attempts(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
auto reply = co_await foundry::as_result(client.complete(request));
if (!reply) {
    for (foundry::attempt const& made : reply.error().attempts())
        std::clog << made.status << ' ' << made.request_id << ", after " << made.waited.count() << " ms\n";
}
    // clang-format on
}

} // namespace retry

namespace deadlines {

void sets_both()
{
    // clang-format off
foundry::options options;
options.timeouts.total = std::chrono::seconds{30};       // retries and the waits between them included
options.timeouts.stream_total = std::chrono::minutes{5}; // a stream from its call to its end
        // clang-format on
}

asio::awaitable<void> hurries(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::call_options hurried;
hurried.timeouts.total = std::chrono::seconds{2};
auto reply = co_await foundry::as_result(client.complete(request, hurried));
if (!reply && reply.error().code() == foundry::errc::total_timeout)
    std::cout << "No answer within two seconds.\n";
    // clang-format on
}

// clang-format off
using namespace boost::asio::experimental::awaitable_operators;

asio::awaitable<void> ask_twice(foundry::client<> client, foundry::chat_request request)
{
    try {
        foundry::chat_completion first = co_await client.complete(request);
        request.add(first.message()).user("Are you sure?");
        foundry::chat_completion second = co_await client.complete(request);
        std::cout << second.text() << '\n';
    } catch (foundry::error const& e) {
        std::cerr << e.what() << '\n';
    }
}

asio::awaitable<void> ask_twice_within(std::chrono::seconds time, foundry::client<> client, foundry::chat_request request)
{
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    auto const first = co_await (ask_twice(client, std::move(request)) || timer.async_wait(asio::use_awaitable));
    if (first.index() == 1)
        std::cout << "That took too long.\n";
}
// clang-format on

} // namespace deadlines

namespace cancellation {

asio::awaitable<void> has_seen_enough(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::chat_stream chunks = co_await client.stream(request);
std::size_t shown = 0;
while (auto const* chunk = co_await chunks.read()) {
    std::cout << chunk->text() << std::flush;
    shown += chunk->text().size();
    if (shown > 2000)
        break;
}
    // clang-format on
}

// clang-format off
using namespace boost::asio::experimental::awaitable_operators;

asio::awaitable<std::string> faster_of(foundry::client<> one, foundry::client<> other, foundry::chat_request request)
{
    auto const reply = co_await (one.complete(request) || other.complete(request));
    co_return reply.index() == 0 ? std::get<0>(reply).text() : std::get<1>(reply).text();
}
// clang-format on

// clang-format off
void report(std::exception_ptr failed)
{
    try {
        std::rethrow_exception(failed);
    } catch (foundry::error const& e) { // comes first: a foundry::error is a system_error, too
        std::cerr << e.what() << '\n';
    } catch (boost::system::system_error const& e) { // operation_aborted, if the call was cancelled
        std::cerr << e.what() << '\n';
    }
}
// clang-format on

struct push_button
{
    void on_click(std::function<void()> what) { clicked = std::move(what); }
    std::function<void()> clicked;
};

void asks_until_clicked(asio::io_context& context, foundry::client<> client, foundry::chat_request request,
                        push_button& button)
{
    // clang-format off
asio::cancellation_signal stop;
asio::co_spawn(context, client.complete(request),
               asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr failed, foundry::chat_completion reply) {
                   if (failed)
                       report(failed);
                   else
                       std::cout << reply.text() << '\n';
               }));
button.on_click([&stop] { stop.emit(asio::cancellation_type::terminal); });
    // clang-format on
}

// clang-format off
struct running
{
    explicit running(asio::thread_pool& pool) : strand(asio::make_strand(pool)) {}

    asio::strand<asio::thread_pool::executor_type> strand;
    asio::cancellation_signal stop;
};

std::shared_ptr<running> start(asio::thread_pool& pool, foundry::client<> client, foundry::chat_request request)
{
    auto const call = std::make_shared<running>(pool);
    asio::co_spawn(call->strand, client.complete(request),
                   asio::bind_cancellation_slot(
                       call->stop.slot(), [call](std::exception_ptr failed, foundry::chat_completion reply) {
                           if (failed)
                               report(failed);
                           else
                               std::cout << reply.text() << '\n';
                       }));
    return call;
}

void stop(std::shared_ptr<running> call) // from any thread
{
    asio::post(call->strand, [call] { call->stop.emit(asio::cancellation_type::terminal); });
}
// clang-format on

} // namespace cancellation

namespace keyless {

asio::awaitable<void> asks_without_a_key()
{
    // clang-format off
foundry::client client{co_await asio::this_coro::executor,
                       foundry::endpoint{"https://contoso.services.ai.azure.com/models"},
                       foundry::entra::default_azure_credential{}};
    // clang-format on
    co_await client.complete("Mistral-Large-2411", "Hello.");
}

void in_production(asio::io_context& context)
{
    // clang-format off
foundry::client client{context, foundry::endpoint{"https://contoso.services.ai.azure.com/models"},
                       foundry::entra::managed_identity_credential{}};
    // clang-format on
}

void as_one_of_several()
{
    // clang-format off
foundry::entra::managed_identity_credential who{
    foundry::entra::managed_identity_id::client_id("00000000-0000-0000-0000-000000000000")};
    // clang-format on
}

void at_home_and_abroad()
{
    // clang-format off
foundry::entra::managed_identity_credential machine;
machine.probe_first(std::chrono::seconds{1}); // elsewhere it would take 10 s to find out that there is none
foundry::entra::chained_credential who{std::move(machine), foundry::entra::azure_cli_credential{}};
    // clang-format on
}

void shares(asio::io_context& context)
{
    // clang-format off
foundry::any_credential const who = foundry::entra::default_azure_credential{};
foundry::client<> europe{context, foundry::endpoint{"https://contoso-eu.services.ai.azure.com/models"}, who};
foundry::client<> america{context, foundry::endpoint{"https://contoso-us.services.ai.azure.com/models"}, who};
    // clang-format on
}

asio::awaitable<std::string> ask_broker(std::string scope);

// clang-format off
struct broker_credential
{
    boost::asio::awaitable<foundry::access_token> get_token(foundry::token_request request)
    {
        std::string const token = co_await ask_broker(request.scope);
        co_return foundry::access_token{token, std::chrono::system_clock::now() + std::chrono::hours{1}};
    }
};
// clang-format on

} // namespace keyless

namespace testing {

void asks_the_emulator(asio::io_context& context)
{
    // clang-format off
foundry::testing::emulator service;

foundry::endpoint where{"https://contoso.services.ai.azure.com/models"};
where.connect_to("127.0.0.1", service.tls_port());
foundry::options options;
options.tls.ca_certificates = service.ca_certificate();
foundry::client client{context, where, foundry::api_key{service.api_key()}, options};
    // clang-format on
}

void says_what_to_answer(foundry::testing::emulator& service)
{
    // clang-format off
using foundry::testing::answer;
service.queue(answer::json(429, R"({"error":{"code":"429","message":"Too many requests."}})").header("Retry-After", "1"));
    // clang-format on
    // clang-format off
service.queue(answer::pieces({"Five thousand", " two hundred"}).cut_after_event(2));
service.queue(answer::raw("").hang());
    // clang-format on
}

void says_what_a_chat_model_answers(foundry::testing::emulator& service)
{
    using foundry::testing::answer;
    using foundry::testing::recorded_request;
    // clang-format off
service.queue(answer::tool_calls({{"get_weather", R"({"city":"Paris"})"}}));
    // clang-format on
    // clang-format off
service.reply_when([](recorded_request const& r) { return r.target.find("/embeddings") != r.target.npos; },
                   answer::json(503, "{}"));
    // clang-format on
}

void looks_at_the_journal(foundry::testing::emulator& service)
{
    // clang-format off
std::vector<foundry::testing::recorded_request> const all = service.journal();
assert(all.size() == 1);
assert(all[0].method == "POST" && all[0].header("api-key") == service.api_key());
assert(foundry::chat_request::from_json(all[0].body).messages.size() == 2);
    // clang-format on
}

void gets_tokens(foundry::testing::emulator& service)
{
    // clang-format off
foundry::entra::credential_options how;
how.tls.ca_certificates = service.ca_certificate();
how.connect_to("127.0.0.1", service.tls_port());
foundry::testing::directory const known;
foundry::entra::client_secret_credential who{known.tenant, known.client_id, known.client_secret, how};
    // clang-format on
}

} // namespace testing

namespace local_models {

void on_this_machine(asio::io_context& context)
{
    // clang-format off
foundry::client client{context, foundry::endpoint{"http://localhost:8080/v1"}, foundry::no_credential{}};
    // clang-format on
}

void on_another(asio::io_context& context)
{
    // clang-format off
foundry::client client{context, foundry::endpoint{"http://gpu-box:8000/v1", foundry::allow_plain_http()},
                       foundry::no_credential{}};
    // clang-format on
}

void sends_more()
{
    // clang-format off
foundry::chat_request request{"qwen3-8b"};
request.user("How many feet are in a mile?");
request.extra["top_k"] = 40;
request.extra["min_p"] = 0.05;
    // clang-format on
}

void splits_thoughts()
{
    // clang-format off
foundry::options options;
options.split_think_tags = true;
    // clang-format on
}

void behaves_like_one()
{
    // clang-format off
foundry::testing::emulator_options options;
options.local = foundry::testing::local_server::ollama();
foundry::testing::emulator service{options};
foundry::endpoint where{"http://localhost:11434/v1"};
where.connect_to("127.0.0.1", service.plain_port());
    // clang-format on
}

} // namespace local_models

namespace observing {

void logs()
{
    // clang-format off
foundry::options options;
options.observer = std::make_shared<foundry::log_sink>(foundry::log_level::debug);
    // clang-format on
    // clang-format off
auto const write = [](foundry::log_level, std::string_view line) {
    syslog(LOG_INFO, "%.*s", static_cast<int>(line.size()), line.data());
};
options.observer = std::make_shared<foundry::log_sink>(foundry::log_level::info, write);
    // clang-format on
}

// clang-format off
class token_counter final : public foundry::observer
{
public:
    void on_event(foundry::call_event const& e) noexcept override
    {
        if (e.what == foundry::call_event::kind::end)
            tokens_ += e.input_tokens.value_or(0) + e.output_tokens.value_or(0);
    }

    std::int64_t tokens() const { return tokens_; }

private:
    std::atomic<std::int64_t> tokens_ = 0;
};
// clang-format on

void wants_usage(foundry::chat_request request)
{
    // clang-format off
request.stream_options.emplace().include_usage = true;
    // clang-format on
}

struct span
{
    span(std::string name, std::chrono::nanoseconds lasted);
    void set(std::string_view name, std::string_view value);
    void set(std::string_view name, std::int64_t value);
    void set(std::string_view name, std::vector<std::string> const& value);
};

// clang-format off
class tracer final : public foundry::observer
{
public:
    void on_event(foundry::call_event const& e) noexcept override
    {
        if (e.what != foundry::call_event::kind::end)
            return;
        span s{foundry::telemetry::span_name(e), e.elapsed};
        foundry::telemetry::for_each_attribute(e, [&s](std::string_view name, auto const& value) { s.set(name, value); });
    }
};
// clang-format on

asio::awaitable<void> is_traced(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::call_options traced;
traced.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
foundry::chat_completion reply = co_await client.complete(request, traced);
    // clang-format on
}

} // namespace observing

namespace server {

// clang-format off
asio::awaitable<void> answer(tcp::socket& browser, foundry::client<> client, foundry::chat_request question)
try {
    foundry::chat_stream chunks = co_await client.stream(question);
    while (auto const* chunk = co_await chunks.read())
        co_await asio::async_write(browser, asio::buffer(chunk->text()), asio::use_awaitable);
} catch (foundry::error const& e) {
    std::clog << e.what() << '\n';
}
// clang-format on

// clang-format off
using namespace boost::asio::experimental::awaitable_operators;

asio::awaitable<void> answer_while_there(tcp::socket& browser, foundry::client<> client, foundry::chat_request question)
{
    co_await (answer(browser, client, std::move(question)) ||
              browser.async_wait(tcp::socket::wait_read, asio::use_awaitable));
}
// clang-format on

void allows_more()
{
    // clang-format off
foundry::options options;
options.pool.max_connections = 2000;
options.timeouts.stream_total = std::chrono::minutes{30};
    // clang-format on
}

asio::awaitable<void> serve(tcp::socket browser, foundry::client<> client);

// clang-format off
void log_failure(std::exception_ptr failed)
try {
    if (failed)
        std::rethrow_exception(failed);
} catch (std::exception const& e) {
    std::clog << e.what() << '\n';
}
// clang-format on

void runs_on_several_threads(asio::thread_pool& pool, tcp::socket socket, foundry::client<> client)
{
    // clang-format off
asio::co_spawn(asio::make_strand(pool), serve(std::move(socket), client), log_failure);
    // clang-format on
}

} // namespace server

namespace game_loop {

// clang-format off
asio::io_context context{1};
auto const more_to_come = asio::make_work_guard(context); // keeps the context ready between calls

void let_them_talk(std::chrono::microseconds share)
{
    auto const end = std::chrono::steady_clock::now() + share;
    while (std::chrono::steady_clock::now() < end && context.poll_one() != 0) {
    }
}
// clang-format on

// clang-format off
asio::awaitable<void> talk(foundry::client<> client, foundry::chat_request request, std::string& speech)
{
    foundry::chat_stream chunks = co_await client.stream(request);
    while (auto const* chunk = co_await chunks.read())
        speech += chunk->text();
}
// clang-format on

void loads(foundry::client<> client)
{
    // clang-format off
asio::co_spawn(context, client.warm_up(), [](std::exception_ptr) {});
    // clang-format on
}

void draws_a_frame()
{
    // clang-format off
let_them_talk(std::chrono::microseconds{100});
    // clang-format on
}

void begins_to_talk(foundry::client<> client, foundry::chat_request request, std::string& speech)
{
    // clang-format off
asio::co_spawn(context, talk(client, std::move(request), speech), [&speech](std::exception_ptr failed) {
    if (failed)
        speech += " ... never mind.";
});
    // clang-format on
}

} // namespace game_loop

namespace engine {

void draw(std::string const& speech);

void begins()
{
    // clang-format off
std::string problem;
std::unique_ptr<dialogue> const captain = dialogue::create(problem);
captain->ask("How many feet are in a mile?");
    // clang-format on
}

void draws_a_frame(std::unique_ptr<dialogue> const& captain)
{
    // clang-format off
captain->tick(std::chrono::microseconds{100});
draw(captain->speech());
    // clang-format on
}

} // namespace engine

namespace responses {

void call(foundry::function_call const&);

void looks_at(foundry::response_item const& item)
{
    // clang-format off
if (item.type() == foundry::item_type::function_call)
    call(item.as<foundry::function_call>());
    // clang-format on
}

void asks()
{
    // clang-format off
foundry::response_request request{"gpt-4o-mini", "How many feet are in a mile?"};
request.instructions = "Answer in one sentence.";
    // clang-format on
}

void writes_a_batch()
{
    // clang-format off
foundry::batch_requests rows{"gpt-4o-mini-batch"};
foundry::chat_request question;
question.user("How many feet are in a mile?");
rows.add("first", question);
    // clang-format on
}

asio::awaitable<void> runs_a_batch(foundry::client<> client, foundry::batch_requests rows)
{
    // clang-format off
foundry::batches batches{client};
foundry::batch job = co_await batches.submit(rows);
job = co_await batches.wait(job.id);
foundry::async_generator<foundry::batch_row> results = batches.results(job);
while (auto row = co_await results.next())
    std::cout << row->custom_id << '\n';
    // clang-format on
}

void reads_a_row(foundry::batch_row const& row)
{
    // clang-format off
if (row.failure)
    std::cout << row.custom_id << ": " << row.failure->what() << '\n';
else
    std::cout << row.custom_id << ": " << row.as<foundry::chat_completion>().text() << '\n';
    // clang-format on
}

asio::awaitable<void> shows_progress(foundry::batches batches, foundry::batch job)
{
    // clang-format off
job = co_await batches.wait(job.id, [](foundry::batch const& now) {
    std::cout << now.status.name() << ": " << now.request_counts.completed << " of " << now.request_counts.total << '\n';
});
    // clang-format on
}

asio::awaitable<void> embeds_in_bulk(foundry::client<> client, std::vector<std::string> texts)
{
    // clang-format off
foundry::async_generator<foundry::embedded_text> rows = foundry::embed_all(client, "text-embedding-3-small", texts);
while (auto row = co_await rows.next())
    std::cout << row->index << ": " << row->vector.numbers.size() << " numbers\n";
    // clang-format on
}

foundry::bulk_options tunes_bulk()
{
    // clang-format off
foundry::bulk_options how;
how.in_flight = 16;
how.texts_per_request = 64;
how.in_order = false; // rows come as they are ready
how.call.retry.max_retries = 10;
how.on_progress = [](foundry::bulk_progress const& now) {
    std::cout << '\r' << now.done << " done, " << now.failed << " failed" << std::flush;
};
    // clang-format on
    return how;
}

asio::awaitable<void> embeds_in_bulk_with_a_pattern(foundry::client<> client, std::vector<std::string> texts)
{
    foundry::bulk_options const how = tunes_bulk();
    // clang-format off
foundry::embedding_request pattern{"text-embedding-3-small"};
pattern.dimensions = 256;
foundry::async_generator<foundry::embedded_text> rows = foundry::embed_all(client, pattern, texts, how);
    // clang-format on
    co_await rows.next();
}

asio::awaitable<void> completes_in_bulk(foundry::client<> client, std::vector<foundry::chat_request> requests)
{
    // clang-format off
foundry::async_generator<foundry::completed_request> rows = foundry::for_each_completion(client, requests);
while (auto row = co_await rows.next()) {
    if (row->failure)
        std::cout << row->index << " has failed: " << row->failure->what() << '\n';
    else
        std::cout << row->index << ": " << row->completion.text() << '\n';
}
    // clang-format on
}

asio::awaitable<void> keeps_files(foundry::client<> client)
{
    // clang-format off
foundry::files files{client};
foundry::file stored = co_await files.upload({"questions.jsonl", "batch"});
stored = co_await files.wait(stored.id);
co_await files.download(stored.id, "copy.jsonl");
co_await files.remove(stored.id);
    // clang-format on
}

asio::awaitable<void> uploads_from_a_pool(foundry::files files)
{
    // clang-format off
asio::thread_pool disk(1);
foundry::file_upload what(foundry::file_source("questions.jsonl", disk.get_executor()), "questions.jsonl", "batch");
what.expires_after = std::chrono::hours(24 * 14);
foundry::file stored = co_await files.upload(what);
    // clang-format on
}

void fills_a_form()
{
    // clang-format off
foundry::multipart form;
form.add("purpose", "vision").add_file("file", "cat.png", "image/png", foundry::file_source("cat.png"));
    // clang-format on
}

asio::awaitable<void> lists_files(foundry::files files)
{
    // clang-format off
foundry::file_query which;
which.purpose = "batch";
foundry::async_generator<foundry::file> all = files.list(which);
while (auto each = co_await all.next())
    std::cout << each->id << ' ' << each->filename << '\n';
    // clang-format on
}

asio::awaitable<void> goes_on(foundry::client<> client)
{
    // clang-format off
foundry::responses responses{client};
foundry::response first = co_await responses.create({"gpt-4o-mini", "Tell me a joke"});
foundry::response_request next{"gpt-4o-mini", "Explain it"};
next.previous_response_id = first.id;
foundry::response second = co_await responses.create(next);
    // clang-format on
}

asio::awaitable<void> streams(foundry::client<> client, foundry::response_request request)
{
    // clang-format off
foundry::response_stream events = co_await foundry::responses{client}.stream(request);
while (auto const* event = co_await events.read())
    std::cout << event->text() << std::flush;
    // clang-format on
}

asio::awaitable<void> waits(foundry::responses responses, foundry::response_request request)
{
    // clang-format off
foundry::response begun = co_await responses.create(request);
foundry::response ended = co_await responses.wait(begun.id);
    // clang-format on
}

asio::awaitable<void> joins(foundry::response_stream events)
{
    // clang-format off
foundry::response_accumulator all;
while (auto const* event = co_await events.read())
    all.add(*event);
foundry::response whole = all.take();
    // clang-format on
}

struct addends
{
    int x = 0;
    int y = 0;
};
BOOST_DESCRIBE_STRUCT(addends, (), (x, y))

asio::awaitable<void> calls_functions(foundry::client<> client, foundry::response_request request)
{
    // clang-format off
foundry::toolbox tools;
tools.add("add", "Adds two numbers", [](addends a) { return a.x + a.y; });

foundry::response_run run = co_await foundry::responses{client}.create(request, tools);
std::cout << run.reply.text();
    // clang-format on
}

asio::awaitable<void> goes_on_with_functions(foundry::responses responses, foundry::response_request request,
                                             foundry::toolbox tools)
{
    // clang-format off
foundry::response_run run{request};
co_await responses.create(run, tools);
run.add(foundry::response_message(foundry::chat_role::user, "And tomorrow?"));
co_await responses.create(run, tools);
    // clang-format on
}

// clang-format off
struct recipe { std::string title; std::vector<std::string> steps; int minutes = 0; };
BOOST_DESCRIBE_STRUCT(recipe, (), (title, steps, minutes))
// clang-format on

asio::awaitable<void> fills_a_class(foundry::client<> client, foundry::response_request request)
{
    // clang-format off
foundry::structured_response<recipe> answer = co_await foundry::responses{client}.create<recipe>(request);
std::cout << answer.value.title;
    // clang-format on
}

asio::awaitable<void> converts(foundry::client<> client, foundry::chat_request request, foundry::response reply)
{
    // clang-format off
foundry::converted_request converted = foundry::to_response_request(request);
if (converted.left_out.empty())
    reply = co_await foundry::responses{client}.create(converted.request);
    // clang-format on
}

} // namespace responses

namespace headers {

// clang-format off
foundry::async_generator<std::string> words(foundry::chat_stream chunks)
{
    while (auto chunk = co_await chunks.next())
        co_yield std::string{chunk->text()};
}
// clang-format on

struct stored_file : foundry::answer
{
    std::string id;
};
BOOST_DESCRIBE_STRUCT(stored_file, (), (id))

asio::awaitable<void> call_hpp(foundry::client<> client, foundry::multipart form)
{
    // clang-format off
auto file = co_await client.call<stored_file>(foundry::route{"POST", "files"}, form);
auto text = co_await client.call<foundry::binary_content>(foundry::route{"GET", "files"}.segment(file.id).segment("content"));
    // clang-format on
}

void chat_hpp()
{
    // clang-format off
foundry::chat_request request{"gpt-4o-mini"};
request.system("You are terse.").user("How many feet are in a mile?");
request.temperature = 0.2;
    // clang-format on
}

asio::awaitable<void> chat_stream_hpp(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::chat_stream chunks = co_await client.stream(request);
while (auto chunk = co_await chunks.next())
    std::cout << chunk->text() << std::flush;
    // clang-format on
}

asio::awaitable<void> chat_stream_hpp_read(foundry::chat_stream chunks)
{
    // clang-format off
while (auto const* chunk = co_await chunks.read())
    std::cout << chunk->text() << std::flush;
    // clang-format on
}

asio::awaitable<void> images_hpp(foundry::client<> client)
{
    // clang-format off
foundry::images images{client};
foundry::image_request request{"gpt-image-1", "A lighthouse at night"};
foundry::generated_images made = co_await images.generate(request);
    // clang-format on
}

void goes_to_several_endpoints(asio::any_io_executor executor)
{
    // clang-format off
foundry::endpoints all;
all.add("https://provisioned.openai.azure.com/openai/v1", foundry::api_key{"..."}, "gpt-4o-ptu");
all.add("https://standard.openai.azure.com/openai/v1", foundry::api_key{"..."}, "gpt-4o");
foundry::client client{executor, all};
    // clang-format on
    {
        // clang-format off
foundry::deployments names;
names.add("chat", "gpt-4o-westeurope").add("embeddings", "text-embedding-3-small");
all.add("https://westeurope.openai.azure.com/openai/v1", foundry::entra::default_azure_credential(), names);
        // clang-format on
    }
    // clang-format off
foundry::files files{client.at(1)}; // the second endpoint of the list
        // clang-format on
}

asio::awaitable<void> lists_models(foundry::client<> client)
{
    // clang-format off
foundry::models models{client};
foundry::base_model_list all = co_await models.list();
    // clang-format on
}

asio::awaitable<void> speaks(foundry::client<> client)
{
    // clang-format off
foundry::speech speech{client};
foundry::transcription heard = co_await speech.transcribe({"whisper", "talk.mp3"});
foundry::speech_request what{"gpt-4o-mini-tts", heard.text, "alloy"};
co_await speech.speak(what, "talk_again.mp3");
    // clang-format on
}

asio::awaitable<void> opens_a_session(foundry::client<> client)
{
    // clang-format off
foundry::realtime realtime{client};
foundry::realtime_session session = co_await realtime.connect("gpt-realtime");
co_await session.say("How many feet are in a mile?");
co_await session.respond();
while (auto event = co_await session.next()) {
    std::cout << event->text() << std::flush;
    if (event->type == foundry::realtime_event_type::response_done)
        break;
}
    // clang-format on
}

std::chrono::milliseconds played();
void play(std::vector<std::int16_t> samples);

asio::awaitable<void> sets_a_session(foundry::realtime_session& session)
{
    // clang-format off
foundry::realtime_settings settings;
settings.instructions = "You are a ferryman of few words.";
settings.answer_in("audio").transcribe_with("gpt-4o-mini-transcribe");
settings.audio->output.emplace().voice = "alloy";
co_await session.update(settings);
    // clang-format on
}

asio::awaitable<void> hears_a_session(foundry::realtime_session& session, std::string speaking)
{
    // clang-format off
while (auto event = co_await session.next()) {
    if (event->type == foundry::realtime_event_type::output_audio_delta)
        play(event->samples());
    if (event->type == foundry::realtime_event_type::speech_started && !speaking.empty())
        co_await session.truncate(speaking, played()); // the user interrupts
}
    // clang-format on
}

asio::awaitable<void> waits_for_a_session(foundry::realtime_session& session, asio::steady_timer& timer)
{
    using namespace boost::asio::experimental::awaitable_operators;
    // clang-format off
auto first = co_await (session.next() || timer.async_wait(asio::use_awaitable));
if (session.failure())
    std::rethrow_exception(session.failure());
(void)first;
    // clang-format on
}

asio::awaitable<void> joins_a_session(foundry::realtime_session& session)
{
    // clang-format off
foundry::realtime_accumulator items;
while (auto event = co_await session.next()) {
    foundry::realtime_item const* item = items.add(*event);
    if (item != nullptr && event->type == foundry::realtime_event_type::item_done)
        std::cout << item->role.name() << ": " << item->text << '\n';
}
    // clang-format on
}

asio::awaitable<void> calls_in_a_session(foundry::realtime_session& session, foundry::realtime_settings settings,
                                         foundry::toolbox tools)
{
    // clang-format off
settings.tools = foundry::functions_of(tools);
co_await session.update(settings);
while (auto event = co_await session.next())
    co_await session.answer_calls(*event, tools);
    // clang-format on
}

asio::awaitable<void> makes_a_secret(foundry::realtime realtime)
{
    // clang-format off
foundry::realtime_settings settings;
settings.model = "gpt-realtime";
settings.instructions = "You are a ferryman of few words.";
foundry::realtime_secret secret = co_await realtime.make_secret(settings, std::chrono::minutes(1)); // on your server
        // clang-format on
}

void is_shipped(asio::any_io_executor executor, foundry::endpoint endpoint, std::string secret_from_server)
{
    // clang-format off
foundry::client<> client{executor, endpoint, foundry::api_key{secret_from_server}}; // in the game
        // clang-format on
}

asio::awaitable<void> hears(foundry::speech speech)
{
    // clang-format off
foundry::transcription_request talk{"whisper", "talk.mp3"};
talk.language = "en";
talk.response_format = "verbose_json";
talk.timestamp_granularities.push_back("word");
foundry::transcription heard = co_await speech.transcribe(talk);
for (foundry::transcribed_word const& each : heard.words)
    std::cout << each.start << ' ' << each.word << '\n';

foundry::transcription_request film{"whisper", "film.mp4"};
film.response_format = "srt";
foundry::transcription subtitles = co_await speech.translate(film); // in English
        // clang-format on
}

asio::awaitable<void> hears_in_parts(foundry::speech speech)
{
    // clang-format off
foundry::transcription_request talk{"gpt-4o-mini-transcribe", "talk.mp3"};
foundry::async_generator<foundry::transcription_event> events = speech.stream(talk);
while (auto event = co_await events.next()) {
    if (event->type == foundry::transcription_event_type::done)
        std::cout << "\nAll of it: " << event->text << '\n';
    else
        std::cout << event->delta << std::flush;
}
    // clang-format on
}

void play(std::string const& bytes) { std::cout << bytes.size(); }

asio::awaitable<void> speaks_in_parts(foundry::speech speech)
{
    // clang-format off
foundry::speech_request what{"gpt-4o-mini-tts", "Mind the gap.", "alloy"};
what.response_format = "pcm"; // 24 kHz, 16 bits, mono
foundry::async_generator<foundry::speech_chunk> sound = speech.stream(what);
while (auto part = co_await sound.next())
    play(part->audio);
    // clang-format on
}

void reads_a_webhook(boost::beast::http::request<boost::beast::http::string_body> request)
{
    // clang-format off
foundry::webhook hook{foundry::secret{"whsec_..."}};
foundry::webhook_event event = hook.read(request); // a request of Beast; throws if it is forged or old
if (event.type == "batch.completed")
    std::cout << event.data.at("id").as_string().c_str() << " is done\n";
    // clang-format on
}

asio::awaitable<void> models_hpp(foundry::client<> client)
{
    // clang-format off
foundry::models models{client};
foundry::model_info info = co_await models.info("Mistral-Large-2411");
    // clang-format on
}

asio::awaitable<void> client_from_environment_hpp()
{
    // clang-format off
foundry::client<> client = foundry::client_from_environment(co_await asio::this_coro::executor);
foundry::chat_completion reply = co_await client.complete("", "How many feet are in a mile?");
    // clang-format on
}

struct poll_result : foundry::answer
{
    std::string winner;
};
BOOST_DESCRIBE_STRUCT(poll_result, (), (winner))

asio::awaitable<void> client_hpp_call(foundry::client<> client, boost::json::object vote)
{
    // clang-format off
auto poll = co_await client.call<poll_result>(foundry::route{"POST", "polls"}, vote);
    // clang-format on
}

asio::awaitable<void> client_hpp()
{
    // clang-format off
foundry::client client{co_await asio::this_coro::executor,
                       foundry::endpoint{"https://contoso.services.ai.azure.com/models"},
                       foundry::api_key{"..."}};
    // clang-format on
}

// clang-format off
struct my_credential
{
    boost::asio::awaitable<foundry::access_token> get_token(foundry::token_request request);
};
// clang-format on
static_assert(foundry::credential<my_credential>);

void log_sink_hpp(foundry::options& options)
{
    // clang-format off
options.observer = std::make_shared<foundry::log_sink>(foundry::log_level::debug);
    // clang-format on
}

void media_hpp(foundry::chat_request request)
{
    // clang-format off
std::vector<foundry::content_part> parts;
parts.push_back(foundry::content_part::from_text("What is this?"));
parts.push_back(foundry::image::load_file("cat.png").part());
request.user(parts);
    // clang-format on
}

void route_hpp()
{
    // clang-format off
foundry::route list = foundry::route{"GET", "files"}.query("purpose", "batch");
foundry::route speak = foundry::route{"POST", "audio/speech"}.deployment("tts-1");
    // clang-format on
}

void wav_hpp()
{
    // clang-format off
foundry::wav recording = foundry::wav::load_file("question.wav");
std::vector<std::byte> const bytes = recording.to_bytes();
    // clang-format on
}

void sample_ring_hpp(std::vector<std::int16_t> const& answer)
{
    // clang-format off
foundry::sample_ring playing{60 * 24000}; // one minute at 24 kHz
std::uint64_t const begin = playing.written();
playing.write(answer);
playing.clear(); // after an interruption
std::uint64_t const end = playing.played();
std::uint64_t const heard = end > begin ? end - begin : 0; // samples of the answer
    // clang-format on
    std::cout << heard;
}

void route_hpp_multipart(std::string lines)
{
    // clang-format off
foundry::multipart form;
form.add("purpose", "batch").add_file("file", "questions.jsonl", "application/jsonl", lines);
    // clang-format on
}

void chained_credential_hpp()
{
    // clang-format off
foundry::entra::managed_identity_credential machine;
machine.probe_first(std::chrono::seconds{1}); // elsewhere it would take 10 s to find out that there is none
foundry::entra::chained_credential who{std::move(machine), foundry::entra::azure_cli_credential{}};
    // clang-format on
}

// clang-format off
asio::awaitable<std::string> make_assertion(foundry::entra::assertion_request request);
// clang-format on

void client_assertion_credential_hpp(std::string tenant, std::string client_id)
{
    // clang-format off
foundry::entra::client_assertion_credential who{tenant, client_id, make_assertion};
    // clang-format on
}

void client_secret_credential_hpp(asio::any_io_executor executor, foundry::endpoint endpoint, std::string tenant,
                                  std::string client_id, std::string secret)
{
    // clang-format off
foundry::client client{executor, endpoint, foundry::entra::client_secret_credential{tenant, client_id, secret}};
    // clang-format on
}

void default_azure_credential_hpp(asio::any_io_executor executor, foundry::endpoint endpoint)
{
    // clang-format off
foundry::client client{executor, endpoint, foundry::entra::default_azure_credential{}};
    // clang-format on
}

void emulator_hpp()
{
    // clang-format off
foundry::testing::emulator service;
service.plain_port();     // http://127.0.0.1:<port>/models/chat/completions?api-version=2024-05-01-preview
service.tls_port();       // https, with a certificate for *.services.ai.azure.com and its relatives
service.ca_certificate(); // the PEM to trust
        // clang-format on
}

void emulator_hpp_local_server()
{
    using namespace foundry::testing;
    // clang-format off
emulator_options options;
options.local = local_server::llama_cpp();
options.local.done_event = false;
    // clang-format on
}

void emulator_hpp_answer(foundry::testing::emulator& service)
{
    using foundry::testing::answer;
    // clang-format off
service.queue(answer::json(429, R"({"error":{"code":"429"}})").header("Retry-After", "1"));
    // clang-format on
}

void emulator_hpp_realtime(foundry::testing::emulator& service)
{
    using foundry::testing::answer;
    // clang-format off
service.queue(answer::realtime().cut_after_event(3));
    // clang-format on
}

void realtime_hpp()
{
    // clang-format off
foundry::testing::realtime sessions;
foundry::testing::emulator_options options;
options.realtime = sessions;
foundry::testing::emulator service(options);
    // clang-format on
}

void tones_hpp()
{
    // clang-format off
std::vector<std::int16_t> samples = foundry::testing::to_tones("How many feet are in a mile?");
std::string text = foundry::testing::from_tones(samples);
    // clang-format on
}

void emulator_hpp_outage(foundry::testing::emulator& service)
{
    using foundry::testing::outage;
    using namespace std::chrono_literals;
    // clang-format off
service.fail_with(outage::status(503, 2s));
    // clang-format on
}

asio::awaitable<void> ask();

void names_a_proxy(std::string const& user, std::string const& password)
{
    // clang-format off
foundry::options options;
options.proxy = "http://proxy.contoso.com:3128";  // https:// for TLS to the proxy itself
options.proxy.set_credentials(user, password);    // or in the URL, percent-encoded: http://user:password@host:port
        // clang-format on
}

void needs_no_proxy(foundry::options options)
{
    // clang-format off
options.proxy = foundry::proxy::none();           // whatever the environment says
        // clang-format on
}

void trusts_one_more(foundry::options options)
{
    // clang-format off
options.tls.additional_ca_file = "/etc/ssl/company.pem";
    // clang-format on
}

void has_another_address()
{
    // clang-format off
foundry::endpoint endpoint{"https://contoso.openai.azure.com/openai/v1"};
endpoint.connect_to("10.0.0.5", 443);
    // clang-format on
}

void keeps_many_connections()
{
    // clang-format off
foundry::options options;
options.pool.max_connections = 10000;     // each open stream needs one
options.pool.max_idle_connections = 500;  // kept after a burst
        // clang-format on
}

void counts(foundry::client<> client)
{
    // clang-format off
foundry::connection_counts const now = client.connections();
std::clog << now.open << " open, " << now.idle << " idle, " << now.waiting << " calls wait\n";
    // clang-format on
}

// clang-format off
asio::awaitable<void> stop_on_signal(foundry::client<> client)
{
    asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM);
    co_await signals.async_wait(asio::use_awaitable);
    co_await client.drain(std::chrono::seconds{25});  // Kubernetes waits 30 s
}
// clang-format on

void proxy_hpp(std::string const& user, std::string const& password)
{
    // clang-format off
foundry::options with;
with.proxy = "http://proxy.contoso.com:3128";
with.proxy.set_credentials(user, password);
    // clang-format on
}

foundry::call_options options_hpp()
{
    // clang-format off
foundry::call_options once;
once.timeouts.total = std::chrono::seconds{5};
once.retry.max_retries = 0;
    // clang-format on
    return once;
}

void run_hpp(asio::io_context& context)
{
    // clang-format off
asio::co_spawn(context, ask(), foundry::rethrow);
    // clang-format on
}

void open_enum_hpp(foundry::chat_choice choice)
{
    // clang-format off
if (choice.finish_reason != foundry::finish_reason::stop)
    std::cout << choice.finish_reason.name();
    // clang-format on
}

} // namespace headers

// Described classes, typed answers and tools.
namespace described {

// clang-format off
enum class unit { celsius, fahrenheit };
BOOST_DESCRIBE_ENUM(unit, celsius, fahrenheit)
struct weather_query { std::string city; std::optional<unit> in; };
BOOST_DESCRIBE_STRUCT(weather_query, (), (city, in))

constexpr auto describe(weather_query const*)
{
    return foundry::about("Where, and in which unit").member<&weather_query::city>("City and country");
}

struct circle { foundry::constant<"circle"> kind; double radius; };
BOOST_DESCRIBE_STRUCT(circle, (), (kind, radius))

struct recipe { std::string title; std::vector<std::string> steps; int minutes = 0; };
BOOST_DESCRIBE_STRUCT(recipe, (), (title, steps, minutes))

struct weather { double degrees = 0; };
BOOST_DESCRIBE_STRUCT(weather, (), (degrees))
struct addends { double x = 0, y = 0; };
BOOST_DESCRIBE_STRUCT(addends, (), (x, y))
// clang-format on

void show(std::vector<std::string> const& steps);
asio::awaitable<weather> look_up(std::string city);

std::string const& schema_hpp() { return foundry::schema_of<circle>(); }

asio::awaitable<void> client_hpp(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
auto answer = co_await client.complete<recipe>(request);
    // clang-format on
    std::cout << answer.value.minutes;
}

asio::awaitable<void> structured_hpp(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::structured<recipe> answer = co_await client.complete<recipe>(request);
std::cout << answer.value.title;

foundry::structured_stream<recipe> chunks = co_await client.stream<recipe>(request);
while (co_await chunks.read())
    show(chunks.partial().steps);
    // clang-format on
}

asio::awaitable<void> tools_hpp(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::toolbox tools;
tools.add("get_weather", "The weather now", [](weather_query q) -> asio::awaitable<weather> { co_return co_await look_up(q.city); });
tools.add("add", "Adds two numbers", [](addends a) { return a.x + a.y; });

foundry::tool_run run = co_await client.complete(request, tools);
std::cout << run.reply.text();
    // clang-format on
}

asio::awaitable<void> continue_run(foundry::client<> client, foundry::chat_request request, foundry::toolbox tools)
{
    // clang-format off
foundry::tool_run run{request};
co_await client.complete(run, tools);
run.messages.emplace_back(foundry::chat_role::user, "And tomorrow?");
co_await client.complete(run, tools);
    // clang-format on
}

asio::awaitable<void> with_options(foundry::client<> client, foundry::chat_request request, foundry::toolbox tools)
{
    // clang-format off
foundry::tool_options how;
how.max_rounds = 5;
how.parallel = 2;
how.report_exceptions = true; // if what() is written for others
how.call.timeouts.total = std::chrono::seconds{30}; // of each request, not of the functions
foundry::tool_run run = co_await client.complete(request, tools, how);
    // clang-format on
}

asio::awaitable<std::string> run_query(boost::json::value arguments);

void adds_any_json(foundry::toolbox& tools, boost::json::value schema)
{
    // clang-format off
tools.add("query", "Queries the table of orders", std::move(schema), [&](boost::json::value arguments) -> asio::awaitable<std::string> {
    co_return co_await run_query(std::move(arguments));
});
    // clang-format on
}

asio::awaitable<void> fails_with_its_run(foundry::client<> client, foundry::chat_request request,
                                         foundry::toolbox tools)
{
    // clang-format off
try {
    foundry::tool_run run = co_await client.complete(request, tools);
    std::cout << run.reply.text() << '\n';
} catch (foundry::tool_run_error const& e) {
    std::cerr << e.what() << ", in round " << e.run().rounds << '\n';
}
    // clang-format on
}

std::size_t forgets(foundry::tool_run& run)
{
    // clang-format off
std::size_t const removed = foundry::trim(run.messages, 8'000);
    // clang-format on
    return removed;
}

asio::awaitable<bool> ask_the_user(std::string what);

foundry::tool_options asks_first()
{
    // clang-format off
foundry::tool_options how;
how.before_call = [&](foundry::tool_call& call) -> asio::awaitable<std::optional<std::string>> {
    std::optional<std::string> said; // empty: the function runs
    if (call.function.name == "delete_file") {
        bool const is_allowed = co_await ask_the_user(call.function.arguments);
        if (!is_allowed)
            said = "the user does not allow it";
    }
    co_return said;
};
how.stop_after_round = [](foundry::tool_progress const& run) { return run.usage.total_tokens > 50'000; };
    // clang-format on
    return how;
}

asio::awaitable<void> shows_events(foundry::client<> client, foundry::tool_run& run, foundry::toolbox tools)
{
    // clang-format off
foundry::async_generator<foundry::tool_event> events = client.stream(run, tools);
while (auto event = co_await events.next()) {
    if (event->type == foundry::tool_event_type::text)
        std::cout << event->text << std::flush;
    else if (event->type == foundry::tool_event_type::result)
        std::cout << '[' << event->call.function.name << ": " << event->text << "]\n";
}
    // clang-format on
}

} // namespace described

namespace typed_answers {

// clang-format off
struct recipe { std::string title; std::vector<std::string> steps; int minutes = 0; };
BOOST_DESCRIBE_STRUCT(recipe, (), (title, steps, minutes))

constexpr auto describe(recipe const*)
{
    return foundry::about("A recipe for two persons")
        .member<&recipe::steps>("One sentence each, in their order")
        .member<&recipe::minutes>("Time in the kitchen, in whole minutes");
}

struct circle { foundry::constant<"circle"> kind; double radius = 0; };
BOOST_DESCRIBE_STRUCT(circle, (), (kind, radius))
struct square { foundry::constant<"square"> kind; double side = 0; };
BOOST_DESCRIBE_STRUCT(square, (), (kind, side))
struct drawing { std::vector<std::variant<circle, square>> shapes; };
BOOST_DESCRIBE_STRUCT(drawing, (), (shapes))
// clang-format on

std::string const& schema_of_a_variant() { return foundry::schema_of<drawing>(); }

void show(std::vector<std::string> const& steps);

asio::awaitable<void> fills_a_class(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::structured<recipe> answer = co_await client.complete<recipe>(request);
std::cout << answer.value.title << " takes " << answer.value.minutes << " minutes\n";
std::cout << answer.completion.text() << '\n'; // the JSON, with its usage and everything else
        // clang-format on
}

asio::awaitable<void> reads_it_itself(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
request.system("Answer with JSON of this schema and nothing else: " + foundry::schema_of<recipe>());
foundry::chat_completion reply = co_await client.complete(request);
recipe made = boost::json::value_to<recipe>(boost::json::parse(reply.text()));
    // clang-format on
    show(made.steps);
}

asio::awaitable<void> takes_it_as_a_value(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
auto answer = co_await foundry::as_result(client.complete<recipe>(request));
if (answer)
    show(answer->value.steps);
else if (answer.error().code() == foundry::errc::refused)
    std::cout << "The model says: " << answer.error().body() << '\n';
else
    std::cerr << answer.error().what() << '\n';
    // clang-format on
}

asio::awaitable<void> is_corrected(foundry::client<> client, foundry::chat_request request)
{
    // clang-format off
foundry::call_options with;
with.corrections = 2;
foundry::structured<recipe> answer = co_await client.complete<recipe>(request, with);
    // clang-format on
}

} // namespace typed_answers

// The shortest program.
// clang-format off
asio::awaitable<void> ask()
{
    foundry::chat_request request{"gpt-4o-mini"};
    request.user("How many feet are in a mile?");
    foundry::chat_completion reply = co_await foundry::complete(
        foundry::endpoint{"https://contoso.openai.azure.com/openai/v1"}, foundry::api_key{"..."}, request);
    std::cout << reply.text() << '\n';
}

int main() { return foundry::run(ask()); }
// clang-format on
