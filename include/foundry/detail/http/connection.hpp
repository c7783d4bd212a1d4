// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/linked_list.hpp>
#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/base/process_id.hpp>
#include <foundry/detail/http/deadline.hpp>
#include <foundry/detail/http/exchange_times.hpp>
#include <foundry/detail/http/host_lookup.hpp>
#include <foundry/detail/http/origin.hpp>
#include <foundry/detail/http/stream_socket.hpp>
#include <foundry/detail/http/tls.hpp>
#include <foundry/limits.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// A socket with or without TLS, chosen at run time. OpenSSL works on the socket itself, without buffers in between; for a TLS server behind
/// a TLS proxy, on the TLS connection to the proxy.
///
/// Its functions throw boost::system::system_error or foundry::error. After the cancellation of an operation, the only valid operation is
/// close(). One serial executor uses a connection at a time.
class connection : public boost::intrusive_ref_counter<connection>, public foundry::detail::list_links<connection>
{
public:
    explicit connection(boost::asio::any_io_executor const& executor);
    ~connection();
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// Resolves the host, connects, to the proxy if there is one, and performs the TLS handshake, each within its time limit.
    ///
    /// @param addresses of the host or of the proxy.
    /// @param earlier the TLS session of an earlier connection to the same origin, for a shorter handshake; may be null.
    /// @param times receives how long it took to connect and for the handshake.
    /// @throws foundry::error (`errc::resolve_failed`, `errc::connect_failed`, `errc::proxy_failed`, `errc::tls_failed`,
    /// `errc::connection_lost`).
    boost::asio::awaitable<void> open(origin const& to, host_lookup& addresses, timeouts const& within,
                                      deadline& limits, session_ptr earlier, exchange_times& times);

    /// The TLS session for the next connection; null if it has not changed since open() or the last take_session().
    session_ptr take_session();

    enum class step
    {
        done,
        want_read,
        want_write,
    };

    /// Reads the available bytes without waiting. `done` with a `count` of 0 is the clean end of the connection.
    ///
    ///     while ((s = c.try_read(into, count)) != step::done)
    ///         co_await c.wait(s);
    ///
    /// Two functions instead of one coroutine, because that saves the allocation of a frame for each chunk of a stream.
    step try_read(boost::asio::mutable_buffer into, std::size_t& count);
    /// Writes the bytes that the socket takes without waiting.
    step try_write(std::string_view bytes, std::size_t& count);
    /// Waits until the socket is readable or writable.
    auto wait(step what)
    {
        return socket_.async_wait(what == step::want_read ? socket_.wait_read : socket_.wait_write,
                                  boost::asio::deferred);
    }

    /// Whether the socket has bytes that were not read, or its end.
    bool is_readable() noexcept;

    /// Cancels the outstanding operations.
    void cancel() noexcept;

    /// Moves the connection to another executor. If that belongs to another context, the socket moves to that context, so that the old one
    /// may end; if that fails, the connection is closed. No operation may be outstanding.
    void move_to(boost::asio::any_io_executor const& executor) noexcept;

    /// Whether it is open and has received no unexpected bytes.
    bool idle_and_alive() noexcept;

    bool is_open() const noexcept { return socket_.is_open(); }
    /// Whether it was opened before fork(), so that another process may use the same socket.
    bool is_inherited() const noexcept { return opened_by_ != foundry::detail::process_id(); }
    /// Closes it at once; ends open(), too.
    void close() noexcept;
    /// Closes it after the TLS message that says so (close_notify), unless another process may use the same socket.
    void close_orderly() noexcept;

    clock::time_point opened_at;
    clock::time_point idle_since;

private:
    boost::asio::awaitable<void> open_socket(origin const& to, host_lookup& addresses, deadline& limits);
    boost::asio::awaitable<void> open_tunnel(origin const& to);
    boost::asio::awaitable<void> open_tls(tls_ptr<SSL>& layer, std::string const& host, SSL_CTX* context,
                                          SSL_SESSION* earlier);
    void start_tls(tls_ptr<SSL>& layer, std::string const& host, SSL_CTX* context, SSL_SESSION* earlier);
    step try_handshake(SSL* layer) const;
    bool is_to_proxy(SSL const* layer) const noexcept { return layer == proxy_ssl_.get(); }
    /// The layer that carries messages; null for plain TCP.
    SSL* top() const noexcept { return ssl_ ? ssl_.get() : proxy_ssl_.get(); }
    bool has_buffered() const noexcept;
    step tls_step(int result);

    detail::stream_socket socket_;
    boost::asio::steady_timer* opening_ = nullptr; // what open() waits for, besides the socket
    tls_ptr<SSL> proxy_ssl_;                       // TLS to the proxy; null if there is none
    tls_ptr<SSL> ssl_;                             // TLS to the origin; on that to the proxy, if there is one
    session_ptr known_session_;                    // of open() or the last take_session()
    long opened_by_ = 0;                           // process id
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/connection.ipp>
#endif
