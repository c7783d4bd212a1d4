// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/chain.hpp>
#include <foundry/entra/chained_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

inline std::vector<chain_entry> entries_of(std::vector<any_credential> const& sources)
{
    if (sources.empty())
        foundry::detail::throw_invalid_argument("a chain needs a credential");
    std::vector<chain_entry> entries;
    for (any_credential const& one : sources) {
        if (!one.source()->gives_tokens())
            foundry::detail::throw_invalid_argument("a chain is made of credentials that give tokens; a key is none");
        entries.emplace_back().source = one.source();
    }
    return entries;
}

} // namespace detail

FOUNDRY_DECL chained_credential::chained_credential(std::vector<any_credential> sources)
    : chain_(std::make_unique<detail::chain>("ChainedCredential", detail::entries_of(sources)))
{}

FOUNDRY_DECL chained_credential::chained_credential(chained_credential&&) noexcept = default;
FOUNDRY_DECL chained_credential& chained_credential::operator=(chained_credential&&) noexcept = default;
FOUNDRY_DECL chained_credential::~chained_credential() = default;

FOUNDRY_DECL boost::asio::awaitable<access_token> chained_credential::get_token(token_request request)
{
    return chain_->get_token(std::move(request));
}

} // namespace foundry::inline FOUNDRY_ABI::entra
