// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/throw_invalid_argument.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A path for a message or a request, in UTF-8. path::string() of Windows depends on the code page, and may throw.
inline std::string path_text(std::filesystem::path const& path)
{
    std::u8string const text = path.u8string();
    return std::string(text.begin(), text.end());
}

/// Reads the bytes of a file, which must have at most `max_size`.
///
/// @throws foundry::error (`errc::invalid_argument`) naming the file, if it is too large or cannot be read.
inline std::string load_bytes(std::filesystem::path const& file, std::size_t max_size)
{
    std::error_code failed;
    auto const size = std::filesystem::file_size(file, failed);
    if (failed)
        throw_invalid_argument("the file " + path_text(file) + " cannot be read: " + failed.message());
    if (size > max_size)
        throw_invalid_argument("the file " + path_text(file) + " has " + std::to_string(size) + " bytes; the most is " +
                               std::to_string(max_size));
    std::ifstream in{file, std::ios::binary};
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
        throw_invalid_argument("the file " + path_text(file) + " cannot be read; check its permissions");
    return bytes;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
