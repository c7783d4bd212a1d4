// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/dictionary.hpp>
#include <foundry/detail/json/open_enum.hpp>
#include <foundry/error.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// Severity that a graded category of the content filter reports.
enum class filter_severity
{
    safe,
    low,
    medium,
    high
};
inline constexpr std::string_view filter_severity_names[] = {"safe", "low", "medium", "high"};
constexpr auto& wire_names(filter_severity) { return filter_severity_names; }

/// Result of one category of Azure's content filter.
/// Wire format: `AzureContentFilterSeverityResult` and `AzureContentFilterDetectionResult` (v1, see <foundry/chat_message.hpp>).
struct filter_result
{
    filter_result() = default;

    bool filtered = false;               ///< Whether this category blocked the text.
    std::optional<bool> detected;        ///< Set by the categories that detect, such as `jailbreak`.
    open_enum<filter_severity> severity; ///< Set by the graded categories, such as `hate`.
    boost::json::object extra;           ///< Citations, details and members of later versions.

    friend bool operator==(filter_result const&, filter_result const&) = default;
};
BOOST_DESCRIBE_STRUCT(filter_result, (), (filtered, detected, severity, extra))

/// Results by category: `hate`, `sexual`, `violence`, `self_harm`, `jailbreak`, ... The service adds categories without notice. Names keep
/// the spelling of the service: errors also use `self-harm`. If the filter itself failed, there is an entry `error`.
using filter_results = dictionary<filter_result>;

/// Results of the content filter for one prompt. Wire format: `AzureContentFilterResultForPrompt` (v1).
struct prompt_filter_result
{
    prompt_filter_result() = default;

    std::int64_t prompt_index = 0;         ///< Number of the prompt, from 0.
    filter_results content_filter_results; ///< Results by category.
    boost::json::object extra;             ///< Other members.

    friend bool operator==(prompt_filter_result const&, prompt_filter_result const&) = default;
};
BOOST_DESCRIBE_STRUCT(prompt_filter_result, (), (prompt_index, content_filter_results, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/content_filter.ipp>
#endif
