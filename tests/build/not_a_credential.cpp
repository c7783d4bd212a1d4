// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A client of a credential that a user wrote, of something that is none, or of a key that would be copied.

#include <foundry.hpp>
#ifndef FORGOTTEN_INCLUDE
#include <foundry/token_credential.hpp>
#endif

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
#elif defined(A_COPY)
    foundry::api_key const key{"a key"};
    foundry::any_credential who{key};
#else
    own_credential who;
#endif
    foundry::client client{executor, foundry::endpoint{"https://contoso.services.ai.azure.com/models"}, who};
    (void)client;
}
