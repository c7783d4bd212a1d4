// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/token_credential.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {
class chain;
}

/// Several credentials, tried in order until one gives a token; from then on only that one is used.
///
///     foundry::entra::managed_identity_credential machine;
///     machine.probe_first(std::chrono::seconds{1}); // elsewhere it would take 10 s to find out that there is none
///     foundry::entra::chained_credential who{std::move(machine), foundry::entra::azure_cli_credential{}};
///
/// The next credential is tried only if the one before it cannot work here (`errc::credential_unavailable`). A refused credential ends
/// the search: a wrong secret must be visible, and not hidden by a developer's login.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor if there is no credential, or if one of them is a key, which
/// gives no tokens.
class chained_credential
{
public:
    // clang-format off
    template <class First, class... Others>
    requires (!std::same_as<First, chained_credential>) && credential<First> && (credential<Others> && ...)
    explicit chained_credential(First first, Others... others)
        : chained_credential(list_of(any_credential(std::move(first)), any_credential(std::move(others))...))
    {}
    // clang-format on
    explicit chained_credential(std::vector<any_credential> sources);
    chained_credential(chained_credential&&) noexcept;
    chained_credential& operator=(chained_credential&&) noexcept;
    ~chained_credential();

    /// @throws foundry::error (`errc::credential_unavailable`) if no credential can be used, with the message of each; else the error of one
    /// of them.
    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    template <class... Sources>
    static std::vector<any_credential> list_of(Sources... sources)
    {
        std::vector<any_credential> all;
        (all.push_back(std::move(sources)), ...);
        return all;
    }

    std::unique_ptr<detail::chain> chain_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/chained_credential.ipp>
#endif
