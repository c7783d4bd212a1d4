// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/schema.hpp>
#include <foundry/detail/operations/complete_chat.hpp>
#include <foundry/error.hpp>

#include <memory>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Asks for an answer that follows a schema.
///
/// @throws foundry::error (`errc::invalid_argument`) if the request has a format already.
FOUNDRY_DECL void set_response_format(chat_request& request, json::schema const& schema);

/// @name Errors about an answer.
/// @param text what `error::body()` is.
/// @{
[[noreturn]] FOUNDRY_DECL void throw_misfit(answer const& reply, std::string text, std::string const& problem);
[[noreturn]] FOUNDRY_DECL void throw_cut_off(answer const& reply, std::string text, std::string advice);
[[noreturn]] FOUNDRY_DECL void throw_refused(answer const& reply, std::string reason);
[[noreturn]] FOUNDRY_DECL void throw_filtered(answer const& reply, std::string text,
                                              dictionary<filter_result> const& verdicts);
/// @}

/// What shows the model that its answer does not fit.
FOUNDRY_DECL std::string correction_text(std::string const& problem);

/// Whether a completion is an answer at all.
///
/// @throws foundry::error (`errc::refused`, `errc::content_filter`, `errc::answer_cut_off`, `errc::answer_misfit`)
FOUNDRY_DECL void check_answer(chat_completion const& reply);

/// Reads the answer into a new value. Returns what does not fit; empty if all does.
///
/// @throws foundry::error as check_answer().
FOUNDRY_DECL std::string read_typed(chat_completion const& reply, json::object_ref into);

/// Shows the model what does not fit, and asks again.
inline chat_message correction(std::string const& problem)
{
    return chat_message(chat_role::user, correction_text(problem));
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/typed_answer.ipp>
#endif
