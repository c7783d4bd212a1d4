// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/http/exchange.hpp>
#include <foundry/detail/operations/complete_chat.hpp>
#include <foundry/detail/operations/embed.hpp>
#include <foundry/endpoints.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> run_warm_up(std::shared_ptr<client_state> state)
{
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    options const& settings = state->settings;
    running_call call;
    call.begin(state->target.calls, executor);
    http::exchange opening(state->target.connections, executor, settings.timeouts, settings.limits.head);
    call.exchange = &opening;
    if (settings.timeouts.total.count() > 0)
        opening.limits().set_total(http::clock::now() + settings.timeouts.total, settings.timeouts.total);
    co_await opening.send({});
}

FOUNDRY_DECL std::shared_ptr<client_state> make_client_state(boost::asio::any_io_executor executor,
                                                             endpoints const& all, options const& settings)
{
    if (all.size() == 0)
        throw error(errc::invalid_argument, "the list of endpoints is empty; add one");
    std::vector<std::shared_ptr<client_state>> states;
    for (endpoints::entry const& each : all.entries()) {
        states.push_back(make_client_state(executor, each.endpoint, each.credential.source(), settings));
        states.back()->target.names = each.names;
    }
    std::shared_ptr<failover> health(new failover(states.size(), settings.failover, settings.retry.max_server_wait));
    return make_list(std::move(states), std::move(health));
}

FOUNDRY_DECL void close_client(client_state const& state) noexcept
{
    state.target.calls->end_all();
    for_each_endpoint(state, [](client_state const& each) { each.target.connections->close(); });
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> drain_client(std::shared_ptr<client_state> state,
                                                                    std::chrono::milliseconds within)
{
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    http::check_serial(executor);
    state->target.calls->refuse();
    drain_ticket ticket(state->target.calls, executor, http::clock::now() + bounded(within));
    boost::system::error_code interrupted;
    if (ticket.must_wait())
        interrupted = std::get<0>(co_await ticket.done().async_wait(boost::asio::as_tuple(boost::asio::deferred)));
    if (interrupted && !ticket.is_done())
        throw boost::system::system_error(interrupted);
    close_client(*state);
}

inline chat_request question(std::string_view model, std::string_view prompt)
{
    chat_request request{std::string{model}};
    request.user(std::string{prompt});
    return request;
}

} // namespace detail

FOUNDRY_DECL foundry::endpoint const& basic_client::endpoint() const noexcept { return state_->target.endpoint; }
FOUNDRY_DECL options const& basic_client::settings() const noexcept { return state_->settings; }

FOUNDRY_DECL boost::asio::awaitable<void> basic_client::warm_up() const { return detail::run_warm_up(state_); }
FOUNDRY_DECL void basic_client::close_idle() const noexcept
{
    detail::for_each_endpoint(*state_, [](detail::client_state const& each) { each.target.connections->close_idle(); });
}
FOUNDRY_DECL void basic_client::close() const noexcept { detail::close_client(*state_); }
FOUNDRY_DECL connection_counts basic_client::connections() const
{
    connection_counts all;
    detail::for_each_endpoint(*state_, [&](detail::client_state const& each) {
        connection_counts const of_one = each.target.connections->counts();
        all.open += of_one.open;
        all.idle += of_one.idle;
        all.waiting += of_one.waiting;
    });
    return all;
}

FOUNDRY_DECL boost::asio::awaitable<void> basic_client::drain(std::chrono::milliseconds within) const
{
    return detail::drain_client(state_, within);
}

FOUNDRY_DECL boost::asio::awaitable<chat_completion> basic_client::complete(chat_request const& request,
                                                                            call_options const& with) const
{
    return detail::complete_chat(detail::prepare_chat(state_, request, with, false));
}

FOUNDRY_DECL boost::asio::awaitable<chat_completion> basic_client::complete(chat_request const& request) const
{
    return complete(request, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<chat_completion> basic_client::complete(std::string_view model,
                                                                            std::string_view prompt) const
{
    return complete(detail::question(model, prompt));
}

FOUNDRY_DECL boost::asio::awaitable<chat_stream> basic_client::stream(chat_request const& request,
                                                                      call_options const& with) const
{
    return detail::stream_chat(detail::prepare_chat(state_, request, with, true));
}

FOUNDRY_DECL boost::asio::awaitable<chat_stream> basic_client::stream(chat_request const& request) const
{
    return stream(request, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<chat_stream> basic_client::stream(std::string_view model,
                                                                      std::string_view prompt) const
{
    return stream(detail::question(model, prompt));
}

FOUNDRY_DECL boost::asio::awaitable<embeddings> basic_client::embed(embedding_request const& request,
                                                                    call_options const& with) const
{
    return detail::embed(detail::prepare_embedding(state_, request, with), request.size(), request.encoding_format);
}

FOUNDRY_DECL boost::asio::awaitable<embeddings> basic_client::embed(embedding_request const& request) const
{
    return embed(request, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
