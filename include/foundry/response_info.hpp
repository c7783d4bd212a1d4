// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response_headers.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// Rate limits that the service reports. A member is not set if the service sends none or a negative number.
struct rate_limits
{
    rate_limits() = default;

    std::optional<std::int64_t> limit_requests;              ///< Requests for each period.
    std::optional<std::int64_t> limit_tokens;                ///< Tokens for each period.
    std::optional<std::int64_t> remaining_requests;          ///< Requests that are left in this period.
    std::optional<std::int64_t> remaining_tokens;            ///< Tokens that are left in this period.
    std::optional<std::chrono::milliseconds> reset_requests; ///< Time until the request limit starts again.
    std::optional<std::chrono::milliseconds> reset_tokens;   ///< Time until the token limit starts again.
};

/// Head of a response: status, header fields and ids.
///
/// Thread safety: as a value; const members may be called from several threads.
class response_info
{
public:
    response_info() = default;
    response_info(unsigned status, response_headers headers, std::string client_request_id);

    /// HTTP status, 200 to 599; 0 if there is no response.
    unsigned status() const noexcept { return status_; }
    /// Header fields, as received.
    response_headers const& headers() const noexcept { return headers_; }
    /// Value of the first field of this name; empty if there is none. The case of the name does not matter.
    std::string_view header(std::string_view name) const noexcept;

    /// Value of `x-request-id`, else of `x-ms-request-id`; empty if there is neither.
    std::string_view request_id() const noexcept;
    /// Value of `apim-request-id`, the request id of Azure's gateway; may be empty.
    std::string_view apim_request_id() const noexcept;
    /// Value of `x-ms-client-request-id` that the client sent; may be empty.
    std::string const& client_request_id() const noexcept { return client_request_id_; }

    /// Values of the `x-ratelimit-*` fields. A plain number for a reset is in seconds; `17ms` and `6m0s` are valid, too.
    foundry::rate_limits rate_limits() const;
    /// The longest wait that the service asks for: `retry-after-ms`, `x-ms-retry-after-ms`, or `retry-after` in seconds or as a date (RFC
    /// 9110, 10.2.3). A date counts from the `date` field of the response, if there is one. At most a year.
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
