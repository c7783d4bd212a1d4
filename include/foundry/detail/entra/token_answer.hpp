// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/entra/http_request.hpp>
#include <foundry/error.hpp>

#include <chrono>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Reads the token of a successful response (RFC 6749, 5.1, and the form of managed identities). The text of an error repeats no part of
/// the response.
///
/// @param credential_name for the message.
/// @throws foundry::error (`errc::unexpected_reply`) if the response has no token or no lifetime, if the token's type is not Bearer, or if
/// the token has a character that no header field may hold.
FOUNDRY_DECL access_token read_token(std::string_view credential_name, std::string_view body,
                                     std::chrono::system_clock::time_point now);

/// The error for an authority's refusal (RFC 6749, 5.2): `errc::authentication_failed`; `errc::rate_limited` or `errc::service_error` if it
/// is transient. It has the authority's message, code and ids, and advice.
FOUNDRY_DECL error refused_token(std::string_view credential_name, http_answer const& answer);

/// Makes an error of a credential final: after the credential's own retries, the service's retries must not repeat it.
FOUNDRY_DECL error final_error(std::string_view credential_name, error const& e);

/// The error of a credential that could not even try.
FOUNDRY_DECL error unavailable(std::string_view credential_name, std::string why, std::string advice);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/token_answer.ipp>
#endif
