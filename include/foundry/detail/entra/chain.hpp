// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/credential_source.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// One entry of a chain: a credential, or the reason why it cannot be made.
struct chain_entry
{
    chain_entry() = default;

    std::shared_ptr<foundry::detail::credential_source> source;
    std::optional<error> missing;
};

/// Tries credentials in order.
class chain
{
public:
    chain(std::string_view credential_name, std::vector<chain_entry> entries)
        : credential_name_(credential_name),
          entries_(std::move(entries))
    {}

    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    std::string_view credential_name_; // a literal
    std::vector<chain_entry> entries_;
    std::atomic<std::size_t> chosen_{std::size_t(-1)}; // the first entry that gave a token
};

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/chain.ipp>
#endif
