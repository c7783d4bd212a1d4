// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// A client of sockets and nothing else, for tests of the emulator: they see what it sends byte by byte or as plain JSON.

#include <foundry/testing/emulator.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace foundry_test {

namespace asio = boost::asio;
namespace json = boost::json;
using foundry::testing::emulator;
using tcp = asio::ip::tcp;

struct response
{
    unsigned status = 0;
    std::string head;
    std::string body;
    std::size_t chunks = 0;

    json::value parsed() const { return json::parse(body); }

    bool has(std::string const& text) const { return body.find(text) != std::string::npos; }

    std::string header(std::string const& name) const
    {
        auto const found = head.find("\r\n" + name + ": ");
        if (found == std::string::npos)
            return {};
        auto const begin = found + name.size() + 4;
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }

    std::vector<json::value> events() const
    {
        std::vector<json::value> made;
        for (std::size_t at = 0; (at = body.find("data: ", at)) != std::string::npos; at += 6) {
            auto const text = body.substr(at + 6, body.find("\n\n", at) - at - 6);
            if (text != "[DONE]")
                made.push_back(json::parse(text));
        }
        return made;
    }
};

/// A blocking client that sends what it is told and understands just enough HTTP to find the end of a reply.
class raw_client
{
public:
    explicit raw_client(emulator const& service, std::string host = "localhost", bool tls = false)
        : host_(std::move(host)),
          context_(asio::ssl::context::tls_client),
          socket_(io_)
    {
        auto const port = tls ? service.tls_port() : service.plain_port();
        socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
        if (!tls)
            return;
        auto const& ca = service.ca_certificate();
        context_.add_certificate_authority(asio::buffer(ca));
        context_.set_verify_mode(asio::ssl::verify_peer);
        tls_.emplace(socket_, context_);
        tls_->set_verify_callback(asio::ssl::host_name_verification(host_));
        SSL_set_tlsext_host_name(tls_->native_handle(), host_.c_str());
        unsigned char const protocols[] = "\x02h2\x08http/1.1";
        SSL_set_alpn_protos(tls_->native_handle(), protocols, sizeof protocols - 1);
        tls_->handshake(asio::ssl::stream_base::client);
    }

    std::string protocol()
    {
        unsigned char const* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(tls_->native_handle(), &name, &size);
        return std::string(reinterpret_cast<char const*>(name), size);
    }

    void send(std::string const& bytes)
    {
        if (tls_)
            asio::write(*tls_, asio::buffer(bytes));
        else
            asio::write(socket_, asio::buffer(bytes));
    }

    /// False at the end of the stream; `ended_well` says whether TLS or TCP was closed as it should be.
    bool receive()
    {
        char chunk[4096];
        boost::system::error_code failed;
        auto const size =
            tls_ ? tls_->read_some(asio::buffer(chunk), failed) : socket_.read_some(asio::buffer(chunk), failed);
        input_.append(chunk, size);
        ended_well = failed == asio::error::eof;
        return !failed;
    }

    std::string read_to_end()
    {
        while (receive()) {
        }
        return std::exchange(input_, {});
    }

    std::string take_until(std::string const& mark)
    {
        while (input_.find(mark) == std::string::npos) {
            if (!receive())
                throw std::runtime_error("the stream ended early");
        }
        return take(input_.find(mark) + mark.size());
    }

    std::string take(std::size_t size)
    {
        while (input_.size() < size) {
            if (!receive())
                throw std::runtime_error("the stream ended early");
        }
        auto taken = input_.substr(0, size);
        input_.erase(0, size);
        return taken;
    }

    response read_response()
    {
        response made;
        made.head = take_until("\r\n\r\n");
        made.status = static_cast<unsigned>(std::stoul(made.head.substr(9, 3)));
        if (made.header("transfer-encoding") != "chunked") {
            made.body = take(std::stoul("0" + made.header("content-length")));
            return made;
        }
        while (auto const size = std::stoul(take_until("\r\n"), nullptr, 16)) {
            made.body += take(size);
            take(2);
            ++made.chunks;
        }
        take(2);
        return made;
    }

    response call(std::string const& method, std::string const& target, std::string const& headers,
                  std::string const& body)
    {
        send(method + " " + target + " HTTP/1.1\r\nHost: " + host_ + "\r\n" + headers +
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        return read_response();
    }

    response post(std::string const& target, std::string const& body) { return call("POST", target, key + type, body); }

    void close() { socket_.close(); }

    static inline std::string const key = "api-key: emulator-key\r\n";
    static inline std::string const bearer = "Authorization: Bearer emulator-key\r\n";
    static inline std::string const type = "Content-Type: application/json\r\n";
    bool ended_well = false;

private:
    std::string host_;
    asio::io_context io_;
    asio::ssl::context context_;
    tcp::socket socket_;
    std::optional<asio::ssl::stream<tcp::socket&>> tls_;
    std::string input_;
};

inline std::string const models = "/models/chat/completions?api-version=2024-05-01-preview";
inline std::string const v1 = "/openai/v1/chat/completions";
inline std::string const dated = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";

inline std::string ask(std::string const& question, std::string const& more = "",
                       std::string const& model = "gpt-4o-mini")
{
    return R"({"model":")" + model + R"(","messages":[{"role":"user","content":")" + question + "\"}]" + more + "}";
}

inline std::string content_of(response const& reply)
{
    return std::string(reply.parsed().at_pointer("/choices/0/message/content").as_string());
}

} // namespace foundry_test
