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

/// One request and how it ended.
struct attempt
{
    attempt() = default;

    boost::system::error_code code; ///< One of `errc`; none where it went well.
    unsigned status = 0;            ///< The HTTP status, or 0 where no answer came.
    std::optional<std::chrono::milliseconds>
        retry_after;                      ///< The wait that the service asked for; zero leaves it to the policy.
    std::optional<bool> should_retry;     ///< `x-should-retry`, where the service sent it.
    std::string request_id;               ///< `x-request-id`, or `apim-request-id` where that alone is there.
    std::chrono::milliseconds waited{0};  ///< Before this request.
    std::chrono::milliseconds elapsed{0}; ///< From its start to its end, without that wait.
};

/// Decides whether a failed request is made again, and when. Knows no socket and no clock; a program's own goes into
/// `options.retry.policy`.
///
/// Thread safety: decide() is called from any executor that uses the client, so it must be safe to call from several threads.
class retry_policy
{
public:
    virtual ~retry_policy() = default;

    /// How long to wait before the next request; nothing to give up. A negative time is none, and `milliseconds::max()` a hundred years.
    ///
    /// @param failed the last request.
    /// @param retries how many were made again so far: 0 after the first request.
    /// @param random evenly spread over [0, 1), for jitter.
    virtual std::optional<std::chrono::milliseconds> decide(attempt const& failed, unsigned retries,
                                                            double random) const = 0;
};

/// When failed requests are made again: after 408, 409, 429, 500, 502, 503, 504 and 520 to 530, and if the connection could not be made or
/// broke before the first byte of the answer. Never after a chunk reached the program, never where a time limit for the answer has
/// passed, never where waiting does not help (`errc::quota_exhausted`). `x-should-retry` decides where the service sends it.
///
/// A request that is made again may be carried out, and billed, twice.
struct retry_options
{
    retry_options() = default;

    unsigned max_retries = 3; ///< 0: one request.
    /// The first wait of one's own; each further one is twice as long, up to the next member. Times 0.8 to 1.3, so that many clients
    /// do not come back at once.
    std::chrono::milliseconds backoff{800};
    std::chrono::milliseconds max_backoff{std::chrono::seconds{60}};
    /// A wait that the service asks for is honoured up to this, up to a tenth longer so that callers do not come back at once. If it
    /// asks for more, the error is thrown at once with the wait in `error::retry_after()`.
    std::chrono::milliseconds max_server_wait{std::chrono::seconds{120}};

    /// Decides instead of the above.
    std::shared_ptr<retry_policy const> policy;
    /// Told before each wait, on the executor of the call.
    std::function<void(attempt const& failed, std::chrono::milliseconds wait)> on_retry;
};

/// The policy of the numbers above.
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
#include <foundry/error.hpp> // has the bodies, which need its codes
#endif
