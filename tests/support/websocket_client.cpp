// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/websocket_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <optional>
#include <stdexcept>

namespace foundry_test {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;

websocket_request::websocket_request(std::string t)
    : target(std::move(t)),
      host("contoso.openai.azure.com"),
      tls(false),
      headers({{"api-key", "emulator-key"}})
{}

/// One of the two sockets is used.
class websocket_client::state
{
public:
    asio::io_context io;
    asio::ssl::context context{asio::ssl::context::tls_client};
    std::optional<websocket::stream<tcp::socket>> plain;
    std::optional<websocket::stream<asio::ssl::stream<tcp::socket>>> secure;
    websocket::response_type response;
    boost::beast::flat_buffer buffer;
    bool reads = false;
    std::optional<boost::system::error_code> read;
    std::size_t pings = 0;

    template <class Call>
    auto with(Call call)
    {
        return secure ? call(*secure) : call(*plain);
    }

    /// Runs an operation for at most this time. Returns its error, or nothing if it has not ended.
    template <class Start>
    std::optional<boost::system::error_code> wait(Start start, std::chrono::milliseconds time)
    {
        auto result = std::make_shared<std::optional<boost::system::error_code>>();
        start([result](boost::system::error_code failed, auto...) { *result = failed; });
        run(time, *result);
        return *result;
    }

    void run(std::chrono::milliseconds time, std::optional<boost::system::error_code> const& result)
    {
        io.restart();
        auto const end = std::chrono::steady_clock::now() + time;
        while (!result && io.run_one_until(end) > 0) {
        }
    }

    void open(foundry::testing::emulator const& service, websocket_request const& asked);
    std::optional<boost::system::error_code> read_message(std::chrono::milliseconds time);
};

void websocket_client::state::open(foundry::testing::emulator const& service, websocket_request const& asked)
{
    tcp::socket socket(io);
    socket.connect(
        tcp::endpoint(asio::ip::address_v4::loopback(), asked.tls ? service.tls_port() : service.plain_port()));
    if (asked.tls) {
        auto const& ca = service.ca_certificate();
        context.add_certificate_authority(asio::buffer(ca));
        context.set_verify_mode(asio::ssl::verify_peer);
        secure.emplace(std::move(socket), context);
        secure->next_layer().set_verify_callback(asio::ssl::host_name_verification(asked.host));
        SSL_set_tlsext_host_name(secure->next_layer().native_handle(), asked.host.c_str());
        secure->next_layer().handshake(asio::ssl::stream_base::client);
    } else {
        plain.emplace(std::move(socket));
    }
    with([&](auto& stream) {
        stream.read_message_max(0);
        stream.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
            for (auto const& [name, value] : asked.headers)
                request.insert(name, value);
        }));
        stream.control_callback([this](websocket::frame_type kind, boost::beast::string_view) {
            pings += kind == websocket::frame_type::ping;
        });
        auto const opened =
            wait([&](auto done) { stream.async_handshake(response, asked.host, asked.target, std::move(done)); },
                 std::chrono::seconds(10));
        if (!opened)
            throw std::runtime_error("the handshake does not end");
        if (*opened)
            throw boost::system::system_error(*opened);
    });
}

std::optional<boost::system::error_code> websocket_client::state::read_message(std::chrono::milliseconds time)
{
    if (!reads) {
        reads = true;
        read.reset();
        buffer.clear();
        with([&](auto& stream) {
            stream.async_read(buffer, [this](boost::system::error_code failed, std::size_t) { read = failed; });
        });
    }
    run(time, read);
    reads = !read;
    return read;
}

websocket_client::websocket_client(foundry::testing::emulator const& service, websocket_request const& asked)
    : state_(std::make_unique<state>())
{
    state_->open(service, asked);
}

websocket_client::~websocket_client() = default;

void websocket_client::send(std::string const& event)
{
    auto const sent = state_->with([&](auto& stream) {
        stream.text(true);
        return state_->wait([&](auto done) { stream.async_write(asio::buffer(event), std::move(done)); },
                            std::chrono::seconds(10));
    });
    if (!sent || *sent)
        throw std::runtime_error("the event was not sent");
}

void websocket_client::send_binary(std::string const& bytes)
{
    state_->with([&](auto& stream) {
        stream.binary(true);
        state_->wait([&](auto done) { stream.async_write(asio::buffer(bytes), std::move(done)); },
                     std::chrono::seconds(10));
    });
}

boost::json::object websocket_client::next()
{
    auto const read = state_->read_message(std::chrono::seconds(5));
    if (!read)
        throw std::runtime_error("no event comes");
    if (*read)
        throw boost::system::system_error(*read);
    std::string const text(static_cast<char const*>(state_->buffer.data().data()), state_->buffer.size());
    return boost::json::parse(text).as_object();
}

std::vector<boost::json::object> websocket_client::until(std::string const& type)
{
    std::vector<boost::json::object> events;
    do {
        events.push_back(next());
        if (events.back().at("type") == "error" && type != "error")
            throw std::runtime_error(boost::json::serialize(events.back()));
    } while (events.back().at("type") != boost::json::value(boost::json::string(type)));
    return events;
}

boost::json::object websocket_client::next(std::string const& type) { return until(type).back(); }

bool websocket_client::is_silent(std::chrono::milliseconds time) { return !state_->read_message(time); }

void websocket_client::close(std::uint16_t code, std::string const& reason)
{
    state_->with([&](auto& stream) {
        websocket::close_reason why;
        why.code = code;
        why.reason.assign(reason.data(), reason.size());
        state_->wait([&](auto done) { stream.async_close(why, std::move(done)); }, std::chrono::seconds(10));
    });
}

void websocket_client::drop()
{
    state_->with([](auto& stream) { boost::beast::get_lowest_layer(stream).close(); });
}

bool websocket_client::read_to_end()
{
    for (;;) {
        auto const read = state_->read_message(std::chrono::seconds(10));
        if (!read)
            throw std::runtime_error("the session does not end");
        if (*read)
            return *read == websocket::error::closed;
    }
}

std::uint16_t websocket_client::close_code() const
{
    return state_->with([](auto& stream) { return static_cast<std::uint16_t>(stream.reason().code); });
}

std::string websocket_client::close_reason() const
{
    return state_->with(
        [](auto& stream) { return std::string(stream.reason().reason.data(), stream.reason().reason.size()); });
}

std::string websocket_client::header(std::string const& name) const { return std::string(state_->response[name]); }
std::size_t websocket_client::pings() const { return state_->pings; }

std::pair<unsigned, std::string> refusal_of(foundry::testing::emulator const& service, websocket_request const& asked)
{
    asio::io_context io;
    tcp::socket socket(io);
    socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), service.plain_port()));
    websocket::stream<tcp::socket> stream(std::move(socket));
    stream.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
        for (auto const& [name, value] : asked.headers)
            request.insert(name, value);
    }));
    websocket::response_type response;
    boost::system::error_code failed;
    stream.handshake(response, asked.host, asked.target, failed);
    return {static_cast<unsigned>(response.result_int()), response.body()};
}

} // namespace foundry_test
