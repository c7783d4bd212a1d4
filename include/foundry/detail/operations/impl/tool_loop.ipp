// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/operations/tool_loop.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <exception>
#include <limits>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

inline void add_tokens(std::int64_t& sum, std::int64_t more)
{
    constexpr std::int64_t most = (std::numeric_limits<std::int64_t>::max)();
    more = std::max<std::int64_t>(more, 0);
    sum = sum > most - more ? most : sum + more;
}

FOUNDRY_DECL void add_usage(token_usage& sum, token_usage const& more)
{
    add_tokens(sum.prompt_tokens, more.prompt_tokens);
    add_tokens(sum.completion_tokens, more.completion_tokens);
    add_tokens(sum.total_tokens, more.total_tokens);
    add_tokens(sum.prompt_tokens_details.cached_tokens, more.prompt_tokens_details.cached_tokens);
    add_tokens(sum.prompt_tokens_details.audio_tokens, more.prompt_tokens_details.audio_tokens);
    completion_tokens_details& sums = sum.completion_tokens_details;
    completion_tokens_details const& parts = more.completion_tokens_details;
    add_tokens(sums.reasoning_tokens, parts.reasoning_tokens);
    add_tokens(sums.audio_tokens, parts.audio_tokens);
    add_tokens(sums.accepted_prediction_tokens, parts.accepted_prediction_tokens);
    add_tokens(sums.rejected_prediction_tokens, parts.rejected_prediction_tokens);
}

FOUNDRY_DECL void make_ids_unique(std::vector<tool_call>& calls)
{
    for (std::size_t i = 0; i != calls.size(); ++i) {
        auto const is_taken = [&](std::string const& id) {
            return std::any_of(calls.begin(), calls.end(),
                               [&](tool_call const& c) { return &c != &calls[i] && c.id == id; });
        };
        std::string const given = calls[i].id.empty() ? "call" : calls[i].id;
        for (std::size_t number = i + 1; calls[i].id.empty() || is_taken(calls[i].id); ++number)
            calls[i].id = given + "_" + std::to_string(number);
    }
}

struct tool_calls_state
{
    tool_calls_state(boost::asio::any_io_executor e, toolbox t, tool_options h, std::vector<tool_call> c)
        : executor(std::move(e)),
          tools(std::move(t)),
          how(std::move(h)),
          calls(std::move(c)),
          results(calls.size()),
          cancels(calls.size()),
          woken(executor, (boost::asio::steady_timer::time_point::max)())
    {}

    boost::asio::any_io_executor executor;
    toolbox tools;
    tool_options how;
    std::vector<tool_call> calls;
    std::vector<std::optional<std::string>> results;
    std::deque<std::size_t> ended; // that next() has not returned
    std::size_t begun = 0;
    std::size_t running = 0;
    std::deque<boost::asio::cancellation_signal> cancels; // of each call
    boost::asio::steady_timer woken;
    std::exception_ptr failure;
    bool is_cancelled = false;

    void cancel()
    {
        if (std::exchange(is_cancelled, true))
            return;
        for (boost::asio::cancellation_signal& signal : cancels)
            signal.emit(boost::asio::cancellation_type::terminal);
    }

    void end_call(std::size_t i, std::exception_ptr thrown, std::string result)
    {
        --running;
        if (!thrown) {
            results[i] = std::move(result);
            ended.push_back(i);
        } else if (!failure && !is_cancelled) { // a cancelled function throws, too
            failure = std::move(thrown);
        }
        if (failure)
            cancel();
        woken.cancel();
    }
};

/// @throws foundry::error (`errc::invalid_argument`)
inline std::string checked_result(std::string text, std::string const& name, std::size_t max_size)
{
    if (text.size() > max_size)
        throw error(errc::invalid_argument, "the result of the function " + name + " has more than " +
                                                std::to_string(max_size) + " bytes; shorten it, or raise max_result");
    if (!valid_utf8(text))
        throw error(errc::invalid_argument,
                    "the result of the function " + name + " is not valid UTF-8; convert it first");
    return text;
}

inline std::string unknown_function(toolbox const& tools)
{
    std::string const text = "error: there is no function of this name";
    return tools.empty() ? text : text + "; the functions are " + tools.names();
}

/// The result of one call.
FOUNDRY_CORO inline boost::asio::awaitable<std::string> call_tool(tool_calls_state& state, tool_call& call)
{
    std::optional<std::string> said;
    if (state.how.before_call)
        said = co_await state.how.before_call(call);
    if (said)
        co_return std::move(*said);
    std::shared_ptr<tool const> const found = state.tools.find(call.function.name);
    if (!found)
        co_return unknown_function(state.tools);
    std::string problem;
    try {
        co_return co_await found->call(call.function.arguments);
    } catch (unfit_arguments const& e) {
        problem = e.what();
    } catch (std::exception const& e) {
        if (state.is_cancelled || !state.how.report_exceptions)
            throw;
        problem = e.what();
    }
    std::string valid = "error: ";
    append_utf8(valid, problem);
    co_return valid;
}

FOUNDRY_CORO inline boost::asio::awaitable<std::string> run_call(std::shared_ptr<tool_calls_state> state, std::size_t i)
{
    tool_call& call = state->calls[i];
    std::string text = co_await call_tool(*state, call);
    co_return checked_result(std::move(text), call.function.name, state->how.max_result);
}

/// Begins the calls that may run now. Each is a coroutine of its own, so that what a function does to its coroutine, such as to turn
/// cancellation off or to go to another executor, ends with it.
inline FOUNDRY_CORO void begin_calls(std::shared_ptr<tool_calls_state> const& state)
{
    std::size_t const most = (std::max)(1U, state->how.parallel);
    while (!state->is_cancelled && state->begun != state->calls.size() && state->running < most) {
        std::size_t const i = state->begun++;
        ++state->running;
        boost::asio::co_spawn(state->executor, run_call(state, i),
                              boost::asio::bind_cancellation_slot(
                                  state->cancels[i].slot(), [state, i](std::exception_ptr thrown, std::string result) {
                                      state->end_call(i, std::move(thrown), std::move(result));
                                      begin_calls(state);
                                  }));
    }
}

FOUNDRY_DECL tool_calls::tool_calls(boost::asio::any_io_executor executor, toolbox const& tools,
                                    tool_options const& how, std::vector<tool_call> calls)
    : state_(std::make_shared<tool_calls_state>(std::move(executor), tools, how, std::move(calls)))
{}

FOUNDRY_DECL tool_calls::~tool_calls() { state_->cancel(); }

FOUNDRY_DECL std::vector<tool_call> const& tool_calls::calls() const noexcept { return state_->calls; }
FOUNDRY_DECL std::vector<std::optional<std::string>> const& tool_calls::results() const noexcept
{
    return state_->results;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<std::size_t>> tool_calls::next()
{
    std::shared_ptr<tool_calls_state> const state = state_;
    bool const throws = co_await boost::asio::this_coro::throw_if_cancelled();
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    boost::asio::cancellation_state const own = co_await boost::asio::this_coro::cancellation_state;
    bool is_aborted = own.cancelled() != boost::asio::cancellation_type::none;
    if (!is_aborted) {
        begin_calls(state);
        is_aborted = own.cancelled() != boost::asio::cancellation_type::none; // a function may have done that
    }
    for (;;) {
        if (is_aborted)
            state->cancel();
        if (state->running == 0 || !(state->ended.empty() || is_aborted || state->failure))
            break;
        co_await state->woken.async_wait(boost::asio::as_tuple(boost::asio::deferred));
        is_aborted = own.cancelled() != boost::asio::cancellation_type::none;
    }
    co_await boost::asio::this_coro::throw_if_cancelled(throws);
    if (is_aborted)
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    if (state->failure)
        std::rethrow_exception(state->failure);
    if (state->ended.empty())
        co_return std::nullopt;
    std::size_t const i = state->ended.front();
    state->ended.pop_front();
    co_return i;
}

/// Ends a round wherever it is left: what has been done is kept.
class round_scope
{
public:
    round_scope(tool_conversation& conversation, tool_calls const& calls) : conversation_(conversation), calls_(calls)
    {}
    ~round_scope() { conversation_.end_round(calls_.results()); }
    round_scope(round_scope const&) = delete;
    round_scope& operator=(round_scope const&) = delete;

private:
    tool_conversation& conversation_;
    tool_calls const& calls_;
};

/// Whether the caller wants no further round.
inline bool is_stopped(tool_conversation const& conversation, tool_options const& how, std::vector<tool_call> calls)
{
    if (!how.stop_after_round)
        return false;
    tool_progress so_far;
    so_far.rounds = conversation.rounds();
    so_far.usage = conversation.usage();
    so_far.calls = std::move(calls);
    return how.stop_after_round(so_far);
}

[[noreturn]] inline void throw_too_many_rounds(tool_conversation& conversation, std::size_t calls)
{
    conversation.end_round(std::vector<std::optional<std::string>>(calls));
    throw error(errc::too_many_rounds, "raise max_rounds, or tell the model to answer with what it has");
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> run_tools(tool_conversation& conversation, toolbox tools,
                                                                 tool_options how)
{
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    for (unsigned round = 1;; ++round) {
        co_await conversation.ask();
        std::vector<tool_call> wanted = conversation.calls();
        if (wanted.empty())
            co_return;
        if (round >= how.max_rounds)
            throw_too_many_rounds(conversation, wanted.size());
        {
            tool_calls running(executor, tools, how, wanted);
            round_scope const ends(conversation, running);
            for (;;) {
                std::optional<std::size_t> const ended = co_await running.next();
                if (!ended)
                    break;
            }
        }
        if (is_stopped(conversation, how, std::move(wanted)))
            co_return;
    }
}

FOUNDRY_DECL FOUNDRY_CORO async_generator<tool_event> stream_tools(std::unique_ptr<tool_conversation> passed,
                                                                   toolbox tools, tool_options how)
{
    // It ends with the body, before the generator, so that the caller finds in its run what had arrived.
    std::unique_ptr<tool_conversation> const conversation = std::move(passed);
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    std::vector<tool_event> events;
    for (unsigned round = 1;; ++round) {
        co_await conversation->open();
        for (bool is_open = true; is_open;) {
            events.clear();
            is_open = co_await conversation->read(events);
            for (tool_event& event : events)
                co_yield std::move(event);
        }
        std::vector<tool_call> wanted = conversation->calls();
        if (wanted.empty())
            break;
        if (round >= how.max_rounds)
            throw_too_many_rounds(*conversation, wanted.size());
        {
            tool_calls running(executor, tools, how, wanted);
            round_scope const ends(*conversation, running);
            for (;;) {
                std::optional<std::size_t> const ended = co_await running.next();
                if (!ended)
                    break;
                tool_event event(tool_event_type::result, *running.results()[*ended]);
                event.call = running.calls()[*ended];
                event.index = *ended;
                co_yield std::move(event);
            }
        }
        tool_event round_ends(tool_event_type::round_ends, {});
        co_yield std::move(round_ends);
        if (is_stopped(*conversation, how, std::move(wanted)))
            break;
    }
    tool_event answer(tool_event_type::answer, conversation->text());
    co_yield std::move(answer);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
