// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// A blocking WebSocket client of Boost.Beast, for tests of the emulator's realtime sessions. It is not the library's.

#include <foundry/testing/emulator.hpp>

#include <boost/json.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace foundry_test {

/// What the client asks for when it opens a session.
struct websocket_request
{
    explicit websocket_request(std::string t);

    std::string target;
    std::string host;
    bool tls;
    std::vector<std::pair<std::string, std::string>> headers; ///< Default: `api-key: emulator-key`.
};

class websocket_client
{
public:
    /// Throws if the handshake does not succeed; see `refusal_of`.
    websocket_client(foundry::testing::emulator const& service, websocket_request const& asked);
    ~websocket_client();
    websocket_client(websocket_client const&) = delete;
    websocket_client& operator=(websocket_client const&) = delete;

    void send(std::string const& event);
    void send(boost::json::value const& event) { send(boost::json::serialize(event)); }
    void send_binary(std::string const& bytes);

    /// The next event. Throws if the connection ends or nothing comes for five seconds.
    boost::json::object next();
    boost::json::object next(std::string const& type); ///< The next one of a type; the events before it are dropped.

    /// The events up to one of a type, including it.
    std::vector<boost::json::object> until(std::string const& type);

    bool is_silent(std::chrono::milliseconds time); ///< Whether no event comes for this time.
    void close(std::uint16_t code, std::string const& reason);
    void drop(); ///< Closes the TCP connection.

    /// Reads to the end of the session; true if the server closed it with a close frame.
    bool read_to_end();
    std::uint16_t close_code() const;
    std::string close_reason() const;
    std::string header(std::string const& name) const; ///< Of the response to the handshake.
    std::size_t pings() const;                         ///< Number of pings received.

private:
    class state;
    std::unique_ptr<state> state_;
};

/// The status and the body of the response to a handshake that fails.
std::pair<unsigned, std::string> refusal_of(foundry::testing::emulator const& service, websocket_request const& asked);

} // namespace foundry_test
