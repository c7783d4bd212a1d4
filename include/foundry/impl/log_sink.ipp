// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/field.hpp>
#include <foundry/log_sink.hpp>
#include <foundry/response_info.hpp>
#include <foundry/telemetry.hpp>

#include <cstdio>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Response header fields whose values contain neither secrets nor personal data.
inline constexpr std::string_view logged_fields[] = {
    "accept-ranges",
    "apim-request-id",
    "azure-deprecating",
    "cache-control",
    "connection",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "openai-processing-ms",
    "pragma",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "server",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "x-ms-client-request-id",
    "x-ms-date",
    "x-ms-error-code",
    "x-ms-rai-invoked",
    "x-ms-region",
    "x-ms-request-id",
    "x-ms-retry-after-ms",
    "x-ms-version",
    "x-request-id",
    "x-should-retry",
};
inline constexpr std::string_view logged_families[] = {"azureml-model-", "x-ratelimit-"};

/// Appends ` name=value`; quotes the value if necessary.
inline void append_pair(std::string& line, std::string_view name, std::string_view value)
{
    line.append(" ").append(name).append("=");
    bool quoted = value.empty();
    for (char const c : value)
        quoted = quoted || !(c > 0x20 && c < 0x7f) || c == '"' || c == '=' || c == '\\';
    if (!quoted) {
        line += value;
        return;
    }
    line += '"';
    for (char const c : value) {
        auto const u = static_cast<unsigned char>(c);
        char escaped[5];
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (u < 0x20 || u >= 0x7f) {
            std::snprintf(escaped, sizeof escaped, "\\x%02x", u);
            line += escaped;
        } else {
            line += c;
        }
    }
    line += '"';
}

inline void append_number(std::string& line, std::string_view name, std::int64_t value)
{
    append_pair(line, name, std::to_string(value));
}

inline void append_time(std::string& line, std::string_view name, std::chrono::nanoseconds time)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", telemetry::seconds(time) * 1000);
    append_pair(line, name, text);
}

inline log_level level_of(call_event const& e)
{
    switch (e.what) {
    case call_event::kind::wait:
        return log_level::warning;
    case call_event::kind::end:
        return !e.code || telemetry::error_type_of(e) == "cancelled" ? log_level::info : log_level::error;
    default:
        return log_level::debug;
    }
}

inline std::string_view step_of(call_event const& e)
{
    switch (e.what) {
    case call_event::kind::attempt:
        return "attempt";
    case call_event::kind::response:
        return "response";
    case call_event::kind::wait:
        return "wait";
    case call_event::kind::end:
        return "end";
    }
    return "";
}

inline void append_end(std::string& line, call_event const& e)
{
    if (!e.response_model.empty())
        append_pair(line, "response_model", e.response_model);
    for (std::string const& reason : e.finish_reasons)
        append_pair(line, "finish_reason", reason);
    if (e.input_tokens)
        append_number(line, "input_tokens", *e.input_tokens);
    if (e.output_tokens)
        append_number(line, "output_tokens", *e.output_tokens);
    if (e.time_to_first_chunk.count() != 0)
        append_time(line, "first_chunk_ms", e.time_to_first_chunk);
}

inline std::string line_of(call_event const& e, bool with_fields)
{
    std::string line = "foundry ";
    line += step_of(e);
    append_pair(line, "operation", e.operation_name);
    if (!e.model.empty())
        append_pair(line, "model", e.model);
    append_pair(line, "server", e.server_address);
    append_number(line, "attempt", e.attempt);
    append_time(line, "ms", e.elapsed);
    if (e.status != 0)
        append_number(line, "status", e.status);
    if (e.code)
        append_pair(line, "error", telemetry::error_type_of(e));
    if (e.what == call_event::kind::wait)
        append_number(line, "wait_ms", e.wait.count());
    if (e.what == call_event::kind::end)
        append_end(line, e);
    if (!e.request_id.empty())
        append_pair(line, "request_id", e.request_id);
    if (!e.client_request_id.empty())
        append_pair(line, "client_request_id", e.client_request_id);
    if (!e.traceparent.empty())
        append_pair(line, "traceparent", e.traceparent);
    if (with_fields && e.response != nullptr) {
        for (auto const& [name, value] : e.response->headers())
            append_pair(line, name, is_loggable(name) ? value : "REDACTED");
    }
    return line;
}

inline void write_to_standard_error(log_level, std::string_view line)
{
    std::string whole(line);
    whole += '\n';
    std::fwrite(whole.data(), 1, whole.size(), stderr);
}

} // namespace detail

FOUNDRY_DECL bool is_loggable(std::string_view field) noexcept
{
    for (std::string_view const known : detail::logged_fields) {
        if (http::iequals(field, known))
            return true;
    }
    for (std::string_view const family : detail::logged_families) {
        if (http::iequals(field.substr(0, family.size()), family))
            return true;
    }
    return false;
}

FOUNDRY_DECL log_sink::log_sink(log_level max_level) : log_sink(max_level, &detail::write_to_standard_error) {}
FOUNDRY_DECL log_sink::log_sink(log_level max_level, writer write) : max_level_(max_level), write_(std::move(write)) {}

FOUNDRY_DECL void log_sink::on_event(call_event const& e) noexcept
{
    log_level const level = detail::level_of(e);
    if (level > max_level_)
        return;
    try {
        write_(level, detail::line_of(e, max_level_ == log_level::verbose));
    } catch (...) { // this line is lost
    }
}

} // namespace foundry::inline FOUNDRY_ABI
