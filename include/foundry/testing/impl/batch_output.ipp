// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/json_text.ipp>
#include <foundry/testing/impl/message.ipp>
#include <foundry/testing/impl/route.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Writes the lines of a batch's output file and of its error file. They are written as text, because there can be 100,000.
class batch_output
{
public:
    explicit batch_output(form kind) : on_azure_(kind != form::compatible) {}

    /// The response to a row, which a direct call would get, too.
    void add(std::string_view custom_id, reply const& response, std::string const& request_id);
    void add_unrun(std::string_view custom_id, std::string_view code, std::string_view message);
    void add_line(std::string_view line); ///< To the output file, as it is.

    std::size_t completed() const { return completed_; }
    std::size_t failed() const { return failed_; }
    std::string take_results() { return std::move(results_); }
    std::string take_errors() { return std::move(errors_); }

private:
    std::string begin(std::string_view custom_id, std::string const& request_id) const;

    bool on_azure_;
    std::size_t completed_ = 0;
    std::size_t failed_ = 0;
    std::string results_;
    std::string errors_;
};

FOUNDRY_DECL std::string batch_output::begin(std::string_view custom_id, std::string const& request_id) const
{
    auto const id = on_azure_ ? std::string() : "\"id\":\"batch_req_" + request_id + "\",";
    return "{" + id + "\"custom_id\":" + json::serialize(json::string(custom_id)) + ",\"response\":";
}

FOUNDRY_DECL void batch_output::add(std::string_view custom_id, reply const& response, std::string const& request_id)
{
    bool const worked = response.status >= 200 && response.status < 300;
    auto& file = worked ? results_ : errors_;
    ++(worked ? completed_ : failed_);
    auto const status = "\"status_code\":" + std::to_string(response.status);
    auto const id = "\"request_id\":\"" + request_id + "\"";
    file += begin(custom_id, request_id);
    file += on_azure_ ? "{\"body\":" : "{" + status + "," + id + ",\"body\":";
    for (auto const& part : response.parts)
        file += part;
    file += on_azure_ ? "," + id + "," + status + "}" : "}";
    file += ",\"error\":null}\n";
}

FOUNDRY_DECL void batch_output::add_unrun(std::string_view custom_id, std::string_view code, std::string_view message)
{
    ++failed_;
    json::object error;
    error["code"] = code;
    error["message"] = message;
    errors_ += begin(custom_id, std::to_string(failed_)) + "null,\"error\":" + json_text(error) + "}\n";
}

FOUNDRY_DECL void batch_output::add_line(std::string_view line)
{
    ++completed_;
    results_.append(line).append("\n");
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
