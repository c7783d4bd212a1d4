// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/stream_socket.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <openssl/bio.h>

#include <cstddef>

namespace foundry::inline FOUNDRY_ABI::http::detail {

/// An OpenSSL BIO over a non-blocking Asio socket. Asio suppresses SIGPIPE; the socket BIO of OpenSSL does not.
inline int bio_write(BIO* bio, char const* bytes, int size)
{
    auto& socket = *static_cast<stream_socket*>(BIO_get_data(bio));
    boost::system::error_code ec;
    std::size_t const n = socket.write_some(boost::asio::buffer(bytes, static_cast<std::size_t>(size)), ec);
    BIO_clear_retry_flags(bio);
    if (ec == boost::asio::error::would_block)
        BIO_set_retry_write(bio);
    return ec ? -1 : static_cast<int>(n);
}

inline int bio_read(BIO* bio, char* bytes, int size)
{
    auto& socket = *static_cast<stream_socket*>(BIO_get_data(bio));
    boost::system::error_code ec;
    std::size_t const n = socket.read_some(boost::asio::buffer(bytes, static_cast<std::size_t>(size)), ec);
    BIO_clear_retry_flags(bio);
    if (ec == boost::asio::error::would_block)
        BIO_set_retry_read(bio);
    if (ec == boost::asio::error::eof)
        return 0;
    return ec ? -1 : static_cast<int>(n);
}

inline long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

inline BIO_METHOD* socket_bio_method()
{
    static BIO_METHOD* const method = [] { // lives until the program ends
        BIO_METHOD* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "asio socket");
        BIO_meth_set_write(m, &bio_write);
        BIO_meth_set_read(m, &bio_read);
        BIO_meth_set_ctrl(m, &bio_control);
        return m;
    }();
    return method;
}

} // namespace foundry::inline FOUNDRY_ABI::http::detail
