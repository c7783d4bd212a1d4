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

/// Why a call failed. The one list of codes; `error::code()` compares equal to exactly one of them. A cancelled call is no `error`: it
/// throws `boost::system::system_error` with `boost::asio::error::operation_aborted`, as every Asio operation does.
enum class errc
{
    // Refused by this library; nothing was sent.
    invalid_argument =
        1, ///< An endpoint, credential, option or request that cannot work; the message says what to write instead.
    no_ca_store, ///< No usable certificate store was found, so no server could be verified.

    // No token, so that nothing was sent to the service.
    credential_unavailable, ///< The credential could not even try: a variable is not set, a tool not installed, no identity here.
    authentication_failed, ///< The authority, or the tool, has refused to give a token.

    // Answered by the service with an error.
    bad_request,     ///< 400, and any other 4xx without a code of its own.
    unauthorized,    ///< 401: the key or token was not accepted.
    forbidden,       ///< 403: a role, a network rule or a suspended resource.
    model_not_found, ///< The deployment that was asked for does not exist at this endpoint.
    route_not_found, ///< 404, 405 or 424: the endpoint does not serve this URL.
    unprocessable,   ///< 422: a member or a value that the model does not take.
    content_filter,  ///< The prompt was blocked; `error::content_filter()` says by what.
    too_large,       ///< 413 or 431, or more tokens than the model takes.
    rate_limited,    ///< 429: try again after `error::retry_after()`.
    quota_exhausted, ///< 429 that does not go away by waiting.
    service_error,   ///< 5xx, 408, 409, or an error in the middle of a stream.

    // Answered, but not as agreed.
    unexpected_reply, ///< Not HTTP, not JSON, or JSON without what every such answer has.
    limit_exceeded,   ///< The answer is larger than a limit in `options::limits`.
    stream_truncated, ///< The answer ended before its end marker; what arrived was delivered.

    // Time limits, one code each; see `options::timeouts`. Each compares equal to `boost::system::errc::timed_out`.
    token_timeout,      ///< The credential gave no token in time.
    connect_timeout,    ///< The host was not found or did not accept a connection in time.
    tls_timeout,        ///< The handshake took too long.
    pool_timeout,       ///< No connection of the pool became free in time.
    write_timeout,      ///< The server stopped taking the request.
    first_byte_timeout, ///< The answer did not begin in time.
    silence_timeout,    ///< Not one byte of the answer arrived for too long.
    stall_timeout,      ///< Bytes arrived, but no content for too long.
    total_timeout,      ///< The whole call took too long.

    // The way to the service.
    resolve_failed,  ///< The host name was not found.
    connect_failed,  ///< No address of the host accepted a connection.
    tls_failed,      ///< The handshake failed, or the certificate was not trusted or not for this host.
    connection_lost, ///< The connection broke before the answer began.
};

/// The category of `errc`, named "foundry".
FOUNDRY_DECL boost::system::error_category const& error_category() noexcept;

FOUNDRY_DECL boost::system::error_code make_error_code(errc code) noexcept;

/// What is known of a failure; the library fills it in, `error` shows it.
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

/// The one exception of the library.
///
/// `what()` is one line for a log: the code, the status, the service's own words, what to do and how often it was tried. It holds no
/// secret, no prompt and no completion. Copying does not throw. Text that came from the service is untrusted; control characters in it are escaped.
///
/// Thread safety: const members may be called from several threads.
class error : public boost::system::system_error
{
public:
    /// No error; boost::system::result asks for it.
    error() : error(boost::system::error_code(), failure()) {}

    /// An error that needs no answer of a service, such as a bad argument. `advice` says what to do.
    error(errc code, std::string advice);
    error(boost::system::error_code code, failure details);

    char const* what() const noexcept override { return details_->line.c_str(); }

    /// The HTTP status, or 0 where no answer came.
    unsigned status() const noexcept { return details_->status; }

    /// The service's own word for it, such as "DeploymentNotFound"; empty where it gave none.
    std::string const& service_code() const noexcept { return details_->service_code; }

    /// The service's message, or what the library found wrong.
    std::string const& message() const noexcept;

    /// What to do next; may be empty.
    std::string const& advice() const noexcept { return details_->advice; }

    /// `x-request-id` or `x-ms-request-id`: give it to support.
    std::string const& request_id() const noexcept { return details_->request_id; }
    /// `apim-request-id`, which Azure's gateway gives.
    std::string const& apim_request_id() const noexcept { return details_->apim_request_id; }
    /// The `x-ms-client-request-id` that was sent.
    std::string const& client_request_id() const noexcept { return details_->client_request_id; }

    /// How long the service asked to wait: `response_info::retry_after()`. Of `errc::rate_limited` without it: what the message
    /// says, or else the `x-rate-limit-reset-tokens` (sic) of a 429.
    std::optional<std::chrono::milliseconds> retry_after() const noexcept { return details_->retry_after; }

    /// Whether the service says that asking again makes sense (`x-should-retry`).
    std::optional<bool> should_retry() const noexcept { return details_->should_retry; }

    /// Every request that was made, the failed ones before this error included; the last is this one. Empty where none was made.
    std::vector<attempt> const& attempts() const noexcept { return details_->attempts; }
    /// The same error with the attempts.
    error with_attempts(std::vector<attempt> made) const;

    /// The content filter's verdict by category; empty where there is none. Include <foundry/content_filter.hpp> to use it.
    dictionary<filter_result> const& content_filter() const;

    /// The head of the response that the error stands for: header fields, region, rate limits. Its status is 0 if no response arrived.
    response_info const& info() const noexcept { return details_->info; }

    /// The first 64 KiB of the answer's body; of a stream, the event that is wrong.
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
/// Anything but a `foundry::error` still throws, cancellation included.
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
