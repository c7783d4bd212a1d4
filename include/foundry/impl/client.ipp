// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/operations/aliases.hpp>
#include <foundry/detail/operations/think_splitter.hpp>
#include <foundry/impl/chat_stream.ipp>

#include <cmath>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

FOUNDRY_DECL std::shared_ptr<client_state> make_client_state(boost::asio::any_io_executor executor,
                                                             foundry::endpoint endpoint,
                                                             std::shared_ptr<credential_source> credential,
                                                             options settings)
{
    return std::shared_ptr<client_state>(
        new client_state(std::move(executor), std::move(endpoint), std::move(credential), std::move(settings)));
}

inline void check_chat(chat_request const& request)
{
    if (request.messages.empty())
        throw error(errc::invalid_argument, "messages is empty; add one, as with request.user(\"...\")");
    for (std::size_t i = 0; i != request.messages.size(); ++i) {
        if (!request.messages[i].role)
            throw error(errc::invalid_argument, "messages[" + std::to_string(i) + "] has no role; set it");
    }
    if (request.extra.contains("stream"))
        throw error(errc::invalid_argument, "extra must not hold stream; call stream() or complete() instead");
}

/// For texts and for pictures.
template <class Request>
void check_embedding(Request const& request)
{
    if (request.size() == 0)
        throw error(errc::invalid_argument, "input is empty; add something to it, as with request.add(\"...\")");
}

/// Azure OpenAI serves base64 with every model: exact floats in a quarter of the bytes. Elsewhere nobody can tell.
inline std::string_view default_encoding(foundry::endpoint const& endpoint)
{
    bool const azure_openai = endpoint.form() == api_form::openai_v1 || endpoint.form() == api_form::dated;
    return azure_openai ? "\"encoding_format\":\"base64\"," : "";
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

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> run_warm_up(std::shared_ptr<client_state> state)
{
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    options const& settings = state->settings;
    http::exchange opening(state->connections, executor, settings.timeouts, settings.limits.head);
    if (settings.timeouts.total.count() > 0)
        opening.limits().set_total(http::clock::now() + settings.timeouts.total, settings.timeouts.total);
    co_await opening.send({});
}

class completion_sink final : public json_sink
{
public:
    explicit completion_sink(chat_completion& reply)
        : json_sink({&reply, &json::type_of<chat_completion>::value}, reply.extra, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.choices.empty() ? "the answer has no choices" : ""; }

    chat_completion const& reply_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_completion> run_complete(pending_request call)
{
    chat_completion reply;
    completion_sink sink(reply);
    open_response opened;
    co_await send_with_retries(call, &sink, call.state->settings.limits.body, opened);
    normalize_aliases(reply);
    if (opened.watch)
        opened.watch->on_end(reply);
    if (call.state->settings.split_think_tags)
        split_thoughts(reply);
    reply.set_info(std::move(opened.info));
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
            std::swap(data[i].index, data[wanted].index); // one by one: std::swap of the whole is more to compile
            data[i].embedding_.numbers.swap(data[wanted].embedding_.numbers);
            data[i].extra.swap(data[wanted].extra);
        }
    }
}

/// Integers came as JSON numbers; they become the bytes that they are.
inline void pack(embedding_vector& vector, float min, float max)
{
    std::vector<std::uint8_t> bytes(vector.numbers.size());
    for (std::size_t i = 0; i != bytes.size(); ++i) {
        float const number = vector.numbers[i];
        if (!(number >= min && number <= max) || std::trunc(number) != number)
            throw_incomplete("the vectors are of another encoding than was asked for");
        bytes[i] = static_cast<std::uint8_t>(static_cast<int>(number));
    }
    vector.bytes.swap(bytes);
    std::vector<float>().swap(vector.numbers);
}

inline void pack(embeddings& reply, open_enum<embedding_encoding> encoding)
{
    bool const is_signed = encoding == embedding_encoding::int8 || encoding == embedding_encoding::binary;
    bool const is_unsigned = encoding == embedding_encoding::uint8 || encoding == embedding_encoding::ubinary;
    if (is_signed || is_unsigned) {
        for (embedding& one : reply.data)
            pack(one.embedding_, is_signed ? -128.0F : 0.0F, is_signed ? 127.0F : 255.0F);
    }
    reply.set_encoding(std::move(encoding));
}

class embeddings_sink final : public json_sink
{
public:
    embeddings_sink(embeddings& reply, std::size_t asked_for)
        : json_sink({&reply, &json::type_of<embeddings>::value}, reply.extra, nullptr),
          reply_(reply),
          asked_for_(asked_for)
    {}

private:
    std::string missing() const override
    {
        if (reply_.data.size() != asked_for_) {
            return "the answer has " + std::to_string(reply_.data.size()) + " vectors for " +
                   std::to_string(asked_for_) + " inputs";
        }
        for (std::size_t i = 0; i != asked_for_; ++i) {
            if (reply_.data[i].embedding_.numbers.empty())
                return "data[" + std::to_string(i) + "].embedding of the answer is no vector";
        }
        return {};
    }

    embeddings const& reply_;
    std::size_t asked_for_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<embeddings> run_embed(pending_request call, std::size_t asked_for,
                                                                       open_enum<embedding_encoding> encoding)
{
    embeddings reply;
    embeddings_sink sink(reply, asked_for);
    open_response opened;
    co_await send_with_retries(call, &sink, call.state->settings.limits.embeddings_body, opened);
    if (opened.watch)
        opened.watch->on_end(reply);
    put_in_order(reply.data);
    pack(reply, std::move(encoding));
    reply.set_info(std::move(opened.info));
    co_return reply;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_stream> run_stream(pending_request call)
{
    open_response opened;
    co_await send_with_retries(call, nullptr, 0, opened);
    co_return chat_stream(std::make_unique<stream_state>(std::move(call), std::move(opened)));
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<void> basic_client::warm_up() const { return detail::run_warm_up(state_); }

FOUNDRY_DECL boost::asio::awaitable<chat_completion> basic_client::complete(chat_request const& request,
                                                                            call_options const& call) const
{
    detail::operation const what{"chat/completions", "", &state_->settings.default_model};
    return detail::run_complete(detail::prepare(state_, what, request, call, &detail::check_chat));
}

FOUNDRY_DECL boost::asio::awaitable<chat_stream> basic_client::stream(chat_request const& request,
                                                                      call_options const& call) const
{
    detail::operation const what{"chat/completions", "\"stream\":true,", &state_->settings.default_model};
    return detail::run_stream(detail::prepare(state_, what, request, call, &detail::check_chat));
}

FOUNDRY_DECL boost::asio::awaitable<embeddings> basic_client::embed(embedding_request const& request,
                                                                    call_options const& call) const
{
    detail::operation const what{"embeddings", request.encoding_format ? "" : detail::default_encoding(endpoint()),
                                 &state_->settings.default_embedding_model};
    return detail::run_embed(detail::prepare(state_, what, request, call, &detail::check_embedding<embedding_request>),
                             request.size(), request.encoding_format);
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

FOUNDRY_DECL endpoint const& basic_client::endpoint() const noexcept { return state_->endpoint; }
FOUNDRY_DECL options const& basic_client::settings() const noexcept { return state_->settings; }

} // namespace foundry::inline FOUNDRY_ABI
