// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/call/error_context.hpp>
#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/http/byte_source.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

class running_call;
struct movable_request;

/// A request, checked and serialised when the operation is called. Owns all that its coroutine needs.
struct pending_request
{
    /// @param row outlives the request.
    pending_request(std::shared_ptr<client_state> client, operation const& row, std::string_view below_base)
        : state(std::move(client)),
          what(&row),
          limit(row.body_limit),
          path(below_base)
    {}

    std::shared_ptr<client_state> state;
    operation const* what;
    std::size_t size_limits::*limit; // of the response's body
    std::string path;                // the operation's, or below it
    std::string deployment;
    std::string head;
    std::string body;
    std::shared_ptr<http::byte_source> source; // the rest of the body; may be null
    std::string client_request_id;
    std::string traceparent;
    foundry::timeouts timeouts;
    retry_options retry;
    std::exception_ptr validation_error;     // thrown when the coroutine runs
    bool is_sent_once = false;               // a second one would do harm, also after a kept connection has died
    bool is_safe = false;                    // it only reads
    bool is_upgrade = false;                 // to another protocol: status 101
    bool is_media = false;                   // of the response: JSON in its place is an error
    bool has_alternative = false;            // another endpoint would take it now
    std::optional<std::int64_t> bulk_tokens; // of bulk work, which waits for the limits of its deployment: estimated
    bool is_round = false;                   // of a run that is in progress
    running_call* outer = nullptr;           // the call that this request is part of, which outlives it; may be null
    std::shared_ptr<movable_request const> moves; // what another endpoint needs of it; null if it does not move

    std::size_t body_limit() const noexcept { return state->settings.limits.*limit; }

    /// Goes back to the beginning of the body; false if that cannot be done.
    bool rewind() const { return source == nullptr || source->rewind(); }

    error_context context() const
    {
        error_context c;
        c.endpoint = &state->target.endpoint;
        c.what = what;
        c.path = path;
        c.deployment = deployment;
        return c;
    }
};

} // namespace foundry::inline FOUNDRY_ABI::detail
