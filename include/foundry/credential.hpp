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

/// Which header field carries a key.
enum class key_header
{
    by_endpoint, ///< `api-key` on Azure's own hosts and gateways, `Authorization: Bearer` elsewhere.
    api_key,
    bearer,
    both,
};

/// A key of the resource.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructors where the key is empty or holds anything but visible
/// ASCII, such as the line break of a file it was read from.
class api_key
{
public:
    explicit api_key(std::string_view key, key_header header = key_header::by_endpoint);
    /// For gateways with a header of their own.
    api_key(std::string_view key, std::string header_name);

    std::string_view reveal() const noexcept { return key_.reveal(); }
    key_header header() const noexcept { return header_; }
    std::string const& header_name() const noexcept { return header_name_; }

private:
    secret key_;
    key_header header_ = key_header::by_endpoint;
    std::string header_name_;
};

/// A token that the program got elsewhere; it is sent as it is and never refreshed.
///
/// @throws foundry::error (`errc::invalid_argument`) as `api_key`.
class bearer_token
{
public:
    explicit bearer_token(std::string_view token);
    std::string_view reveal() const noexcept { return token_.reveal(); }

private:
    secret token_;
};

/// Nothing is sent: for local servers, and for gateways that add the credential.
struct no_credential
{
    explicit no_credential() = default;
};

class any_credential;

/// Any type that yields a token from a coroutine; include <foundry/token_credential.hpp> to make a client of one of your own. One
/// function models it:
///
///     struct my_credential
///     {
///         boost::asio::awaitable<foundry::access_token> get_token(foundry::token_request request);
///     };
///
/// Its coroutine runs on a strand over the client's executor, one at a time for each scope and tenant. The token is kept: shared by
/// all copies of the client (and of an `any_credential`), and renewed some minutes before it ends while the old one is still used. The
/// client answers a service's claims challenge by asking again with `request.claims`; a credential that cannot pass them on ignores
/// them or throws.
template <class T>
concept token_credential = requires(T& t, token_request request)
{
    {
        t.get_token(std::move(request))
        } -> std::same_as<boost::asio::awaitable<access_token>>;
};

/// Whether it is one of the library's own credentials that need no coroutine. Not a concept: a compiler would explain it at length.
template <class T>
inline constexpr bool is_static_credential = std::same_as<T, api_key> || std::same_as<T, bearer_token> ||
                                             std::same_as<T, no_credential> || std::same_as<T, any_credential>;

/// What `client` takes: something that proves who is asking.
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

/// Any credential, chosen at run time. Copies share it.
class any_credential
{
public:
    template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, any_credential> && credential<std::remove_cvref_t<T>>)
        any_credential(T&& from)
        : source_(make(std::forward<T>(from)))
    {}

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
