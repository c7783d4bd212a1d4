// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

FOUNDRY_DECL void check_batch_file(stored_file const* file, std::string const& id, error_writer const& say)
{
    if (!file)
        say.bad_request("No such File object: " + id, "invalid_value", "input_file_id");
    if (file->purpose != "batch")
        say.bad_request("Invalid 'input_file_id': the purpose of the file must be 'batch', but it is '" +
                            file->purpose + "'.",
                        "invalid_value", "input_file_id");
    if (!file->is_processed())
        say.bad_request("Invalid 'input_file_id': the status of the file must be 'processed', but it is 'pending'.",
                        "invalid_value", "input_file_id");
}

FOUNDRY_DECL void check_metadata(json::object const& body, error_writer const& say)
{
    json_path at;
    at.push_back("metadata");
    auto const metadata = object_of(body, "metadata");
    if (metadata.size() > 16)
        say.bad_value(at, "expected an object with at most 16 members.", metadata);
    for (auto const& [name, value] : metadata) {
        if (!value.is_string())
            say.wrong_type(inside(at, json::string(name)), "a string", value);
    }
}

/// The operation whose requests the rows are.
FOUNDRY_DECL std::string batch_operation(json::object const& body, error_writer const& say)
{
    static constexpr std::array<std::string_view, 4> known = {"chat/completions", "embeddings", "responses",
                                                              "completions"};
    json_path at;
    at.push_back("endpoint");
    auto const& endpoint = require(body, "endpoint", say);
    auto operation = operation_of(endpoint.get_string());
    bool const has_version = endpoint.get_string().starts_with("/v1/");
    if (!contains(known, operation) || (say.kind() == form::compatible && !has_version))
        say.bad_value(at, "expected '/v1/chat/completions', '/v1/embeddings', '/v1/responses' or '/v1/completions'.",
                      endpoint);
    return operation;
}

FOUNDRY_DECL std::vector<std::string> const& service::deployments_for(std::string_view operation) const
{
    return operation == "embeddings"    ? options_.embedding_deployments
           : operation == "completions" ? options_.completion_deployments
                                        : options_.chat_deployments;
}

/// The model that the first row names; empty if it names none.
FOUNDRY_DECL std::string first_model(std::string_view input)
{
    boost::system::error_code failed;
    auto const row = json::parse(input.substr(0, input.find('\n')), failed);
    if (failed || !row.is_object())
        return {};
    return std::string(text_of(object_of(row.get_object(), "body"), "model").value_or(""));
}

FOUNDRY_DECL std::optional<std::int64_t> output_expiry_of(json::object const& body, error_writer const& say)
{
    auto const expiry = object_of(body, "output_expires_after");
    if (expiry.empty())
        return std::nullopt;
    auto const as_text = [&expiry](std::string_view name) -> std::optional<std::string> {
        auto const* const found = expiry.if_contains(name);
        if (!found)
            return std::nullopt;
        return found->is_string() ? std::string(found->get_string()) : json_text(*found);
    };
    return expiry_of("output_expires_after", as_text("anchor"), as_text("seconds"),
                     say.kind() == form::compatible ? 3600 : 1209600, say);
}

FOUNDRY_DECL reply service::create_batch(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    auto const body = read_body(request, target, batch_members());
    stored_batch job;
    job.input_file_id = require(body, "input_file_id", say).get_string();
    job.operation = batch_operation(body, say);
    if (auto const& window = require(body, "completion_window", say); window.get_string() != "24h")
        say.bad_request("Invalid value: '" + std::string(window.get_string()) + "'. Supported values are: '24h'.",
                        "invalid_value", "completion_window");
    check_metadata(body, say);
    auto const* const file = files_.find(job.input_file_id);
    check_batch_file(file, job.input_file_id, say);
    job.id = "batch_" + (target.kind == form::compatible ? in_one_piece(new_uuid()) : new_uuid());
    job.target = target;
    job.input = file->content;
    job.model = first_model(*job.input);
    job.metadata = body.contains("metadata") ? body.at("metadata") : json::value();
    job.output_expiry = output_expiry_of(body, say);
    job.tokens = job.input->size() / 4;
    job.enter("validating", std::chrono::system_clock::now());
    auto const& added = batches_.add(std::move(job));
    reply made(200, json_text(added.object(target.kind)));
    if (target.kind != form::compatible) {
        made.set_header("deployment-enqueued-tokens", std::to_string(batches_.tokens_before(added) + added.tokens));
        made.set_header("deployment-maximum-enqueued-tokens", std::to_string(options_.enqueued_token_limit));
    }
    return made;
}

FOUNDRY_DECL reply service::cancel_batch(stored_batch& job, form kind)
{
    if (job.is_ended())
        throw refusal(409, openai_error("Cannot cancel a batch with status '" + std::string(job.status()) + "'.",
                                        "invalid_request_error", nullptr, nullptr));
    if (job.status() != "cancelling") {
        job.total = lines_of(*job.input).size();
        job.completed = 0;
        job.enter("cancelling", std::chrono::system_clock::now());
    }
    return reply(200, json_text(job.object(kind)));
}

FOUNDRY_DECL reply service::list_batches(route const& target)
{
    for (auto& job : batches_.all())
        catch_up(job);
    auto const page = page_query(target, error_writer(target.kind)).apply(batches_.list(target.kind));
    json::object made;
    for (char const* const name : {"object", "data", "first_id", "last_id", "has_more"})
        made[name] = page.at(name);
    return reply(200, json_text(made));
}

FOUNDRY_DECL reply service::batches(recorded_request const& request, route const& target)
{
    auto const path = segments_of(target.operation);
    if (path.size() == 1)
        return request.method == "POST" ? create_batch(request, target) : list_batches(target);
    auto& job = batches_.get(path[1]);
    catch_up(job);
    if (path.size() == 3)
        return cancel_batch(job, target.kind);
    if (options_.batch_state_time.count() == 0)
        advance(job, std::chrono::system_clock::now());
    return reply(200, json_text(job.object(target.kind)));
}

/// Moves a batch to the state that it is in now, if states last a set time.
FOUNDRY_DECL void service::catch_up(stored_batch& job)
{
    auto const time = options_.batch_state_time;
    if (time.count() == 0)
        return;
    auto const now = std::chrono::system_clock::now();
    while (!job.is_ended() && now >= job.entered_at() + time)
        advance(job, job.entered_at() + time);
    if (job.status() == "in_progress")
        job.completed = job.total * static_cast<std::size_t>((now - job.entered_at()) / std::chrono::microseconds(1)) /
                        static_cast<std::size_t>(time / std::chrono::microseconds(1));
}

/// Moves a batch one state forward.
FOUNDRY_DECL void service::advance(stored_batch& job, std::chrono::system_clock::time_point now)
{
    if (job.status() == "validating")
        begin_batch(job, now);
    else if (job.status() == "in_progress")
        job.enter("finalizing", now);
    else if (job.status() == "finalizing")
        finish_batch(job, now);
    else if (job.status() == "cancelling")
        job.enter("cancelled", now);
}

FOUNDRY_DECL void service::begin_batch(stored_batch& job, std::chrono::system_clock::time_point now)
{
    auto const lines = lines_of(*job.input);
    batch_checker checker(job.operation, deployments_for(job.operation), job.target.kind);
    auto errors = checker.check(lines, options_.batch_row_limit);
    if (errors.empty() && batches_.tokens_before(job) + job.tokens > options_.enqueued_token_limit) {
        json::object one;
        one["code"] = "token_limit_exceeded";
        one["message"] = "Enqueued token limit reached for " + job.model +
                         ". Limit: " + std::to_string(options_.enqueued_token_limit) +
                         " enqueued tokens. Please try again once some in_progress batches have been completed.";
        one["param"] = nullptr;
        one["line"] = nullptr;
        errors.push_back(std::move(one));
    }
    if (!errors.empty())
        return job.fail(std::move(errors), now);
    job.total = lines.size();
    job.enter("in_progress", now);
}

/// The response that a direct call with the body of a row would get.
FOUNDRY_DECL reply service::answer_row(recorded_request const& request, route const& target)
{
    try {
        auto made = dispatch(request, target);
        if (made.chunked)
            error_writer(target.kind)
                .bad_request("Invalid value for 'stream': a batch has no streams.", "invalid_value", "stream");
        return made;
    } catch (refusal const& refused) {
        return reply_to(refused, target.kind);
    }
}

FOUNDRY_DECL void service::run_row(batch_row const& row, stored_batch& job, batch_output& output)
{
    recorded_request request;
    request.method = "POST";
    request.target = row.url;
    request.headers.emplace_back("content-type", "application/json");
    request.body = json::serialize(row.body);
    auto target = job.target;
    target.operation = job.operation;
    target.deployment = target.kind == form::dated && job.operation != "responses" ? job.model : std::string();
    auto const given = shared_.rule_for(request);
    if (given && answer_reader(*given).is_raw())
        return output.add_line(answer_reader(*given).body());
    auto const response = given ? answer_reader(*given).make_reply() : answer_row(request, target);
    output.add(row.custom_id, response, new_uuid());
    if (target.kind == form::compatible)
        job.usage.add(response.parts.front());
}

/// Answers every row. As with the real service, the lines of the output are in another order than those of the input.
FOUNDRY_DECL void service::finish_batch(stored_batch& job, std::chrono::system_clock::time_point now)
{
    batch_output output(job.target.kind);
    auto const lines = lines_of(*job.input);
    auto const rows_in_time = options_.batch_expires_after.value_or(lines.size());
    for (std::size_t const first : {0U, 1U}) {
        for (std::size_t i = first; i < lines.size(); i += 2) {
            batch_row const row(lines[i]);
            if (i < rows_in_time)
                run_row(row, job, output);
            else
                output.add_unrun(row.custom_id, "batch_expired",
                                 "This request could not be executed before the completion window expired.");
        }
    }
    job.completed = output.completed();
    job.failed = output.failed();
    bool const on_azure = job.target.kind != form::compatible;
    if (job.completed > 0)
        job.output_file_id = keep_output(job, on_azure ? "results" : "output", output.take_results());
    if (job.failed > 0 || on_azure)
        job.error_file_id = keep_output(job, on_azure ? "errors" : "error", output.take_errors());
    job.enter(rows_in_time < lines.size() ? "expired" : "completed", now);
}

FOUNDRY_DECL std::string service::keep_output(stored_batch const& job, std::string const& kind, std::string content)
{
    stored_file made;
    made.id = new_file_id("batch_output", job.target.kind);
    made.purpose = "batch_output";
    made.name = job.id + "_" + kind + ".jsonl";
    made.created_at = seconds_now();
    if (job.output_expiry)
        made.expires_at = made.created_at + *job.output_expiry;
    made.content = std::make_shared<std::string const>(std::move(content));
    auto id = made.id;
    files_.add(std::move(made));
    return id;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
