// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/entra/http_request.hpp>
#include <foundry/error.hpp>

#include <chrono>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Reads the token of a good answer (RFC 6749, 5.1, and what managed identities send). Nothing of it is in an error's text.
///
/// @param who the credential, for the message.
/// @throws foundry::error (`errc::unexpected_reply`) where it is none: without a token or without its lifetime, of another type than
/// Bearer, or with a character that no header field may hold.
FOUNDRY_DECL access_token read_token(std::string_view credential_name, std::string_view body,
                                     std::chrono::system_clock::time_point now);

/// What an authority's refusal (RFC 6749, 5.2) stands for: `errc::authentication_failed`, or for what passes `errc::rate_limited` or
/// `errc::service_error`. It carries the authority's words, its code and ids, and what to do.
FOUNDRY_DECL error refused_token(std::string_view credential_name, http_answer const& answer);

/// What goes wrong in a credential is not for the service's retries: it has had its own.
FOUNDRY_DECL error final_error(std::string_view credential_name, error const& e);

/// A credential that could not even try.
FOUNDRY_DECL error unavailable(std::string_view credential_name, std::string why, std::string advice);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/token_answer.ipp>
#endif
