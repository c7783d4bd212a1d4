// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>

namespace benchmark {

/// Many open streams of one client, whose chunks the server sends on demand, so that the speed of neither decides how many chunks a read
/// receives. One demand is for one chunk of each stream of a part of them; the next one follows when as many chunks have arrived. With one
/// part, each chunk needs a read of its own; with four, at least three quarters of the streams have a chunk in flight at any time.
class paced_streams
{
public:
    /// @param client its endpoint is the server's answer "paced".
    /// @param port the server's plain port, for the demands.
    /// @param count a multiple of `parts`.
    paced_streams(boost::asio::io_context& context, foundry::client<>& client, unsigned short port, std::size_t count,
                  std::size_t parts)
        : context_(context),
          client_(client),
          demands_(context),
          count_(count),
          part_(std::max<std::size_t>(1, count / parts))
    {
        demands_.connect({boost::asio::ip::address_v4::loopback(), port});
        demands_.set_option(boost::asio::ip::tcp::no_delay(true));
        tick_ = "POST /tick." + std::to_string(part_) + "/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
    }

    /// Opens all of them; each has received one chunk then.
    void open()
    {
        while (started_ != std::min<std::size_t>(count_, 64)) // a server accepts only so many at a time
            start();
        while (opened_ != count_)
            turn();
    }

    /// Runs one turn of the event loop.
    void turn()
    {
        if (context_.run_one() == 0)
            throw std::runtime_error("the streams have ended too early");
    }

    /// Each of them receives `rounds` chunks.
    ///
    /// @param run_turn calls turn().
    template <class RunTurn>
    void run(std::size_t rounds, RunTurn run_turn)
    {
        demanded_ = received_;
        wanted_ = received_ + rounds * count_ / part_ * part_;
        while (demanded_ < received_ + count_ / part_ * part_)
            demand();
        while (received_ != wanted_)
            run_turn();
        wanted_ = 0;
    }
    void run(std::size_t rounds)
    {
        run(rounds, [this] { turn(); });
    }

    /// Ends all of them.
    void finish()
    {
        static std::string const text = "POST /finish/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
        boost::asio::write(demands_, boost::asio::buffer(text));
        while (ended_ != count_)
            turn();
    }

    std::size_t opened() const noexcept { return opened_; }
    std::size_t ended() const noexcept { return ended_; }
    /// Chunks after the first of each stream.
    std::size_t received() const noexcept { return received_; }
    /// Bytes of text.
    std::size_t text_size() const noexcept { return text_size_; }

    /// Called with the number of the stream for each chunk after its first; null for none.
    std::function<void(std::size_t)> on_chunk;

private:
    void start()
    {
        boost::asio::co_spawn(context_, read(started_++), [](std::exception_ptr failed) {
            if (failed)
                std::rethrow_exception(failed);
        });
    }

    void demand()
    {
        if (demanded_ == wanted_)
            return;
        demanded_ += part_;
        boost::asio::write(demands_, boost::asio::buffer(tick_));
    }

    FOUNDRY_CORO boost::asio::awaitable<void> read(std::size_t number)
    {
        foundry::chat_stream chunks = co_await client_.stream("mistral-large", "How many feet are in a mile?");
        foundry::chat_chunk const* chunk = co_await chunks.read();
        if (chunk == nullptr)
            throw std::runtime_error("a stream is empty");
        text_size_ += chunk->text().size();
        ++opened_;
        if (started_ != count_)
            start();
        chunk = co_await chunks.read();
        while (chunk != nullptr) {
            note(number, *chunk);
            chunk = co_await chunks.read();
        }
        ++ended_;
    }

    void note(std::size_t number, foundry::chat_chunk const& chunk)
    {
        if (wanted_ == 0) // the last one
            return;
        text_size_ += chunk.text().size();
        ++received_;
        if (on_chunk)
            on_chunk(number);
        if (received_ % part_ == 0)
            demand();
    }

    boost::asio::io_context& context_;
    foundry::client<>& client_;
    boost::asio::ip::tcp::socket demands_;
    std::string tick_;
    std::size_t count_;
    std::size_t part_; // streams that are asked for a chunk at a time
    std::size_t started_ = 0;
    std::size_t opened_ = 0;
    std::size_t ended_ = 0;
    std::size_t received_ = 0;
    std::size_t demanded_ = 0;
    std::size_t wanted_ = 0; // chunks received at the end of run(); 0 outside it
    std::size_t text_size_ = 0;
};

} // namespace benchmark
