// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/chat_stream.hpp>
#include <foundry/detail/call/pending_request.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace foundry::inline FOUNDRY_ABI::detail {

/// @throws foundry::error (`errc::invalid_argument`) for a request that no service takes.
FOUNDRY_DECL void check_chat(chat_request const& request);

/// A chat request, checked and serialised.
FOUNDRY_DECL pending_request prepare_chat(std::shared_ptr<client_state> state, chat_request const& request,
                                          call_options const& with, bool is_stream);

FOUNDRY_DECL boost::asio::awaitable<chat_completion> complete_chat(pending_request request);
FOUNDRY_DECL boost::asio::awaitable<chat_stream> stream_chat(pending_request request);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/complete_chat.ipp>
#endif
