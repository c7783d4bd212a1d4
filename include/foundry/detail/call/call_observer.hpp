// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/exchange_times.hpp>
#include <foundry/observer.hpp>
#include <foundry/response_info.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Token usage as chat completions, chunks and embeddings report it.
template <class T>
concept token_counts = requires(T const& u)
{
    u.prompt_tokens;
    u.completion_tokens;
    u.prompt_tokens_details.cached_tokens;
    u.completion_tokens_details.reasoning_tokens;
};

/// A response, or a chunk of one, that names its model and reports its usage.
template <class T>
concept reports_usage = requires(T const& r)
{
    r.id;
    r.model;
    requires token_counts<std::remove_cvref_t<decltype(*r.usage)>>;
};

/// Notifies an observer of one call. The end is reported when this is destroyed, so every call reports it, however it ends.
class call_observer : public boost::intrusive_ref_counter<call_observer>
{
public:
    /// @param call what is known of the call before it begins.
    call_observer(std::shared_ptr<observer> to, call_event call);
    call_observer(call_observer const&) = delete;
    call_observer& operator=(call_observer const&) = delete;
    ~call_observer();

    /// The next attempt goes to another endpoint.
    /// @param call as for the constructor.
    void move_to(call_event const& call);
    void on_attempt();
    void on_response(response_info const& head, http::exchange_times const& times);
    /// Records the error of an attempt; it becomes that of the call if no attempt follows.
    void on_failure(boost::system::error_code why) noexcept { event_.code = why; }
    void on_wait(std::chrono::milliseconds time);

    template <reports_usage Chunk>
    void on_chunk(Chunk const& chunk)
    {
        note_first_chunk();
        note(chunk);
    }
    /// A response that has arrived, or a part of it.
    template <reports_usage Response>
    void note(Response const& response)
    {
        note_source(response.id, response.model);
        if (response.usage)
            note_usage(*response.usage);
        if constexpr (requires { response.choices; }) {
            for (auto const& choice : response.choices) {
                if (choice.finish_reason)
                    event_.finish_reasons.push_back(std::string(choice.finish_reason.name()));
            }
        }
    }
    /// The same from the JSON of a response or an event whose class is not known here, of the chat or of the Responses API.
    void note_json(std::string_view text);

    void note_first_chunk() noexcept;
    /// The response is complete.
    void on_end() noexcept { event_.code.clear(); }

private:
    template <token_counts Usage>
    void note_usage(Usage const& usage)
    {
        event_.input_tokens = usage.prompt_tokens;
        event_.output_tokens = usage.completion_tokens;
        event_.cached_input_tokens = usage.prompt_tokens_details.cached_tokens;
        event_.audio_input_tokens = usage.prompt_tokens_details.audio_tokens;
        event_.reasoning_output_tokens = usage.completion_tokens_details.reasoning_tokens;
        event_.audio_output_tokens = usage.completion_tokens_details.audio_tokens;
    }
    void note_source(std::string_view id, std::string_view model);
    void notify(call_event::kind what) noexcept;

    std::shared_ptr<observer> to_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    call_event event_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/call_observer.ipp>
#endif
