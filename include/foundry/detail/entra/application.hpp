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

/// What is said of a token request to who proves the application's identity in it.
struct proof_request
{
    proof_request() = default;

    std::string client_id;
    std::string token_url; ///< Where the proof is sent: the audience of an assertion.
};

/// How an application proves to the authority who it is.
class application_proof
{
public:
    virtual ~application_proof() = default;

    /// Appends members to the form of a token request; called anew for each request.
    virtual boost::asio::awaitable<void> append_to(std::string& form, proof_request request) = 0;
};

/// An application that asks for tokens in its own name (RFC 6749, 4.4, as Microsoft's identity platform has it).
class application final : private token_requester
{
public:
    application(std::string_view credential_name, credential_options with, std::string tenant, std::string client_id,
                std::unique_ptr<application_proof> proof);

    /// @throws foundry::error `errc::authentication_failed`, or the code of why no answer came, after its own retries.
    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    boost::asio::awaitable<access_token> request_once(token_request const& request) override;

    std::string_view credential_name_; // the credential's name; a literal
    credential_options options_;
    authority authority_;
    transport transport_;
    std::string client_id_;
    std::unique_ptr<application_proof> proof_;
    bool with_claims_challenges_;
};

/// `name=value`, with an ampersand in front where there is something before it.
FOUNDRY_DECL void append_parameter(std::string& form, std::string_view name, std::string_view value);

/// The claims of a token request: that its sender understands claims challenges (CP1), and those that a challenge asks for.
///
/// @throws foundry::error (`errc::invalid_argument`) where these are no JSON object, or contradict.
FOUNDRY_DECL std::string merge_claims(std::string_view challenge);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/application.ipp>
#endif
