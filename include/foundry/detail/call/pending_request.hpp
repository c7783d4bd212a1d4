// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/call_observer.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/call/retry_budget.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/http/exchange.hpp>

#include <exception>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A request, checked and serialised when the operation is called. Owns all that its coroutine needs.
struct pending_request
{
    pending_request(std::shared_ptr<client_state> client, std::string_view operation_path)
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
    std::exception_ptr validation_error; // thrown when the coroutine runs

    error_context context() const
    {
        error_context a;
        a.endpoint = &state->endpoint;
        a.operation = operation;
        a.deployment = deployment;
        return a;
    }
};

/// What goes into the head of a request besides what the client and the call say of themselves.
struct request_spec
{
    request_spec() = default;

    std::string_view verb = "POST";
    std::string_view query;                             ///< Encoded; behind what the endpoint adds.
    std::string_view content_type = "application/json"; ///< Empty: the request has no body.
    std::string_view accept = "application/json";
    bool has_extra_parameters = false; ///< The body has members that are not of the Foundry Models API.
    bool skip_route_check = false;     ///< Even where the endpoint's form lacks the operation.
};

/// Writes the head for the call's operation, deployment and body.
///
/// @throws foundry::error (`errc::invalid_argument`) where the request could not be sent as it is.
FOUNDRY_DECL void write_head(pending_request& call, call_options const& with, request_spec const& parts);

/// Takes from the options what a call needs, before the head is written.
FOUNDRY_DECL void apply_options(pending_request& call, call_options const& with);

/// A connection with the head of a good answer, that head, and who is told of it.
struct open_response
{
    open_response() = default;

    boost::intrusive_ptr<http::exchange> exchange;
    response_info info;
    boost::intrusive_ptr<call_observer> watch; // null if the call is not observed
    bool is_stream = false;
    std::vector<attempt> attempts;       // that failed before
    std::chrono::milliseconds waited{0}; // after the last of them
    http::clock::time_point begun;       // of this one
};

/// Takes the body of an answer, once for each request that is made.
class response_sink : public http::body_sink
{
public:
    /// A body begins; what was taken of an earlier one is of no use.
    virtual void start() = 0;
    /// What the stall limit waits for: the whole body, or any byte of it.
    virtual http::exchange::progress content() const { return http::exchange::progress::on_signal; }
    /// The body is complete.
    ///
    /// @throws foundry::error where it is not the answer that was asked for.
    virtual void finish(pending_request const& call, response_info const& info) = 0;
    /// What has been taken, as far as an error shows it.
    virtual std::string_view text() const = 0;

protected:
    ~response_sink() = default;
};

/// Makes the request, as often as the call's policy says, and takes the body of the answer.
///
/// @param into null: the answer is a stream, of which only the head is waited for. There the limit of the whole ends, unless
/// streams have one of their own.
/// @throws foundry::error, where the status is not 2xx the one that the answer stands for.
FOUNDRY_DECL boost::asio::awaitable<void> send_with_retries(pending_request const& call, response_sink* into,
                                                            std::size_t body_limit, open_response& opened);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/pending_request.ipp>
#endif
