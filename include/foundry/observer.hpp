// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

class response_info;

/// A step of a call. Holds no secret, no prompt and no completion; the head of a response may hold values that must not be logged.
struct call_event
{
    enum class kind
    {
        attempt,  ///< A request is about to be made.
        response, ///< The head of its response has arrived, whatever its status.
        wait,     ///< The attempt has failed, and the next one follows after `wait`.
        end,      ///< Always the last step: the response is complete, the call has failed, or the program gave it up.
    };

    call_event() = default;

    kind what = kind::attempt;
    unsigned attempt = 0;               ///< Which request of the call, from 1.
    std::chrono::nanoseconds elapsed{}; ///< Since the call began.

    std::string operation;      ///< The path after the endpoint's base, such as "chat/completions".
    std::string operation_name; ///< OpenTelemetry's name, such as "chat"; the path if it has none.
    std::string model;          ///< The requested deployment; may be empty.
    std::string provider;       ///< "azure.ai.inference", "azure.ai.openai" or "openai", by the endpoint's form.
    std::string endpoint;       ///< The endpoint's URL: scheme, host, port and base path.
    std::string server_address;
    std::uint16_t server_port = 0;
    bool stream = false;
    std::string client_request_id;
    std::string traceparent; ///< From the `call_options`.

    unsigned status = 0;    ///< Of the last response; 0 if none has arrived.
    std::string request_id; ///< Of the last response, for support.
    /// Of `response`: its head, while the observer is notified.
    response_info const* response = nullptr;
    /// Of `wait` and `end`: the failure; no error if the response is complete. A stream that the program drops, and a call that is
    /// cancelled, end with `boost::asio::error::operation_aborted`.
    boost::system::error_code code;
    std::chrono::milliseconds wait{0};

    /// @name From `response` on: how long each step of the last attempt took; 0 for a step that was not needed.
    /// @{
    std::chrono::nanoseconds queue_time{};      ///< Waiting for a free connection.
    std::chrono::nanoseconds connect_time{};    ///< Resolving the host and connecting.
    std::chrono::nanoseconds tls_time{};        ///< The TLS handshake.
    std::chrono::nanoseconds first_byte_time{}; ///< From the written request to the head of the response.
    /// @}

    /// @name Of `end`, as far as the response tells.
    /// @{
    std::string response_id;
    std::string response_model;
    std::vector<std::string> finish_reasons; ///< One for each choice.
    std::optional<std::int64_t> input_tokens;
    std::optional<std::int64_t> output_tokens;
    std::optional<std::int64_t> cached_input_tokens;     ///< Part of the input tokens.
    std::optional<std::int64_t> audio_input_tokens;      ///< Part of the input tokens.
    std::optional<std::int64_t> reasoning_output_tokens; ///< Part of the output tokens.
    std::optional<std::int64_t> audio_output_tokens;     ///< Part of the output tokens.
    std::chrono::nanoseconds time_to_first_chunk{}; ///< Of a stream, since the call began; 0 if no chunk has arrived.
    /// @}
};

/// Notified of each step of each call of a client: for logs, metrics and traces. `log_sink` of <foundry/log_sink.hpp> is one, and
/// <foundry/telemetry.hpp> has the names of OpenTelemetry's conventions.
///
/// Thread safety: notified on the executor of the call, and by calls on several threads at once.
class observer
{
public:
    virtual ~observer() = default;
    /// Must not block: the call waits for it.
    virtual void on_event(call_event const& e) noexcept = 0;
};

} // namespace foundry::inline FOUNDRY_ABI
