// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/batch_requests.hpp>
#include <foundry/detail/json/type.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The files of batch_requests, which are removed with it.
struct batch_files
{
    struct file
    {
        explicit file(std::filesystem::path p) : path(std::move(p)) {}

        std::filesystem::path path;
        std::size_t requests = 0;
        std::uint64_t bytes = 0;
    };

    explicit batch_files(std::string model, batch_file_options limits);
    batch_files(batch_files const&) = delete;
    batch_files& operator=(batch_files const&) = delete;
    ~batch_files();

    /// @param url of the operation, such as `/v1/chat/completions`.
    /// @param named the model of the request; empty: it names none.
    void add(std::string_view custom_id, std::string_view url, std::string_view named, json::const_object_ref body);
    /// A line of another file.
    void add_line(std::string_view line);

    batch_file_options const how;
    std::string model; ///< Of all requests; empty until it is known.
    std::string url;   ///< Of all requests; empty without any.
    std::size_t size = 0;
    std::vector<file> files;

private:
    void check(std::string_view custom_id, std::string_view request_url, std::string_view request_model) const;
    void begin_file();
    void append(std::string_view row);

    std::unordered_set<std::string> ids_;
    std::ofstream out_; // of the last file
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/batch_files.ipp>
#endif
