// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/request_builder.hpp>
#include <foundry/embedding.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL pending_request prepare_embedding(std::shared_ptr<client_state> state, embedding_request const& request,
                                               call_options const& with);

/// @param inputs how many vectors the response must have.
/// @param encoding that was asked for; may be empty.
FOUNDRY_DECL boost::asio::awaitable<embeddings> embed(pending_request request, std::size_t inputs,
                                                      open_enum<embedding_encoding> encoding);

/// For requests of texts and of images.
template <class Request>
void check_embedding(Request const& request)
{
    if (request.size() == 0)
        throw error(errc::invalid_argument, "input is empty; add something to it, as with request.add(\"...\")");
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/embed.ipp>
#endif
