// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/testing/emulator.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

/// The service that the examples ask. With AZURE_AI_ENDPOINT, AZURE_AI_API_KEY and AZURE_AI_MODEL set (and
/// AZURE_AI_EMBEDDING_MODEL for embeddings) it is that one, without the key as who you are in Azure; with nothing set, one that this
/// program starts itself.
class service
{
public:
    service() : service(setting("AZURE_AI_ENDPOINT")) {}

    foundry::client<> client(boost::asio::any_io_executor executor) const
    {
        return foundry::client<>(std::move(executor), where_, who_, options_);
    }

    std::string const& model() const { return model_; }
    std::string const& embedding_model() const { return embedding_model_; } ///< May be empty.

private:
    explicit service(std::string const& url)
        : emulator_(url.empty() ? start() : nullptr),
          where_(emulator_ ? "https://contoso.services.ai.azure.com/models" : url),
          who_(credential()),
          model_(emulator_ ? "Mistral-Large-2411" : setting("AZURE_AI_MODEL")),
          embedding_model_(emulator_ ? "text-embedding-3-small" : setting("AZURE_AI_EMBEDDING_MODEL"))
    {
        if (emulator_) {
            where_.connect_to("127.0.0.1", emulator_->tls_port());
            options_.tls.ca_certificates = emulator_->ca_certificate();
        } else if (where_.kind() == foundry::host_kind::foundry && model_.empty() && where_.deployment().empty()) {
            throw std::runtime_error("AZURE_AI_MODEL is not set: it is the name of the deployment to ask");
        }
    }

    static std::unique_ptr<foundry::testing::emulator> start()
    {
        std::cerr
            << "No AZURE_AI_ENDPOINT is set: asking the embedded Foundry, a real TLS server on loopback. It is no\n"
               "model: it answers from a small table of knowledge, and makes up the rest.\n\n";
        foundry::testing::emulator_options pace;
        pace.words_per_second = 30;
        return std::make_unique<foundry::testing::emulator>(pace);
    }

    foundry::any_credential credential() const
    {
        if (emulator_)
            return foundry::api_key{emulator_->api_key()};
        if (std::string const key = setting("AZURE_AI_API_KEY"); !key.empty())
            return foundry::api_key{key};
        if (where_.kind() == foundry::host_kind::other) // such as a server on this machine
            return foundry::no_credential();
        std::cerr << "No AZURE_AI_API_KEY is set: signing in with Microsoft Entra ID.\n";
        return foundry::entra::default_azure_credential();
    }

    static std::string setting(char const* name)
    {
        char const* const value = std::getenv(name);
        return value != nullptr ? value : "";
    }

    std::unique_ptr<foundry::testing::emulator> emulator_;
    foundry::endpoint where_;
    foundry::any_credential who_;
    foundry::options options_;
    std::string model_;
    std::string embedding_model_;
};
