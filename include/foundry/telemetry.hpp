// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/observer.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// Names of the OpenTelemetry semantic conventions for generative AI, for an observer that fills spans and metrics
/// (https://opentelemetry.io/docs/specs/semconv/gen-ai/). The functions may be called from any thread.
namespace foundry::inline FOUNDRY_ABI::telemetry {

// Attributes of a span.
inline constexpr std::string_view operation_name = "gen_ai.operation.name";
inline constexpr std::string_view provider_name = "gen_ai.provider.name";
inline constexpr std::string_view request_model = "gen_ai.request.model";
inline constexpr std::string_view response_id = "gen_ai.response.id";
inline constexpr std::string_view response_model = "gen_ai.response.model";
inline constexpr std::string_view response_finish_reasons = "gen_ai.response.finish_reasons";
inline constexpr std::string_view usage_input_tokens = "gen_ai.usage.input_tokens";
inline constexpr std::string_view usage_output_tokens = "gen_ai.usage.output_tokens";
inline constexpr std::string_view usage_cached_input_tokens = "gen_ai.usage.cache_read.input_tokens";
inline constexpr std::string_view server_address = "server.address";
inline constexpr std::string_view server_port = "server.port";
inline constexpr std::string_view error_type = "error.type";

// Metrics: histograms, in seconds and in tokens.
inline constexpr std::string_view operation_duration = "gen_ai.client.operation.duration";
inline constexpr std::string_view time_to_first_chunk = "gen_ai.client.operation.time_to_first_chunk";
inline constexpr std::string_view token_usage = "gen_ai.client.token.usage";
/// Attribute of `token_usage`: "input" or "output".
inline constexpr std::string_view token_type = "gen_ai.token.type";

/// Name of the span, such as "chat gpt-4o-mini".
FOUNDRY_DECL std::string span_name(call_event const& e);

/// Value of `error_type`: the name of the `errc`, such as "rate_limited"; "cancelled"; or "_OTHER" for a code of another library. Empty
/// if there is no error.
FOUNDRY_DECL std::string_view error_type_of(call_event const& e) noexcept;

/// The time in seconds, as the histograms take it.
constexpr double seconds(std::chrono::nanoseconds time) noexcept { return std::chrono::duration<double>(time).count(); }

/// Calls `visit(name, value)` for each attribute of an event of kind `end`. A value is a `std::string_view`, a `std::int64_t` or, for the
/// finish reasons, a `std::vector<std::string> const&`.
template <class Visit>
void for_each_attribute(call_event const& e, Visit visit)
{
    auto const text = [&](std::string_view name, std::string_view value) {
        if (!value.empty())
            visit(name, value);
    };
    text(operation_name, e.operation_name);
    text(provider_name, e.provider);
    text(request_model, e.model);
    text(server_address, e.server_address);
    visit(server_port, std::int64_t{e.server_port});
    text(response_id, e.response_id);
    text(response_model, e.response_model);
    if (!e.finish_reasons.empty())
        visit(response_finish_reasons, e.finish_reasons);
    if (e.input_tokens)
        visit(usage_input_tokens, *e.input_tokens);
    if (e.output_tokens)
        visit(usage_output_tokens, *e.output_tokens);
    if (e.cached_input_tokens)
        visit(usage_cached_input_tokens, *e.cached_input_tokens);
    text(error_type, error_type_of(e));
}

} // namespace foundry::inline FOUNDRY_ABI::telemetry

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/telemetry.ipp>
#endif
