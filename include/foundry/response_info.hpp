// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response_headers.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// What the service said of the caller's quota. A value that it did not send, or sent as a negative number, is not set.
struct rate_limits
{
    rate_limits() = default;

    std::optional<std::int64_t> limit_requests;
    std::optional<std::int64_t> limit_tokens;
    std::optional<std::int64_t> remaining_requests;
    std::optional<std::int64_t> remaining_tokens;
    std::optional<std::chrono::milliseconds> reset_requests;
    std::optional<std::chrono::milliseconds> reset_tokens;
};

/// The head of an answer.
class response_info
{
public:
    response_info() = default;
    response_info(unsigned status, response_headers headers, std::string client_request_id);

    unsigned status() const noexcept { return status_; }
    /// As they came.
    response_headers const& headers() const noexcept { return headers_; }
    /// The first field of this name, whatever its case; empty where there is none.
    std::string_view header(std::string_view name) const noexcept;

    /// `x-request-id`, or else `x-ms-request-id`.
    std::string_view request_id() const noexcept;
    /// `apim-request-id`: what Azure's gateway calls the request.
    std::string_view apim_request_id() const noexcept;
    /// The `x-ms-client-request-id` that was sent.
    std::string const& client_request_id() const noexcept { return client_request_id_; }

    /// The `x-ratelimit-*` fields. Plain numbers of a reset are seconds; `17ms` and `6m0s` are understood too.
    foundry::rate_limits rate_limits() const;
    /// The longest wait that was asked for: `retry-after-ms`, `x-ms-retry-after-ms`, or `retry-after` in seconds or as a date (then
    /// counted from the answer's own `date`, if it has one). At most a year.
    std::optional<std::chrono::milliseconds> retry_after() const;

private:
    unsigned status_ = 0;
    response_headers headers_;
    std::string client_request_id_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/response_info.ipp>
#endif
