// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/chain.hpp>
#include <foundry/detail/entra/token_answer.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token> chain::get_token(token_request request)
{
    std::size_t const chosen = chosen_;
    if (chosen < entries_.size()) {
        access_token token = co_await entries_[chosen].source->get_token(std::move(request));
        co_return token;
    }
    std::string attempts;
    for (std::size_t i = 0; i != entries_.size(); ++i) {
        std::optional<error> failed = entries_[i].missing;
        if (!failed) {
            try {
                token_request wanted = request;
                access_token token = co_await entries_[i].source->get_token(std::move(wanted));
                chosen_ = i;
                co_return token;
            } catch (error const& e) {
                failed = e;
            }
        }
        if (failed->code() != errc::credential_unavailable)
            throw *failed;
        attempts += (attempts.empty() ? "" : "; ") + failed->message();
        if (!failed->advice().empty() && failed->advice() != failed->message())
            attempts += " (" + failed->advice() + ')';
    }
    throw unavailable(credential_name_, "none of its credentials could try. " + attempts, "");
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
