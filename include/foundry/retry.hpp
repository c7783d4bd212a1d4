// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace foundry::inline FOUNDRY_ABI {

/// One request of a call and its outcome.
struct attempt
{
    attempt() = default;

    boost::system::error_code code;                       ///< One of `errc`; no error if the request succeeded.
    unsigned status = 0;                                  ///< HTTP status, or 0 if there is no response.
    std::optional<std::chrono::milliseconds> retry_after; ///< Wait that the service asks for; 0: no particular one.
    std::optional<bool> should_retry;                     ///< Value of `x-should-retry`, if the service sent it.
    std::string request_id;                               ///< Value of `x-request-id`, else of `apim-request-id`.
    std::chrono::milliseconds waited{0};                  ///< Wait before this request.
    std::chrono::milliseconds elapsed{0};                 ///< From its start to its end, without the wait.
    bool is_safe = false; ///< Whether it only reads (GET), so that a repetition does no harm.
    std::string endpoint; ///< URL of the endpoint that it went to.
};

/// Decides whether and when to retry a failed request, without sockets and clocks. Set `options.retry.policy` to use another policy.
///
/// Thread safety: every executor that uses the client calls decide(), so several threads may call it at the same time.
class retry_policy
{
public:
    virtual ~retry_policy() = default;

    /// Wait before the next request; empty: no retry. A negative time counts as 0, `milliseconds::max()` as a hundred years.
    ///
    /// @param failed the last request.
    /// @param retries number of retries so far: 0 after the first request.
    /// @param random uniformly distributed in [0, 1), for jitter.
    virtual std::optional<std::chrono::milliseconds> decide(attempt const& failed, unsigned retries,
                                                            double random) const = 0;
};

/// Retry of failed requests. The client retries after status 408, 409, 429, 500, 502, 503, 504 and 520 to 530, after
/// `errc::connect_failed`, `connect_timeout`, `tls_timeout` and `connection_lost`, and after a response with status 200 that is a transient
/// error; a GET also after `errc::stream_truncated`. It does not retry after `stream()` has returned, if the next attempt would begin after
/// `timeouts.total`, or if waiting does not help (`errc::quota_exhausted`). Otherwise, within `max_retries`, `x-should-retry` decides if
/// the service sends it.
///
/// A retry may execute, and bill, the request a second time.
struct retry_options
{
    retry_options() = default;

    unsigned max_retries = 3; ///< Maximum number of retries; 0: one request only.
    /// First wait, if the service does not ask for one. Each further wait is twice as long, up to `max_backoff`. A random factor of 0.8 to
    /// 1.3 spreads the requests of many clients.
    std::chrono::milliseconds backoff{800};
    /// Maximum wait, if the service does not ask for one.
    std::chrono::milliseconds max_backoff{std::chrono::seconds{60}};
    /// Maximum wait that the service may ask for; the client adds up to 10 % at random, to spread the requests of many clients. If the
    /// service asks for more, the call fails at once, with that wait in `error::retry_after()`.
    std::chrono::milliseconds max_server_wait{std::chrono::seconds{120}};

    /// Decides instead of the numbers above; null: they decide.
    std::shared_ptr<retry_policy const> policy;
    /// Called before each wait, on the executor of the call; may be empty.
    std::function<void(attempt const& failed, std::chrono::milliseconds wait)> on_retry;
};

/// What a client of several endpoints does when one of them fails; see `endpoints`. `retry_options::max_retries` limits the requests of a
/// call to all endpoints together, so 0 means that no call moves; a policy of the program's decides whether a call moves, but not when. A
/// call waits only if no endpoint takes calls.
struct failover_options
{
    failover_options() = default;

    /// How long an endpoint takes no calls after a failure, if the service does not ask for a wait; after each further failure twice as
    /// long. Then it takes one call, and if that succeeds, all.
    std::chrono::milliseconds cooling{std::chrono::seconds{1}};
    /// The longest of these times. What the service asks for is bounded by `retry_options::max_server_wait`.
    std::chrono::milliseconds max_cooling{std::chrono::seconds{8}};
    /// Maximum time from a request to the first byte of its response while there is another endpoint to ask; 0: `timeouts::first_byte`,
    /// which is long. Set it to notice an endpoint that hangs. Without streaming, the first byte comes when the answer is complete.
    std::chrono::milliseconds first_byte{0};
};

/// The policy that the numbers of `retry_options` describe. Thread safety: may be called from several threads at once.
class default_retry_policy final : public retry_policy
{
public:
    explicit default_retry_policy(retry_options numbers);

    std::optional<std::chrono::milliseconds> decide(attempt const& failed, unsigned retries,
                                                    double random) const override;

private:
    retry_options numbers_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/error.hpp> // includes the bodies, which need its codes
#endif
