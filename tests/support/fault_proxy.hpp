// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry_test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// What happens to the bytes that a server sends, as TCP carries them, or to those of the client.
struct fault
{
    enum class kind
    {
        none,
        cut,   ///< the end of the stream, in good order
        reset, ///< the same with RST
        stall, ///< nothing more, and the connection stays open
        pause, ///< what follows comes later, in a packet of its own
        garble ///< the byte is another one
    };

    kind what = kind::none;
    std::size_t at = 0;                 ///< How many bytes come before it.
    std::size_t records = 0;            ///< Counted from behind so many TLS records.
    std::size_t preamble = 0;           ///< Bytes before the first record, such as a proxy's answer; not counted.
    bool at_once = true;                ///< Whether these bytes wait for each other; the handshake's must not.
    std::chrono::milliseconds pause{0}; ///< Of `pause`; 0 is a turn of the loop.
    char flip = 0;                      ///< Of `garble`: the bits.
    bool of_client = false;             ///< Of its bytes: cut, stall or garble.
    bool frames = false;                ///< Whether `records` are the head and the frames of a WebSocket without TLS.
};

/// Where TLS records end in a stream, or the head and the frames of a WebSocket.
class record_counter
{
public:
    /// @param preamble bytes before the first record.
    explicit record_counter(std::size_t preamble = 0, bool frames = false) : preamble_(preamble), frames_(frames) {}

    void see(std::string_view bytes)
    {
        for (char const c : bytes) {
            ++seen_;
            if (seen_ <= preamble_)
                continue;
            if (frames_) {
                see_of_frame(c);
                continue;
            }
            if (header_ < 5) {
                auto const value = static_cast<unsigned char>(c);
                if (header_ >= 3)
                    left_ = left_ * 256 + value;
                ++header_;
            } else {
                --left_;
            }
            if (header_ == 5 && left_ == 0) {
                ends_.push_back(seen_);
                header_ = 0;
            }
        }
    }

    std::vector<std::size_t> const& ends() const noexcept { return ends_; }

private:
    void see_of_frame(char c)
    {
        unit_.push_back(c);
        auto const byte = [this](std::size_t i) { return std::size_t{static_cast<unsigned char>(unit_[i])}; };
        if (ends_.empty() ? !unit_.ends_with("\r\n\r\n") : unit_.size() < 2)
            return;
        if (!ends_.empty()) { // frames below 64 KiB
            std::size_t length = byte(1) & 0x7f;
            std::size_t const more = length == 126 ? 2 : 0;
            if (unit_.size() < 2 + more)
                return;
            if (more != 0)
                length = byte(2) * 256 + byte(3);
            if (unit_.size() < 2 + more + (byte(1) < 0x80 ? 0 : 4) + length)
                return;
        }
        unit_.clear();
        ends_.push_back(seen_);
    }

    std::vector<std::size_t> ends_;
    std::size_t preamble_;
    bool frames_;
    std::string unit_; // as much of a frame as was seen
    std::size_t seen_ = 0;
    std::size_t left_ = 0;
    int header_ = 0;
};

/// Between a client and a server: one fault for the connection that is accepted next, none for those behind it.
class fault_proxy
{
public:
    /// What came through one connection.
    struct link
    {
        link(tcp::socket from, fault const& f)
            : client(std::move(from)),
              server(client.get_executor()),
              plan(f),
              records(f.preamble, f.frames),
              client_records(0, f.frames)
        {}

        tcp::socket client;
        tcp::socket server;
        fault plan;
        record_counter records;    // of what the server has sent
        std::size_t forwarded = 0; // of it
        record_counter client_records;
        std::size_t seen_of_client = 0;
        bool struck = false;
        bool in_force = false; // struck, and what comes before the fault is sent

        /// How many records the client was given whole.
        std::size_t whole_records() const
        {
            auto const& ends = records.ends();
            return static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), forwarded) - ends.begin());
        }

        void close()
        {
            boost::system::error_code ignored;
            client.close(ignored);
            server.close(ignored);
        }
    };

    fault_proxy(asio::any_io_executor executor, std::uint16_t onward)
        : fault_proxy(tcp::acceptor(std::move(executor), tcp::endpoint(asio::ip::address_v4::loopback(), 0)), onward)
    {}

    fault_proxy(tcp::acceptor listening, std::uint16_t onward);

    ~fault_proxy()
    {
        acceptor_->close();
        for (auto const& open : shared_->links)
            if (auto const l = open.lock())
                l->close();
    }

    fault_proxy(fault_proxy const&) = delete;
    fault_proxy& operator=(fault_proxy const&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    void arm(fault const& next)
    {
        shared_->next = next;
        shared_->struck.reset();
        shared_->armed = true;
    }
    std::size_t connections() const noexcept { return shared_->accepted; }
    /// The connection that the last fault was for; null before there is one.
    std::shared_ptr<link> const& faulty() const noexcept { return shared_->struck; }

private:
    struct shared
    {
        std::uint16_t onward = 0;
        fault next;
        bool armed = false;
        std::size_t accepted = 0;
        std::shared_ptr<link> struck;
        std::vector<std::weak_ptr<link>> links;
    };

    FOUNDRY_CORO static asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> from, std::shared_ptr<shared> all);

    FOUNDRY_CORO static asio::awaitable<void> join(std::shared_ptr<link> l, std::uint16_t onward);

    /// Until the client closes; what a server that is gone does not take is dropped.
    FOUNDRY_CORO static asio::awaitable<void> to_server(std::shared_ptr<link> l);

    /// Changes the client's bytes, or returns how many of them the server gets.
    static std::size_t strike_client(link& l, char* bytes, std::size_t count);

    FOUNDRY_CORO static asio::awaitable<bool> forward(std::shared_ptr<link> l, std::string_view bytes);

    FOUNDRY_CORO static asio::awaitable<void> to_client(std::shared_ptr<link> l);

    /// False where nothing more is to be forwarded.
    FOUNDRY_CORO static asio::awaitable<bool> strike(std::shared_ptr<link> l, std::string& held, std::size_t before);

    std::shared_ptr<tcp::acceptor> acceptor_;
    std::shared_ptr<shared> shared_;
    std::uint16_t port_ = 0;
};

} // namespace foundry_test
