// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/detail/operations/tool_function.hpp>
#include <foundry/error.hpp>
#include <foundry/options.hpp>
#include <foundry/usage.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The toolbox of functions that a model may call, and what a run with them is; <foundry/tools.hpp> runs it.
namespace foundry::inline FOUNDRY_ABI {

/// Functions that a model may call: their names, descriptions and arguments.
///
/// Copies are cheap and share the functions; add() changes only this one.
///
/// Thread safety: as a value; copies may be used from several threads if the functions may.
class toolbox
{
public:
    toolbox();

    /// Adds a function object or a coroutine. Its argument is one described class, by value or by const reference (which is valid until it
    /// ends), or there is none. Its result is a described class, text, a number, `bool`, `boost::json::value`, a list of them, or nothing;
    /// or an `asio::awaitable` of it. A generic lambda has no argument type; write one.
    ///
    /// The toolbox and running calls keep the function itself; what it refers to must live as long.
    ///
    /// @param name 1 to 64 characters: letters, digits, `_` and `-`.
    /// @param description what the function does; the model chooses by it.
    /// @throws foundry::error (`errc::invalid_argument`) if the name is malformed or taken, or if the schema of the argument is too large.
    template <class Function>
    toolbox& add(std::string name, std::string description, Function function)
    {
        return insert(std::move(name), std::move(description), detail::make_tool(std::move(function)));
    }

    /// Adds a function whose arguments are any JSON of a schema; they are not checked.
    ///
    /// @param parameters JSON Schema of the arguments.
    toolbox& add(std::string name, std::string description, boost::json::value parameters,
                 std::function<boost::asio::awaitable<std::string>(boost::json::value)> function);

    bool empty() const noexcept;
    std::size_t size() const noexcept;

    /// The functions as a request lists them.
    ///
    /// @param strict whether the service is told to hold the model to the schemas: not for the Foundry Models API.
    std::vector<tool_definition> definitions(bool strict) const;

    /// Null if there is none of this name; for the library.
    std::shared_ptr<detail::tool const> find(std::string_view name) const noexcept;
    std::string names() const;

private:
    toolbox& insert(std::string name, std::string description, std::unique_ptr<detail::tool> made);

    std::shared_ptr<std::vector<std::shared_ptr<detail::tool const>> const> tools_;
};

/// A conversation in which a model calls functions. It belongs to the caller: whatever ends the run, an answer, an error or a cancellation,
/// its messages are a valid history. Text that had arrived is kept; a call without a result is not. An answer with calls is added with their
/// results, so the messages are valid while the run goes on, too; of a stream that is left, when its generator is destroyed.
///
///     foundry::tool_run run{request};
///     co_await client.complete(run, tools);
///     run.messages.emplace_back(foundry::chat_role::user, "And tomorrow?");
///     co_await client.complete(run, tools);
struct tool_run
{
    tool_run() = default;
    explicit tool_run(chat_request first) : request(std::move(first))
    {
        messages = std::exchange(request.messages, {});
    }

    chat_completion reply;              ///< The model's last answer.
    std::vector<chat_message> messages; ///< The conversation, with the last answer.
    token_usage usage;                  ///< Of all rounds.
    unsigned rounds = 0;                ///< How often the model was asked.
    chat_request request;               ///< What each round asks for; its own messages and tools must be empty.
};

/// A run that `complete(request, tools)` or `complete<T>(request, tools)` began has failed; it keeps what has happened so far.
class tool_run_error : public error
{
public:
    tool_run_error(error const& cause, tool_run so_far)
        : error(cause),
          run_(std::make_shared<tool_run const>(std::move(so_far)))
    {}

    tool_run const& run() const noexcept { return *run_; }

private:
    std::shared_ptr<tool_run const> run_;
};

/// What a run with tools has done so far.
struct tool_progress
{
    tool_progress() = default;

    unsigned rounds = 0;          ///< How often the model was asked.
    token_usage usage;            ///< Of all rounds.
    std::vector<tool_call> calls; ///< The calls of the last round.
};

/// How a run with tools goes.
struct tool_options
{
    tool_options() = default;

    call_options call;        ///< For each round.
    unsigned max_rounds = 10; ///< If the last of them still has calls, they are not run: `errc::too_many_rounds`.
    unsigned parallel = 8;    ///< Calls of a round that run at the same time.
    std::size_t max_result =
        1 << 20; ///< Size of a result in bytes; a larger one ends the run with `errc::invalid_argument`.
    /// Whether the `what()` of a function's exception becomes the result of the call; not if the run is cancelled. By default the exception
    /// ends the run, because its text may not be meant for the model.
    bool report_exceptions = false;
    /// Approves, changes or answers a call before it runs: it may change the arguments, and a text that it returns is the result instead of
    /// the function's. What it throws ends the run. A run of the Responses API asks it for the approval of a call of an MCP server, too
    /// (`tool_call::type` is `mcp_approval_request`): a text is the reason against it.
    std::function<boost::asio::awaitable<std::optional<std::string>>(tool_call& call)> before_call;
    /// Whether the run ends after a round whose results are in the messages.
    std::function<bool(tool_progress const& so_far)> stop_after_round;
};

/// What happens in a streamed run.
enum class tool_event_type
{
    text,        ///< A piece of the answer's text.
    reasoning,   ///< A piece of the model's reasoning.
    call_begins, ///< The model begins to write a call; its name is known.
    arguments,   ///< A piece of the call's arguments.
    result,      ///< A function has ended; the text is its result.
    round_ends,  ///< All results of a round are in the messages.
    answer,      ///< The run ends; the text is the whole answer.
};

/// A step of a streamed run.
struct tool_event
{
    tool_event() = default;
    tool_event(tool_event_type what, std::string words) : type(what), text(std::move(words)) {}

    tool_event_type type = tool_event_type::text;
    std::string text;      ///< The piece, the result or the answer.
    tool_call call;        ///< `call_begins`, `arguments`, `result`: the call, with what is known of it.
    std::size_t index = 0; ///< Which call of the round, from 0.
};

/// Removes the oldest turns until the messages have at most about so many tokens, counted as a quarter of their bytes. Keeps messages of the
/// system and developer, and the last turn. A turn is a message of the user with all that follows, so no call is separated
/// from its result.
///
/// @returns the number of messages removed.
FOUNDRY_DECL std::size_t trim(std::vector<chat_message>& messages, std::size_t max_tokens);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/toolbox.ipp>
#endif
