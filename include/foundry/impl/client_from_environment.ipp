// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client_from_environment.hpp>
#include <foundry/detail/base/environment.hpp>

#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline any_credential credential_from_environment(foundry::endpoint const& endpoint)
{
    if (std::string const key = detail::environment("AZURE_AI_API_KEY"); !key.empty())
        return api_key(key);
    if (endpoint.scope().empty())
        return no_credential();
    return entra::default_azure_credential();
}

} // namespace detail

FOUNDRY_DECL client<> client_from_environment(boost::asio::any_io_executor executor, options settings)
{
    std::string const url = detail::environment("AZURE_AI_ENDPOINT");
    if (url.empty()) {
        throw error(errc::invalid_argument, "AZURE_AI_ENDPOINT is not set; set it to a URL such as "
                                            "https://contoso.services.ai.azure.com/models");
    }
    foundry::endpoint endpoint(url);
    any_credential credential = detail::credential_from_environment(endpoint);
    if (settings.default_model.empty())
        settings.default_model = detail::environment("AZURE_AI_MODEL");
    if (settings.default_embedding_model.empty())
        settings.default_embedding_model = detail::environment("AZURE_AI_EMBEDDING_MODEL");
    return client<>(std::move(executor), std::move(endpoint), std::move(credential), std::move(settings));
}

} // namespace foundry::inline FOUNDRY_ABI
