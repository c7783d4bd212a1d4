// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A client of a credential that a user wrote, or of something that is none.

#include <foundry.hpp>
#ifndef FORGOTTEN_INCLUDE
#include <foundry/token_credential.hpp>
#endif

#include <string>

struct own_credential
{
#ifdef NO_COROUTINE
    foundry::access_token get_token(foundry::token_request) { return {}; }
#else
    boost::asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        co_return foundry::access_token{};
    }
#endif
};

void use(boost::asio::any_io_executor executor)
{
#if defined(A_NUMBER)
    int who = 42;
#elif defined(A_STRING)
    std::string who = "a key that is not marked as one";
#else
    own_credential who;
#endif
    foundry::client client{executor, foundry::endpoint{"https://contoso.services.ai.azure.com/models"}, who};
    (void)client;
}
