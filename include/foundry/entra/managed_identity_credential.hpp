// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/managed_identity.hpp>
#include <foundry/entra/credential_options.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// An identity of a machine: its own, or one that was assigned to it.
class managed_identity_id
{
public:
    /// The machine's own identity (system-assigned).
    managed_identity_id() = default;

    static managed_identity_id client_id(std::string id) { return {kind::client_id, std::move(id)}; }
    static managed_identity_id object_id(std::string id) { return {kind::object_id, std::move(id)}; }
    /// Takes an id such as `/subscriptions/.../providers/Microsoft.ManagedIdentity/userAssignedIdentities/...`.
    static managed_identity_id resource_id(std::string id) { return {kind::resource_id, std::move(id)}; }

    enum class kind
    {
        own,
        client_id,
        object_id,
        resource_id
    };
    kind what() const noexcept { return kind_; }
    std::string const& value() const noexcept { return value_; }

private:
    managed_identity_id(kind k, std::string value) : kind_(k), value_(std::move(value)) {}

    kind kind_ = kind::own;
    std::string value_;
};

/// The identity of the Azure machine that the program runs on: a virtual machine (IMDS), App Service, Functions, Container Apps. Prefer it
/// if possible: there is no secret to keep.
///
/// The endpoint is on the machine itself and speaks plain HTTP; it never gets a key or token of a service.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructors if the id is empty, or if the environment names an invalid
/// endpoint.
class managed_identity_credential
{
public:
    explicit managed_identity_credential(credential_options options = {});
    explicit managed_identity_credential(managed_identity_id id, credential_options options = {});

    /// Checks first, for at most this long, whether there is an IMDS endpoint; for a chain with other credentials to try.
    void probe_first(std::chrono::milliseconds at_most) noexcept { source_->probe_first(at_most); }

    /// Fetches a new token. The client caches it, and fetches no more often than necessary.
    ///
    /// @throws foundry::error (`errc::credential_unavailable`) if this is not such a machine, or if it has no identity;
    /// `errc::authentication_failed` if it does not have the requested identity.
    ///
    /// Cancellation: at once, in any state. The credential must outlive the coroutine.
    boost::asio::awaitable<access_token> get_token(token_request request)
    {
        return source_->get_token(std::move(request));
    }

private:
    std::unique_ptr<detail::managed_identity> source_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/managed_identity_credential.ipp>
#endif
