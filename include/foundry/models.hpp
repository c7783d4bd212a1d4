// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/model_info.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// The models of a resource: `GET models` on Azure OpenAI's forms, a Foundry project and other servers; `GET info` on a Foundry Models
/// endpoint.
///
///     foundry::models models{client};
///     foundry::base_model_list all = co_await models.list();
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

    /// All models that a resource may deploy, the fine-tuned ones included; not its deployments, which only Azure Resource Manager lists.
    ///
    /// @throws foundry::error with a code of `errc`: `invalid_argument` on the Foundry Models API, which has no such route.
    boost::asio::awaitable<base_model_list> list() const;
    boost::asio::awaitable<base_model_list> list(call_options const& with) const;

    /// One of them.
    boost::asio::awaitable<base_model> get(std::string_view id) const;
    boost::asio::awaitable<base_model> get(std::string_view id, call_options const& with) const;

private:
    std::shared_ptr<detail::client_state> state_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/models.ipp>
#endif
