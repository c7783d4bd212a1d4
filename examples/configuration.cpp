// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "configuration.hpp"

#include <foundry/entra/client_secret_credential.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/testing/realtime.hpp>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

static std::string variable(char const* name)
{
    char const* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

static std::unique_ptr<foundry::testing::emulator> start_emulator()
{
    std::cerr
        << "AZURE_AI_ENDPOINT is not set: using the emulator, a TLS server on loopback. It is no model: it answers\n"
           "from a small table of knowledge, and makes up the rest.\n\n";
    foundry::testing::emulator_options options;
    options.words_per_second = 30;
    options.realtime = foundry::testing::realtime();
    return std::make_unique<foundry::testing::emulator>(options);
}

configuration::configuration(std::string const& emulated) : configuration(variable("AZURE_AI_ENDPOINT"), emulated) {}

configuration::configuration(std::string const& url, std::string const& emulated)
    : emulator_(url.empty() ? start_emulator() : nullptr),
      endpoint_(emulator_ ? emulated : url),
      credential_(choose_credential()),
      model_(emulator_ ? "Mistral-Large-2411" : variable("AZURE_AI_MODEL")),
      embedding_model_(emulator_ ? "text-embedding-3-small" : variable("AZURE_AI_EMBEDDING_MODEL"))
{
    if (emulator_) {
        endpoint_.connect_to("127.0.0.1", emulator_->tls_port());
        options_.tls.ca_certificates = emulator_->ca_certificate();
    } else if (endpoint_.kind() == foundry::host_kind::foundry && model_.empty() && endpoint_.deployment().empty()) {
        throw std::runtime_error("AZURE_AI_MODEL is not set: set it to the name of a deployment");
    }
}

foundry::any_credential configuration::choose_credential() const
{
    if (emulator_)
        return foundry::api_key{emulator_->api_key()};
    if (std::string const key = variable("AZURE_AI_API_KEY"); !key.empty())
        return foundry::api_key{key};
    if (endpoint_.scope().empty()) // such as a server on this machine
        return foundry::no_credential();
    std::cerr << "AZURE_AI_API_KEY is not set: signing in with Microsoft Entra ID.\n";
    return foundry::entra::default_azure_credential();
}

foundry::any_credential configuration::token_credential() const
{
    if (!emulator_)
        return foundry::entra::default_azure_credential();
    foundry::entra::credential_options authority; // the emulator is one, too
    authority.tls.ca_certificates = emulator_->ca_certificate();
    authority.connect_to("127.0.0.1", emulator_->tls_port());
    foundry::testing::directory const known;
    return foundry::entra::client_secret_credential(known.tenant, known.client_id, known.client_secret, authority);
}
