// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/toolbox.hpp>
#include <foundry/usage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The loop of a run with tools, which knows no operation: chat completions, and others, are a `tool_conversation`.
namespace foundry::inline FOUNDRY_ABI::detail {

/// What the loop needs of an operation in which a model calls functions.
class tool_conversation
{
public:
    virtual ~tool_conversation() = default;

    /// Sends the conversation, and adds the model's answer to it; an answer with calls when end_round() knows their results.
    virtual boost::asio::awaitable<void> ask() = 0;
    /// The same, streamed: open() sends, and each read() appends what has happened; false at the end of the answer.
    virtual boost::asio::awaitable<void> open() = 0;
    virtual boost::asio::awaitable<bool> read(std::vector<tool_event>& events) = 0;

    /// The calls of the last answer; each has an id of its own.
    virtual std::vector<tool_call> calls() const = 0;
    virtual std::string text() const = 0; ///< Of the last answer.
    /// Adds the last answer and the results of its calls, in their order. Calls without a result are removed from the answer.
    virtual void end_round(std::vector<std::optional<std::string>> const& results) = 0;
    virtual unsigned rounds() const = 0;
    virtual token_usage const& usage() const = 0;
};

/// Adds tokens; whatever a service says, the sums do not overflow.
FOUNDRY_DECL void add_usage(token_usage& sum, token_usage const& more);

/// Some services give no ids, or the same to several calls; each result refers to its call by an id.
FOUNDRY_DECL void make_ids_unique(std::vector<tool_call>& calls);

/// The tool choice of a round. A function that must be called has been after the first.
template <class Choice>
void set_choice(Choice& choice, bool is_first)
{
    auto const* const mode = std::get_if<open_enum<tool_mode>>(&choice);
    bool const is_free = mode != nullptr && (*mode == tool_mode::automatic || *mode == tool_mode::none);
    if (!is_first && !is_free)
        choice = std::monostate();
}

struct tool_calls_state;

/// The calls of one round. They run side by side on one executor from the first next() on. If it is destroyed earlier, they are cancelled.
class tool_calls
{
public:
    tool_calls(boost::asio::any_io_executor executor, toolbox const& tools, tool_options const& how,
               std::vector<tool_call> calls);
    ~tool_calls();
    tool_calls(tool_calls const&) = delete;
    tool_calls& operator=(tool_calls const&) = delete;

    /// Waits for the next call that ends; empty if all have. An exception of a function cancels the others, and is thrown when all have
    /// ended.
    ///
    /// Cancellation: cancels the functions, and waits until all have ended.
    boost::asio::awaitable<std::optional<std::size_t>> next();

    std::vector<tool_call> const& calls() const noexcept;
    /// In the order of the calls; empty for a call that has not ended.
    std::vector<std::optional<std::string>> const& results() const noexcept;

private:
    std::shared_ptr<tool_calls_state> state_;
};

FOUNDRY_DECL boost::asio::awaitable<void> run_tools(tool_conversation& conversation, toolbox tools, tool_options how);
FOUNDRY_DECL async_generator<tool_event> stream_tools(std::unique_ptr<tool_conversation> conversation, toolbox tools,
                                                      tool_options how);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/tool_loop.ipp>
#endif
