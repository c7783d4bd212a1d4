// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/ids.ipp>

#include <chrono>
#include <deque>
#include <map>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

FOUNDRY_DECL std::int64_t seconds_of(std::chrono::system_clock::time_point time)
{
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// The tokens that a batch has used, which OpenAI counts.
class batch_usage
{
public:
    void add(std::string const& response_body);
    json::object object() const;

private:
    std::size_t input_ = 0;
    std::size_t output_ = 0;
    std::size_t cached_ = 0;
    std::size_t reasoning_ = 0;
};

/// A job of many requests.
class stored_batch
{
public:
    void enter(std::string_view status, std::chrono::system_clock::time_point time);
    bool is_ended() const;
    std::string_view status() const { return status_; }
    std::chrono::system_clock::time_point entered_at() const { return entered_at_; }
    void fail(json::array errors, std::chrono::system_clock::time_point time);
    json::object object(form kind) const;

    std::string id;
    std::string input_file_id;
    route target;          ///< Of the request that created it.
    std::string operation; ///< Such as `chat/completions`.
    std::string model;     ///< That of the first row.
    json::value metadata;
    std::optional<std::int64_t> output_expiry; ///< In seconds after the creation of the output.
    std::shared_ptr<std::string const> input;  ///< Released at the end.
    std::size_t tokens = 0;                    ///< Enqueued tokens.
    std::string output_file_id;
    std::string error_file_id;
    std::size_t total = 0;
    std::size_t completed = 0;
    std::size_t failed = 0;
    batch_usage usage;

private:
    json::value time(std::string_view name) const;
    json::value file(std::string const& file_id, form kind) const;
    json::object azure_object() const;
    json::object openai_object() const;
    json::object counts() const;

    std::string status_;
    std::chrono::system_clock::time_point entered_at_;
    std::map<std::string, std::int64_t, std::less<>> times_; ///< Such as `in_progress_at`.
    json::value errors_;
};

/// The batches, in the order in which they were created.
class batch_store
{
public:
    stored_batch& add(stored_batch job) { return jobs_.emplace_back(std::move(job)); }
    stored_batch& get(std::string_view id); ///< Refuses if there is none.
    json::array list(form kind) const;
    std::size_t tokens_before(stored_batch const& job) const; ///< Of earlier jobs of its model that have not ended.
    std::deque<stored_batch>& all() { return jobs_; }

private:
    std::deque<stored_batch> jobs_;
};

FOUNDRY_DECL void batch_usage::add(std::string const& response_body)
{
    boost::system::error_code failed;
    auto const parsed = json::parse(response_body, failed);
    if (failed || !parsed.is_object())
        return;
    auto const used = object_of(parsed.get_object(), "usage");
    auto const either = [&used](std::string_view a, std::string_view b) {
        return count_of(used, a).value_or(count_of(used, b).value_or(0));
    };
    input_ += either("input_tokens", "prompt_tokens");
    output_ += either("output_tokens", "completion_tokens");
    auto const detail = [&used](std::string_view a, std::string_view b, std::string_view name) {
        return count_of(object_of(used, used.contains(a) ? a : b), name).value_or(0);
    };
    cached_ += detail("input_tokens_details", "prompt_tokens_details", "cached_tokens");
    reasoning_ += detail("output_tokens_details", "completion_tokens_details", "reasoning_tokens");
}

FOUNDRY_DECL json::object batch_usage::object() const
{
    json::object input;
    input["cached_tokens"] = cached_;
    json::object output;
    output["reasoning_tokens"] = reasoning_;
    json::object made;
    made["input_tokens"] = input_;
    made["output_tokens"] = output_;
    made["total_tokens"] = input_ + output_;
    made["input_tokens_details"] = std::move(input);
    made["output_tokens_details"] = std::move(output);
    return made;
}

FOUNDRY_DECL void stored_batch::enter(std::string_view status, std::chrono::system_clock::time_point time)
{
    status_ = status;
    entered_at_ = time;
    times_[status == "validating" ? "created_at" : status_ + "_at"] = seconds_of(time);
    if (is_ended())
        input.reset();
}

FOUNDRY_DECL bool stored_batch::is_ended() const
{
    static constexpr std::array<std::string_view, 4> ends = {"completed", "failed", "expired", "cancelled"};
    return contains(ends, status_);
}

FOUNDRY_DECL void stored_batch::fail(json::array errors, std::chrono::system_clock::time_point time)
{
    json::object list;
    list["object"] = "list";
    list["data"] = std::move(errors);
    errors_ = std::move(list);
    enter("failed", time);
}

FOUNDRY_DECL json::value stored_batch::time(std::string_view name) const
{
    auto const found = times_.find(name);
    return found == times_.end() ? json::value() : json::value(found->second);
}

/// The id of a file of its output. On Azure it is empty until the job ends.
FOUNDRY_DECL json::value stored_batch::file(std::string const& file_id, form kind) const
{
    if (!file_id.empty())
        return json::string(file_id);
    return kind != form::compatible && !is_ended() ? json::value("") : json::value();
}

FOUNDRY_DECL json::object stored_batch::counts() const
{
    json::object made;
    made["total"] = total;
    made["completed"] = completed;
    made["failed"] = failed;
    return made;
}

FOUNDRY_DECL json::object stored_batch::object(form kind) const
{
    return kind == form::compatible ? openai_object() : azure_object();
}

inline constexpr std::int64_t seconds_of_a_day = 86400;

FOUNDRY_DECL json::object stored_batch::azure_object() const
{
    json::object made;
    for (char const* const name : {"cancelled_at", "cancelling_at", "completed_at"})
        made[name] = time(name);
    made["completion_window"] = "24h";
    made["created_at"] = time("created_at");
    made["error_file_id"] = file(error_file_id, form::v1);
    made["expired_at"] = time("expired_at");
    made["expires_at"] = times_.at("created_at") + seconds_of_a_day;
    for (char const* const name : {"failed_at", "finalizing_at"})
        made[name] = time(name);
    made["id"] = id;
    made["in_progress_at"] = time("in_progress_at");
    made["input_file_id"] = input_file_id;
    made["errors"] = errors_;
    made["metadata"] = metadata;
    made["object"] = "batch";
    made["output_file_id"] = file(output_file_id, form::v1);
    made["request_counts"] = counts();
    made["status"] = status_;
    made["endpoint"] = "/" + operation;
    return made;
}

FOUNDRY_DECL json::object stored_batch::openai_object() const
{
    json::object made;
    made["id"] = id;
    made["object"] = "batch";
    made["endpoint"] = "/v1/" + operation;
    made["model"] = times_.contains("in_progress_at") ? json::value(json::string(model)) : json::value();
    made["errors"] = errors_;
    made["input_file_id"] = input_file_id;
    made["completion_window"] = "24h";
    made["status"] = status_;
    made["output_file_id"] = file(output_file_id, form::compatible);
    made["error_file_id"] = file(error_file_id, form::compatible);
    for (char const* const name : {"created_at", "in_progress_at"})
        made[name] = time(name);
    made["expires_at"] = times_.at("created_at") + seconds_of_a_day;
    for (char const* const name :
         {"finalizing_at", "completed_at", "failed_at", "expired_at", "cancelling_at", "cancelled_at"})
        made[name] = time(name);
    made["request_counts"] = counts();
    made["usage"] = usage.object();
    made["metadata"] = metadata;
    return made;
}

FOUNDRY_DECL stored_batch& batch_store::get(std::string_view id)
{
    auto const found = std::find_if(jobs_.begin(), jobs_.end(), [&](stored_batch const& job) { return job.id == id; });
    if (found == jobs_.end())
        refuse_id("No batch found with id '" + std::string(id) + "'.", nullptr);
    return *found;
}

FOUNDRY_DECL json::array batch_store::list(form kind) const
{
    json::array made;
    for (auto const& job : jobs_)
        made.push_back(job.object(kind));
    return made;
}

FOUNDRY_DECL std::size_t batch_store::tokens_before(stored_batch const& job) const
{
    std::size_t tokens = 0;
    for (auto const& other : jobs_) {
        if (&other == &job)
            break;
        if (!other.is_ended() && other.model == job.model)
            tokens += other.tokens;
    }
    return tokens;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
