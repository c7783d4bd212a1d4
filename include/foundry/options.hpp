// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/limits.hpp>
#include <foundry/observer.hpp>
#include <foundry/proxy.hpp>
#include <foundry/retry.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// What a Foundry Models endpoint does with members of a request that its API does not have.
enum class extra_parameters
{
    error,        ///< The request fails.
    drop,         ///< The model does not see them.
    pass_through, ///< The model sees them.
};

/// Header fields: name and value.
using header_list = std::vector<std::pair<std::string, std::string>>;

/// Options for every call of a client.
struct options
{
    options() = default;

    foundry::timeouts timeouts;
    retry_options retry;
    failover_options failover;
    size_limits limits;
    pool_options pool;
    tls_options tls;
    foundry::proxy proxy; ///< By default that of the environment.

    std::string default_model;           ///< For chats, completions and responses that name no model.
    std::string default_embedding_model; ///< For embeddings, also of images, that name no model.
    std::string default_image_model;     ///< For image requests that name no model.

    /// The `User-Agent` field; empty sends none.
    std::string user_agent = "foundry-cpp/0.2";
    /// Whether each call sends a new `x-ms-client-request-id`.
    bool client_request_ids = true;
    /// Added to every request. With those of the endpoint and of the call, the client request id, `traceparent` and `extra-parameters`
    /// at most ten, as Azure refuses more. Fields that the library writes itself are refused when the call runs.
    header_list headers;

    /// Notified of each step of each call; null disables.
    std::shared_ptr<foundry::observer> observer;

    /// Whether text between `<think>` and `</think>`, which some models write, moves from the content to the reasoning.
    bool split_think_tags = false;
};

/// The time limits of one call; a member that is not set has the client's value.
struct timeout_overrides
{
    timeout_overrides() = default;

    std::optional<std::chrono::milliseconds> token;
    std::optional<std::chrono::milliseconds> connect;
    std::optional<std::chrono::milliseconds> tls;
    std::optional<std::chrono::milliseconds> pool;
    std::optional<std::chrono::milliseconds> write;
    std::optional<std::chrono::milliseconds> first_byte;
    std::optional<std::chrono::milliseconds> silence;
    std::optional<std::chrono::milliseconds> stall;
    std::optional<std::chrono::milliseconds> total;
    std::optional<std::chrono::milliseconds> stream_total;
};

/// The retry options of one call; a member that is not set has the client's value. A number that is set switches off the client's own
/// policy for this call.
struct retry_overrides
{
    retry_overrides() = default;

    std::optional<unsigned> max_retries;
    std::optional<std::chrono::milliseconds> backoff;
    std::optional<std::chrono::milliseconds> max_backoff;
    std::optional<std::chrono::milliseconds> max_server_wait;
    std::shared_ptr<retry_policy const> policy;
    std::function<void(attempt const& failed, std::chrono::milliseconds wait)> on_retry;
};

/// Options for one call; a member that is not set has the client's value.
///
///     foundry::call_options once;
///     once.timeouts.total = std::chrono::seconds{5};
///     once.retry.max_retries = 0;
struct call_options
{
    call_options() = default;

    timeout_overrides timeouts;
    retry_overrides retry;
    /// The `x-ms-client-request-id`; an empty text sends none.
    std::optional<std::string> client_request_id;
    header_list headers; ///< In addition to the client's.
    /// The `traceparent` field of W3C's Trace Context, such as "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"; empty sends
    /// none.
    std::string traceparent;
    /// For Foundry Models endpoints. Not set: `pass_through` if the request has members that the API does not have.
    std::optional<foundry::extra_parameters> extra_parameters;
    /// For typed answers that are not streamed, also after functions: how often the model is shown what does not fit, and asked again.
    unsigned corrections = 0;
    /// For streams of responses in the background: how often in a row a broken connection is replaced without a new event.
    unsigned resumes = 5;
};

} // namespace foundry::inline FOUNDRY_ABI
