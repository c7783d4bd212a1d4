// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/call_watch.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/call/retry_loop.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/http/exchange.hpp>

#include <exception>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A request, checked and serialised when the operation is called. Owns all that its coroutine needs.
struct prepared_call
{
    prepared_call(std::shared_ptr<client_state> client, std::string_view operation_path)
        : state(std::move(client)),
          operation(operation_path)
    {}

    std::shared_ptr<client_state> state;
    std::string operation; // the path behind the endpoint's base
    std::string deployment;
    std::string head;
    std::string body;
    std::string client_request_id;
    std::string traceparent;
    foundry::timeouts timeouts;
    retry_options retry;
    std::exception_ptr mistake; // thrown when the coroutine runs

    error_context context() const
    {
        error_context a;
        a.where = &state->where;
        a.operation = operation;
        a.deployment = deployment;
        return a;
    }
};

/// What goes into the head of a request besides what the client and the call say of themselves.
struct head_parts
{
    head_parts() = default;

    std::string_view verb = "POST";
    std::string_view query;                             ///< Encoded; behind what the endpoint adds.
    std::string_view content_type = "application/json"; ///< Empty: the request has no body.
    std::string_view accept = "application/json";
    bool has_extra_parameters = false; ///< The body has members that are not of the Foundry Models API.
    bool send_anyway = false;          ///< Even where the endpoint's form lacks the operation.
};

/// Writes the head for the call's operation, deployment and body.
///
/// @throws foundry::error (`errc::invalid_argument`) where the request could not be sent as it is.
FOUNDRY_DECL void write_head(prepared_call& call, call_options const& with, head_parts const& parts);

/// Takes from the options what a call needs, before the head is written.
FOUNDRY_DECL void apply_options(prepared_call& call, call_options const& with);

/// A connection with the head of a good answer, that head, and who is told of it.
struct opened_call
{
    opened_call() = default;

    boost::intrusive_ptr<http::exchange> exchange;
    response_info info;
    boost::intrusive_ptr<call_watch> watch; // null if the call is not observed
    bool is_stream = false;
    std::vector<attempt> attempts;       // that failed before
    std::chrono::milliseconds waited{0}; // after the last of them
    http::clock::time_point begun;       // of this one
};

/// Takes the body of an answer, once for each request that is made.
class collector : public http::body_sink
{
public:
    /// A body begins; what was taken of an earlier one is of no use.
    virtual void start() = 0;
    /// What the stall limit waits for: the whole body, or any byte of it.
    virtual http::exchange::content_by content() const { return http::exchange::content_by::word; }
    /// The body is complete.
    ///
    /// @throws foundry::error where it is not the answer that was asked for.
    virtual void finish(prepared_call const& call, response_info const& info) = 0;
    /// What has been taken, as far as an error shows it.
    virtual std::string_view text() const = 0;

protected:
    ~collector() = default;
};

/// Makes the request, as often as the call's policy says, and takes the body of the answer.
///
/// @param into null: the answer is a stream, of which only the head is waited for. There the limit of the whole ends, unless
/// streams have one of their own.
/// @throws foundry::error, where the status is not 2xx the one that the answer stands for.
FOUNDRY_DECL boost::asio::awaitable<void> perform(prepared_call const& call, collector* into, std::size_t body_limit,
                                                  opened_call& opened);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/prepared_call.ipp>
#endif
