// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/observer.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

enum class log_level
{
    error,   ///< Calls that failed.
    warning, ///< Requests that failed and are made again.
    info,    ///< Calls that ended well, or were given up.
    debug,   ///< Each request and answer.
    verbose, ///< The header fields of answers that are on the list of those fit for a log; of the others, the name.
};

/// Writes a line for each step of each call:
///
/// ```
/// foundry end operation=chat model=gpt-4o-mini server=contoso.openai.azure.com attempt=1 ms=412.7 status=200 ...
/// ```
///
/// No line holds a secret, a prompt or a completion. What comes from the service is untrusted: control characters are escaped, and
/// values with blanks are quoted.
///
///     options.observer = std::make_shared<foundry::log_sink>(foundry::log_level::debug);
///
/// Thread safety: any. `write` is called from several threads at once where calls are made from them; the default writes each line to
/// the standard error in one piece.
class log_sink final : public observer
{
public:
    using writer = std::function<void(log_level, std::string_view line)>;

    /// @param most the last level that is written.
    explicit log_sink(log_level max_level = log_level::info);
    log_sink(log_level max_level, writer write);

    void on_event(call_event const& e) noexcept override;

private:
    log_level max_level_;
    writer write_;
};

/// Whether the value of this response header field is fit for a log.
FOUNDRY_DECL bool is_loggable(std::string_view field) noexcept;

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/log_sink.ipp>
#endif
