// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// Form of the API: which URLs and parameters it has.
enum class api_form
{
    /// Foundry Models: `https://{resource}.services.ai.azure.com/models`, serverless and managed compute.
    models,
    /// Azure OpenAI v1: `https://{resource}.openai.azure.com/openai/v1`, without an api-version.
    openai_v1,
    /// Azure OpenAI, dated: `https://{resource}.openai.azure.com`; deployment in the path, api-version in the query.
    dated,
    /// Any other OpenAI-compatible server: `http://localhost:8080/v1`, GitHub Models, ...
    compatible,
};

/// Operator of the host; decides, with the form, the key header and the token scope.
enum class host_kind
{
    /// `*.services.ai.azure.com`, `*.openai.azure.com`, `*.cognitiveservices.azure.com` and the same under `.us` and `.cn`.
    foundry,
    /// `*.models.ai.azure.com`
    serverless,
    /// `*.inference.ml.azure.com`
    managed_compute,
    /// `models.github.ai`, `models.inference.ai.azure.com`
    github,
    /// `*.azure-api.net` (Azure API Management)
    gateway,
    /// Any other host.
    other,
};

/// Allows plain http to a host other than loopback, for a client with `no_credential`:
/// `endpoint{"http://gpu-box:8000/v1", allow_plain_http()}`.
struct allow_plain_http
{
    explicit allow_plain_http() = default;
};

/// Address of a service: host, form of the API and base URL.
///
/// The URL decides the form. The "target URI" of the portal may be used unchanged: the constructor removes the operation at its end and
/// keeps a deployment and an api-version in it. For gateways, the setters change everything that the constructor recognised.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructors and the setters if no request could succeed: a malformed URL,
/// user-info in it, `*.services.ai.azure.com` without a path, a project URL without `/openai/v1`, plain http to a host other than loopback.
/// The message says what to write instead.
///
/// Thread safety: as a value; const members may be called from several threads.
class endpoint
{
public:
    /// @param url absolute https or http URL, such as `https://contoso.services.ai.azure.com/models`.
    endpoint(std::string_view url);
    endpoint(char const* url) : endpoint(std::string_view(url)) {}
    endpoint(std::string const& url) : endpoint(std::string_view(url)) {}
    endpoint(std::string_view url, allow_plain_http);

    api_form form() const noexcept { return form_; }
    host_kind kind() const noexcept { return kind_; }

    /// Whether the scheme is https.
    bool secure() const noexcept { return secure_; }
    /// Host in lower case, without the brackets of an IPv6 address and without a trailing dot.
    std::string const& host() const noexcept { return host_; }
    /// Port; 443 for https and 80 for http unless the URL names another.
    std::uint16_t port() const noexcept { return port_; }
    /// Value of the `Host` field: the host, and the port if it is not the default of the scheme.
    std::string host_field() const;
    /// Scheme, host, port and base path, without a slash at the end.
    std::string url() const;
    /// Value of the query parameter `api-version`; empty: the client sends none.
    std::string const& api_version() const noexcept { return api_version_; }
    /// Deployment that the URL names; may be empty. A request for another one is refused.
    std::string const& deployment() const noexcept { return deployment_; }
    /// Scope of the tokens for this endpoint, such as `https://cognitiveservices.azure.com/.default`.
    std::string const& scope() const noexcept { return scope_; }
    /// Whether `key_header::by_endpoint` sends a key as `api-key` (true) or as `Authorization: Bearer` (false).
    bool key_in_api_key_field() const noexcept;
    /// Header fields of add_header(), as name and value.
    std::vector<std::pair<std::string, std::string>> const& extra_headers() const noexcept { return headers_; }

    /// Path of the URL without the operation, percent-encoded, without a slash at the end.
    std::string_view base_path() const;
    /// Parameters that are added to the query of every request, percent-encoded, without a leading `&`.
    std::string const& extra_query() const noexcept { return query_; }

    /// @name Setters, for gateways; each returns `*this`.
    /// @{
    /// Also changes the api-version to that of the form, unless the URL or set_api_version() gave one.
    endpoint& set_form(api_form form);
    /// @param version value of the query parameter `api-version`; empty: none is sent.
    endpoint& set_api_version(std::string version);
    endpoint& set_deployment(std::string name);
    endpoint& set_scope(std::string scope);
    /// Adds a parameter to the query of every request; percent-encodes both. Refuses parameter names that carry an API key,
    /// because servers log queries.
    endpoint& add_query(std::string_view name, std::string_view value);
    /// Adds a header field to every request. Refuses those that the library writes itself, such as `Host`,
    /// `Content-Length` and `Authorization`.
    endpoint& add_header(std::string name, std::string value);
    /// Connects the socket to another address or host name, as `--connect-to` of curl does. URL, SNI, `Host` and the certificate check
    /// still use the host of the URL. For private links and for the emulator.
    ///
    /// @param port 1 to 65535.
    endpoint& connect_to(std::string address, std::uint16_t port);
    /// @}

    /// Address or host name that the socket connects to.
    std::string const& connect_address() const noexcept { return connect_address_.empty() ? host_ : connect_address_; }
    /// Whether connect_to() was called.
    bool connects_elsewhere() const noexcept { return !connect_address_.empty(); }
    std::uint16_t connect_port() const noexcept { return connect_address_.empty() ? port_ : connect_port_; }
    /// Whether a client may send credentials: over TLS, or in plain text to loopback.
    bool may_carry_credentials() const noexcept;
    bool plain_http_allowed() const noexcept { return plain_http_allowed_; }

private:
    void parse(std::string_view text);
    void take_query(std::string_view query);
    void take_path();

    api_form form_ = api_form::compatible;
    host_kind kind_ = host_kind::other;
    bool secure_ = true;
    bool plain_http_allowed_ = false;
    bool api_version_given_ = false;
    std::uint16_t port_ = 443;
    std::uint16_t connect_port_ = 0;
    std::string host_;
    std::string path_; // path of the URL without the operation and without a slash at the end
    std::string api_version_;
    std::string deployment_;
    std::string scope_;
    std::string query_; // percent-encoded, without a leading '&'
    std::string connect_address_;
    std::vector<std::pair<std::string, std::string>> headers_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/endpoint.ipp>
#endif
