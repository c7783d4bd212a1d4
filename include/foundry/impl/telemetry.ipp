// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/telemetry.hpp>

#include <boost/asio/error.hpp>

#include <cstddef>
#include <iterator>

namespace foundry::inline FOUNDRY_ABI::telemetry {

/// Names of the codes, in the order of `errc`, which begins at 1.
inline constexpr std::string_view error_words[] = {
    "invalid_argument", "no_ca_store",      "credential_unavailable", "authentication_failed", "bad_request",
    "unauthorized",     "forbidden",        "model_not_found",        "route_not_found",       "unprocessable",
    "content_filter",   "too_large",        "rate_limited",           "quota_exhausted",       "queue_full",
    "service_error",    "unexpected_reply", "limit_exceeded",         "stream_truncated",      "refused",
    "answer_cut_off",   "answer_misfit",    "too_many_rounds",        "token_timeout",         "connect_timeout",
    "tls_timeout",      "pool_timeout",     "write_timeout",          "first_byte_timeout",    "silence_timeout",
    "stall_timeout",    "total_timeout",    "resolve_failed",         "connect_failed",        "tls_failed",
    "connection_lost",  "proxy_failed",     "client_closed",          "source_failed",         "sink_failed",
};
static_assert(std::size(error_words) == static_cast<std::size_t>(errc::sink_failed));

FOUNDRY_DECL std::string span_name(call_event const& e)
{
    std::string name(e.operation_name);
    if (!e.model.empty())
        name.append(" ").append(e.model);
    return name;
}

FOUNDRY_DECL std::string_view error_type_of(call_event const& e) noexcept
{
    if (!e.code)
        return {};
    if (e.code == boost::asio::error::operation_aborted)
        return "cancelled";
    auto const i = static_cast<std::size_t>(e.code.value()) - 1;
    if (e.code.category() == error_category() && i < std::size(error_words))
        return error_words[i];
    return "_OTHER";
}

} // namespace foundry::inline FOUNDRY_ABI::telemetry
