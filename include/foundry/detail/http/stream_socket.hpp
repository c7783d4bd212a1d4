// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::http::detail {

#if !defined(_WIN32)

using stream_socket = boost::asio::ip::tcp::socket;

#else

/// A socket whose wait for bytes reads them: when a connection is reset, Windows drops what has arrived and is not read yet. At most one such
/// wait is outstanding. The bytes, or the failure, are those of the next read.
class stream_socket : public boost::asio::ip::tcp::socket
{
public:
    using base = boost::asio::ip::tcp::socket;

    explicit stream_socket(boost::asio::any_io_executor const& executor) : base(executor) {}

    /// The bytes that have been read stay.
    stream_socket& operator=(base&& other)
    {
        base::operator=(std::move(other));
        return *this;
    }

    std::size_t read_some(boost::asio::mutable_buffer into, boost::system::error_code& ec)
    {
        if (!has_outcome())
            return base::read_some(into, ec);
        std::size_t const n = peek(into, ec);
        early_->begin += n;
        return n;
    }

    std::size_t receive(boost::asio::mutable_buffer into, boost::asio::socket_base::message_flags flags,
                        boost::system::error_code& ec)
    {
        return has_outcome() ? peek(into, ec) : base::receive(into, flags, ec);
    }

    auto async_wait(wait_type what, boost::asio::deferred_t)
    {
        return boost::asio::async_initiate<boost::asio::deferred_t const, void(boost::system::error_code)>(
            [this](auto handler, wait_type event) {
                if (event != wait_read)
                    return base::async_wait(event, std::move(handler));
                if (!early_)
                    early_ = std::make_shared<early_bytes>();
                early_->begin = early_->end = 0;
                auto read = base::async_receive(boost::asio::buffer(early_->bytes), boost::asio::deferred) |
                            boost::asio::deferred([early = early_](boost::system::error_code ec, std::size_t n) {
                                early->end = n;
                                if (ec == boost::asio::error::operation_aborted)
                                    return boost::asio::deferred.values(ec);
                                early->failure = ec;
                                return boost::asio::deferred.values(boost::system::error_code());
                            });
                std::move(read)(std::move(handler));
            },
            boost::asio::deferred, what);
    }

    void close(boost::system::error_code& ec)
    {
        early_.reset();
        base::close(ec);
    }

private:
    /// Shared with an outstanding read.
    struct early_bytes
    {
        std::array<char, 16 * 1024> bytes;
        std::size_t begin = 0;
        std::size_t end = 0;
        boost::system::error_code failure;
    };

    bool has_outcome() const noexcept { return early_ && (early_->begin != early_->end || early_->failure); }

    std::size_t peek(boost::asio::mutable_buffer into, boost::system::error_code& ec) const
    {
        std::size_t const size = early_->end - early_->begin;
        ec = size == 0 ? early_->failure : boost::system::error_code();
        return boost::asio::buffer_copy(into, boost::asio::buffer(early_->bytes.data() + early_->begin, size));
    }

    std::shared_ptr<early_bytes> early_;
};

#endif

} // namespace foundry::inline FOUNDRY_ABI::http::detail
