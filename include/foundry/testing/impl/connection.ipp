// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_answers.ipp>
#include <foundry/testing/impl/journal_file.ipp>
#include <foundry/testing/impl/message.ipp>
#include <foundry/testing/impl/outage.ipp>
#include <foundry/testing/impl/service.ipp>
#include <foundry/testing/impl/service_audio.ipp>
#include <foundry/testing/impl/service_batches.ipp>
#include <foundry/testing/impl/service_completions.ipp>
#include <foundry/testing/impl/service_embeddings.ipp>
#include <foundry/testing/impl/service_files.ipp>
#include <foundry/testing/impl/service_limits.ipp>
#include <foundry/testing/impl/service_operations.ipp>
#include <foundry/testing/impl/service_realtime.ipp>
#include <foundry/testing/impl/service_responses.ipp>
#include <foundry/testing/impl/shared_state.ipp>
#include <foundry/testing/impl/wire.ipp>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

namespace http = boost::beast::http;

/// Serves the requests of one client in sequence.
class connection
{
public:
    connection(std::shared_ptr<wire> socket, shared_state& shared, journal_file& file, service& model);

    asio::awaitable<void> serve();

private:
    using request_parser = http::request_parser<http::string_body>;

    asio::awaitable<bool> exchange();
    asio::awaitable<bool> read(request_parser& parser);
    asio::awaitable<bool> execute(write_plan const& what);
    bool parse_some(request_parser& parser);
    recorded_request take(request_parser& parser);
    write_plan respond(recorded_request const& request, bool keep_alive);
    std::optional<answer> answer_to(recorded_request const& request);
    write_plan fail(recorded_request const& request, outage_reader const& failure, bool keep_alive);
    write_plan perform(recorded_request const& request, answer given, bool keep_alive);

    std::shared_ptr<wire> wire_;
    shared_state& state_;
    journal_file& file_;
    service& service_;
    std::shared_ptr<realtime_opening> opening_; ///< The session that the latest request opens, if any.
    open_mark mark_;
    unsigned refused_ = 0; ///< The status for a request that is not HTTP, or is too long.
};

FOUNDRY_DECL connection::connection(std::shared_ptr<wire> socket, shared_state& shared, journal_file& file,
                                    service& model)
    : wire_(std::move(socket)),
      state_(shared),
      file_(file),
      service_(model),
      mark_(shared)
{}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> connection::serve()
{
    bool go_on = co_await wire_->handshake();
    while (go_on)
        go_on = co_await exchange();
    wire_->abort();
}

/// Serves one request. Returns whether the connection can take another.
FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> connection::exchange()
{
    request_parser parser;
    parser.eager(true);
    parser.header_limit(64 * 1024);
    parser.body_limit(service_.body_limit());
    write_plan what;
    if (co_await read(parser)) {
        bool const keep_alive = parser.keep_alive();
        recorded_request request = take(parser);
        state_.journal(request);
        if (auto const failure = state_.current_outage())
            what = fail(request, outage_reader(*failure), keep_alive);
        else
            what = respond(request, keep_alive);
    } else {
        if (refused_ == 0)
            co_return false;
        reply refusal(refused_, std::string());
        refusal.close = true;
        what = make_write_plan(std::move(refusal));
    }
    if (opening_) {
        auto opening = std::move(*opening_);
        auto const sessions = service_.realtime_sessions();
        co_await sessions->serve(wire_, std::move(opening), service_.settings());
        co_return false;
    }
    bool const alive = co_await execute(what);
    co_return alive;
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> connection::read(request_parser& parser)
{
    bool continued = false;
    while (parse_some(parser)) {
        if (parser.is_header_done() && !continued && same_name(parser.get()[http::field::expect], "100-continue")) {
            continued = true;
            if (!co_await wire_->send("HTTP/1.1 100 Continue\r\n\r\n"))
                co_return false;
        }
        if (!co_await wire_->receive())
            co_return false;
    }
    co_return refused_ == 0;
}

/// Passes received bytes to the parser. Returns whether it needs more.
FOUNDRY_DECL bool connection::parse_some(request_parser& parser)
{
    auto& input = wire_->input();
    while (!parser.is_done() && !input.empty()) {
        boost::system::error_code failed;
        auto const used = parser.put(asio::buffer(input), failed);
        input.erase(0, used);
        if (failed == http::error::need_more)
            return true;
        if (failed) {
            refused_ = failed == http::error::header_limit ? 431 : failed == http::error::body_limit ? 413 : 400;
            return false;
        }
    }
    return !parser.is_done();
}

FOUNDRY_DECL recorded_request connection::take(request_parser& parser)
{
    recorded_request request;
    request.connection = mark_.number();
    request.tls = wire_->is_tls();
    request.resumed = wire_->is_resumed();
    request.sni = wire_->server_name();
    auto& message = parser.get();
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.host = std::string(message[http::field::host]);
    for (auto const& field : message)
        request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    request.body = std::move(message.body());
    return request;
}

FOUNDRY_DECL write_plan connection::respond(recorded_request const& request, bool keep_alive)
{
    std::optional<answer> faults;
    try {
        if (auto given = answer_to(request)) {
            if (!answer_reader(*given).is_realtime())
                return perform(request, std::move(*given), keep_alive);
            faults = std::move(given);
        }
    } catch (std::exception const& broken) { // a predicate, or an answer that cannot be sent
        reply failed(500, json_text(error_body("EmulatorError", broken.what())));
        failed.set_header("content-type", "application/json");
        failed.close = !keep_alive;
        return make_write_plan(std::move(failed));
    }
    auto made = service_.answer(request);
    if (!is_for_authority(request))
        file_.add(request, made.status);
    if (made.opening) {
        opening_ = std::move(made.opening);
        opening_->headers = std::move(made.headers);
        opening_->faults = std::move(faults);
        return write_plan();
    }
    made.close = made.close || !keep_alive;
    return make_write_plan(std::move(made));
}

/// The answer that the test defined, if any.
FOUNDRY_DECL std::optional<answer> connection::answer_to(recorded_request const& request)
{
    if (auto ruled = state_.rule_for(request))
        return ruled;
    return is_preflight(request) ? std::nullopt : state_.next_queued();
}

FOUNDRY_DECL write_plan connection::fail(recorded_request const& request, outage_reader const& failure, bool keep_alive)
{
    if (!is_for_authority(request))
        file_.add(request, std::nullopt);
    if (failure.responds()) {
        auto made = service_.fail(request, failure);
        made.close = !keep_alive;
        return make_write_plan(std::move(made));
    }
    write_plan silent;
    silent.end = failure.hangs()    ? write_plan::ending::hang_until_recovery
                 : failure.resets() ? write_plan::ending::reset
                                    : write_plan::ending::cut;
    return silent;
}

FOUNDRY_DECL write_plan connection::perform(recorded_request const& request, answer given, bool keep_alive)
{
    if (!is_for_authority(request))
        file_.add(request, std::nullopt);
    answer_reader const reader(std::move(given));
    auto made = reader.make_reply();
    made.close = made.close || !keep_alive;
    if (reader.wants_default_headers())
        service_.add_headers(made, request);
    return reader.finish(std::move(made));
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> connection::execute(write_plan const& what)
{
    if (what.delay.count() > 0 && !co_await wire_->sleep(what.delay))
        co_return false;
    for (std::size_t i = 0; i < what.writes.size(); ++i) {
        if (i > 0 && what.pause.count() > 0 && !co_await wire_->sleep(what.pause))
            co_return false;
        if (i + 1 == what.writes.size() && what.before_last)
            what.before_last();
        if (!co_await wire_->send(what.writes[i]))
            co_return false;
    }
    if (!what.writes.empty())
        state_.replied();
    switch (what.end) {
    case write_plan::ending::next_request:
        co_return true;
    case write_plan::ending::close:
        co_await wire_->finish();
        break;
    case write_plan::ending::hang:
        co_await wire_->wait_until_closed();
        break;
    case write_plan::ending::hang_until_recovery:
        state_.at_recovery(mark_.number(), wire_->closer());
        co_await wire_->wait_until_closed();
        break;
    case write_plan::ending::reset:
        wire_->reset();
        break;
    case write_plan::ending::cut:
        break;
    }
    co_return false;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
