// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/embed.hpp>
#include <foundry/image_embedding.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL image_embedding_request::image_embedding_request(std::string model_name)
{
    if (!model_name.empty())
        model = std::move(model_name);
}

FOUNDRY_DECL image_embedding_request& image_embedding_request::add(std::string data_url)
{
    input.emplace_back(std::move(data_url));
    return *this;
}

FOUNDRY_DECL image_embedding_request& image_embedding_request::add(std::string data_url, std::string text)
{
    input.emplace_back(std::move(data_url), std::move(text));
    return *this;
}

FOUNDRY_DECL boost::asio::awaitable<embeddings> basic_client::embed(image_embedding_request const& request,
                                                                    call_options const& with) const
{
    return detail::embed(detail::prepare(state_, detail::operations::image_embeddings, request, with,
                                         &detail::check_embedding<image_embedding_request>),
                         request.size(), request.encoding_format);
}

FOUNDRY_DECL boost::asio::awaitable<embeddings> basic_client::embed(image_embedding_request const& request) const
{
    return embed(request, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
