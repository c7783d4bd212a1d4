// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/detail/client_state.hpp>
#include <foundry/detail/think_splitter.hpp>
#include <foundry/http/field.hpp>
#include <foundry/http/request_head.hpp>
#include <foundry/impl/chat_stream.ipp>
#include <foundry/json/reader.hpp>
#include <foundry/json/writer.hpp>

#include <boost/asio/this_coro.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

FOUNDRY_DECL std::shared_ptr<client_state> make_client_state(boost::asio::any_io_executor executor, endpoint where,
                                                             std::shared_ptr<credential_source> credential,
                                                             options settings)
{
    return std::make_shared<client_state>(std::move(executor), std::move(where), std::move(credential),
                                          std::move(settings));
}

/// A random UUID (version 4).
inline std::string make_uuid()
{
    static constexpr char hex[] = "0123456789abcdef";
    std::array<unsigned char, 16> bytes{};
    RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
    std::string text;
    for (std::size_t i = 0; i != bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text += '-';
        text += hex[bytes[i] >> 4];
        text += hex[bytes[i] & 15];
    }
    return text;
}

/// The members that the Foundry Models API has; anything else is an extra parameter there.
inline constexpr std::string_view models_api_members[] = {
    "messages",
    "model",
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "max_tokens",
    "stop",
    "seed",
    "response_format",
    "tools",
    "tool_choice",
    "modalities",
    "input",
    "dimensions",
    "encoding_format",
    "input_type",
};

inline bool has_extra_parameters(json::const_place request)
{
    json::type const& t = *request.described;
    return std::any_of(t.members, t.members + t.size, [&](json::member const& m) {
        return json::is_set(request.object, m) &&
               std::find(std::begin(models_api_members), std::end(models_api_members), m.name) ==
                   std::end(models_api_members);
    });
}

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
    head_builder(prepared_call& call, call_options const& with) : call_(call), with_(with) {}

    void build(json::const_place request)
    {
        endpoint const& where = call_.state->where;
        options const& settings = call_.state->settings;
        call_.head = http::start_head("POST", where.target(call_.operation, call_.deployment), where.host_field());
        own("Content-Type", "application/json");
        own("Accept", "application/json");
        if (!settings.user_agent.empty())
            own("User-Agent", settings.user_agent);
        http::append_field(call_.head, "Content-Length", std::to_string(call_.body.size()));
        if (!call_.client_request_id.empty())
            counted("x-ms-client-request-id", call_.client_request_id);
        if (where.form() == api_form::models && (with_.extra_parameters || has_extra_parameters(request))) {
            counted("extra-parameters",
                    extra_parameters_name(with_.extra_parameters.value_or(extra_parameters::pass_through)));
        }
        for (header_list const* list : lists()) {
            for (auto const& [name, value] : *list) {
                if (http::reserved_field(name)) {
                    throw error(errc::invalid_argument,
                                "the header " + name + " is the library's to write; a key goes into the credential");
                }
                counted(name, value);
            }
        }
    }

private:
    std::array<header_list const*, 3> lists() const
    {
        return {&call_.state->where.extra_headers(), &call_.state->settings.headers, &with_.headers};
    }

    /// A field of the library's, unless the program has one of this name.
    void own(std::string_view name, std::string_view value)
    {
        for (header_list const* list : lists()) {
            for (auto const& field : *list) {
                if (http::iequals(field.first, name))
                    return;
            }
        }
        http::append_field(call_.head, name, value);
    }

    void counted(std::string_view name, std::string_view value)
    {
        static constexpr int most = 10;
        if (++count_ > most)
            throw error(errc::invalid_argument, "more than ten headers of one's own, x-ms-client-request-id and "
                                                "extra-parameters included: Azure refuses such requests; send fewer");
        http::append_field(call_.head, name, value);
    }

    prepared_call& call_;
    call_options const& with_;
    int count_ = 0;
};

inline std::string_view first_of(std::string_view a, std::string_view b, std::string_view c)
{
    return !a.empty() ? a : !b.empty() ? b : c;
}

/// Checks and serialises a request; a mistake is kept for the coroutine to throw.
///
/// @param lead members in front of the request's own, such as `"stream":true,`
template <class Request>
prepared_call prepare(std::shared_ptr<client_state> state, std::string_view operation, Request const& request,
                      std::string const& default_model, call_options const& with, std::string_view lead,
                      void (*check)(Request const&))
{
    prepared_call call(std::move(state), operation);
    try {
        check(request);
        call.timeouts = with.timeouts.value_or(call.state->settings.timeouts);
        call.client_request_id =
            with.client_request_id.value_or(call.state->settings.client_request_ids ? make_uuid() : std::string{});
        std::string_view const named = request.model ? std::string_view{*request.model} : std::string_view{};
        call.deployment = first_of(named, call.state->where.deployment(), default_model);
        call.body = "{";
        call.body += lead;
        if (!request.model && !call.deployment.empty())
            call.body += "\"model\":" + json::to_text(call.deployment) + ',';
        call.body.append(json::to_text(request), 1); // what was checked is never empty
        head_builder(call, with).build({&request, &json::type_of<Request>::value});
    } catch (...) {
        call.mistake = std::current_exception();
    }
    return call;
}

inline void check_model(std::optional<std::string> const& model)
{
    if (model && model->empty())
        throw error(errc::invalid_argument,
                    "model is an empty text; name a deployment, or leave it unset for the default");
}

inline void check_chat(chat_request const& request)
{
    check_model(request.model);
    if (request.messages.empty())
        throw error(errc::invalid_argument, "messages is empty; add one, as with request.user(\"...\")");
    for (std::size_t i = 0; i != request.messages.size(); ++i) {
        if (!request.messages[i].role)
            throw error(errc::invalid_argument, "messages[" + std::to_string(i) + "] has no role; set it");
    }
    if (request.extra.contains("stream"))
        throw error(errc::invalid_argument, "extra must not hold stream; call stream() or complete() instead");
}

inline void check_embedding(embedding_request const& request)
{
    check_model(request.model);
    if (request.input.empty())
        throw error(errc::invalid_argument, "input is empty; add a text, as with request.add(\"...\")");
}

/// Decodes the body as it arrives.
class json_sink final : public http::body_sink
{
public:
    json_sink(json::place into, std::string* raw) : raw_(raw) { reader_.start(into); }

    void on_body(std::string_view bytes) override
    {
        if (raw_ != nullptr)
            raw_->append(bytes);
        reader_.feed(bytes); // after a failure this does nothing, and finish() tells
    }

    void finish()
    {
        if (!reader_.finish()) {
            failure f;
            f.service_message = "the answer is not JSON of the expected shape: " + reader_.problem();
            f.advice = "check that the endpoint's URL is the API's and not that of a web page or proxy";
            throw error(make_error_code(errc::unexpected_reply), std::move(f));
        }
    }

private:
    std::string* raw_;
    json::reader reader_;
};

/// One request, one JSON answer.
///
/// @param raw keeps the text, too, where it is not null.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_info> fetch(prepared_call const& call, json::place into,
                                                                      boost::json::object const& extra,
                                                                      std::string* raw, std::size_t limit)
{
    opened_call opened = co_await open_call(call);
    json_sink sink(into, raw);
    opened.exchange->deliver_to(sink, limit);
    while (co_await opened.exchange->read_more(call.timeouts.silence)) {
    }
    opened.exchange->finish();
    sink.finish();
    if (auto const* const reported = extra.if_contains("error"); reported != nullptr && !reported->is_null()) {
        std::string const text = "{\"error\":" + json::to_text(*reported) + '}';
        if (auto const found = find_service_error(call.context(), opened.info, text))
            throw *found;
    }
    co_return std::move(opened.info);
}

[[noreturn]] inline void throw_incomplete(std::string what)
{
    failure f;
    f.service_message = std::move(what);
    f.advice = "check that the endpoint serves this operation for this model";
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

inline void split_thoughts(chat_completion& reply)
{
    for (chat_choice& choice : reply.choices) {
        auto* const text = std::get_if<std::string>(&choice.message.content);
        if (text == nullptr || text->find("<think>") == text->npos)
            continue;
        std::string content;
        std::string reasoning;
        think_splitter splitter;
        splitter.add(*text, content, reasoning);
        splitter.finish(content, reasoning);
        *text = std::move(content);
        choice.message.reasoning_content = choice.message.reasoning_content.value_or("") + reasoning;
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_completion> run_complete(prepared_call call)
{
    chat_completion reply;
    json::place const into{&reply, &json::type_of<chat_completion>::value};
    response_info info =
        co_await fetch(call, into, reply.extra, &reply.raw_storage(), call.state->settings.limits.body);
    if (reply.choices.empty())
        throw_incomplete("the answer has no choices");
    if (call.state->settings.split_think_tags)
        split_thoughts(reply);
    reply.set_info(std::move(info));
    co_return reply;
}

/// Puts each vector where its index says. Vectors without a place of their own stay where they are.
inline void put_in_order(std::vector<embedding>& data)
{
    for (std::size_t i = 0; i != data.size(); ++i) {
        for (;;) {
            auto const wanted = static_cast<std::size_t>(data[i].index);
            if (wanted >= data.size() || data[wanted].index == data[i].index)
                break;
            std::swap(data[i], data[wanted]);
        }
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<embeddings> run_embed(prepared_call call, std::size_t asked_for)
{
    embeddings reply;
    json::place const into{&reply, &json::type_of<embeddings>::value};
    response_info info = co_await fetch(call, into, reply.extra, nullptr, call.state->settings.limits.embeddings_body);
    if (reply.data.size() != asked_for) {
        throw_incomplete("the answer has " + std::to_string(reply.data.size()) + " vectors for " +
                         std::to_string(asked_for) + " texts");
    }
    put_in_order(reply.data);
    reply.set_info(std::move(info));
    co_return reply;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_stream> run_stream(prepared_call call)
{
    http::clock::time_point const begun = http::clock::now();
    opened_call opened = co_await open_call(call);
    auto const total = call.timeouts.stream_total;
    opened.exchange->limits().set_total(total.count() > 0 ? std::optional{begun + total} : std::nullopt);
    co_return chat_stream(std::make_unique<stream_state>(std::move(call), std::move(opened)));
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<chat_completion> basic_client::complete(chat_request const& request,
                                                                            call_options const& call) const
{
    return detail::run_complete(detail::prepare(state_, "chat/completions", request, state_->settings.default_model,
                                                call, "", &detail::check_chat));
}

FOUNDRY_DECL boost::asio::awaitable<chat_stream> basic_client::stream(chat_request const& request,
                                                                      call_options const& call) const
{
    return detail::run_stream(detail::prepare(state_, "chat/completions", request, state_->settings.default_model, call,
                                              "\"stream\":true,", &detail::check_chat));
}

FOUNDRY_DECL boost::asio::awaitable<embeddings> basic_client::embed(embedding_request const& request,
                                                                    call_options const& call) const
{
    return detail::run_embed(detail::prepare(state_, "embeddings", request, state_->settings.default_embedding_model,
                                             call, "", &detail::check_embedding),
                             request.input.size());
}

FOUNDRY_DECL boost::asio::awaitable<chat_completion> basic_client::complete(chat_request const& request) const
{
    return complete(request, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<chat_stream> basic_client::stream(chat_request const& request) const
{
    return stream(request, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<embeddings> basic_client::embed(embedding_request const& request) const
{
    return embed(request, call_options());
}

namespace detail {

inline chat_request question(std::string_view model, std::string_view prompt)
{
    chat_request request{std::string{model}};
    request.user(std::string{prompt});
    return request;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<chat_completion> basic_client::complete(std::string_view model,
                                                                            std::string_view prompt) const
{
    return complete(detail::question(model, prompt));
}

FOUNDRY_DECL boost::asio::awaitable<chat_stream> basic_client::stream(std::string_view model,
                                                                      std::string_view prompt) const
{
    return stream(detail::question(model, prompt));
}

FOUNDRY_DECL endpoint const& basic_client::where() const noexcept { return state_->where; }

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_completion> complete(endpoint where, any_credential who,
                                                                           chat_request request)
{
    auto const executor = co_await boost::asio::this_coro::executor;
    client<> const once(executor, std::move(where), std::move(who));
    co_return co_await once.complete(request);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<embeddings> embed(endpoint where, any_credential who,
                                                                   embedding_request request)
{
    auto const executor = co_await boost::asio::this_coro::executor;
    client<> const once(executor, std::move(where), std::move(who));
    co_return co_await once.embed(request);
}

} // namespace foundry::inline FOUNDRY_ABI
