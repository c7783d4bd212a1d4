// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/process_id.hpp>
#include <foundry/detail/http/deadline.hpp>
#include <foundry/detail/http/exchange_times.hpp>
#include <foundry/detail/http/tls.hpp>
#include <foundry/options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Where a connection goes.
struct origin
{
    origin() = default;

    std::string host; ///< For SNI and the certificate check.
    std::string connect_address;
    std::uint16_t connect_port = 0;
    context_ptr tls; ///< Null: plain TCP.
};

/// A socket that speaks TLS or not, decided at run time. OpenSSL works on the descriptor itself, without buffers in between.
///
/// Errors are thrown as boost::system::system_error or foundry::error. Cancelling an operation leaves the connection fit only
/// to be closed. Used by one serial executor at a time.
class connection : public boost::intrusive_ref_counter<connection>
{
public:
    explicit connection(boost::asio::any_io_executor const& executor);
    ~connection();
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// Resolves, connects and shakes hands, each within its limit.
    ///
    /// @param times receives how long it took.
    /// @param earlier the TLS session of an earlier connection to the same origin, which makes the handshake shorter; may be null.
    boost::asio::awaitable<void> open(origin const& to, timeouts const& within, deadline& limits, session_ptr earlier,
                                      exchange_times& times);

    /// The TLS session for the next connection, where it is another than the one that was given or taken last; else null.
    session_ptr take_session();

    enum class step
    {
        done,
        want_read,
        want_write,
    };

    /// Reads what is there, without waiting: `count` is 0 at the orderly end.
    ///
    ///     while ((s = c.try_read(into, count)) != step::done)
    ///         co_await c.wait(s);
    ///
    /// Two calls instead of one coroutine, because a frame less is malloc's work less for each chunk of a stream.
    step try_read(boost::asio::mutable_buffer into, std::size_t& count);
    /// Writes what can be written without waiting.
    step try_write(std::string_view bytes, std::size_t& count);
    auto wait(step what)
    {
        return socket_.async_wait(what == step::want_read ? socket_.wait_read : socket_.wait_write,
                                  boost::asio::deferred);
    }

    /// Ends what is waited for.
    void cancel() noexcept;

    /// Goes on with another executor. Where that is of another context, the socket moves there with it, so that nothing depends
    /// on the context before; where that fails, the connection is closed. Nothing may be outstanding.
    void move_to(boost::asio::any_io_executor const& executor) noexcept;

    /// Whether it is open and nothing has come that nobody asked for.
    bool idle_and_alive() noexcept;

    bool is_open() const noexcept { return socket_.is_open(); }
    /// Whether it was opened before fork(), so that the other process may use it, too.
    bool is_inherited() const noexcept { return opened_by_ != foundry::detail::process_id(); }
    void close() noexcept;

    clock::time_point opened_at;
    clock::time_point idle_since;
    boost::intrusive_ptr<connection> next; // in the pool's list

private:
    void start_tls(origin const& to, SSL_SESSION* earlier);
    step try_handshake();
    void check_protocol();
    step tls_step(int result);

    boost::asio::ip::tcp::socket socket_;
    tls_ptr<SSL> ssl_;
    session_ptr known_session_; // given or taken
    long opened_by_ = 0;        // the process
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/connection.ipp>
#endif
