// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator's batches: the states of a job, its output and its errors, in the shapes of each form.

#include "support/batch_jobs.hpp"
#include "support/recorded_shapes.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace foundry_test::testing_batches_test {

using foundry::testing::answer;
using foundry::testing::emulator_options;
using foundry::testing::recorded_request;

std::string const azure = "batch_poll_completed_output_file_azure_dated";
std::string const openai = "batch_responses_output_file";
std::string const two_rows = row("a", ask("How many feet are in a mile?")) + row("b", ask("hello"));

std::vector<std::string> ids_of(std::vector<json::value> const& lines)
{
    std::vector<std::string> ids;
    for (auto const& line : lines)
        ids.emplace_back(line.at("custom_id").as_string());
    return ids;
}

/// The only error of a job that has failed.
json::value error_of(json::value const& job)
{
    CAPTURE(json::serialize(job));
    REQUIRE(job.at("status") == "failed");
    CHECK(job.at_pointer("/errors/object") == "list");
    REQUIRE(job.at_pointer("/errors/data").as_array().size() == 1);
    return job.at_pointer("/errors/data/0");
}

void check_error(json::value const& job, std::string const& code, json::value const& line)
{
    auto const error = error_of(job);
    CHECK(error.at("code") == json::string(code));
    CHECK(error.at("line") == line);
    CHECK(!error.at("message").as_string().empty());
}

TEST_CASE("emulator batches: each GET moves a job one state forward, in the shapes recorded on Azure")
{
    emulator const service;
    raw_client client(service);
    auto const file = upload_rows(client, dated_jobs, two_rows);
    auto const made = create_job(client, dated_jobs, file);
    CHECK(made.status == 200);
    CHECK(made.header("deployment-enqueued-tokens") == std::to_string(two_rows.size() / 4));
    CHECK(made.header("deployment-maximum-enqueued-tokens") == "5000000000");
    auto job = made.parsed();
    CHECK(difference(job, recorded_json(azure, 2)) == "");
    CHECK(job.at("status") == "validating");
    CHECK(job.at("output_file_id") == "");
    CHECK(job.at("endpoint") == "/chat/completions");
    CHECK(job.at_pointer("/request_counts/total") == 0);
    CHECK(job.at("expires_at").as_int64() == job.at("created_at").as_int64() + 86400);

    auto const id = id_in(made);
    CHECK(id.size() == 42);
    job = poll(client, dated_jobs, id);
    CHECK(difference(job, recorded_json(azure, 5)) == "");
    CHECK(job.at("status") == "in_progress");
    CHECK(job.at("in_progress_at").is_int64());
    CHECK(job.at("finalizing_at").is_null());
    CHECK(job.at("request_counts") == json::parse(R"({"total":2,"completed":0,"failed":0})"));
    job = poll(client, dated_jobs, id);
    CHECK(job.at("status") == "finalizing");
    CHECK(job.at("error_file_id") == "");
    job = poll(client, dated_jobs, id);
    CHECK(difference(job, recorded_json(azure, 10)) == "");
    CHECK(job.at("status") == "completed");
    CHECK(job.at("completed_at").is_int64());
    CHECK(job.at("request_counts") == json::parse(R"({"total":2,"completed":2,"failed":0})"));
    CHECK(poll(client, dated_jobs, id) == job);
}

TEST_CASE(
    "emulator batches: the output has a line for each row, in Azure's order of members, and no error is an empty file")
{
    emulator const service;
    raw_client client(service);
    for (auto const& paths : {dated_jobs, v1_jobs, project_jobs}) {
        CAPTURE(paths.base);
        auto const job = run_rows(client, paths, two_rows);
        CHECK(text_of_file(client, paths, job.at("error_file_id")).empty());
        auto const text = text_of_file(client, paths, job.at("output_file_id"));
        CHECK(text.ends_with("\n"));
        auto const lines = lines_in(text);
        REQUIRE(lines.size() == 2);
        auto recorded = lines_in(recorded_text(azure, 11)).front();
        recorded.at("response").as_object()["body"] = nullptr;
        CHECK(difference(lines[0], recorded) == "");
        CHECK(lines[0].at("error").is_null());
        CHECK(lines[0].at_pointer("/response/status_code") == 200);
        CHECK(lines[0].at_pointer("/response/request_id").as_string().size() == 36);
        auto const direct = client.post(v1, ask("How many feet are in a mile?")).parsed();
        CHECK(difference(lines[0].at_pointer("/response/body"), direct) == "");
        CHECK(lines[0].at_pointer("/response/body/choices") == direct.at("choices"));
    }
}

TEST_CASE("emulator batches: the files of the output have the names and ids of the service")
{
    emulator const service;
    raw_client client(service);
    auto const job = run_rows(client, v1_jobs, two_rows);
    auto const list = fetch(client, v1_jobs.to("files")).parsed();
    auto const id = std::string(job.at("id").as_string());
    CHECK(list.at_pointer("/data/0/filename") == json::string(id + "_errors.jsonl"));
    CHECK(list.at_pointer("/data/0/id") == job.at("error_file_id"));
    CHECK(list.at_pointer("/data/1/filename") == json::string(id + "_results.jsonl"));
    CHECK(list.at_pointer("/data/1/purpose") == "batch_output");
    CHECK(job.at("output_file_id").as_string().size() == 41);
}

TEST_CASE("emulator batches: OpenAI's job has a model, usage and ids that are null, and its lines have ids")
{
    emulator const service;
    raw_client client(service);
    std::string const rows = row("0", R"({"model":"gpt-4o","input":"How many feet are in a mile?"})", "/v1/responses") +
                             row("1", R"({"model":"gpt-4o","input":"hello"})", "/v1/responses");
    auto const made = create_job(client, openai_jobs, upload_rows(client, openai_jobs, rows), "", "/v1/responses");
    CHECK(made.header("deployment-enqueued-tokens").empty());
    CHECK(difference(made.parsed(), recorded_json(openai, 1)) == "");
    CHECK(made.parsed().at("output_file_id").is_null());
    auto const job = end_of(client, openai_jobs, id_in(made));
    CHECK(difference(job, recorded_json(openai, 11)) == "");
    CHECK(job.at("endpoint") == "/v1/responses");
    CHECK(job.at("model") == "gpt-4o");
    CHECK(job.at("error_file_id").is_null());
    auto const lines = results_of(client, openai_jobs, job);
    auto recorded = lines_in(recorded_text(openai, 13)).front();
    recorded.at("response").as_object()["body"] = nullptr;
    CHECK(difference(lines.at(0), recorded) == "");
    std::int64_t output = 0;
    for (auto const& line : lines)
        output += line.at_pointer("/response/body/usage/output_tokens").as_int64();
    CHECK(job.at_pointer("/usage/output_tokens") == output);
    CHECK(output > 0);
}

TEST_CASE("emulator batches: embeddings and responses are answered, too, on each form that has them")
{
    emulator const service;
    raw_client client(service);
    std::string const embed = row("e", R"({"model":"text-embedding-3-small","input":"a ship"})", "/v1/embeddings");
    std::string const respond = row("r", R"({"model":"gpt-4o","input":"hello"})", "/responses");
    for (auto const& paths : {dated_jobs, v1_jobs, project_jobs}) {
        CAPTURE(paths.base);
        auto const vectors = run_rows(client, paths, embed, "/embeddings");
        CHECK(
            results_of(client, paths, vectors).at(0).at_pointer("/response/body/data/0/embedding").as_array().size() ==
            256);
        auto const replies = run_rows(client, paths, respond, "/v1/responses");
        CHECK(results_of(client, paths, replies).at(0).at_pointer("/response/body/object") == "response");
    }
}

TEST_CASE("emulator batches: a row that a direct call would refuse is in the error file, with the same status and body")
{
    emulator const service;
    raw_client client(service);
    auto const wrong = ask("hello", R"(,"temperature":3)");
    auto const filtered = ask("a jailbreak");
    auto const job = run_rows(client, v1_jobs, row("a", wrong) + row("b", ask("hello")) + row("c", filtered));
    CHECK(job.at("status") == "completed");
    CHECK(job.at("request_counts") == json::parse(R"({"total":3,"completed":1,"failed":2})"));
    CHECK(ids_of(results_of(client, v1_jobs, job)) == std::vector<std::string>{"b"});
    auto const errors = errors_of(client, v1_jobs, job);
    REQUIRE(ids_of(errors) == std::vector<std::string>{"a", "c"});
    for (std::size_t i = 0; i < 2; ++i) {
        auto const direct = client.post(v1, i == 0 ? wrong : filtered);
        CHECK(errors[i].at("error").is_null());
        CHECK(errors[i].at_pointer("/response/status_code") == direct.status);
        CHECK(errors[i].at_pointer("/response/body") == direct.parsed());
    }
    auto recorded = lines_in(recorded_text("batch_error_file_lines", 0));
    auto const openai_job = run_rows(client, openai_jobs, row("a", wrong));
    CHECK(difference(errors_of(client, openai_jobs, openai_job).at(0), recorded.at(0)) == "");
}

TEST_CASE("emulator batches: if every row is refused, there is no output file, and the job is complete nevertheless")
{
    emulator const service;
    raw_client client(service);
    auto const job = run_rows(client, v1_jobs, row("a", ask("hello", R"(,"temperature":3)")));
    CHECK(job.at("status") == "completed");
    CHECK(job.at("output_file_id").is_null());
    CHECK(errors_of(client, v1_jobs, job).size() == 1);
    auto const streamed = run_rows(client, v1_jobs, row("a", ask("hello", R"(,"stream":true)")));
    CHECK(errors_of(client, v1_jobs, streamed).at(0).at_pointer("/response/body/error/param") == "stream");
}

TEST_CASE("emulator batches: the lines of the output are not in the order of the input")
{
    emulator const service;
    raw_client client(service);
    std::string rows;
    for (char const* const id : {"1", "2", "3", "4"})
        rows += row(id, ask("hello"));
    auto const job = run_rows(client, v1_jobs, rows);
    CHECK(ids_of(results_of(client, v1_jobs, job)) == std::vector<std::string>{"1", "3", "2", "4"});
}

TEST_CASE("emulator batches: rules of a test answer rows, too, and a raw answer is a whole line")
{
    emulator service;
    raw_client client(service);
    service.reply_when(
        [](recorded_request const& r) { return r.connection == 0 && r.body.find("story") != r.body.npos; },
        answer::json(429, R"({"error":{"code":"429","message":"Too many requests"}})"));
    service.reply_when(
        [](recorded_request const& r) { return r.connection == 0 && r.body.find("ship") != r.body.npos; },
        answer::raw("no JSON"));
    auto const job =
        run_rows(client, v1_jobs, row("a", ask("a story")) + row("b", ask("hello")) + row("c", ask("a ship")));
    CHECK(job.at("request_counts") == json::parse(R"({"total":3,"completed":2,"failed":1})"));
    CHECK(errors_of(client, v1_jobs, job).at(0).at_pointer("/response/status_code") == 429);
    auto const text = text_of_file(client, v1_jobs, job.at("output_file_id"));
    CHECK(text.find("\nno JSON\n") == std::string::npos);
    CHECK(text.starts_with("no JSON\n"));
    CHECK(client.post(v1, ask("a story")).status == 200);
}

TEST_CASE("emulator batches: lines that are wrong fail the job, each error with the number of its line")
{
    emulator const service;
    raw_client client(service);
    auto const good = row("a", ask("hello"));
    auto const run = [&](std::string const& rows) { return run_rows(client, v1_jobs, rows); };
    check_error(run(""), "empty_file", nullptr);
    check_error(run(good + "{\n"), "invalid_json_line", 2);
    check_error(run("\xEF\xBB\xBF" + good), "invalid_json_line", 1);
    check_error(run(good + "\n" + row("b", ask("hello"))), "invalid_json_line", 2);
    check_error(run(good + good), "duplicate_custom_id", 2);
    check_error(run(good + row("b", ask("hello"), "/v1/embeddings")), "url_mismatch", 2);
    check_error(run(good + row("b", ask("hello", "", "gpt-4o"))), "model_mismatch", 2);
    check_error(run(row("a", ask("hello", "", "nobody"))), "model_not_found", 1);
    check_error(run("[]\n"), "invalid_request", 1);
    check_error(run(R"({"custom_id":"a","method":"GET","url":"/v1/chat/completions","body":{}})"), "invalid_request",
                1);
    check_error(run(R"({"method":"POST","url":"/v1/chat/completions","body":{}})"), "invalid_request", 1);
    check_error(run(row("a", R"({"messages":[]})")), "invalid_request", 1);
    auto const several = run("{\n" + good + good);
    CHECK(several.at_pointer("/errors/data").as_array().size() == 2);
    CHECK(several.at_pointer("/errors/data/1/line") == 3);
    CHECK(several.at("failed_at").is_int64());
    CHECK(several.at_pointer("/request_counts/total") == 0);
    CHECK(several.at("output_file_id").is_null());
    auto const on_openai = run_rows(client, openai_jobs, row("b", ask("hello"), "/v1/embeddings"));
    check_error(on_openai, "invalid_url", 1);
    CHECK(run(good.substr(0, good.size() - 1) + "\r\n").at("status") == "completed");
    CHECK(run(good + row("b", ask("hello"), "/chat/completions")).at("status") == "completed");
}

TEST_CASE("emulator batches: too many rows and too many enqueued tokens fail a job, until others have ended")
{
    emulator_options options;
    CHECK(options.batch_row_limit == 100000);
    CHECK(options.enqueued_token_limit == 5000000000);
    options.batch_row_limit = 2;
    options.enqueued_token_limit = two_rows.size() / 4 + 1;
    emulator const service(options);
    raw_client client(service);
    check_error(run_rows(client, v1_jobs, two_rows + row("c", ask("hello"))), "too_many_tasks", nullptr);

    auto const file = upload_rows(client, v1_jobs, two_rows);
    auto const first = id_in(create_job(client, v1_jobs, file));
    auto const second = create_job(client, v1_jobs, file);
    CHECK(second.header("deployment-enqueued-tokens") == std::to_string(two_rows.size() / 4 * 2));
    check_error(end_of(client, v1_jobs, id_in(second)), "token_limit_exceeded", nullptr);
    CHECK(end_of(client, v1_jobs, first).at("status") == "completed");
    CHECK(end_of(client, v1_jobs, id_in(create_job(client, v1_jobs, file))).at("status") == "completed");
}

TEST_CASE("emulator batches: a job is cancelled at the GET after the cancellation, and has no output")
{
    emulator const service;
    raw_client client(service);
    auto const id = id_in(create_job(client, v1_jobs, upload_rows(client, v1_jobs, two_rows)));
    auto const target = v1_jobs.to("batches/" + id + "/cancel");
    auto const cancelling = client.call("POST", target, raw_client::key, "");
    CHECK(cancelling.status == 200);
    CHECK(difference(cancelling.parsed(), recorded_json("batch_cancel_azure_dated", 2)) == "");
    CHECK(cancelling.parsed().at("status") == "cancelling");
    CHECK(cancelling.parsed().at_pointer("/request_counts/total") == 2);
    CHECK(client.call("POST", target, raw_client::key, "").parsed() == cancelling.parsed());
    auto const cancelled = poll(client, v1_jobs, id);
    CHECK(difference(cancelled, recorded_json("batch_cancel_azure_dated", 4)) == "");
    CHECK(cancelled.at("status") == "cancelled");
    CHECK(cancelled.at("output_file_id").is_null());
    auto const late = client.call("POST", target, raw_client::key, "");
    CHECK(late.status == 409);
    CHECK(late.has("Cannot cancel a batch with status 'cancelled'."));
}

TEST_CASE("emulator batches: a job that expires has the rows that ran, and the others as errors without a response")
{
    emulator_options options;
    options.batch_expires_after = 1;
    emulator const service(options);
    raw_client client(service);
    auto const job = run_rows(client, openai_jobs, two_rows);
    CHECK(job.at("status") == "expired");
    CHECK(job.at("expired_at").is_int64());
    CHECK(job.at("completed_at").is_null());
    CHECK(job.at("request_counts") == json::parse(R"({"total":2,"completed":1,"failed":1})"));
    CHECK(ids_of(results_of(client, openai_jobs, job)) == std::vector<std::string>{"a"});
    auto const unrun = errors_of(client, openai_jobs, job).at(0);
    auto const recorded = lines_in(recorded_text("batch_error_file_lines", 0)).at(1);
    CHECK(difference(unrun, recorded) == "");
    CHECK(unrun.at("error") == recorded.at("error"));
}

TEST_CASE("emulator batches: states can last a set time, whether or not the job is polled")
{
    using namespace std::chrono_literals;
    emulator_options options;
    CHECK(options.batch_state_time == 0ms);
    options.batch_state_time = 100ms;
    emulator const service(options);
    raw_client client(service);
    auto const file = upload_rows(client, v1_jobs, two_rows);
    auto const unpolled = id_in(create_job(client, v1_jobs, file));
    auto const begin = std::chrono::steady_clock::now();
    auto const id = id_in(create_job(client, v1_jobs, file));
    std::vector<std::string> seen{"validating"};
    while (seen.back() != "completed") {
        std::this_thread::sleep_for(5ms);
        seen.emplace_back(poll(client, v1_jobs, id).at("status").as_string());
        seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
        REQUIRE(seen.size() <= 4);
    }
    CHECK(std::chrono::steady_clock::now() - begin >= 300ms);
    auto const list = fetch(client, v1_jobs.to("batches")).parsed();
    CHECK(list.at_pointer("/data/1/id") == json::string(unpolled));
    CHECK(list.at_pointer("/data/1/status") == "completed");
    auto const job = list.at_pointer("/data/0");
    CHECK(job.at("completed_at").as_int64() >= job.at("in_progress_at").as_int64());
}

TEST_CASE("emulator batches: jobs are listed newest first, in pages")
{
    emulator const service;
    raw_client client(service);
    auto const file = upload_rows(client, v1_jobs, two_rows);
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i)
        ids.push_back(id_in(create_job(client, v1_jobs, file)));
    auto const first = fetch(client, openai_jobs.to("batches") + "?limit=2").parsed();
    CHECK(difference(first, recorded_json("batch_list_pages", 0)) == "");
    CHECK(first.at("first_id") == json::string(ids[2]));
    CHECK(first.at("last_id") == json::string(ids[1]));
    CHECK(first.at("has_more") == true);
    CHECK(first.at_pointer("/data/0/status") == "validating");
    auto const second = fetch(client, v1_jobs.to("batches") + "?limit=2&after=" + ids[1]).parsed();
    CHECK(second.at("has_more") == false);
    CHECK(second.at_pointer("/data/0/id") == json::string(ids[0]));
    CHECK(second.at_pointer("/data/0/input_file_id") == json::string(file));
}

TEST_CASE("emulator batches: a request for a job is checked")
{
    emulator_options options;
    options.gets_until_processed = 1;
    emulator const service(options);
    raw_client client(service);
    auto const file = upload_rows(client, v1_jobs, two_rows);
    auto const refused = [&](response const& reply, std::string const& param) {
        CAPTURE(reply.body);
        CHECK(reply.status == 400);
        CHECK(reply.parsed().at_pointer("/error/param") == json::string(param));
    };
    refused(create_job(client, v1_jobs, file), "input_file_id"); // it is pending
    fetch(client, v1_jobs.to("files/" + file));
    CHECK(create_job(client, v1_jobs, file).status == 200);
    refused(create_job(client, v1_jobs, "file-none"), "input_file_id");
    refused(create_job(client, v1_jobs, upload_rows(client, v1_jobs, two_rows, "assistants")), "input_file_id");
    refused(create_job(client, v1_jobs, file, "", "/v1/images"), "endpoint");
    refused(create_job(client, v1_jobs, file, R"(,"priority":1)"), "priority");
    refused(create_job(client, v1_jobs, file, R"(,"metadata":{"a":1})"), "metadata.a");
    refused(create_job(client, v1_jobs, file, R"(,"output_expires_after":{"seconds":60,"anchor":"created_at"})"),
            "output_expires_after.seconds");
    refused(create_job(client, openai_jobs, file, "", "/chat/completions"), "endpoint");
    refused(client.post(v1_jobs.to("batches"), R"({"input_file_id":")" + file + R"(","endpoint":"/v1/responses"})"),
            "completion_window");
    CHECK(fetch(client, v1_jobs.to("batches/batch_none")).status == 404);
    CHECK(fetch(client, "/openai/batches?api-version=2024-06-01").status == 404);
}

TEST_CASE(
    "emulator batches: metadata is kept, output expires as asked, and the input may be deleted while the job runs")
{
    emulator const service;
    raw_client client(service);
    auto const file = upload_rows(client, v1_jobs, two_rows);
    auto const made = create_job(client, v1_jobs, file,
                                 R"(,"metadata":{"a":"b"},)"
                                 R"("output_expires_after":{"seconds":1209600,"anchor":"created_at"})");
    CHECK(made.parsed().at("metadata") == json::parse(R"({"a":"b"})"));
    remove(client, v1_jobs.to("files/" + file));
    auto const job = end_of(client, v1_jobs, id_in(made));
    CHECK(job.at("status") == "completed");
    auto const output =
        fetch(client, v1_jobs.to("files/" + std::string(job.at("output_file_id").as_string()))).parsed();
    CHECK(output.at("expires_at").as_int64() - output.at("created_at").as_int64() == 1209600);
}

} // namespace foundry_test::testing_batches_test
