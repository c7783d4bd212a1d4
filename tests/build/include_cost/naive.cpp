// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// readme.cpp without the library, as one writes it on Beast's own operations: one kept connection over TLS, a request
// sent by http::async_write, an answer read whole by http::async_read or piece by piece through a buffer_body, JSON in
// a boost::json::value.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using tcp = asio::ip::tcp;

using tls_stream = asio::ssl::stream<beast::tcp_stream>;

/// The texts of `data:` lines, from a body that arrives in pieces.
class event_splitter
{
public:
    void feed(std::string_view piece) { pending_.append(piece); }

    std::optional<std::string> next()
    {
        for (;;) {
            std::size_t const end = pending_.find('\n');
            if (end == std::string::npos)
                return std::nullopt;
            std::string line = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            if (line.ends_with('\r'))
                line.pop_back();
            if (line.starts_with("data:")) {
                line.erase(0, line.starts_with("data: ") ? 6 : 5);
                return line;
            }
        }
    }

private:
    std::string pending_;
};

class service
{
public:
    service(asio::any_io_executor executor, std::string host, std::string key)
        : context_(asio::ssl::context::tls_client),
          stream_(executor, context_),
          host_(std::move(host)),
          key_(std::move(key))
    {
        context_.set_default_verify_paths();
    }

    asio::awaitable<void> connect()
    {
        stream_.set_verify_mode(asio::ssl::verify_peer);
        stream_.set_verify_callback(asio::ssl::host_name_verification(host_));
        if (!SSL_set_tlsext_host_name(stream_.native_handle(), host_.c_str()))
            throw std::runtime_error("cannot set the server name");

        tcp::resolver resolver(co_await asio::this_coro::executor);
        tcp::resolver::results_type const addresses =
            co_await resolver.async_resolve(host_, "443", asio::use_awaitable);
        limit();
        co_await beast::get_lowest_layer(stream_).async_connect(addresses, asio::use_awaitable);
        beast::get_lowest_layer(stream_).socket().set_option(tcp::no_delay(true));
        limit();
        co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    }

    asio::awaitable<json::value> post(std::string target, json::value body)
    {
        co_await send(std::move(target), std::move(body));
        http::response<http::string_body> response;
        limit();
        co_await http::async_read(stream_, buffer_, response, asio::use_awaitable);
        if (response.result() != http::status::ok)
            fail(response.result_int(), response.body());
        co_return json::parse(response.body());
    }

    /// Sends the request and reads the head of the answer; the rest is read by `next`.
    asio::awaitable<void> open(std::string target, json::value body)
    {
        co_await send(std::move(target), std::move(body));
        parser_.emplace();
        parser_->body_limit(boost::none);
        limit();
        co_await http::async_read_header(stream_, buffer_, *parser_, asio::use_awaitable);
        if (parser_->get().result() != http::status::ok) {
            std::string text;
            while (co_await read_some(text)) {
            }
            fail(parser_->get().result_int(), text);
        }
    }

    /// The next event of the answer, or nothing at its end.
    asio::awaitable<std::optional<json::value>> next()
    {
        for (;;) {
            if (std::optional<std::string> const event = events_.next()) {
                if (*event == "[DONE]")
                    continue;
                co_return json::parse(*event);
            }
            std::string piece;
            if (!co_await read_some(piece))
                co_return std::nullopt;
            events_.feed(piece);
        }
    }

private:
    void limit() { beast::get_lowest_layer(stream_).expires_after(std::chrono::seconds(60)); }

    asio::awaitable<void> send(std::string target, json::value body)
    {
        http::request<http::string_body> request{http::verb::post, target, 11};
        request.set(http::field::host, host_);
        request.set(http::field::content_type, "application/json");
        request.set("api-key", key_);
        request.body() = json::serialize(body);
        request.prepare_payload();
        limit();
        co_await http::async_write(stream_, request, asio::use_awaitable);
    }

    /// Appends what arrives next of the body. False at its end.
    asio::awaitable<bool> read_some(std::string& to)
    {
        if (parser_->is_done())
            co_return false;
        char room[4096];
        parser_->get().body().data = room;
        parser_->get().body().size = sizeof room;
        limit();
        boost::system::error_code error;
        co_await http::async_read_some(stream_, buffer_, *parser_, asio::redirect_error(asio::use_awaitable, error));
        if (error && error != http::error::need_buffer)
            throw boost::system::system_error(error);
        to.append(room, sizeof room - parser_->get().body().size);
        co_return true;
    }

    [[noreturn]] static void fail(unsigned status, std::string const& body)
    {
        throw std::runtime_error("status " + std::to_string(status) + ": " + body);
    }

    asio::ssl::context context_;
    tls_stream stream_;
    beast::flat_buffer buffer_;
    std::string host_;
    std::string key_;
    std::optional<http::response_parser<http::buffer_body>> parser_;
    event_splitter events_;
};

json::value chat_request(bool stream)
{
    json::object request{
        {"model", "Mistral-Large-2411"},
        {"messages",
         {{{"role", "system"}, {"content", "You are a helpful assistant."}},
          {{"role", "user"}, {"content", "How many feet are in a mile?"}}}},
        {"temperature", 0.2},
    };
    if (stream)
        request["stream"] = true;
    return request;
}

asio::awaitable<void> chat()
{
    service models{co_await asio::this_coro::executor, "contoso.services.ai.azure.com", "..."};
    co_await models.connect();
    std::string const completions = "/models/chat/completions?api-version=2024-05-01-preview";

    json::value reply = co_await models.post(completions, chat_request(false));
    std::cout << reply.at("choices").at(0).at("message").at("content").as_string() << '\n';

    co_await models.open(completions, chat_request(true));
    while (auto chunk = co_await models.next()) {
        for (json::value const& choice : chunk->at("choices").as_array()) {
            json::object const& delta = choice.at("delta").as_object();
            if (json::value const* const text = delta.if_contains("content"); text != nullptr && text->is_string())
                std::cout << text->get_string() << std::flush;
        }
    }

    json::object request;
    request["model"] = "text-embedding-3-small";
    request["input"] = json::array{"a mile", "a foot", "a song"};
    json::value answer = co_await models.post("/models/embeddings?api-version=2024-05-01-preview", std::move(request));
    std::vector<std::vector<float>> vectors;
    for (json::value const& item : answer.at("data").as_array()) {
        std::vector<float>& vector = vectors.emplace_back();
        for (json::value const& number : item.at("embedding").as_array())
            vector.push_back(number.to_number<float>());
    }
    std::cout << '\n' << vectors.size() << " vectors\n";
}

int main()
{
    asio::io_context context;
    asio::co_spawn(context, chat(), asio::detached);
    context.run();
}
