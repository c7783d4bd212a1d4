// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/tls_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace foundry_test {

asio::awaitable<std::unique_ptr<tls_stream>> accept(tls_peer& server)
{
    asio::ip::tcp::socket socket = co_await server.acceptor.async_accept(asio::use_awaitable);
    ++server.accepted;
    auto stream = std::make_unique<tls_stream>(std::move(socket), server.context);
    co_return stream;
}

asio::awaitable<void> read_request(tls_stream& stream)
{
    std::string text;
    for (std::size_t size = std::string::npos; text.size() < size;) {
        std::string part(16384, '\0');
        std::size_t const n = co_await stream.async_read_some(asio::buffer(part), asio::use_awaitable);
        text.append(part, 0, n);
        std::size_t const head = text.find("\r\n\r\n");
        if (head == std::string::npos)
            continue;
        static constexpr std::string_view field = "Content-Length: ";
        std::size_t const at = text.find(field);
        size = head + 4 + (at < head ? std::stoul(text.substr(at + field.size(), 12)) : 0);
    }
}

asio::awaitable<void> write_text(tls_stream& stream, std::string text)
{
    co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
}

asio::awaitable<void> answer_one(tls_stream& stream)
{
    co_await read_request(stream);
    co_await write_text(stream, sized("", completion_text("fine")));
}

asio::awaitable<void> read_to_end(tls_peer& server, tls_stream& stream)
{
    boost::system::error_code failed;
    std::string ignored(16384, '\0');
    while (!failed)
        co_await stream.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, failed));
    server.end = failed;
    ++server.ended;
}

asio::awaitable<void> wait_for_close(tls_stream& stream)
{
    boost::system::error_code failed;
    std::string ignored(16384, '\0');
    while (!failed)
        co_await stream.next_layer().async_read_some(asio::buffer(ignored),
                                                     asio::redirect_error(asio::use_awaitable, failed));
}

asio::awaitable<void> send_alert(tls_stream& stream)
{
    std::string const record = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
    BIO* const wrong = BIO_new(BIO_s_mem());
    BIO_write(wrong, record.data(), static_cast<int>(record.size()));
    SSL_set0_rbio(stream.native_handle(), wrong);
    boost::system::error_code bad_record;
    char byte = 0;
    co_await stream.async_read_some(asio::buffer(&byte, 1), asio::redirect_error(asio::use_awaitable, bad_record));
}

} // namespace foundry_test
