// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/entra/authority.hpp>
#include <foundry/detail/entra/token_requester.hpp>
#include <foundry/entra/credential_options.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// The details of a token request that an application_proof needs.
struct proof_request
{
    proof_request() = default;

    std::string client_id;
    std::string token_url; ///< Destination of the proof: the audience of an assertion.
};

/// Proves the identity of an application to its authority.
class application_proof
{
public:
    virtual ~application_proof() = default;

    /// Appends members to the form of a token request; called for each request.
    virtual boost::asio::awaitable<void> append_to(std::string& form, proof_request request) = 0;
};

/// An application that requests tokens in its own name (RFC 6749, 4.4, in the form of Microsoft's identity platform).
class application final : private token_requester
{
public:
    application(std::string_view credential_name, credential_options with, std::string tenant, std::string client_id,
                std::unique_ptr<application_proof> proof);

    /// @throws foundry::error (`errc::authentication_failed`) if the authority refuses; with the code of the cause if no response came,
    /// after the credential's own retries.
    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    boost::asio::awaitable<access_token> request_once(token_request const& request) override;

    std::string_view credential_name_; // a literal
    credential_options options_;
    authority authority_;
    authority_transport transport_;
    std::string client_id_;
    std::unique_ptr<application_proof> proof_;
    bool with_claims_challenges_;
};

/// Appends `name=value`, after an ampersand if the form is not empty.
FOUNDRY_DECL void append_parameter(std::string& form, std::string_view name, std::string_view value);

/// The claims of a token request: that the sender understands claims challenges (CP1), and the claims that a challenge asks for.
///
/// @throws foundry::error (`errc::invalid_argument`) if the challenge is not a JSON object, or contradicts the other claims.
FOUNDRY_DECL std::string merge_claims(std::string_view challenge);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/application.ipp>
#endif
