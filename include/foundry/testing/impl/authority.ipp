// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/embedding_model.ipp>
#include <foundry/testing/impl/error_writer.ipp>

#include <boost/json/parse.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <chrono>
#include <ctime>
#include <map>
#include <memory>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Path at which clients find the endpoints of a tenant (OpenID Connect Discovery 1.0, 4).
inline constexpr std::string_view discovery_path = "/v2.0/.well-known/openid-configuration";

/// Whether the request is for a token or for the endpoints that give tokens.
FOUNDRY_DECL bool is_for_authority(recorded_request const& request)
{
    auto const path = request.target.substr(0, request.target.find('?'));
    return path.ends_with(discovery_path) || path.ends_with("/oauth2/v2.0/token") || path == "/adfs/oauth2/token" ||
           path == "/msi/token" || path == "/metadata/identity/oauth2/token";
}

/// Gives tokens to the identities of the directory. Used by one thread.
class authority
{
public:
    explicit authority(directory const& known) : known_(known) {}

    reply answer(recorded_request const& request);

    /// Whether this authority gave the token for one of these audiences, and the token has not expired.
    bool has_given(std::string const& token, std::vector<std::string> const& audiences) const;

private:
    struct given
    {
        std::string audience;
        std::chrono::steady_clock::time_point until;
    };

    void check_tenant(recorded_request const& request, std::string_view error) const;
    reply for_application(recorded_request const& request);
    reply discovery(recorded_request const& request) const;
    reply for_machine(recorded_request const& request, std::map<std::string, std::string> const& query);
    void check_proof(std::map<std::string, std::string> const& form, std::string const& url);
    void check_assertion(std::string const& assertion, std::string const& url);
    std::string give(std::string audience);

    directory const& known_;
    std::map<std::string, given> tokens_;
    std::vector<std::string> seen_; ///< The ids of used assertions.
};

/// The members of a form, or of a query.
FOUNDRY_DECL std::map<std::string, std::string> form_members(std::string_view text)
{
    std::map<std::string, std::string> found;
    while (!text.empty()) {
        auto const one = text.substr(0, text.find('&'));
        auto const equals = (std::min)(one.find('='), one.size());
        found[percent_decode(one.substr(0, equals))] = percent_decode(one.substr(std::min(equals + 1, one.size())));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
    }
    return found;
}

/// Refuses as the authority does: with its error number before the text.
[[noreturn]] FOUNDRY_DECL void refuse_token(std::string_view error, std::string const& number, std::string const& text)
{
    json::object body;
    body["error"] = error;
    body["error_description"] = "AADSTS" + number + ": " + text +
                                " Trace ID: 11111111-aaaa-bbbb-cccc-000000000001 Correlation ID: "
                                "22222222-aaaa-bbbb-cccc-000000000002 Timestamp: 2026-01-01 00:00:00Z";
    body["error_codes"] = json::array{std::stoi(number)};
    body["timestamp"] = "2026-01-01 00:00:00Z";
    body["trace_id"] = "11111111-aaaa-bbbb-cccc-000000000001";
    body["correlation_id"] = "22222222-aaaa-bbbb-cccc-000000000002";
    body["error_uri"] = "https://login.microsoftonline.com/error?code=" + number;
    throw refusal(error == "invalid_client" ? 401 : 400, body);
}

FOUNDRY_DECL reply authority::answer(recorded_request const& request)
{
    auto const question = (std::min)(request.target.find('?'), request.target.size());
    auto const query =
        form_members(std::string_view(request.target).substr(std::min(question + 1, request.target.size())));
    bool const machine = request.target.starts_with("/metadata/") || request.target.starts_with("/msi/");
    reply made;
    try {
        if (is_preflight(request)) {
            made.status = 204;
            made.set_header("access-control-allow-methods", "GET, POST");
            made.set_header("access-control-allow-headers",
                            std::string(request.header("access-control-request-headers").value_or("*")));
        } else if (machine) {
            made = for_machine(request, query);
        } else if (request.target.substr(0, question).ends_with(discovery_path)) {
            made = discovery(request);
        } else {
            made = for_application(request);
        }
    } catch (refusal const& refused) {
        made = refused.as_reply();
    }
    if (made.status != 204)
        made.add_header_unless_set("content-type", "application/json");
    if (request.header("origin"))
        made.add_header_unless_set("access-control-allow-origin", "*");
    return made;
}

FOUNDRY_DECL std::string authority::give(std::string audience)
{
    auto token = "given-token-" + std::to_string(tokens_.size() + 1);
    tokens_[token] = {std::move(audience), std::chrono::steady_clock::now() + known_.lifetime};
    return token;
}

FOUNDRY_DECL bool authority::has_given(std::string const& token, std::vector<std::string> const& audiences) const
{
    auto const found = tokens_.find(token);
    return found != tokens_.end() && contains(audiences, found->second.audience) &&
           std::chrono::steady_clock::now() < found->second.until;
}

FOUNDRY_DECL void authority::check_tenant(recorded_request const& request, std::string_view error) const
{
    auto const tenant = request.target.substr(1, request.target.find('/', 1) - 1);
    if (tenant != known_.tenant)
        refuse_token(error, "90002", "Tenant '" + tenant + "' not found.");
}

FOUNDRY_DECL reply authority::discovery(recorded_request const& request) const
{
    check_tenant(request, "invalid_tenant");
    if (request.method != "GET")
        throw refusal(405, error_body("405", "Method not allowed"));
    auto const host = (request.tls ? "https://" : "http://") + request.host + "/";
    auto const base = host + known_.tenant;
    json::object body;
    body["token_endpoint"] = base + "/oauth2/v2.0/token";
    body["token_endpoint_auth_methods_supported"] = json::array{"client_secret_post", "private_key_jwt"};
    body["jwks_uri"] = base + "/discovery/v2.0/keys";
    body["response_modes_supported"] = json::array{"query", "fragment", "form_post"};
    body["subject_types_supported"] = json::array{"pairwise"};
    body["id_token_signing_alg_values_supported"] = json::array{"RS256"};
    body["response_types_supported"] = json::array{"code", "id_token", "code id_token", "id_token token"};
    body["scopes_supported"] = json::array{"openid", "profile", "email", "offline_access"};
    body["issuer"] = base + "/v2.0";
    body["authorization_endpoint"] = base + "/oauth2/v2.0/authorize";
    body["device_authorization_endpoint"] = base + "/oauth2/v2.0/devicecode";
    body["end_session_endpoint"] = base + "/oauth2/v2.0/logout";
    body["tenant_region_scope"] = "NA";
    body["cloud_instance_name"] = "microsoftonline.com";
    return reply(200, json_text(body));
}

FOUNDRY_DECL reply authority::for_application(recorded_request const& request)
{
    auto const form = form_members(request.body);
    auto const member = [&form](char const* name) {
        auto const found = form.find(name);
        return found == form.end() ? std::string() : found->second;
    };
    if (request.method != "POST" || member("grant_type") != "client_credentials")
        refuse_token("unsupported_grant_type", "70003", "The app requested an unsupported grant type.");
    check_tenant(request, "invalid_request");
    if (member("client_id") != known_.client_id)
        refuse_token("unauthorized_client", "700016",
                     "Application with identifier '" + member("client_id") + "' was not found in the directory.");
    auto scope = member("scope");
    if (!scope.ends_with("/.default"))
        refuse_token("invalid_scope", "1002012", "The provided value for scope " + scope + " is not valid.");
    check_proof(form, "https://" + request.host + request.target);
    json::object body;
    body["token_type"] = "Bearer";
    body["expires_in"] = known_.lifetime.count();
    body["ext_expires_in"] = known_.lifetime.count();
    body["access_token"] = give(scope.substr(0, scope.size() - 9));
    return reply(200, json_text(body));
}

FOUNDRY_DECL void authority::check_proof(std::map<std::string, std::string> const& form, std::string const& url)
{
    if (auto const secret = form.find("client_secret"); secret != form.end()) {
        if (secret->second != known_.client_secret)
            refuse_token(
                "invalid_client", "7000215",
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                "value, not the client secret ID.");
        return;
    }
    auto const assertion = form.find("client_assertion");
    auto const type = form.find("client_assertion_type");
    if (assertion == form.end() || type == form.end() ||
        type->second != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        refuse_token("invalid_client", "7000218", "The request body must contain client_assertion or client_secret.");
    if (assertion->second != known_.federated_token)
        check_assertion(assertion->second, url);
}

FOUNDRY_DECL std::string from_base64url(std::string_view text)
{
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (char const c : text) {
        static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        auto const value = digits.find(c);
        if (value == std::string_view::npos)
            return {};
        bits = (bits << 6U) | static_cast<unsigned>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(static_cast<unsigned char>((bits >> static_cast<unsigned>(count)) & 0xFFU));
        }
    }
    return bytes;
}

FOUNDRY_DECL json::object decoded_object(std::string_view text)
{
    boost::system::error_code failed;
    auto const value = json::parse(from_base64url(text), failed);
    return !failed && value.is_object() ? value.get_object() : json::object();
}

FOUNDRY_DECL std::string text_member(json::object const& of, std::string_view name)
{
    auto const* const value = of.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Whether this is a PS256 signature (RFC 7518, 3.5). The salt must be as long as the digest.
FOUNDRY_DECL bool is_signed(X509* certificate, std::string_view text, std::string const& signature)
{
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_PKEY_CTX* how = nullptr;
    return EVP_DigestVerifyInit(digest.get(), &how, EVP_sha256(), nullptr, X509_get0_pubkey(certificate)) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(how, 32) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(how, EVP_sha256()) == 1 &&
           EVP_DigestVerify(digest.get(), reinterpret_cast<unsigned char const*>(signature.data()), signature.size(),
                            reinterpret_cast<unsigned char const*>(text.data()), text.size()) == 1;
}

FOUNDRY_DECL void authority::check_assertion(std::string const& assertion, std::string const& url)
{
    auto const first = assertion.find('.');
    auto const last = assertion.rfind('.');
    if (first == last)
        refuse_token("invalid_client", "50027", "JWT token is invalid or malformed.");
    std::string_view const text = assertion;
    auto const header = decoded_object(text.substr(0, first));
    auto const claims = decoded_object(text.substr(first + 1, last - first - 1));
    std::unique_ptr<BIO, decltype(&BIO_free)> const pem(
        BIO_new_mem_buf(known_.certificate.data(), static_cast<int>(known_.certificate.size())), &BIO_free);
    std::unique_ptr<X509, decltype(&X509_free)> const certificate(
        PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr), &X509_free);
    unsigned char thumbprint[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    bool const known =
        certificate && text_member(header, "alg") == "PS256" &&
        X509_digest(certificate.get(), EVP_sha256(), thumbprint, &size) == 1 &&
        from_base64url(text_member(header, "x5t#S256")) == std::string(reinterpret_cast<char const*>(thumbprint), size);
    if (!known || !is_signed(certificate.get(), text.substr(0, last), from_base64url(text.substr(last + 1))))
        refuse_token("invalid_client", "700027", "Client assertion failed signature validation.");
    if (text_member(claims, "iss") != known_.client_id || text_member(claims, "sub") != known_.client_id)
        refuse_token("invalid_client", "700021", "Client assertion application identifier doesn't match 'client_id'.");
    if (text_member(claims, "aud") != url)
        refuse_token("invalid_client", "700023", "Client assertion audience claim does not match Realm issuer.");
    auto const number = [&claims](char const* name) {
        auto const* const value = claims.if_contains(name);
        return value != nullptr && value->is_int64() ? value->get_int64() : 0;
    };
    std::int64_t const now = std::time(nullptr);
    constexpr std::int64_t skew = 5;
    if (now + skew < number("nbf") || now > number("exp") || number("exp") - number("nbf") > 600)
        refuse_token("invalid_client", "700024", "Client assertion is not within its valid time range.");
    auto id = text_member(claims, "jti");
    if (id.empty() || contains(seen_, id))
        refuse_token("invalid_client", "50027", "The assertion was used before.");
    seen_.push_back(std::move(id));
}

FOUNDRY_DECL reply authority::for_machine(recorded_request const& request,
                                          std::map<std::string, std::string> const& query)
{
    bool const app_service = request.target.starts_with("/msi/");
    auto const parameter = [&query](char const* name) {
        auto const found = query.find(name);
        return found == query.end() ? std::string() : found->second;
    };
    auto const refuse = [](unsigned status, char const* error, char const* text) {
        json::object body;
        body["error"] = error;
        body["error_description"] = text;
        throw refusal(status, body);
    };
    if (app_service && request.header("x-identity-header") != std::string_view(known_.identity_header))
        refuse(401, "invalid_request", "The identity header is wrong.");
    if (!app_service && request.header("metadata") != std::string_view("true"))
        refuse(400, "invalid_request", "Required metadata header not specified");
    if (parameter("api-version") != (app_service ? "2019-08-01" : "2018-02-01") || parameter("resource").empty())
        refuse(400, "invalid_request", "api-version or resource is wrong");
    auto const id = parameter("client_id");
    if (id.empty() ? !known_.own_identity : id != known_.identity_id)
        refuse(400, "invalid_request", "Identity not found");
    auto const ends = std::time(nullptr) + known_.lifetime.count();
    json::object body;
    body["access_token"] = give(parameter("resource"));
    body["expires_on"] = std::to_string(ends);
    body["resource"] = parameter("resource");
    body["token_type"] = "Bearer";
    body["client_id"] = id.empty() ? "own-identity" : id;
    return reply(200, json_text(body));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
