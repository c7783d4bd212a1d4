// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response_info.hpp>
#include <foundry/retry.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

template <class T>
class dictionary;
struct filter_result;

/// Why a call failed: the one list of codes; `error::code()` compares equal to exactly one of them. A cancelled call is no `error`: it
/// throws `boost::system::system_error` with `boost::asio::error::operation_aborted`, as every Asio operation does.
enum class errc
{
    // Refused by this library; nothing was sent.
    invalid_argument =
        1, ///< An endpoint, credential, option or request that cannot work; the message says what to write instead.
    no_ca_store, ///< No usable certificate store was found, so no server could be verified.

    // There was no token, so nothing was sent to the service.
    credential_unavailable, ///< The credential cannot work here: a variable is not set, a tool is not installed, the machine has no identity.
    authentication_failed, ///< The authority, or the tool, refused to give a token.

    // The service answered with an error.
    bad_request,     ///< 400, and any other 4xx without a code of its own.
    unauthorized,    ///< 401: the key or token was not accepted.
    forbidden,       ///< 403: a role, a network rule or a suspended resource.
    model_not_found, ///< The endpoint has no such deployment.
    route_not_found, ///< 404, 405, 424 or 501: the endpoint does not serve this URL.
    unprocessable,   ///< 422: the model does not take a member or its value.
    content_filter, ///< The content filter blocked the prompt, or a typed answer; `error::content_filter()` has the verdicts.
    too_large,       ///< 413 or 431, or more tokens than the model takes.
    rate_limited,    ///< 429: retry after `error::retry_after()`.
    quota_exhausted, ///< A 429 for which waiting does not help.
    queue_full,      ///< Too many tokens wait in the queue for batch jobs: submit again when some are done.
    service_error,   ///< 5xx but 501, 408, 409, or an error within a stream.

    // The response breaks the protocol.
    unexpected_reply, ///< Not HTTP, not JSON, or JSON without a member that every such response has.
    limit_exceeded,   ///< The response is larger than a limit in `options::limits`.
    stream_truncated, ///< The response, streamed or not, broke off; chunks that arrived were delivered.

    // The model's answer is not what a typed call or a run with tools asked for. `error::body()` has its text.
    refused,         ///< The model refused to answer; the text is its reason.
    answer_cut_off,  ///< The token limit ended the answer.
    answer_misfit,   ///< The answer does not fit the class; the message says where and what was expected.
    too_many_rounds, ///< The model still calls tools after the last round.

    // Time limits; see `options::timeouts`. `total` and `stream_total` share `total_timeout`, each other limit has a code of its own. Each
    // compares equal to `boost::system::errc::timed_out`.
    token_timeout,      ///< No token from the credential in time.
    connect_timeout,    ///< The host was not resolved, or did not accept a connection, in time.
    tls_timeout,        ///< The handshake took too long.
    pool_timeout,       ///< No connection of the pool became free in time.
    write_timeout,      ///< No write progress for too long.
    first_byte_timeout, ///< The response did not begin in time.
    silence_timeout,    ///< No byte of the response arrived for too long.
    stall_timeout,      ///< Bytes arrived, but no content for too long.
    total_timeout,      ///< The whole call took too long.

    // The connection.
    resolve_failed,  ///< The host name was not found.
    connect_failed,  ///< No address of the host accepted a connection.
    tls_failed,      ///< The handshake failed, or the certificate is not trusted or not for this host.
    connection_lost, ///< The connection broke before the response began.
    proxy_failed,    ///< The proxy refused to connect, or gave an answer that is none.
    client_closed,   ///< The client was closed, or takes no more calls: see `client::close()` and `client::drain()`.

    // Bodies that are not in memory.
    source_failed, ///< What an upload is read from cannot be read, or changed while it was sent.
    sink_failed,   ///< What a download is written to cannot be written: the disk is full, for example.
};

/// The category of `errc`, named "foundry".
FOUNDRY_DECL boost::system::error_category const& error_category() noexcept;

FOUNDRY_DECL boost::system::error_code make_error_code(errc code) noexcept;

/// The details of an error; the library fills them in, `error` shows them.
struct failure
{
    failure() = default;
    unsigned status = 0;
    std::string service_code;
    std::string service_message;
    std::string advice;
    std::string request_id;
    std::string apim_request_id;
    std::string client_request_id;
    std::optional<std::chrono::milliseconds> retry_after;
    std::optional<bool> should_retry;
    std::vector<attempt> attempts;
    std::shared_ptr<dictionary<filter_result> const> content_filter;
    response_info info;
    std::string body;
};

/// The one exception of the library. It derives from `boost::system::system_error`, so catch it first.
///
/// `what()` is one line for a log: the code, the status, the service's own words, what to do and the number of attempts. The library puts no
/// secret, prompt or completion into it; the service's words may quote a value of the request. Control characters are escaped in `what()`
/// only: `message()`, `service_code()` and `body()` are as received. Copying does not throw.
///
/// Thread safety: const members may be called from several threads.
class error : public boost::system::system_error
{
public:
    /// No error; boost::system::result needs this constructor.
    error() : error(boost::system::error_code(), failure()) {}

    /// An error without a response, such as a bad argument. `advice` says what to do.
    error(errc code, std::string advice);
    error(boost::system::error_code code, failure details);

    char const* what() const noexcept override { return details_->line.c_str(); }

    /// The HTTP status, or 0 if no response arrived.
    unsigned status() const noexcept { return details_->status; }

    /// The service's own code, such as "DeploymentNotFound"; may be empty.
    std::string const& service_code() const noexcept { return details_->service_code; }

    /// The service's message, or the library's own.
    std::string const& message() const noexcept;

    /// What to do next; may be empty.
    std::string const& advice() const noexcept { return details_->advice; }

    /// `x-request-id` or `x-ms-request-id`: give it to support.
    std::string const& request_id() const noexcept { return details_->request_id; }
    /// `apim-request-id`, which Azure's gateway gives.
    std::string const& apim_request_id() const noexcept { return details_->apim_request_id; }
    /// The `x-ms-client-request-id` that was sent.
    std::string const& client_request_id() const noexcept { return details_->client_request_id; }

    /// The wait that the service asked for: `response_info::retry_after()`; for `errc::rate_limited` without it, the wait in the message,
    /// or the `x-rate-limit-reset-tokens` (sic) of a 429.
    std::optional<std::chrono::milliseconds> retry_after() const noexcept { return details_->retry_after; }

    /// Whether the service says that a retry makes sense (`x-should-retry`).
    std::optional<bool> should_retry() const noexcept { return details_->should_retry; }

    /// Every attempt of the call; the one that caused this error is last. Empty if no request was made.
    std::vector<attempt> const& attempts() const noexcept { return details_->attempts; }
    /// The same error with the attempts.
    error with_attempts(std::vector<attempt> made) const;

    /// The content filter's verdict by category; may be empty. Include <foundry/content_filter.hpp> to use it.
    dictionary<filter_result> const& content_filter() const;

    /// The head of the response that the error stands for: header fields, region, rate limits. Its status is 0 if no response arrived.
    response_info const& info() const noexcept { return details_->info; }

    /// The first 64 KiB of the response's body; of a stream, the event with the error. Of `errc::refused`,
    /// `answer_cut_off` and `answer_misfit`, the model's text.
    std::string const& body() const noexcept { return details_->body; }

    /// All of it at once.
    failure const& details() const noexcept { return *details_; }

private:
    struct described : failure
    {
        described(boost::system::error_code code, failure known);
        std::string line; // what() of it
    };
    std::shared_ptr<described const> details_;
};

/// For `boost::system::result<T, error>::value()`.
[[noreturn]] inline void throw_exception_from_error(error const& e, boost::source_location const&) { throw e; }

/// The outcome of a call as a value: `auto reply = co_await foundry::as_result(client.complete(request));`.
///
/// Only a `foundry::error` becomes a value; other exceptions, cancellation among them, are thrown.
template <class T>
FOUNDRY_CORO boost::asio::awaitable<boost::system::result<T, error>> as_result(boost::asio::awaitable<T> operation)
{
    std::optional<boost::system::result<T, error>> outcome;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(operation);
            outcome.emplace();
        } else {
            T value = co_await std::move(operation);
            outcome.emplace(std::move(value));
        }
    } catch (error const& e) {
        outcome.emplace(e);
    }
    co_return std::move(*outcome);
}

} // namespace foundry::inline FOUNDRY_ABI

template <>
struct boost::system::is_error_code_enum<foundry::errc> : std::true_type
{};

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/error.ipp>
#include <foundry/impl/retry.ipp>
#endif
