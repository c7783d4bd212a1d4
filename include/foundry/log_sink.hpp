// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/observer.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// Level of a log line; each level includes the ones before it.
enum class log_level
{
    error,   ///< Calls that failed.
    warning, ///< Failed requests that are retried.
    info,    ///< Calls that succeeded or were cancelled.
    debug,   ///< Each request and each response.
    verbose, ///< The header fields of responses; `REDACTED` for the value of a field that is_loggable() rejects.
};

/// Observer that writes a line for each step of each call:
///
/// ```
/// foundry end operation=chat model=gpt-4o-mini server=contoso.openai.azure.com attempt=1 ms=412.7 status=200 ...
/// ```
///
/// A line never contains a secret, a prompt or a completion. Text of the service is untrusted: control characters are escaped, and values
/// with blanks are quoted.
///
///     options.observer = std::make_shared<foundry::log_sink>(foundry::log_level::debug);
///
/// Thread safety: may be called from several threads at once, and then calls `write` from them at the same time; the default writer writes
/// each line to the standard error stream in one piece. Exceptions of `write` are ignored.
class log_sink final : public observer
{
public:
    /// Writes a line; the line has no line break at its end.
    using writer = std::function<void(log_level, std::string_view line)>;

    /// @param max_level the last level that is written.
    explicit log_sink(log_level max_level = log_level::info);
    log_sink(log_level max_level, writer write);

    void on_event(call_event const& e) noexcept override;

private:
    log_level max_level_;
    writer write_;
};

/// Whether a log may contain the value of this response header field; the case of the name does not matter.
FOUNDRY_DECL bool is_loggable(std::string_view field) noexcept;

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/log_sink.ipp>
#endif
