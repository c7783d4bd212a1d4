// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What one writes with Beast and Boost.JSON after their examples. The transport tls_untimed has a socket without Beast's timers
// under the TLS stream. The workloads are complete, cold, stream, embed and hold, as in client_foundry.cpp.

#include "measure.hpp"
#include "paced_calls.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/version.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using benchmark::arguments;

namespace {

constexpr auto use = asio::use_awaitable;

void expire(beast::tcp_stream& stream) { stream.expires_after(std::chrono::seconds(30)); }
void expire(tcp::socket&) {}
tcp::socket& socket_of(beast::tcp_stream& stream) { return stream.socket(); }
tcp::socket& socket_of(tcp::socket& socket) { return socket; }

http::request<http::string_body> make_request(arguments const& with)
{
    json::object body;
    std::string operation = "/v1/chat/completions";
    if (with.workload == "embed") {
        operation = "/v1/embeddings";
        body["model"] = "text-embedding-3-small";
        body["input"] = json::array(with.number(0), "a mile");
        body["encoding_format"] = with.word(1);
    } else {
        body["model"] = "mistral-large";
        body["messages"] = json::array{json::object{{"role", "user"}, {"content", "How many feet are in a mile?"}}};
        if (with.workload != "complete" && with.workload != "cold")
            body["stream"] = true;
    }
    http::request<http::string_body> request(http::verb::post, "/" + with.answer_name() + operation, 11);
    request.set(http::field::host, "localhost");
    request.set(http::field::user_agent, BOOST_BEAST_VERSION_STRING);
    request.set(http::field::authorization, "Bearer key");
    request.set(http::field::content_type, "application/json");
    request.body() = json::serialize(body);
    request.prepare_payload();
    return request;
}

template <class Stream>
asio::awaitable<void> connect(Stream& stream, arguments const& with)
{
    auto& lowest = beast::get_lowest_layer(stream);
    expire(lowest);
    co_await lowest.async_connect(tcp::endpoint(asio::ip::address_v4::loopback(), with.port), use);
    socket_of(lowest).set_option(tcp::no_delay(true));
    if constexpr (requires { stream.handshake(ssl::stream_base::client); }) {
        SSL_set_tlsext_host_name(stream.native_handle(), "localhost");
        stream.set_verify_callback(ssl::host_name_verification("localhost"));
        co_await stream.async_handshake(ssl::stream_base::client, use);
    }
}

/// One answer in one document.
template <class Stream>
asio::awaitable<json::value> ask(Stream& stream, beast::flat_buffer& buffer, arguments const& with)
{
    http::request<http::string_body> const request = make_request(with);
    expire(beast::get_lowest_layer(stream));
    co_await http::async_write(stream, request, use);
    http::response_parser<http::string_body> response;
    response.body_limit(boost::none);
    co_await http::async_read(stream, buffer, response, use);
    co_return json::parse(response.get().body());
}

template <class Stream>
asio::awaitable<void> run_complete(Stream& stream, arguments const& with, std::size_t& received)
{
    co_await connect(stream, with);
    beast::flat_buffer buffer;
    for (std::size_t i = 0; i != with.number(0) / with.number(1); ++i) {
        json::value const reply = co_await ask(stream, buffer, with);
        received += reply.at("choices").at(0).at("message").at("content").as_string().size();
    }
}

/// One answer on a connection of its own.
template <class MakeStream>
asio::awaitable<void> run_cold(MakeStream make, arguments const& with, std::size_t& received)
{
    auto stream = make();
    co_await connect(stream, with);
    beast::flat_buffer buffer;
    json::value const reply = co_await ask(stream, buffer, with);
    received += reply.at("choices").at(0).at("message").at("content").as_string().size();
}

template <class Stream>
asio::awaitable<void> run_embed(Stream& stream, arguments const& with, std::size_t& received)
{
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<unsigned char, 256> values{};
    for (std::size_t i = 0; i != alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<unsigned char>(i);
    co_await connect(stream, with);
    beast::flat_buffer buffer;
    for (std::size_t i = 0; i != with.number(2); ++i) {
        json::value const reply = co_await ask(stream, buffer, with);
        std::vector<std::vector<float>> vectors;
        for (json::value const& item : reply.at("data").as_array()) {
            std::vector<float>& numbers = vectors.emplace_back();
            json::value const& embedding = item.at("embedding");
            if (json::array const* array = embedding.if_array()) {
                for (json::value const& number : *array)
                    numbers.push_back(number.to_number<float>());
            } else {
                json::string const& text = embedding.as_string();
                std::vector<unsigned char> bytes;
                for (std::size_t k = 0; k + 3 < text.size(); k += 4) {
                    unsigned four = 0;
                    for (std::size_t j = 0; j != 4; ++j)
                        four = four << 6 | values[static_cast<unsigned char>(text[k + j])];
                    bytes.push_back(static_cast<unsigned char>(four >> 16));
                    bytes.push_back(static_cast<unsigned char>(four >> 8 & 255));
                    bytes.push_back(static_cast<unsigned char>(four & 255));
                }
                numbers.resize(bytes.size() / sizeof(float));
                std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
            }
            received += numbers.size();
        }
    }
}

template <class Stream>
asio::awaitable<void> run_stream(Stream& stream, arguments const& with, std::size_t& received, std::size_t& events)
{
    co_await connect(stream, with);
    beast::flat_buffer buffer;
    http::request<http::string_body> const request = make_request(with);
    co_await http::async_write(stream, request, use);
    http::response_parser<http::buffer_body> response;
    response.body_limit(boost::none);
    co_await http::async_read_header(stream, buffer, response, use);
    char piece[4096];
    std::string text;
    while (!response.is_done()) {
        response.get().body().data = piece;
        response.get().body().size = sizeof piece;
        expire(beast::get_lowest_layer(stream));
        boost::system::error_code failed;
        co_await http::async_read_some(stream, buffer, response, asio::redirect_error(use, failed));
        if (failed && failed != http::error::need_buffer)
            throw boost::system::system_error(failed);
        text.append(piece, sizeof piece - response.get().body().size);
        for (auto end = text.find("\n\n"); end != text.npos; end = text.find("\n\n")) {
            std::string const event = text.substr(0, end);
            text.erase(0, end + 2);
            ++events;
            if (!event.starts_with("data: ") || event == "data: [DONE]")
                continue;
            json::value const chunk = json::parse(event.substr(6));
            json::object const& delta = chunk.at("choices").at(0).at("delta").as_object();
            if (json::value const* content = delta.if_contains("content"))
                received += content->as_string().size();
        }
    }
}

void rethrow(std::exception_ptr failed)
{
    if (failed)
        std::rethrow_exception(failed);
}

template <class MakeStream>
void run(asio::io_context& context, arguments const& with, MakeStream make)
{
    std::size_t received = 0;
    if (with.workload == "hold") {
        std::vector<decltype(std::make_unique<decltype(make())>(make()))> open;
        std::size_t events = 0;
        auto const open_one = [&] {
            open.push_back(std::make_unique<decltype(make())>(make()));
            std::size_t const wanted = events + 1;
            asio::co_spawn(context, run_stream(*open.back(), with, received, events), rethrow);
            while (events != wanted)
                context.run_one();
        };
        benchmark::run_memory(with.number(0), open_one);
        std::_Exit(0); // with the streams still open
    }
    if (with.workload == "cold") {
        long const begun = benchmark::processor_time();
        benchmark::run_paced(context, with.number(0), with.number(1),
                             [&](std::size_t) { asio::co_spawn(context, run_cold(make, with, received), rethrow); });
        benchmark::report(received, begun);
        return;
    }
    std::vector<std::unique_ptr<decltype(make())>> streams;
    for (std::size_t i = 0; i != (with.workload == "complete" ? with.number(1) : 1); ++i)
        streams.push_back(std::make_unique<decltype(make())>(make()));
    std::size_t events = 0;
    long const begun = benchmark::processor_time();
    for (auto& stream : streams) {
        if (with.workload == "complete")
            asio::co_spawn(context, run_complete(*stream, with, received), rethrow);
        else if (with.workload == "stream")
            asio::co_spawn(context, run_stream(*stream, with, received, events), rethrow);
        else
            asio::co_spawn(context, run_embed(*stream, with, received), rethrow);
    }
    context.run();
    benchmark::report(received, begun);
}

} // namespace

int main(int count, char** words)
{
    arguments const with(count, words);
    asio::io_context context(1);
    ssl::context tls(ssl::context::tls_client);
    tls.load_verify_file(with.all[2]);
    tls.set_verify_mode(ssl::verify_peer);
    if (with.all[0] == "plain")
        run(context, with, [&] { return beast::tcp_stream(context); });
    else if (with.all[0] == "tls_untimed")
        run(context, with, [&] { return ssl::stream<tcp::socket>(tcp::socket(context), tls); });
    else
        run(context, with, [&] { return beast::ssl_stream<beast::tcp_stream>(beast::tcp_stream(context), tls); });
}
