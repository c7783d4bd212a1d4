// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/entra/http_request.hpp>
#include <foundry/detail/entra/token_requester.hpp>
#include <foundry/entra/credential_options.hpp>
#include <foundry/error.hpp>
#include <foundry/secret.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

inline constexpr std::string_view managed_identity_name = "ManagedIdentityCredential";

/// Gets tokens for a machine's identity from the endpoint that the environment names. Service Fabric, Azure Arc, Azure ML and Cloud Shell
/// are recognised, but not supported yet.
class managed_identity final : private token_requester
{
public:
    explicit managed_identity(credential_options with);

    bool is_app_service() const noexcept { return source_ == source::app_service; }

    /// Selects an identity other than the machine's own, by a parameter of the query.
    void select(std::string name, std::string value);

    /// Checks first, for at most this long, whether the endpoint responds: outside Azure, packets to it are lost. For a chain with other
    /// credentials to try.
    void probe_first(std::chrono::milliseconds at_most) noexcept { probe_limit_ = at_most; }

    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    enum class source
    {
        imds,
        app_service,
        not_served
    };

    boost::asio::awaitable<void> probe();
    boost::asio::awaitable<access_token> request_once(token_request const& request) override;
    error refusal(http_answer const& answer) const;

    credential_options options_;
    transport transport_;
    source source_ = source::imds;
    std::string not_served_; // name of the unsupported platform
    http::url endpoint_;
    secret header_; // for App Service
    std::string selector_;
    std::string selected_;
    std::chrono::milliseconds probe_limit_{0};

    std::mutex mutex_; // guards the members below
    bool reachable_ = false;
    std::chrono::steady_clock::time_point unreachable_until_;
};

/// IMDS restarts for updates of up to 70 s, and does not know a new identity for a while. So this policy retries longer, and for more
/// reasons, than the policy for a service.
class imds_retry_policy final : public retry_policy
{
public:
    explicit imds_retry_policy(retry_options numbers) : numbers_(std::move(numbers)) {}

    std::optional<std::chrono::milliseconds> decide(attempt const& failed, unsigned retries,
                                                    double random) const override;

private:
    retry_options numbers_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/managed_identity.ipp>
#endif
