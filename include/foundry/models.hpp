// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/model_info.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// What a Foundry Models endpoint knows of its models: `GET info`.
///
///     foundry::models models{client};
///     foundry::model_info info = co_await models.info("Mistral-Large-2411");
///
/// A cheap handle made from a client; executor, cancellation, object lifetimes and thread safety are the client's.
class models
{
public:
    explicit models(basic_client const& client) noexcept : state_(detail::state_of(client)) {}

    /// What the endpoint says of a model. Asked once for each name, then remembered by the client and its copies.
    ///
    /// @param model the deployment's name; empty: the endpoint's or the client's default.
    /// @throws foundry::error with a code of `errc`: `invalid_argument` on Azure OpenAI's forms, which have no such route.
    boost::asio::awaitable<model_info> info(std::string_view model = {}) const;
    boost::asio::awaitable<model_info> info(std::string_view model, call_options const& with) const;

private:
    std::shared_ptr<detail::client_state> state_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/models.ipp>
#endif
