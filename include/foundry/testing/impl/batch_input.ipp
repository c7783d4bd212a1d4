// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/schema.ipp>

#include <boost/json/parse.hpp>

#include <unordered_set>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A line of the input of a batch. Parsed when it is needed, for an input can have 100,000 lines.
class batch_row
{
public:
    explicit batch_row(std::string_view line); ///< Throws `std::exception` if the line is not JSON, or no row.

    std::string custom_id;
    std::string url;
    json::object body;
};

/// The lines of a file; an empty one at its end does not count.
FOUNDRY_DECL std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        lines.push_back(line);
    }
    return lines;
}

/// The operation of a URL such as `/v1/chat/completions` or `/chat/completions`.
FOUNDRY_DECL std::string operation_of(std::string_view url)
{
    consume(url, "/v1");
    consume(url, "/");
    return std::string(url);
}

FOUNDRY_DECL batch_row::batch_row(std::string_view line)
{
    auto whole = json::parse(line);
    if (!whole.is_object())
        throw std::invalid_argument("The line must be an object.");
    auto& parsed = whole.get_object();
    auto const text = [&parsed](std::string_view name) {
        auto const found = text_of(parsed, name);
        if (!found || found->empty())
            throw std::invalid_argument("The member '" + std::string(name) + "' must be a string that is not empty.");
        return std::string(*found);
    };
    custom_id = text("custom_id");
    url = text("url");
    if (text("method") != "POST")
        throw std::invalid_argument("The member 'method' must be 'POST'.");
    if (!parsed.contains("body") || !parsed.at("body").is_object())
        throw std::invalid_argument("The member 'body' must be an object.");
    body = std::move(parsed.at("body").get_object());
}

/// Checks the input of a batch before it runs.
class batch_checker
{
public:
    batch_checker(std::string operation, std::vector<std::string> const& deployments, form kind)
        : operation_(std::move(operation)),
          deployments_(deployments),
          on_azure_(kind != form::compatible)
    {}

    /// The errors, as `errors.data` of a batch has them.
    json::array check(std::vector<std::string_view> const& lines, std::size_t max_lines);

private:
    void check(batch_row const& row, std::size_t line);
    void check_model(batch_row const& row, std::size_t line);
    void add(std::string_view code, std::string const& message, json::value param, json::value line);

    std::string operation_;
    std::vector<std::string> const& deployments_;
    bool on_azure_; ///< Some codes of Azure are others than OpenAI's.
    std::optional<std::string> model_;
    std::unordered_set<std::string> ids_;
    json::array errors_;
};

FOUNDRY_DECL void batch_checker::add(std::string_view code, std::string const& message, json::value param,
                                     json::value line)
{
    json::object one;
    one["code"] = code;
    one["message"] = message;
    one["param"] = std::move(param);
    one["line"] = std::move(line);
    errors_.push_back(std::move(one));
}

FOUNDRY_DECL json::array batch_checker::check(std::vector<std::string_view> const& lines, std::size_t max_lines)
{
    if (lines.empty())
        add("empty_file", "The input file is empty. Please ensure that the batch contains at least one request.",
            nullptr, nullptr);
    if (lines.size() > max_lines)
        add("too_many_tasks",
            "The number of requests in the input file exceeds the maximum allowed value of " +
                std::to_string(max_lines) + ".",
            nullptr, nullptr);
    if (!errors_.empty())
        return errors_;
    ids_.reserve(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        try {
            check(batch_row(lines[i]), i + 1);
        } catch (std::invalid_argument const& wrong) {
            add("invalid_request", wrong.what(), nullptr, i + 1);
        } catch (std::exception const&) {
            add("invalid_json_line", "This line is not parseable as valid JSON.", nullptr, i + 1);
        }
    }
    return errors_;
}

FOUNDRY_DECL void batch_checker::check(batch_row const& row, std::size_t line)
{
    if (!ids_.insert(row.custom_id).second)
        add("duplicate_custom_id",
            "The custom_id '" + row.custom_id +
                "' for this request is a duplicate of another request. The custom_id parameter must be unique for "
                "each request in a batch.",
            "custom_id", line);
    if (operation_of(row.url) != operation_)
        add(on_azure_ ? "url_mismatch" : "invalid_url",
            "The URL provided for this request does not match the batch endpoint.", "url", line);
    check_model(row, line);
}

FOUNDRY_DECL void batch_checker::check_model(batch_row const& row, std::size_t line)
{
    auto const name = text_of(row.body, "model");
    if (!name)
        throw std::invalid_argument("The member 'body.model' must name a deployment.");
    if (!model_ && !contains(deployments_, *name))
        add("model_not_found", "The model '" + std::string(*name) + "' does not exist.", "body.model", line);
    if (model_ && *model_ != *name)
        add(on_azure_ ? "model_mismatch" : "mismatched_model",
            "The model '" + std::string(*name) +
                "' for this request does not match the rest of the batch. Each batch must contain requests for a "
                "single model.",
            "body.model", line);
    if (!model_)
        model_ = *name;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
