// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// The four forms of URL that serve chat completions and embeddings.
enum class api_form
{
    models,    ///< Foundry Models: `https://{resource}.services.ai.azure.com/models`, serverless and managed compute.
    openai_v1, ///< `https://{resource}.openai.azure.com/openai/v1`; takes no api-version.
    dated, ///< `https://{resource}.openai.azure.com`; the deployment stands in the URL, the api-version in the query.
    compatible, ///< Any other OpenAI-compatible server: `http://localhost:8080/v1`, GitHub Models, ...
};

/// Who runs the host; decides the key header, the token scope and what is an extra parameter.
enum class host_kind
{
    foundry, ///< `*.services.ai.azure.com`, `*.openai.azure.com`, `*.cognitiveservices.azure.com` and their `.us` and `.cn` twins.
    serverless,      ///< `*.models.ai.azure.com`
    managed_compute, ///< `*.inference.ml.azure.com`
    github,          ///< `models.github.ai`, `models.inference.ai.azure.com`
    gateway,         ///< `*.azure-api.net` (Azure API Management)
    other,           ///< Everything else.
};

/// Permits plain http to a host that is not loopback, and only together with `no_credential`:
/// `endpoint{"http://gpu-box:8000/v1", allow_plain_http()}`.
struct allow_plain_http
{
    explicit allow_plain_http() = default;
};

/// Which host is asked, by which form of the API, at which URL.
///
/// The URL decides the form. What the portal shows as "target URI" may be pasted as it is: it is cut back to its base, and a
/// deployment and an api-version in it are kept. Everything recognised can be set by hand afterwards, for gateways.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor and the setters where no request could ever work:
/// a malformed URL, user-info in it, a Foundry host without a path, a bare project URL, plain http to anything but loopback.
/// The message says what to write instead.
///
/// Thread safety: as a value; const members may be called from several threads.
class endpoint
{
public:
    endpoint(std::string_view url);
    endpoint(char const* url) : endpoint(std::string_view(url)) {}
    endpoint(std::string const& url) : endpoint(std::string_view(url)) {}
    endpoint(std::string_view url, allow_plain_http);

    api_form form() const noexcept { return form_; }
    host_kind kind() const noexcept { return kind_; }

    bool secure() const noexcept { return secure_; }
    /// Lower case, without brackets around an IPv6 address and without a trailing dot.
    std::string const& host() const noexcept { return host_; }
    std::uint16_t port() const noexcept { return port_; }
    /// The `Host` field: the host, and the port where it is not the scheme's own.
    std::string host_field() const;
    /// Scheme, host, port and base path, without a slash at the end.
    std::string url() const;
    /// The api-version that is sent; empty where none is.
    std::string const& api_version() const noexcept { return api_version_; }
    /// The deployment that the URL names; empty where it names none. A request for another one is refused.
    std::string const& deployment() const noexcept { return deployment_; }
    /// The scope of a token for this endpoint, such as `https://cognitiveservices.azure.com/.default`.
    std::string const& scope() const noexcept { return scope_; }
    /// Whether a key goes into the `api-key` field (true) or is sent as `Authorization: Bearer` (false).
    bool key_in_api_key_field() const noexcept;
    std::vector<std::pair<std::string, std::string>> const& extra_headers() const noexcept { return headers_; }

    /// Path of the URL without the operation, percent-encoded, without a slash at the end.
    std::string_view base_path() const;
    /// Parameters that are added to the query of every request, percent-encoded, without a leading `&`.
    std::string const& extra_query() const noexcept { return query_; }

    /// @name Set by hand, for gateways. Each returns `*this`.
    /// @{
    /// The api-version follows the form unless it was set by hand or stood in the URL.
    endpoint& set_form(api_form form);
    /// An empty string sends none.
    endpoint& set_api_version(std::string version);
    endpoint& set_deployment(std::string name);
    endpoint& set_scope(std::string scope);
    /// Added to the query of every request; encoded here. Keys are refused: a query is logged.
    endpoint& add_query(std::string_view name, std::string_view value);
    /// Added to every request. The fields that frame or authorise a message are refused.
    endpoint& add_header(std::string name, std::string value);
    /// Connects the socket to this address (or host) instead, as curl's option of this name does. URL, SNI, `Host` and the
    /// certificate check stay as they are. For private links and for the emulator.
    endpoint& connect_to(std::string address, std::uint16_t port);
    /// @}

    std::string const& connect_address() const noexcept { return connect_address_.empty() ? host_ : connect_address_; }
    std::uint16_t connect_port() const noexcept { return connect_address_.empty() ? port_ : connect_port_; }
    /// Whether credentials may be sent: over TLS, or in plain text to a socket on this machine.
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
    std::string path_; // as in the URL without the operation; no slash at the end
    std::string api_version_;
    std::string deployment_;
    std::string scope_;
    std::string query_; // encoded, without a leading '&'
    std::string connect_address_;
    std::vector<std::pair<std::string, std::string>> headers_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/endpoint.ipp>
#endif
