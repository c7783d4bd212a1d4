// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

class response_info;

/// A step of a call. Holds no secret, no prompt and no completion; a response's head may hold what is not for a log.
struct call_event
{
    enum class kind
    {
        attempt,  ///< A request is about to be made.
        response, ///< The head of its answer has come, whatever its status.
        wait,     ///< It has failed, and is made again after `wait`.
        end,      ///< The last step, always: the answer is complete, the call has failed, or it was given up.
    };

    call_event() = default;

    kind what = kind::attempt;
    unsigned attempt = 0;               ///< Which request of the call, from 1.
    std::chrono::nanoseconds elapsed{}; ///< Since the call began.

    std::string operation; ///< The path behind the endpoint's base, such as "chat/completions".
    std::string model;     ///< The deployment that is asked for; may be empty.
    std::string provider;  ///< "azure.ai.inference", "azure.ai.openai" or "openai": by the endpoint's form.
    std::string server_address;
    std::uint16_t server_port = 0;
    bool stream = false;
    std::string client_request_id;
    std::string traceparent; ///< That of the `call_options`.

    unsigned status = 0;    ///< Of the last answer; 0 where none has come.
    std::string request_id; ///< Of the last answer, for support.
    /// Of `response`: its head, while the observer is told.
    response_info const* response = nullptr;
    /// Of `wait` and `end`: what went wrong; none where the answer is complete. A stream that the program drops, and a call that is
    /// cancelled, end with `boost::asio::error::operation_aborted`.
    boost::system::error_code code;
    std::chrono::milliseconds wait{0};

    // Of `end`, as far as the answer tells.
    std::string response_id;
    std::string response_model;
    std::vector<std::string> finish_reasons; ///< One for each choice.
    std::optional<std::int64_t> input_tokens;
    std::optional<std::int64_t> output_tokens;
    std::chrono::nanoseconds time_to_first_chunk{}; ///< Of a stream, since the call began; 0 where none has come.
};

/// Is told of each step of each call of a client: for logs, metrics and traces. `log_sink` of <foundry/log_sink.hpp> is one, and
/// <foundry/telemetry.hpp> has the names of OpenTelemetry's conventions.
///
/// Thread safety: told on the executor of the call, and by calls on several threads at once.
class observer
{
public:
    virtual ~observer() = default;
    /// Must not block, for the call waits for it.
    virtual void on_event(call_event const& e) noexcept = 0;
};

} // namespace foundry::inline FOUNDRY_ABI
