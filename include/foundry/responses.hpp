// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/response.hpp>
#include <foundry/response_stream.hpp>
#include <foundry/wait.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

struct response_run;
template <class T>
struct structured_response;

/// Which items `responses::input_items()` lists.
struct item_query
{
    item_query() = default;

    std::optional<std::int64_t> limit; ///< 1 to 100; not set: 20.
    std::string order;                 ///< `asc`, `desc`; empty: desc.
    std::string after;                 ///< `response_items::last_id` of the page before.
};

/// The Responses API: `POST responses` and what lies below it, on the v1 and the dated form of Azure OpenAI, on a Foundry project, and on
/// servers that have it.
///
///     foundry::responses responses{client};
///     foundry::response first = co_await responses.create({"gpt-4o-mini", "Tell me a joke"});
///     foundry::response_request next{"gpt-4o-mini", "Explain it"};
///     next.previous_response_id = first.id;
///     foundry::response second = co_await responses.create(next);
///
/// A response that has failed, or is incomplete, is no error of the call: its `status` and `error` say so.
///
/// A cheap handle made from a client; executor, cancellation, object lifetimes and thread safety are the client's.
/// Source of the wire format: learn.microsoft.com, "Azure OpenAI Responses API".
class responses
{
public:
    explicit responses(basic_client const& client) noexcept : state_(detail::state_of(client)) {}

    /// @throws foundry::error with a code of `errc`: `invalid_argument` on the Foundry Models API, which has no such route.
    boost::asio::awaitable<response> create(response_request const& request) const;
    boost::asio::awaitable<response> create(response_request const& request, call_options const& with) const;

    /// The response as a described class of the program; include <foundry/structured_response.hpp>. As `client::complete<T>`.
    ///
    /// @throws foundry::error with a code of `errc`, among them `errc::refused`, `errc::answer_cut_off` and `errc::answer_misfit`.
    template <class T>
    boost::asio::awaitable<structured_response<T>> create(response_request const& request) const;
    template <class T>
    boost::asio::awaitable<structured_response<T>> create(response_request const& request,
                                                          call_options const& with) const;

    /// After functions, too.
    template <class T>
    boost::asio::awaitable<structured_response<T>> create(response_request const& request, toolbox const& tools) const;
    template <class T>
    boost::asio::awaitable<structured_response<T>> create(response_request const& request, toolbox const& tools,
                                                          tool_options const& how) const;

    /// The response after the functions of a toolbox that the model calls, and what happens meanwhile; include
    /// <foundry/response_tools.hpp>. As `client::complete` and `client::stream` with a toolbox.
    ///
    /// @throws foundry::error with a code of `errc`, among them `errc::too_many_rounds` (without a run of the caller's own a
    /// `response_run_error`, which has the items so far), and what a function throws.
    boost::asio::awaitable<response_run> create(response_request const& request, toolbox const& tools) const;
    boost::asio::awaitable<response_run> create(response_request const& request, toolbox const& tools,
                                                tool_options const& how) const;
    boost::asio::awaitable<void> create(response_run& run, toolbox const& tools) const;
    boost::asio::awaitable<void> create(response_run& run, toolbox const& tools, tool_options const& how) const;
    async_generator<tool_event> stream(response_request const& request, toolbox const& tools) const;
    async_generator<tool_event> stream(response_request const& request, toolbox const& tools,
                                       tool_options const& how) const;
    async_generator<tool_event> stream(response_run& run, toolbox const& tools) const;
    async_generator<tool_event> stream(response_run& run, toolbox const& tools, tool_options const& how) const;

    /// The response in events, as the model makes it. Returns when the head of the answer has arrived.
    boost::asio::awaitable<response_stream> stream(response_request const& request) const;
    boost::asio::awaitable<response_stream> stream(response_request const& request, call_options const& with) const;

    /// A response that the service keeps; of one in the background, how far it is.
    boost::asio::awaitable<response> get(std::string_view id) const;
    boost::asio::awaitable<response> get(std::string_view id, call_options const& with) const;

    /// Waits until a response in the background has ended, well or not: its `status` tells. Asks again after 0.5 s, then less and less often,
    /// at least every 10 s.
    ///
    /// Cancellation: ends the wait; the response goes on, see cancel().
    boost::asio::awaitable<response> wait(std::string_view id) const;
    boost::asio::awaitable<response> wait(std::string_view id, wait_options const& how) const;

    /// The events of a response in the background that was created by stream(), for a program that was started again. It goes on by itself,
    /// as a `response_stream` does.
    ///
    /// @param after `response_event::sequence_number` of the last event that is known; -1: all events.
    boost::asio::awaitable<response_stream> resume(std::string_view id, std::int64_t after) const;
    boost::asio::awaitable<response_stream> resume(std::string_view id, std::int64_t after,
                                                   call_options const& with) const;

    /// Deletes it.
    boost::asio::awaitable<void> remove(std::string_view id) const;
    boost::asio::awaitable<void> remove(std::string_view id, call_options const& with) const;

    /// Cancels a response in the background.
    boost::asio::awaitable<response> cancel(std::string_view id) const;
    boost::asio::awaitable<response> cancel(std::string_view id, call_options const& with) const;

    /// A page of the items that it was made from.
    boost::asio::awaitable<response_items> input_items(std::string_view id, item_query const& which = {}) const;
    boost::asio::awaitable<response_items> input_items(std::string_view id, item_query const& which,
                                                       call_options const& with) const;

private:
    std::shared_ptr<detail::client_state> state_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/responses.ipp>
#endif
