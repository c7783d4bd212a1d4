// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Batches of the emulator, created and polled by a raw client.

#include "support/form_body.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace foundry_test {

/// The addresses of files and batches on one form.
struct job_paths
{
    std::string base;
    std::string version; ///< Such as `?api-version=2024-10-21`.

    std::string to(std::string const& path) const { return base + "/" + path + version; }
};

inline job_paths const v1_jobs{"/openai/v1", ""};
inline job_paths const project_jobs{"/api/projects/p/openai/v1", ""};
inline job_paths const dated_jobs{"/openai", "?api-version=2024-10-21"};
inline job_paths const openai_jobs{"/v1", ""};

/// A row whose body is JSON text.
inline std::string row(std::string const& id, std::string const& body, std::string const& url = "/v1/chat/completions")
{
    return R"({"custom_id":")" + id + R"(","method":"POST","url":")" + url + R"(","body":)" + body + "}\n";
}

inline std::string upload_rows(raw_client& client, job_paths const& paths, std::string const& rows,
                               std::string const& purpose = "batch")
{
    form_body form;
    form.fields = {{"purpose", purpose}};
    form.content = rows;
    return id_in(post_form(client, paths.to("files"), form));
}

inline response create_job(raw_client& client, job_paths const& paths, std::string const& file,
                           std::string const& more = "", std::string const& endpoint = "/v1/chat/completions")
{
    return client.post(paths.to("batches"), R"({"input_file_id":")" + file + R"(","endpoint":")" + endpoint +
                                                R"(","completion_window":"24h")" + more + "}");
}

inline json::value poll(raw_client& client, job_paths const& paths, std::string const& id)
{
    return fetch(client, paths.to("batches/" + id)).parsed();
}

inline bool has_ended(json::value const& job)
{
    auto const& status = job.at("status");
    return status == "completed" || status == "failed" || status == "expired" || status == "cancelled";
}

/// Polls until the job ends.
inline json::value end_of(raw_client& client, job_paths const& paths, std::string const& id)
{
    auto job = poll(client, paths, id);
    for (int i = 0; i < 10 && !has_ended(job); ++i)
        job = poll(client, paths, id);
    REQUIRE(has_ended(job));
    return job;
}

/// Uploads the rows, creates a job and polls it to its end.
inline json::value run_rows(raw_client& client, job_paths const& paths, std::string const& rows,
                            std::string const& endpoint = "/v1/chat/completions")
{
    auto const made = create_job(client, paths, upload_rows(client, paths, rows), "", endpoint);
    CAPTURE(made.body);
    REQUIRE(made.status == 200);
    return end_of(client, paths, id_in(made));
}

inline std::string text_of_file(raw_client& client, job_paths const& paths, json::value const& id)
{
    return fetch(client, paths.to("files/" + std::string(id.as_string()) + "/content")).body;
}

inline std::vector<json::value> lines_in(std::string const& text)
{
    std::vector<json::value> lines;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
        lines.push_back(json::parse(text.substr(at, text.find('\n', at) - at)));
    return lines;
}

inline std::vector<json::value> results_of(raw_client& client, job_paths const& paths, json::value const& job)
{
    return lines_in(text_of_file(client, paths, job.at("output_file_id")));
}

inline std::vector<json::value> errors_of(raw_client& client, job_paths const& paths, json::value const& job)
{
    return lines_in(text_of_file(client, paths, job.at("error_file_id")));
}

} // namespace foundry_test
