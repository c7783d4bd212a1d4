// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/entra/default_azure_credential.hpp>

#include <boost/asio/any_io_executor.hpp>

namespace foundry::inline FOUNDRY_ABI {

/// A client that the environment configures:
///
/// | variable | |
/// |---|---|
/// | `AZURE_AI_ENDPOINT` | The endpoint's URL, as for `foundry::endpoint`; required. |
/// | `AZURE_AI_API_KEY` | A key of the resource. Not set: `entra::default_azure_credential` for Azure's hosts, and `no_credential` for all others. |
/// | `AZURE_AI_MODEL` | `options.default_model`, unless that is set. |
/// | `AZURE_AI_EMBEDDING_MODEL` | `options.default_embedding_model`, unless that is set. |
///
///     foundry::client<> client = foundry::client_from_environment(co_await asio::this_coro::executor);
///     foundry::chat_completion reply = co_await client.complete("", "How many feet are in a mile?");
///
/// @throws foundry::error (`errc::invalid_argument`) if `AZURE_AI_ENDPOINT` is not set or is no URL of an endpoint, and as the
/// constructor of `foundry::client`.
FOUNDRY_DECL client<> client_from_environment(boost::asio::any_io_executor executor, options settings = {});

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/client_from_environment.ipp>
#endif
