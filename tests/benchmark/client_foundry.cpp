// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The library's side of the comparison; measure.hpp says what the arguments are.
//
//     complete N [AT_ONCE]            small completions, so many of them in flight, each on a connection that has carried one
//     stream CHUNKS SIZE              one stream through read(); SIZE bytes of text in each chunk
//     next CHUNKS SIZE                the same through next()
//     embed INPUTS FORMAT [TIMES]     embeddings, as float or base64
//     decode INPUTS FORMAT [TIMES]    the same answer from memory
//     events CHUNKS SIZE              the event stream's framing alone, from memory
//     json CHUNKS SIZE                and the JSON in it
//     parse SIZE TIMES                chunks' JSON from memory, as a stream reads it and each as a whole, and the same texts through a
//                                     parser of Boost.JSON that keeps nothing
//     large [TIMES]                   a completion of 1 MB, and the longest handler
//     streams N ROUNDS [PLAIN_PORT]   open streams, each of which receives so many chunks that come one at a time
//     queue N                         small completions, all at once, of a client with eight connections
//     limits N CLIENTS                requests of so many clients at the limits of one deployment, which takes a tenth of them at a time;
//                                     nothing is sent
//     cold N RATE                     small completions, each on a connection of its own; so many arrive in a second
//     idle N                          the resident memory of clients that have had an answer
//     hold N                          and of open streams

#include "answers.hpp"
#include "measure.hpp"
#include "paced_calls.hpp"
#include "paced_streams.hpp"

#include <foundry.hpp>
#include <foundry/detail/call/rate_gates.hpp>
#include <foundry/detail/http/event_parser.hpp>
#include <foundry/detail/http/time_limits.hpp>
#include <foundry/detail/json/repeating_reader.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <exception>

namespace asio = boost::asio;
using benchmark::arguments;

namespace {

foundry::client<> make_client(asio::any_io_executor executor, arguments const& with, std::string const& answer)
{
    foundry::endpoint where((with.tls ? "https://localhost:" : "http://localhost:") + std::to_string(with.port) + "/" +
                            answer + "/v1");
    where.connect_to("127.0.0.1", with.port);
    foundry::options settings;
    settings.tls.ca_certificates = with.ca();
    settings.pool.max_connections = 65'536; // for the open streams
    if (with.workload == "queue") {
        settings.pool.max_connections = 8;
        settings.timeouts.pool = {};
    }
    return foundry::client<>(std::move(executor), std::move(where), foundry::any_credential(foundry::api_key("key")),
                             std::move(settings));
}

foundry::chat_request question()
{
    foundry::chat_request request("mistral-large");
    request.user("How many feet are in a mile?");
    return request;
}

std::size_t numbers_in(foundry::embeddings const& vectors)
{
    std::size_t numbers = 0;
    for (std::size_t i = 0; i != vectors.size(); ++i)
        numbers += vectors[i].size();
    return numbers;
}

FOUNDRY_CORO asio::awaitable<void> run_complete(foundry::client<>& client, std::size_t times, std::size_t& received)
{
    foundry::chat_request const request = question();
    for (std::size_t i = 0; i != times; ++i) {
        foundry::chat_completion const reply = co_await client.complete(request);
        received += reply.text().size();
    }
}

FOUNDRY_CORO asio::awaitable<void> run_read(foundry::client<>& client, std::size_t& received)
{
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_chunk const* chunk = co_await chunks.read();
    while (chunk != nullptr) {
        received += chunk->text().size();
        chunk = co_await chunks.read();
    }
}

FOUNDRY_CORO asio::awaitable<void> run_next(foundry::client<>& client, std::size_t& received)
{
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    std::optional<foundry::chat_chunk> chunk = co_await chunks.next();
    while (chunk) {
        received += chunk->text().size();
        chunk = co_await chunks.next();
    }
}

FOUNDRY_CORO asio::awaitable<void> run_embed(foundry::client<>& client, std::size_t inputs, bool as_base64,
                                             std::size_t times, std::size_t& received)
{
    foundry::embedding_request request("text-embedding-3-small", std::vector<std::string>(inputs, "a mile"));
    request.encoding_format = as_base64 ? foundry::embedding_encoding::base64 : foundry::embedding_encoding::float32;
    for (std::size_t i = 0; i != times; ++i) {
        foundry::embeddings const vectors = co_await client.embed(request);
        received += numbers_in(vectors);
    }
}

FOUNDRY_CORO asio::awaitable<void> open_stream(foundry::client<>& client, std::size_t& received)
{
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    while (co_await chunks.read())
        ++received;
}

void rethrow(std::exception_ptr failed)
{
    if (failed)
        std::rethrow_exception(failed);
}

void run(asio::io_context& context, asio::awaitable<void> work)
{
    asio::co_spawn(context, std::move(work), rethrow);
    context.run();
    context.restart();
}

double thread_time()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

FOUNDRY_CORO asio::awaitable<void> take_complete(foundry::client<>& client, foundry::chat_completion& into)
{
    foundry::chat_request const request = question();
    into = co_await client.complete(request);
}

/// The longest handler, in microseconds of processor time, and a document made of the same answer in one go.
void run_large(asio::io_context& context, foundry::client<>& client, std::size_t times)
{
    std::string const body = benchmark::completion_body(1'000'000);
    double longest = 0;
    double whole = 0;
    std::size_t received = 0;
    for (std::size_t i = 0; i != times; ++i) {
        double here = 0;
        foundry::chat_completion
            reply; // what the caller does with it, and its end, are no part of the library's handlers
        asio::co_spawn(context, take_complete(client, reply), rethrow);
        double begun = thread_time();
        while (context.run_one() != 0) {
            double const now = thread_time();
            here = std::max(here, now - begun);
            begun = thread_time();
        }
        context.restart();
        received += reply.text().size();
        begun = thread_time();
        boost::json::value const parsed = boost::json::parse(body);
        double const parsing = thread_time() - begun;
        // The best of all rounds: whatever else the machine does only adds.
        longest = i == 0 ? here : std::min(longest, here);
        whole = i == 0 ? parsing : std::min(whole, parsing);
    }
    std::cout << "received=" << received << " longest_us=" << longest << " parse_us=" << whole << std::endl;
}

void run_streams(asio::io_context& context, foundry::client<>& client, arguments const& with)
{
    benchmark::raise_descriptor_limit();
    auto const port = with.tls ? static_cast<unsigned short>(with.number(2)) : with.port;
    benchmark::paced_streams streams(context, client, port, with.number(0), 1);
    streams.open();
    long const begun = benchmark::processor_time();
    streams.run(with.number(1));
    long const took = benchmark::processor_time() - begun;
    std::cout << "cpu_us=" << took << " received=" << streams.text_size() << " allocations=" << benchmark::allocations()
              << std::endl;
    streams.finish();
}

void run_decode(std::size_t inputs, bool as_base64, std::size_t times)
{
    std::string const body = benchmark::embeddings_body(inputs, as_base64);
    foundry::json::reader reader;
    std::size_t received = 0;
    long const begun = benchmark::processor_time();
    for (std::size_t i = 0; i != times; ++i) {
        foundry::embeddings vectors;
        if (!reader.read(vectors, body))
            throw std::runtime_error(reader.problem());
        received += numbers_in(vectors);
    }
    std::cout << "bytes=" << body.size() << ' ';
    benchmark::report(received, begun);
}

/// For Boost.JSON's parser: takes everything and keeps nothing.
struct null_handler
{
    using text = boost::json::string_view;
    using code = boost::system::error_code;
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    bool on_document_begin(code&) { return true; }
    bool on_document_end(code&) { return true; }
    bool on_object_begin(code&) { return true; }
    bool on_object_end(std::size_t, code&) { return true; }
    bool on_array_begin(code&) { return true; }
    bool on_array_end(std::size_t, code&) { return true; }
    bool on_key_part(text, std::size_t, code&) { return true; }
    bool on_key(text, std::size_t, code&) { return true; }
    bool on_string_part(text, std::size_t, code&) { return true; }
    bool on_string(text part, std::size_t, code&) { return (strings += part.size()) != 0; }
    bool on_number_part(text, code&) { return true; }
    bool on_int64(std::int64_t, text, code&) { return true; }
    bool on_uint64(std::uint64_t, text, code&) { return true; }
    bool on_double(double, text, code&) { return true; }
    bool on_bool(bool, code&) { return true; }
    bool on_null(code&) { return true; }
    bool on_comment_part(text, code&) { return true; }
    bool on_comment(text, code&) { return true; }

    std::size_t strings = 0;
};

void run_events(std::size_t count, std::size_t size)
{
    std::string const text = benchmark::event(benchmark::words(size, 0), false);
    foundry::http::event_parser parser;
    foundry::http::event event;
    std::size_t received = 0;
    for (std::size_t i = 0; i != count; ++i) {
        parser.feed(text);
        while (parser.next(event))
            received += event.data.size();
    }
    benchmark::report(received, 0);
}

/// The JSON of some chunks of one stream.
std::vector<std::string> chunk_texts(std::size_t size)
{
    std::vector<std::string> texts;
    for (std::size_t i = 0; i != 64; ++i) {
        std::string const event = benchmark::event(benchmark::words(size, i * size), false);
        texts.push_back(event.substr(6, event.size() - 8));
    }
    return texts;
}

void run_json(std::size_t count, std::size_t size)
{
    std::vector<std::string> const texts = chunk_texts(size);
    foundry::json::repeating_reader reader;
    foundry::chat_chunk chunk;
    std::size_t received = 0;
    for (std::size_t i = 0; i != count; ++i) {
        if (!reader.read(chunk, texts[i % texts.size()]))
            throw std::runtime_error(reader.problem());
        received += chunk.text().size();
    }
    benchmark::report(received, 0);
}

void run_parse(std::size_t size, std::size_t times)
{
    std::vector<std::string> const texts = chunk_texts(size);
    foundry::json::repeating_reader reader;
    foundry::json::reader plain_reader;
    foundry::chat_chunk chunk;
    boost::json::basic_parser<null_handler> parser{boost::json::parse_options()};
    std::size_t received = 0;
    double best = 0;
    double plain_best = 0;
    double null_best = 0;
    for (int round = 0; round != 5; ++round) {
        double begun = thread_time();
        for (std::size_t i = 0; i != times; ++i) {
            if (!reader.read(chunk, texts[i % texts.size()]))
                throw std::runtime_error(reader.problem());
            received += chunk.text().size();
        }
        double const took = thread_time() - begun;
        reader.forget();
        begun = thread_time();
        for (std::size_t i = 0; i != times; ++i) {
            if (!plain_reader.read(chunk, texts[i % texts.size()]))
                throw std::runtime_error(plain_reader.problem());
        }
        double const plain_took = thread_time() - begun;
        begun = thread_time();
        for (std::size_t i = 0; i != times; ++i) {
            std::string const& json = texts[i % texts.size()];
            parser.reset();
            boost::system::error_code failed;
            if (parser.write_some(false, json.data(), json.size(), failed) != json.size() || failed)
                throw boost::system::system_error(failed);
        }
        double const null_took = thread_time() - begun;
        best = round == 0 ? took : std::min(best, took);
        plain_best = round == 0 ? plain_took : std::min(plain_best, plain_took);
        null_best = round == 0 ? null_took : std::min(null_best, null_took);
    }
    auto const each = [&](double all) { return all * 1000 / static_cast<double>(times); };
    std::cout << "received=" << received << " nanoseconds=" << each(best) << " plain_nanoseconds=" << each(plain_best)
              << " null_nanoseconds=" << each(null_best) << std::endl;
}

FOUNDRY_CORO asio::awaitable<void> run_limited(boost::intrusive_ptr<foundry::detail::rate_gates> const& gates,
                                               foundry::response_info const& head, std::size_t times,
                                               std::size_t& received)
{
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    for (std::size_t i = 0; i != times; ++i) {
        foundry::detail::rate_ticket ticket(gates, "text-embedding-3-small", 100, true);
        while (ticket.must_wait(executor, foundry::http::never))
            co_await ticket.timer().async_wait(asio::as_tuple(asio::deferred));
        co_await asio::post(executor, asio::deferred);
        ticket.succeed(head);
        ++received;
    }
}

void run_limits(asio::io_context& context, std::size_t requests, std::size_t clients)
{
    boost::intrusive_ptr<foundry::detail::rate_gates> const gates(new foundry::detail::rate_gates);
    std::string const tenth = std::to_string(clients / 10);
    foundry::response_headers fields{{"x-ratelimit-remaining-requests", tenth},
                                     {"x-ratelimit-remaining-tokens", "900000"}};
    foundry::response_info const head(200, std::move(fields), "");
    std::size_t received = 0;
    long const begun = benchmark::processor_time();
    for (std::size_t i = 0; i != clients; ++i)
        asio::co_spawn(context, run_limited(gates, head, requests / clients, received), rethrow);
    context.run();
    benchmark::report(received, begun);
}

} // namespace

int main(int count, char** words)
{
    arguments const with(count, words);
    std::string const& what = with.workload;
    if (what == "decode") {
        run_decode(with.number(0), with.word(1) == "base64", with.number(2));
        return 0;
    }
    if (what == "events" || what == "json") {
        (what == "json" ? run_json : run_events)(with.number(0), with.number(1));
        return 0;
    }
    if (what == "parse") {
        run_parse(with.number(0), with.number(1));
        return 0;
    }

    asio::io_context context(1);
    if (what == "idle") {
        std::vector<foundry::client<>> clients;
        clients.reserve(with.number(0) + 1);
        benchmark::run_memory(with.number(0), [&] {
            std::size_t ignored = 0;
            clients.push_back(make_client(context.get_executor(), with, with.answer_name()));
            run(context, run_complete(clients.back(), 1, ignored));
        });
        return 0;
    }
    if (what == "limits") {
        run_limits(context, with.number(0), with.number(1));
        return 0;
    }
    foundry::client<> client = make_client(context.get_executor(), with, with.answer_name());
    if (what == "hold") {
        std::size_t received = 0;
        benchmark::run_memory(with.number(0), [&] {
            std::size_t const wanted = received + 1;
            asio::co_spawn(context, open_stream(client, received), rethrow);
            while (received != wanted)
                context.run_one();
        });
        std::_Exit(0); // with the streams still open
    }
    if (what == "streams") {
        run_streams(context, client, with);
        return 0;
    }
    if (what == "large") {
        run_large(context, client, with.number(0));
        return 0;
    }

    std::size_t received = 0;
    long const begun = benchmark::processor_time();
    if (what == "complete") {
        for (std::size_t i = 0; i != with.number(1); ++i)
            asio::co_spawn(context, run_complete(client, with.number(0) / with.number(1), received), rethrow);
        context.run();
    } else if (what == "queue") {
        for (std::size_t i = 0; i != with.number(0); ++i)
            asio::co_spawn(context, run_complete(client, 1, received), rethrow);
        context.run();
    } else if (what == "cold")
        benchmark::run_paced(context, with.number(0), with.number(1),
                             [&](std::size_t) { asio::co_spawn(context, run_complete(client, 1, received), rethrow); });
    else if (what == "stream")
        run(context, run_read(client, received));
    else if (what == "next")
        run(context, run_next(client, received));
    else if (what == "embed")
        run(context, run_embed(client, with.number(0), with.word(1) == "base64", with.number(2), received));
    else
        return 2;
    benchmark::report(received, begun);
}
