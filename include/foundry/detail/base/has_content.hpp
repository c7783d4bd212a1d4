// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <sys/stat.h>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Whether a path names a folder, or a file that is not empty. Not by std::filesystem, which throws on Windows if the bytes of a variable
/// are no UTF-8.
inline bool has_content(char const* path)
{
    struct stat found;
    return path != nullptr && stat(path, &found) == 0 && (found.st_size != 0 || (found.st_mode & S_IFDIR) != 0);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
