// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/observer.hpp>
#include <foundry/response_info.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <chrono>
#include <memory>

namespace foundry::inline FOUNDRY_ABI {

struct chat_chunk;
struct chat_completion;
class embeddings;

namespace detail {

/// Tells an observer of one call. The end is told when this is destroyed, so that no call goes without.
class call_observer : public boost::intrusive_ref_counter<call_observer>
{
public:
    /// @param call what is known of it before it begins.
    call_observer(std::shared_ptr<observer> to, call_event call);
    call_observer(call_observer const&) = delete;
    call_observer& operator=(call_observer const&) = delete;
    ~call_observer();

    void on_attempt();
    void on_response(response_info const& head);
    /// The request has failed; the last error is that of the call, unless it goes on.
    void on_failure(boost::system::error_code why) noexcept { event_.code = why; }
    void on_wait(std::chrono::milliseconds time);

    void on_chunk(chat_chunk const& chunk);

    /// The answer is complete.
    void on_end() noexcept { event_.code.clear(); }
    void on_end(chat_completion const& reply);
    void on_end(embeddings const& reply);

private:
    void notify(call_event::kind what) noexcept;

    std::shared_ptr<observer> to_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    call_event event_;
};

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/call_observer.ipp>
#endif
