// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/make_uuid.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace foundry_test {

/// A file that is gone after the test, under a name of its own.
class temporary_file
{
public:
    explicit temporary_file(std::string_view content, std::string const& extension = {})
        : path(std::filesystem::temp_directory_path() / ("foundry-test-" + foundry::detail::make_uuid() + extension))
    {
        write(content);
    }
    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;
    ~temporary_file() { std::filesystem::remove(path); }

    void write(std::string_view content) const
    {
        std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    }

    std::filesystem::path const path;
};

} // namespace foundry_test
