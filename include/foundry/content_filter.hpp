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

enum class filter_severity
{
    safe,
    low,
    medium,
    high
};
inline constexpr std::string_view filter_severity_names[] = {"safe", "low", "medium", "high"};
constexpr auto& wire_names(filter_severity) { return filter_severity_names; }

/// The verdict of one category of Azure's content filter.
struct filter_result
{
    filter_result() = default;

    bool filtered = false;               ///< The text was blocked because of this category.
    std::optional<bool> detected;        ///< For categories that are found or not, such as `jailbreak`.
    open_enum<filter_severity> severity; ///< For the graded categories, such as `hate`.
    boost::json::object extra;           ///< Citations, details, and whatever comes next.

    friend bool operator==(filter_result const&, filter_result const&) = default;
};
BOOST_DESCRIBE_STRUCT(filter_result, (), (filtered, detected, severity, extra))

/// By category: `hate`, `sexual`, `violence`, `self_harm`, `jailbreak`, ... New names appear without notice, and the names are as
/// they came: errors spell `self-harm`, too. Where the filter itself failed, there is an entry `error`.
using filter_results = dictionary<filter_result>;

/// The filter's verdict on one prompt.
struct prompt_filter_result
{
    prompt_filter_result() = default;

    std::int64_t prompt_index = 0;
    filter_results content_filter_results;
    boost::json::object extra;

    friend bool operator==(prompt_filter_result const&, prompt_filter_result const&) = default;
};
BOOST_DESCRIBE_STRUCT(prompt_filter_result, (), (prompt_index, content_filter_results, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/content_filter.ipp>
#endif
