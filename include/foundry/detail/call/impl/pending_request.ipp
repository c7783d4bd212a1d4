// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/base/make_uuid.hpp>
#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/http/request_head.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>

namespace foundry::inline FOUNDRY_ABI::detail {

inline std::string_view extra_parameters_name(extra_parameters choice)
{
    switch (choice) {
    case extra_parameters::error:
        return "error";
    case extra_parameters::drop:
        return "drop";
    case extra_parameters::pass_through:
        return "pass-through";
    }
    return "error";
}

/// The fields that a program adds itself, and those of the library that Azure counts with them.
class head_builder
{
public:
    head_builder(pending_request& call, call_options const& with) : call_(call), with_(with) {}

    void build(request_spec const& parts)
    {
        write_common(parts);
        if (!parts.content_type.empty() || (parts.verb != "GET" && parts.verb != "DELETE"))
            http::append_field(call_.head, "Content-Length", std::to_string(call_.body.size()));
        if (!call_.client_request_id.empty())
            add_custom_header("x-ms-client-request-id", call_.client_request_id);
        if (!call_.traceparent.empty())
            add_custom_header("traceparent", call_.traceparent);
    }

private:
    /// What the next call of this kind has, too, is written once.
    void write_common(request_spec const& parts)
    {
        client_state& client = *call_.state;
        if (with_.extra_parameters || !with_.headers.empty())
            return write_anew(parts);
        std::string const kind =
            concat({parts.verb, "\n", call_.operation, "\n", call_.deployment, "\n", parts.query, "\n",
                    parts.content_type, "\n", parts.accept, parts.has_extra_parameters ? "\n+" : ""});
        {
            std::lock_guard const lock(client.mutex);
            if (client.head.kind == kind) {
                call_.head.reserve(client.head.fields.size() + 128);
                call_.head = client.head.fields;
                count_ = client.head.custom_headers;
                return;
            }
        }
        write_anew(parts);
        std::lock_guard const lock(client.mutex);
        client.head.kind = kind;
        client.head.fields = call_.head;
        client.head.custom_headers = count_;
    }

    void write_anew(request_spec const& parts)
    {
        foundry::endpoint const& endpoint = call_.state->endpoint;
        options const& settings = call_.state->settings;
        std::string target = endpoint.target(call_.operation, call_.deployment);
        if (!parts.query.empty())
            target.append(target.find('?') == target.npos ? "?" : "&").append(parts.query);
        call_.head = http::start_head(parts.verb, target, endpoint.host_field());
        if (!parts.content_type.empty())
            add_default_header("Content-Type", parts.content_type);
        add_default_header("Accept", parts.accept);
        if (!settings.user_agent.empty())
            add_default_header("User-Agent", settings.user_agent);
        if (endpoint.form() == api_form::models && (with_.extra_parameters || parts.has_extra_parameters)) {
            add_custom_header("extra-parameters",
                              extra_parameters_name(with_.extra_parameters.value_or(extra_parameters::pass_through)));
        }
        for (header_list const* list : lists()) {
            for (auto const& [name, value] : *list) {
                if (http::reserved_field(name)) {
                    throw error(errc::invalid_argument,
                                "the header " + name + " is the library's to write; a key goes into the credential");
                }
                add_custom_header(name, value);
            }
        }
    }

    std::array<header_list const*, 3> lists() const
    {
        return {&call_.state->endpoint.extra_headers(), &call_.state->settings.headers, &with_.headers};
    }

    /// A field of the library's, unless the program has one of this name.
    void add_default_header(std::string_view name, std::string_view value)
    {
        for (header_list const* list : lists()) {
            for (auto const& field : *list) {
                if (http::iequals(field.first, name))
                    return;
            }
        }
        http::append_field(call_.head, name, value);
    }

    void add_custom_header(std::string_view name, std::string_view value)
    {
        static constexpr int max_custom_headers = 10;
        if (++count_ > max_custom_headers)
            throw error(errc::invalid_argument, "more than ten headers of one's own, x-ms-client-request-id and "
                                                "extra-parameters included: Azure refuses such requests; send fewer");
        http::append_field(call_.head, name, value);
    }

    pending_request& call_;
    call_options const& with_;
    int count_ = 0;
};

/// Version, trace, parent and flags in lower-case hexadecimal digits.
inline bool is_traceparent(std::string_view text)
{
    constexpr std::string_view form = "00-00000000000000000000000000000000-0000000000000000-00";
    bool good = text.size() == form.size();
    for (std::size_t i = 0; good && i != form.size(); ++i)
        good = form[i] == '-' ? text[i] == '-' : is_hex(text[i]) && text[i] == to_lower(text[i]);
    return good;
}

inline void override_with(call_timeouts const& add_default_header, timeouts& all)
{
    using span = std::chrono::milliseconds;
    static constexpr std::pair<std::optional<span> call_timeouts::*, span timeouts::*> members[] = {
        {&call_timeouts::token, &timeouts::token},     {&call_timeouts::connect, &timeouts::connect},
        {&call_timeouts::tls, &timeouts::tls},         {&call_timeouts::pool, &timeouts::pool},
        {&call_timeouts::write, &timeouts::write},     {&call_timeouts::first_byte, &timeouts::first_byte},
        {&call_timeouts::silence, &timeouts::silence}, {&call_timeouts::stall, &timeouts::stall},
        {&call_timeouts::total, &timeouts::total},     {&call_timeouts::stream_total, &timeouts::stream_total},
    };
    for (auto const& [set, member] : members)
        if (add_default_header.*set)
            all.*member = bounded(*(add_default_header.*set));
}

inline void override_with(call_retry_options const& add_default_header, retry_options& all)
{
    all.max_retries = add_default_header.max_retries.value_or(all.max_retries);
    all.backoff = add_default_header.backoff.value_or(all.backoff);
    all.max_backoff = add_default_header.max_backoff.value_or(all.max_backoff);
    all.max_server_wait = add_default_header.max_server_wait.value_or(all.max_server_wait);
    bool const has_numbers = add_default_header.max_retries || add_default_header.backoff ||
                             add_default_header.max_backoff || add_default_header.max_server_wait;
    if (add_default_header.policy || has_numbers) // which a policy of the client's would not look at
        all.policy = add_default_header.policy;
    if (add_default_header.on_retry)
        all.on_retry = add_default_header.on_retry;
}

FOUNDRY_DECL void apply_options(pending_request& call, call_options const& with)
{
    if (!with.traceparent.empty() && !is_traceparent(with.traceparent)) {
        throw error(errc::invalid_argument,
                    "traceparent is not of the form 00-{32 hexadecimal digits}-{16}-{2}, all lower case");
    }
    call.traceparent = with.traceparent;
    call.timeouts = call.state->settings.timeouts;
    override_with(with.timeouts, call.timeouts);
    call.retry = call.state->settings.retry;
    override_with(with.retry, call.retry);
    call.client_request_id = with.client_request_id.value_or(
        call.state->settings.client_request_ids ? call.state->ids.next() : std::string{});
}

/// Operations that one form of the API lacks and another has.
struct missing_route
{
    std::string_view first; ///< The path, or the beginning of it before a slash.
    bool of_models;         ///< Whether the Foundry Models API is the one that lacks it, or Azure OpenAI's forms are.
};

inline constexpr missing_route missing_routes[] = {
    {"assistants", true},  {"batches", true},  {"containers", true},         {"evals", true},   {"files", true},
    {"fine_tuning", true}, {"realtime", true}, {"responses", true},          {"threads", true}, {"vector_stores", true},
    {"uploads", true},     {"audio", true},    {"images/embeddings", false}, {"info", false},
};

/// The endpoint of the other API on the same resource; empty where that cannot be told.
inline std::string other_endpoint(foundry::endpoint const& endpoint)
{
    if (endpoint.kind() != host_kind::foundry)
        return {};
    if (endpoint.form() == api_form::models)
        return concat({"https://", endpoint.host_field(), "/openai/v1"});
    std::string const& host = endpoint.host();
    std::string_view const h = host;
    return concat({"https://", h.substr(0, h.find('.')), ".services.ai.azure", h.substr(h.rfind('.')), "/models"});
}

inline void check_route(foundry::endpoint const& endpoint, std::string_view operation)
{
    bool const models = endpoint.form() == api_form::models;
    if (endpoint.form() == api_form::compatible)
        return;
    for (missing_route const& m : missing_routes) {
        bool const same =
            operation.starts_with(m.first) && (operation.size() == m.first.size() || operation[m.first.size()] == '/');
        if (!same || m.of_models != models)
            continue;
        std::string const other = other_endpoint(endpoint);
        throw error(errc::invalid_argument,
                    concat({endpoint.url(), " is ", models ? "the Foundry Models API" : "an Azure OpenAI API",
                            ", which has no ", m.first, "; use an endpoint such as ",
                            !other.empty() ? other
                            : models       ? "https://{resource}.openai.azure.com/openai/v1"
                                           : "https://{resource}.services.ai.azure.com/models"}));
    }
}

FOUNDRY_DECL void write_head(pending_request& call, call_options const& with, request_spec const& parts)
{
    if (!parts.skip_route_check)
        check_route(call.state->endpoint, call.operation);
    head_builder(call, with).build(parts);
}

class text_sink final : public http::body_sink
{
public:
    void on_body(std::string_view bytes) override { text.append(bytes); }
    std::string text;
};

inline char const* provider_of(api_form form)
{
    switch (form) {
    case api_form::models:
        return "azure.ai.inference";
    case api_form::openai_v1:
    case api_form::dated:
        return "azure.ai.openai";
    default:
        return "openai";
    }
}

inline call_event describe(pending_request const& call, bool stream)
{
    foundry::endpoint const& endpoint = call.state->endpoint;
    call_event e;
    e.operation = call.operation;
    e.model = call.deployment;
    e.provider = provider_of(endpoint.form());
    e.server_address = endpoint.host();
    e.server_port = endpoint.port();
    e.stream = stream;
    e.client_request_id = call.client_request_id;
    e.traceparent = call.traceparent;
    return e;
}

/// Makes one request and waits for the head of the answer, or for all of one that is an error.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> send_once(pending_request const& call,
                                                                 http::clock::time_point end, open_response& opened)
{
    if (call.validation_error)
        std::rethrow_exception(call.validation_error);
    client_state& client = *call.state;
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;

    std::string claims;
    for (bool challenged = false;; challenged = true) {
        opened.exchange.reset(
            new http::exchange(client.connections, executor, call.timeouts, client.settings.limits.head));
        opened.exchange->limits().set_total(end, call.timeouts.total);
        if (opened.is_stream)
            opened.exchange->limits().expect_stream();
        opened.info = response_info();

        auth_headers who;
        scoped_wipe const clean_fields(who.fields);
        if (!client.credential->write_fields(client.endpoint, who.fields)) {
            http::deadline& limits = opened.exchange->limits();
            limits.set_step(http::clock::now(), call.timeouts.token, errc::token_timeout);
            token_query query = ask_for_token(client, std::move(claims), limits, who);
            co_await client.credential->find_token(std::move(query), who.token);
            limits.clear_step();
            append_token(who);
        }
        if (opened.watch)
            opened.watch->on_attempt();
        // One write for both, unless the body is too large to be copied.
        static constexpr std::size_t max_copied = 64 * 1024;
        std::string_view const body_text = call.body;
        bool const is_copied = body_text.size() <= max_copied;
        std::string message = http::assemble(call.head, who.fields, is_copied ? body_text : std::string_view());
        scoped_wipe const clean_message(message);
        co_await opened.exchange->send(message, body_text.substr(is_copied ? body_text.size() : 0));

        http::response_head& head = opened.exchange->head();
        opened.info = response_info(head.status, std::move(head.headers), call.client_request_id);
        if (opened.watch)
            opened.watch->on_response(opened.info);
        if (opened.info.status() >= 200 && opened.info.status() <= 299)
            break;
        text_sink body;
        try {
            static constexpr std::size_t limit = 1024 * 1024;
            opened.exchange->deliver_to(body, limit, http::exchange::progress::on_signal);
            for (bool more = true; more;)
                more = co_await opened.exchange->read_more();
            opened.exchange->finish();
        } catch (error const&) { // one that breaks off still says something
            opened.exchange->close();
        }
        if (opened.info.status() == 401 && who.token) {
            claims = claims_of_challenge(opened.info.headers());
            bool const renews = refuses_token(opened.info.headers(), body.text) &&
                                client.credential->invalidate(who.token->token().reveal(), claims);
            bool const is_answered = claims.empty() ? take_scope(client, body.text) : renews;
            if (!challenged && is_answered)
                continue;
        }
        error_context what = call.context();
        what.scope = who.scope;
        throw make_service_error(what, opened.info, std::move(body.text));
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void>
send_with_retries(pending_request const& call, response_sink* into, std::size_t body_limit, open_response& opened)
{
    if (call.state->settings.observer)
        opened.watch.reset(new call_observer(call.state->settings.observer, describe(call, into == nullptr)));
    opened.is_stream = into == nullptr;
    for (retry_budget requests(call.retry, call.timeouts.total);;) {
        std::chrono::milliseconds wait{0};
        bool has_begun = false;
        try {
            co_await send_once(call, requests.end(), opened);
            if (into == nullptr) {
                auto const total = call.timeouts.stream_total;
                opened.exchange->limits().set_total(total.count() > 0 ? requests.begun() + total : http::never, total,
                                                    true);
                opened.attempts = requests.failed();
                opened.waited = requests.waited();
                opened.begun = requests.attempt_begun();
                co_return;
            }
            into->start();
            has_begun = true;
            opened.exchange->deliver_to(*into, body_limit, into->content());
            for (bool more = true; more;)
                more = co_await opened.exchange->read_more();
            opened.exchange->finish();
            into->finish(call, opened.info);
            if (opened.watch)
                opened.watch->on_end();
            co_return;
        } catch (error const& e) {
            opened.exchange.reset();
            if (opened.watch)
                opened.watch->on_failure(e.code());
            bool const answered = opened.info.status() != 0;
            wait = answered
                       ? requests.wait_after(in_answer(e, opened.info, has_begun ? into->text() : std::string_view()))
                       : requests.wait_after(e);
            if (opened.watch)
                opened.watch->on_wait(wait);
        }
        boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor, wait);
        co_await pause.async_wait(boost::asio::deferred);
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
