// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/batch_requests.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/operations/batch_files.hpp>
#include <foundry/detail/operations/complete_chat.hpp>
#include <foundry/detail/operations/embed.hpp>
#include <foundry/detail/operations/fetch_response.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL batch_requests::batch_requests(std::string model, batch_file_options how)
    : files_(std::make_shared<detail::batch_files>(std::move(model), std::move(how)))
{}
FOUNDRY_DECL batch_requests::batch_requests(batch_requests&&) noexcept = default;
FOUNDRY_DECL batch_requests& batch_requests::operator=(batch_requests&&) noexcept = default;
FOUNDRY_DECL batch_requests::~batch_requests() = default;

FOUNDRY_DECL batch_requests& batch_requests::add(std::string_view custom_id, chat_request const& request)
{
    detail::check_chat(request);
    files_->add(custom_id, "/v1/chat/completions", request.model.value_or(""),
                {&request, &json::type_of<chat_request>::value});
    return *this;
}

FOUNDRY_DECL batch_requests& batch_requests::add(std::string_view custom_id, embedding_request const& request)
{
    detail::check_embedding(request);
    files_->add(custom_id, "/v1/embeddings", request.model.value_or(""),
                {&request, &json::type_of<embedding_request>::value});
    return *this;
}

FOUNDRY_DECL batch_requests& batch_requests::add(std::string_view custom_id, response_request const& request)
{
    detail::check_response_request(request);
    files_->add(custom_id, "/v1/responses", request.model.value_or(""),
                {&request, &json::type_of<response_request>::value});
    return *this;
}

FOUNDRY_DECL std::size_t batch_requests::size() const noexcept { return files_->size; }
FOUNDRY_DECL std::size_t batch_requests::files() const noexcept { return files_->files.size(); }

} // namespace foundry::inline FOUNDRY_ABI
