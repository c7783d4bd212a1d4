// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/options.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace foundry::inline FOUNDRY_ABI {

/// How a session is opened and kept.
struct realtime_options
{
    realtime_options() = default;

    /// For opening it: `timeouts.first_byte` limits the wait for `session.created`, too. Of an open session `timeouts.write` holds.
    call_options call;
    bool transcribes =
        false;           ///< Whether the session only writes down what is said; the model is one for transcription.
    std::string call_id; ///< Of a call by WebRTC or SIP that the session watches; it begins without `session.created`.

    /// Time between pings; 0: none. Load balancers close a connection on which nothing is sent for some minutes.
    std::chrono::milliseconds ping{std::chrono::seconds{20}};
    /// Time without a byte from the service after which the session fails (`errc::silence_timeout`); 0: none.
    /// Keep it longer than `ping`, or off without pings: a session in which no one speaks is silent.
    std::chrono::milliseconds silence{std::chrono::seconds{60}};
    /// How long before the end of the session `session_expiring` comes; 0: not at all. The service ends a session after 60 minutes.
    std::chrono::seconds expiry_notice{60};
    bool delivers_created = false; ///< Whether next() returns `session.created`, too: a relay passes it on.
    std::size_t max_message = 32 * 1024 * 1024; ///< Maximum size of an event in bytes (`errc::limit_exceeded`).
};

} // namespace foundry::inline FOUNDRY_ABI
