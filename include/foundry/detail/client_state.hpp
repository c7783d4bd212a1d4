// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/credential.hpp>
#include <foundry/detail/service_error.hpp>
#include <foundry/http/exchange.hpp>
#include <foundry/json/type.hpp>
#include <foundry/options.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// What the copies of a client share.
struct client_state
{
    client_state(boost::asio::any_io_executor executor, endpoint where, std::shared_ptr<credential_source> credential,
                 options settings);

    endpoint where;
    std::shared_ptr<credential_source> credential;
    options settings;
    std::shared_ptr<http::pool> connections;

    std::mutex mutex;   // guards the token
    access_token token; // the last one the credential gave
};

/// A request, checked and serialised when the operation is called. Owns all that its coroutine needs.
struct prepared_call
{
    prepared_call(std::shared_ptr<client_state> client, std::string_view operation_name)
        : state(std::move(client)),
          operation(operation_name)
    {}

    std::shared_ptr<client_state> state;
    std::string_view operation; // the path behind the endpoint's base, a literal
    std::string deployment;
    std::string head;
    std::string body;
    std::string client_request_id;
    foundry::timeouts timeouts;
    std::exception_ptr mistake; // thrown when the coroutine runs

    asked context() const
    {
        asked a;
        a.where = &state->where;
        a.operation = operation;
        a.deployment = deployment;
        return a;
    }
};

/// A connection with the head of a good answer, and that head.
struct opened_call
{
    opened_call() = default;

    std::unique_ptr<http::exchange> exchange;
    response_info info;
};

/// Sends the call and waits for the head of the answer.
///
/// @throws foundry::error, where the status is not 2xx the one that the answer stands for.
FOUNDRY_DECL boost::asio::awaitable<opened_call> open_call(prepared_call const& call);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/client_state.ipp>
#endif
