// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry.hpp>
#include <foundry/testing/emulator.hpp>

#include <memory>
#include <string>

/// Which service the examples talk to, so that each of them runs as it is. A program of yours does not need this class: it has its
/// endpoint and its credential in its source or its own configuration, or calls `foundry::client_from_environment()`.
///
/// The environment decides:
///
/// | variable | |
/// |---|---|
/// | `AZURE_AI_ENDPOINT` | The endpoint's URL. If it is not set, the example starts an emulator in its own process. |
/// | `AZURE_AI_API_KEY` | The key. If it is not set: no credential for a server that is not Azure's, else Microsoft Entra ID. |
/// | `AZURE_AI_MODEL` | The deployment for chat. |
/// | `AZURE_AI_EMBEDDING_MODEL` | The deployment for embeddings. |
class configuration
{
public:
    /// @param emulated the URL under which the emulator, if it is started, is reached.
    /// @throws std::runtime_error if the endpoint needs a deployment and none is named.
    explicit configuration(std::string const& emulated = "https://contoso.services.ai.azure.com/models");

    foundry::endpoint const& endpoint() const { return endpoint_; }
    foundry::any_credential const& credential() const { return credential_; }
    /// The credential of Microsoft Entra ID, whether or not there is a key.
    foundry::any_credential token_credential() const;
    /// Default options; for the emulator, those that trust its certificate.
    foundry::options const& options() const { return options_; }
    std::string const& model() const { return model_; }
    std::string const& embedding_model() const { return embedding_model_; } ///< May be empty.

    /// Null if the environment names a service.
    foundry::testing::emulator* emulator() const { return emulator_.get(); }

private:
    configuration(std::string const& url, std::string const& emulated);
    foundry::any_credential choose_credential() const;

    std::unique_ptr<foundry::testing::emulator> emulator_;
    foundry::endpoint endpoint_;
    foundry::any_credential credential_;
    foundry::options options_;
    std::string model_;
    std::string embedding_model_;
};
