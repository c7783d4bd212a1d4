// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/operations/embed.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Azure OpenAI serves base64 with every model: exact floats in a quarter of the bytes. Other services may not have it.
inline std::string_view default_encoding(foundry::endpoint const& endpoint)
{
    bool const azure_openai = endpoint.form() == api_form::openai_v1 || endpoint.form() == api_form::dated;
    return azure_openai ? "\"encoding_format\":\"base64\"," : "";
}

FOUNDRY_DECL pending_request prepare_embedding(std::shared_ptr<client_state> state, embedding_request const& request,
                                               call_options const& with)
{
    std::string_view const encoding = request.encoding_format ? "" : default_encoding(state->target.endpoint);
    return prepare(std::move(state), operations::embeddings, request, with, &check_embedding<embedding_request>,
                   encoding);
}

/// Sorts the vectors by their index. Vectors with a duplicate index or one out of range stay.
inline void put_in_order(std::vector<embedding>& data)
{
    for (std::size_t i = 0; i != data.size(); ++i) {
        for (;;) {
            auto const wanted = static_cast<std::size_t>(data[i].index);
            if (wanted >= data.size() || data[wanted].index == data[i].index)
                break;
            std::swap(data[i].index,
                      data[wanted].index); // member by member: std::swap of the struct costs more to compile
            data[i].embedding_.numbers.swap(data[wanted].embedding_.numbers);
            data[i].extra.swap(data[wanted].extra);
        }
    }
}

/// Converts integers that arrived as JSON numbers to bytes.
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
    embeddings_sink(embeddings& reply, std::size_t inputs)
        : json_sink({&reply, &json::type_of<embeddings>::value}, nullptr),
          reply_(reply),
          inputs_(inputs)
    {}

private:
    std::string missing() const override
    {
        if (reply_.data.size() != inputs_) {
            return "the answer has " + std::to_string(reply_.data.size()) + " vectors for " + std::to_string(inputs_) +
                   " inputs";
        }
        for (std::size_t i = 0; i != inputs_; ++i) {
            if (reply_.data[i].embedding_.numbers.empty())
                return "data[" + std::to_string(i) + "].embedding of the answer is no vector";
        }
        return {};
    }

    embeddings const& reply_;
    std::size_t inputs_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<embeddings> embed(pending_request request, std::size_t inputs,
                                                                   open_enum<embedding_encoding> encoding)
{
    embeddings reply;
    embeddings_sink body(reply, inputs);
    open_response response;
    co_await send_with_retries(request, &body, response);
    if (response.observer)
        response.observer->note(reply);
    put_in_order(reply.data);
    pack(reply, std::move(encoding));
    reply.set_info(std::move(response.info));
    co_return reply;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
