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

/// Several credentials, asked in order until one gives a token; from then on that one alone is asked.
///
///     foundry::entra::chained_credential who{foundry::entra::managed_identity_credential{},
///                                            foundry::entra::azure_cli_credential{}};
///
/// The next one is asked only where one could not even try (`errc::credential_unavailable`). One that was refused ends it: a wrong secret
/// is to be seen, and not hidden by whoever has logged in.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor where one of them is a key, which gives no tokens.
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

    /// @throws foundry::error `errc::credential_unavailable` where none could try, with what each has said; else what one of them throws.
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
