// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// State of a tool call whose arguments arrive in pieces.
class open_tool_call
{
public:
    open_tool_call() = default;

    void read_arguments(std::string_view more);
    bool is_followed_by(tool_call const& call, tool_call_delta const& d) const noexcept;

    std::int64_t index = -1; ///< `tool_call_delta::index` of its pieces; -1 if they have none.

private:
    int depth_ = 0; // number of open brackets in the arguments
    bool in_text_ = false;
    bool escaped_ = false;
    bool begun_ = false;
};

} // namespace detail

/// Joins the chunks of a stream into a completion.
///
/// A piece of a tool call belongs to the call with its index; without an index, to the call with its id; without both, to the last open
/// call. A piece with a name begins a new call if its id differs, or, without an id, if its name differs or the arguments of the open call
/// are complete. A chunk without an id continues the message. Unknown members are kept: those of a delta are joined, of the others the last
/// value counts. The choice of index i becomes `choices[i]`; an index of 128 or more, which no API has, is ignored.
///
/// Thread safety: as a value.
class chat_accumulator
{
public:
    chat_accumulator() = default;

    /// Adds the next chunk.
    void add(chat_chunk const& chunk);
    /// The completion so far.
    chat_completion const& completion() const noexcept { return completion_; }
    /// `chat_completion::message()` of the completion so far.
    chat_message message() const { return completion_.message(); }

    /// Moves the completion out; the accumulator is then empty.
    chat_completion take()
    {
        open_calls_.clear();
        return std::exchange(completion_, chat_completion());
    }
    /// Sets `completion().info()`.
    void set_info(response_info info) { completion_.set_info(std::move(info)); }

private:
    void add(chunk_choice const& piece);

    chat_completion completion_;
    std::vector<std::vector<detail::open_tool_call>> open_calls_; // for each choice
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/chat_accumulator.ipp>
#endif
