// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/make_uuid.hpp>
#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/detail/operations/batch_files.hpp>
#include <foundry/error.hpp>

#include <system_error>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL batch_files::batch_files(std::string deployment, batch_file_options limits)
    : how(std::move(limits)),
      model(std::move(deployment))
{}

FOUNDRY_DECL batch_files::~batch_files()
{
    out_.close();
    std::error_code ignored;
    for (file const& each : files)
        std::filesystem::remove(each.path, ignored);
}

FOUNDRY_DECL void batch_files::check(std::string_view custom_id, std::string_view request_url,
                                     std::string_view request_model) const
{
    if (custom_id.empty())
        throw_invalid_argument("the custom_id of a request is empty; it finds the answer");
    std::string const id = "the request " + std::string(custom_id);
    if (ids_.contains(std::string(custom_id)))
        throw_invalid_argument(id + " was added before; each custom_id is unique");
    if (request_model.empty())
        throw_invalid_argument(id + " names no model; set it, or give batch_requests the deployment");
    if (!model.empty() && model != request_model)
        throw_invalid_argument(id + " is for " + std::string(request_model) + ", others are for " + model +
                               "; a batch has one deployment");
    if (!url.empty() && url != request_url)
        throw_invalid_argument(id + " is for " + std::string(request_url) + ", others are for " + url +
                               "; a batch has requests of one kind");
}

FOUNDRY_DECL void batch_files::begin_file()
{
    std::filesystem::path const folder = how.folder.empty() ? std::filesystem::temp_directory_path() : how.folder;
    file next(folder / ("foundry-batch-" + make_uuid() + ".jsonl"));
    out_.close();
    out_.clear();
    out_.open(next.path, std::ios::binary | std::ios::trunc);
    if (!out_)
        throw error(errc::sink_failed,
                    "the file " + path_text(next.path) + " cannot be written; choose another folder");
    files.push_back(std::move(next));
}

inline std::string make_row(std::string_view custom_id, std::string_view url, std::string_view added_model,
                            json::const_object_ref body)
{
    std::string row = "{\"custom_id\":" + json::to_text(std::string(custom_id)) + ",\"method\":\"POST\",\"url\":\"";
    row.append(url).append("\",\"body\":");
    std::size_t const begin = row.size();
    json::write(row, body);
    if (!added_model.empty()) {
        std::string member = "\"model\":" + json::to_text(std::string(added_model));
        if (row[begin + 1] != '}')
            member += ',';
        row.insert(begin + 1, member);
    }
    row += "}\n";
    return row;
}

FOUNDRY_DECL void batch_files::append(std::string_view row)
{
    if (row.size() > how.max_bytes)
        throw_invalid_argument("a request has " + std::to_string(row.size()) +
                               " bytes, more than a whole file may have");
    bool const is_full = !files.empty() &&
                         (files.back().requests >= how.max_requests || files.back().bytes + row.size() > how.max_bytes);
    if (is_full && !how.divide) {
        throw_invalid_argument("the request does not fit: a batch takes " + std::to_string(how.max_requests) +
                               " requests and " + std::to_string(how.max_bytes) +
                               " bytes; set batch_file_options::divide for several");
    }
    if (files.empty() || is_full)
        begin_file();
    file& last = files.back();
    if (!out_.write(row.data(), static_cast<std::streamsize>(row.size())) || !out_.flush()) {
        out_.clear();
        out_.close(); // what was written of the row is cut off
        std::error_code ignored;
        std::filesystem::resize_file(last.path, last.bytes, ignored);
        out_.open(last.path, std::ios::binary | std::ios::app);
        throw error(errc::sink_failed, "the file " + path_text(last.path) + " cannot be written; is the disk full?");
    }
    last.requests += 1;
    last.bytes += row.size();
    size += 1;
}

FOUNDRY_DECL void batch_files::add_line(std::string_view line) { append(std::string(line) + '\n'); }

FOUNDRY_DECL void batch_files::add(std::string_view custom_id, std::string_view request_url, std::string_view named,
                                   json::const_object_ref body)
{
    std::string const request_model(named.empty() ? model : named);
    check(custom_id, request_url, request_model);
    std::string const row = make_row(custom_id, request_url, named.empty() ? model : std::string_view(), body);
    append(row);
    ids_.emplace(custom_id);
    model = request_model;
    url = request_url;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
