// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>
#include <foundry/testing/tones.hpp>

/// Realtime sessions for the emulator. Without this header it answers their addresses with 404:
///
///     foundry::testing::realtime sessions;
///     foundry::testing::emulator_options options;
///     options.realtime = sessions;
///     foundry::testing::emulator service(options);
///
/// A session is a WebSocket. These addresses open one:
///
/// - `/openai/v1/realtime?model=<deployment>` and the same of a project: general availability, on Azure.
/// - `/v1/realtime?model=<deployment>`: the same as OpenAI has it.
/// - `/openai/realtime?api-version=2025-04-01-preview&deployment=<deployment>`: the preview, with its event names and its flat session.
///
/// With `intent=transcription` instead of a model, a session only transcribes. `POST .../realtime/client_secrets` gives keys that open a
/// session until they expire.
///
/// Speech is made of tones (see `to_tones`); the emulator speaks and understands them. Other audio is understood as its length, such as
/// "0.8 s of audio". Speech is detected by its level, in frames of 32 ms. The chat model answers, so equal conversations get equal answers;
/// `realtime::queue` can provide others.
///
/// Not in the emulator: formats other than 24 kHz PCM16, `idle_timeout_ms`, MCP, WebRTC and sideband connections.
///
/// This is a header of its own because the WebSocket of Boost.Beast takes long to compile.
namespace foundry::inline FOUNDRY_ABI::testing {

namespace detail {
class realtime_state;
} // namespace detail

/// How realtime sessions behave. Change members before the construction of `realtime`, which keeps a copy.
struct realtime_options
{
    realtime_options();

    /// Pace of spoken answers: 1 is real time, 2 twice as fast. At 0, the default, an answer is complete before the next event of the client
    /// is read, so it cannot be interrupted. Written answers have the pace `emulator_options::words_per_second`.
    double speed;

    std::chrono::milliseconds audio_delta; ///< Length of the audio in an event. Default 200 ms.

    /// Length of a session; then it is closed with the code 1001. Default 60 minutes.
    std::chrono::milliseconds session_lifetime;

    std::chrono::milliseconds ping_interval; ///< Time between pings of the server; 0, the default, for none.

    /// Size of the frames into which longer messages are split; 0, the default, for one frame a message. Otherwise at least 8.
    std::size_t fragment_bytes;

    /// Whether a wrong key is refused in the session, as OpenAI does: with an error event and the close code 3000. Default false: with a
    /// 401.
    bool accept_wrong_key;

    /// Whether an answer that calls functions also says so, in a message whose events are between those of the calls. Default false.
    bool message_with_calls;

    bool
        late_transcription; ///< Whether the transcription of the user's speech comes after the answer to it. Default false.

    std::size_t
        journal_limit; ///< Maximum size of the events that are kept of a session, in bytes; drops the oldest. Default 64 MiB.
};

/// A session, and what its client has sent in it.
struct recorded_session
{
    recorded_session();

    std::size_t connection;          ///< As in `recorded_request`.
    std::string target;              ///< Path and query of the opening request.
    std::vector<std::string> events; ///< The client's events as they arrived.
    std::size_t pongs;               ///< Number of pongs received.
    bool open;                       ///< Whether it has not yet ended.
    std::uint16_t close_code;        ///< The code that the client closed with; 0 if it did not, 1005 if it gave none.
    std::string close_reason;        ///< The reason that the client gave.
};

/// The realtime sessions of an emulator; see the top of this header. Copies share their state, and so do several emulators with the same.
///
/// Thread safety: every function may be called from any thread.
class realtime
{
public:
    explicit realtime(realtime_options options = {});

    /// Queues the next answer in any session: `answer::chat`, `pieces`, `refusal`, `tool_calls` or `tool_call_pieces`; text is written or
    /// spoken as the session wants it. An answer with an error status is a response that fails. `delay` and `pace` hold for its deltas, and
    /// with `hang` the response never completes unless it is cancelled. The other functions of `answer` do not apply.
    void queue(answer next);

    std::size_t queued() const; ///< Number of queued answers that are still unused.

    /// All sessions in the order of their beginnings, at most the latest 1,000.
    std::vector<recorded_session> sessions() const;

    /// Waits until the clients of all sessions have sent at least `count` events. Returns false if that takes longer than `timeout`.
    bool wait_for_events(std::size_t count, std::chrono::milliseconds timeout) const;

    /// Waits until at most `count` sessions are open. Returns false if that takes longer than `timeout`.
    bool wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const;

    operator std::shared_ptr<detail::realtime_backend>() const; ///< For `emulator_options::realtime`.

private:
    std::shared_ptr<detail::realtime_state> state_;
};

} // namespace foundry::inline FOUNDRY_ABI::testing

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/testing/impl/realtime.ipp>
#endif
