// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/type_of.hpp>

#include <optional>
#include <span>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The members that the Foundry Models API has in chat and embedding requests; anything else is an extra parameter there.
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

/// A typed operation: one path, one described request with a model.
struct operation
{
    std::string_view path;
    std::string_view lead; ///< Members in front of the request's own, such as `"stream":true,`.
    std::string const* default_model;
    std::span<std::string_view const> models_api = models_api_members;
};

/// The first that is not empty.
inline std::string_view first_non_empty(std::string_view a, std::string_view b, std::string_view c)
{
    return !a.empty() ? a : !b.empty() ? b : c;
}

/// Checks the model, serialises the request and writes the head.
///
/// @throws foundry::error (`errc::invalid_argument`)
FOUNDRY_DECL void write_request(pending_request& call, operation const& what, json::const_object_ref request,
                                std::optional<std::string> const& model, call_options const& with);

/// Checks and serialises a request; a mistake is kept for the coroutine to throw.
template <class Request>
pending_request prepare(std::shared_ptr<client_state> state, operation const& what, Request const& request,
                        call_options const& with, void (*check)(Request const&))
{
    pending_request call(std::move(state), what.path);
    try {
        check(request);
        write_request(call, what, {&request, &json::type_of<Request>::value}, request.model, with);
    } catch (...) {
        call.validation_error = std::current_exception();
    }
    return call;
}

/// Throws `errc::unexpected_reply` for an answer that lacks what every such answer has.
[[noreturn]] FOUNDRY_DECL void throw_incomplete(std::string what);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/operation.ipp>
#endif
