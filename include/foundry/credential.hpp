// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/core/credential_source.hpp>
#include <foundry/endpoint.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

/// Header field that carries a key.
enum class key_header
{
    by_endpoint, ///< `api-key` for Foundry, Azure OpenAI and API Management hosts and the dated form, else `Authorization: Bearer`.
    api_key, ///< `api-key: <key>`
    bearer,  ///< `Authorization: Bearer <key>`
    both,    ///< Both of them.
};

/// Credential: an API key of the resource.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructors if the key is empty or has a character that is not visible
/// ASCII, such as the line break at the end of a file, or if the header name is invalid or reserved.
class api_key
{
public:
    explicit api_key(std::string_view key, key_header header = key_header::by_endpoint);
    /// For a gateway that reads the key from the header field `header_name`.
    api_key(std::string_view key, std::string header_name);

    /// The key itself; do not print it.
    std::string_view reveal() const noexcept { return key_.reveal(); }
    key_header header() const noexcept { return header_; }
    /// Name of the header field; empty if `header()` selects it.
    std::string const& header_name() const noexcept { return header_name_; }

private:
    secret key_;
    key_header header_ = key_header::by_endpoint;
    std::string header_name_;
};

/// Credential: a token that the program already has. The client sends it unchanged and never refreshes it.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor if the token is empty or has a character that is not visible
/// ASCII.
class bearer_token
{
public:
    explicit bearer_token(std::string_view token);
    /// The token itself; do not print it.
    std::string_view reveal() const noexcept { return token_.reveal(); }

private:
    secret token_;
};

/// Sends no credential: for local servers, and for gateways that add the credential.
struct no_credential
{
    explicit no_credential() = default;
};

class any_credential;

/// A type with a coroutine that returns tokens. To use a type of the program in a client, include <foundry/token_credential.hpp>.
/// One function is enough:
///
///     struct my_credential
///     {
///         boost::asio::awaitable<foundry::access_token> get_token(foundry::token_request request);
///     };
///
/// The coroutine runs on a strand over the client's executor, one at a time for each scope, tenant and claims. All copies of the client, or
/// of an `any_credential`, share the token in a cache. It is renewed at `access_token::refresh_on()` if that is set, else after half of its
/// life if that is two hours or more, else 5 minutes before it expires; until the new one is there, the old one is used, but not in its
/// last 2 minutes. If the coroutine throws a foundry::error, calls get that error for 5 s (`authentication_failed`: 60 s), or for its
/// `retry_after()`, at most an hour. If the service sends a claims challenge, the client requests a token with `request.claims`; a
/// credential that cannot pass them on ignores them or throws.
template <class T>
concept token_credential = requires(T& t, token_request request)
{
    {
        t.get_token(std::move(request))
        } -> std::same_as<boost::asio::awaitable<access_token>>;
};

/// Whether `T` is a credential of the library that needs no coroutine. A variable instead of a concept keeps compiler messages short.
template <class T>
inline constexpr bool is_static_credential = std::same_as<T, api_key> || std::same_as<T, bearer_token> ||
                                             std::same_as<T, no_credential> || std::same_as<T, any_credential>;

/// A type that `client` takes as its credential.
// clang-format off
template <class T>
concept credential = std::move_constructible<T> && (is_static_credential<T> || token_credential<T>);
// clang-format on

namespace detail {

FOUNDRY_DECL std::shared_ptr<credential_source> make_source(api_key key);
FOUNDRY_DECL std::shared_ptr<credential_source> make_source(bearer_token token);
FOUNDRY_DECL std::shared_ptr<credential_source> make_source(no_credential);

template <class T>
class token_source;

template <token_credential T>
std::shared_ptr<credential_source> make_source(T credential)
{
    static_assert(
        requires { sizeof(token_source<T>); }, "include <foundry/token_credential.hpp>");
    return std::make_shared<token_source<T>>(std::move(credential));
}

} // namespace detail

/// Holds a credential of any type, chosen at run time. Copies share the credential and its token cache.
///
/// Thread safety: copies may be used from several threads.
class any_credential
{
public:
    template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, any_credential> && credential<std::remove_cvref_t<T>>)
        any_credential(T&& from)
        : source_(make(std::forward<T>(from)))
    {}

    /// The credential, for the library.
    std::shared_ptr<detail::credential_source> const& source() const noexcept { return source_; }

private:
    template <class T>
    static std::shared_ptr<detail::credential_source> make(T&& from)
    {
        constexpr bool taken = std::constructible_from<std::remove_cvref_t<T>, T&&>;
        static_assert(taken, "a secret is not copied: write any_credential{std::move(key)}");
        if constexpr (taken)
            return detail::make_source(std::remove_cvref_t<T>(std::forward<T>(from)));
        else
            return nullptr;
    }

    std::shared_ptr<detail::credential_source> source_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/credential.ipp>
#endif
