// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/wire.ipp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/buffers_prefix.hpp>
#include <boost/beast/core/role.hpp>

#include <limits>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// What goes wrong when a session writes. See the functions of `answer` with these names.
class write_faults
{
public:
    std::vector<std::size_t> sizes;
    std::optional<std::size_t> cut_after;
    bool hangs = false; ///< Whether later bytes are dropped, instead of a cut.
    std::chrono::milliseconds pace = {};
};

/// The stream below a WebSocket: the bytes of a `wire`, with faults when it writes. Copies share the connection.
class session_stream
{
public:
    using executor_type = tcp::socket::executor_type;

    session_stream(std::shared_ptr<wire> socket, write_faults faults)
        : wire_(std::move(socket)),
          state_(std::make_shared<state>(wire_->socket().get_executor(), std::move(faults)))
    {}

    executor_type get_executor() const { return wire_->socket().get_executor(); }

    template <class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token)
    {
        return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [wire = wire_](auto handler, Buffers const& into) { read(*wire, std::move(handler), into); }, token,
            buffers);
    }

    template <class Buffers, class Token>
    auto async_write_some(Buffers const& buffers, Token&& token)
    {
        return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [wire = wire_, state = state_](auto handler, Buffers const& from) {
                write(wire, state, std::move(handler), from);
            },
            token, buffers);
    }

    /// Closes the connection, and ends a write that waits.
    void abort()
    {
        wire_->abort();
        state_->timer.cancel();
    }

private:
    class state
    {
    public:
        state(executor_type const& executor, write_faults chosen) : faults(std::move(chosen)), timer(executor) {}

        std::size_t next_size() const; ///< Of the next write.
        bool is_cut() const { return faults.cut_after && sent >= *faults.cut_after; }
        void wrote(std::size_t size);

        write_faults faults;
        asio::steady_timer timer;
        std::size_t sent = 0;
        std::size_t writes = 0;  ///< Of those in `faults.sizes`, how many are complete.
        std::size_t in_size = 0; ///< Bytes of the one in progress.
    };

    template <class Handler, class Buffers>
    static void read(wire& from, Handler handler, Buffers const& into)
    {
        auto& input = from.input();
        if (!input.empty()) {
            auto const size = asio::buffer_copy(into, asio::buffer(input));
            input.erase(0, size);
            asio::post(from.socket().get_executor(), [handler = std::move(handler), size]() mutable {
                std::move(handler)(boost::system::error_code(), size);
            });
        } else if (from.tls()) {
            from.tls()->async_read_some(into, std::move(handler));
        } else {
            from.socket().async_read_some(into, std::move(handler));
        }
    }

    template <class Handler, class Buffers>
    static void write(std::shared_ptr<wire> to, std::shared_ptr<state> how, Handler handler, Buffers const& from)
    {
        if (how->is_cut()) {
            auto const size = asio::buffer_size(from);
            boost::system::error_code failed;
            if (!how->faults.hangs)
                failed = asio::error::connection_aborted;
            asio::post(to->socket().get_executor(), [handler = std::move(handler), failed, size]() mutable {
                std::move(handler)(failed, failed ? 0 : size);
            });
            return;
        }
        if (how->faults.pace.count() == 0 || how->sent == 0)
            return write_now(std::move(to), std::move(how), std::move(handler), from);
        auto& timer = how->timer;
        timer.expires_after(how->faults.pace);
        timer.async_wait([to = std::move(to), how = std::move(how), handler = std::move(handler),
                          from](boost::system::error_code cancelled) mutable {
            if (cancelled)
                std::move(handler)(cancelled, 0);
            else
                write_now(std::move(to), std::move(how), std::move(handler), from);
        });
    }

    template <class Handler, class Buffers>
    static void write_now(std::shared_ptr<wire> to, std::shared_ptr<state> how, Handler handler, Buffers const& from)
    {
        auto const some = boost::beast::buffers_prefix(how->next_size(), from);
        auto& target = *to;
        auto done = [to = std::move(to), how = std::move(how),
                     handler = std::move(handler)](boost::system::error_code failed, std::size_t size) mutable {
            how->wrote(size);
            if (how->is_cut() && !how->faults.hangs)
                to->abort();
            std::move(handler)(failed, size);
        };
        if (target.tls())
            target.tls()->async_write_some(some, std::move(done));
        else
            target.socket().async_write_some(some, std::move(done));
    }

    std::shared_ptr<wire> wire_;
    std::shared_ptr<state> state_;
};

FOUNDRY_DECL std::size_t session_stream::state::next_size() const
{
    auto size = (std::numeric_limits<std::size_t>::max)();
    if (!faults.sizes.empty())
        size = std::max<std::size_t>(faults.sizes[(std::min)(writes, faults.sizes.size() - 1)], 1) - in_size;
    return faults.cut_after ? (std::min)(size, *faults.cut_after - sent) : size;
}

FOUNDRY_DECL void session_stream::state::wrote(std::size_t size)
{
    sent += size;
    in_size += size;
    if (faults.sizes.empty())
        return;
    if (in_size >= std::max<std::size_t>(faults.sizes[(std::min)(writes, faults.sizes.size() - 1)], 1)) {
        ++writes;
        in_size = 0;
    }
}

/// Beast calls it at the end of a session, whose connection is closed by other means.
template <class Handler>
void async_teardown(boost::beast::role_type, session_stream& stream, Handler&& handler)
{
    asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
        std::move(handler)(boost::system::error_code());
    });
}

FOUNDRY_DECL void teardown(boost::beast::role_type, session_stream&, boost::system::error_code& failed) { failed = {}; }

/// Beast calls it if a closing handshake takes too long.
FOUNDRY_DECL void beast_close_socket(session_stream& stream) { stream.abort(); }

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
