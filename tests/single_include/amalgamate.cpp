// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Puts the library into one header, all of it but the embedded Foundry:
//
//     amalgamate INCLUDE_DIRECTORY OUTPUT

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;

namespace {

constexpr std::string_view opening =
    R"(// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
// Made from the headers of foundry, a C++20 coroutine client for Azure AI Foundry Models; do not edit.
//
// Include it where you like; define FOUNDRY_IMPLEMENTATION before that in exactly one source file. That file carries all bodies
// and Boost.JSON: link OpenSSL, and nothing else of Boost's.
#pragma once

#if __cplusplus < 202002L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L)
#error "foundry needs C++20: compile with -std=c++20"
#else

#ifdef FOUNDRY_SEPARATE_COMPILATION
#error "the one header has a separate compilation of its own: define FOUNDRY_IMPLEMENTATION in one source file instead"
#endif
#define FOUNDRY_SEPARATE_COMPILATION
)";

class writer
{
public:
    writer(fs::path root, std::ostream& out) : root_(std::move(root)), out_(out) {}

    /// Once, with what it includes in front of it.
    void add(std::string const& name)
    {
        if (!done_.insert(name).second)
            return;
        std::ifstream file(root_ / name);
        if (!file)
            throw std::runtime_error("cannot read " + (root_ / name).string());
        bool bodies = false;
        for (std::string line; std::getline(file, line);) {
            if (line == "#ifdef FOUNDRY_HEADER_ONLY") // up to the next #endif
                bodies = true;
            else if (bodies)
                bodies = line != "#endif";
            else if (std::string const included = name_in(line); !included.empty())
                add(included);
            else if (line != "#pragma once" && !line.starts_with("// Copyright the foundry authors."))
                out_ << line << '\n';
        }
    }

private:
    /// What an #include of the library's own names.
    static std::string name_in(std::string_view line)
    {
        constexpr std::string_view lead = "#include <foundry/";
        if (!line.starts_with(lead))
            return {};
        line.remove_prefix(std::string_view("#include <").size());
        return std::string(line.substr(0, line.find('>')));
    }

    fs::path root_;
    std::ostream& out_;
    std::set<std::string> done_;
};

/// The files below a directory that end like this, by name; without the embedded Foundry.
std::vector<std::string> files_of(fs::path const& root, std::string_view ending)
{
    std::vector<std::string> names;
    for (fs::directory_entry const& e : fs::recursive_directory_iterator(root)) {
        std::string const name = e.path().lexically_relative(root).generic_string();
        if (name.ends_with(ending) && name.find("/testing/") == name.npos && !name.ends_with("/src.hpp"))
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

void amalgamate(fs::path const& root, std::ostream& out)
{
    out << opening;
    writer all(root, out);
    for (std::string const& header : files_of(root, ".hpp"))
        all.add(header);
    out << "\n#ifdef FOUNDRY_IMPLEMENTATION\n#include <boost/json/src.hpp>\n";
    for (std::string const& bodies : files_of(root, ".ipp"))
        all.add(bodies);
    out << "#endif\n\n#endif // C++20\n";
}

} // namespace

int main(int count, char** arguments)
{
    try {
        if (count != 3)
            throw std::runtime_error("usage: amalgamate INCLUDE_DIRECTORY OUTPUT");
        fs::create_directories(fs::path(arguments[2]).parent_path());
        std::ofstream out(arguments[2]);
        amalgamate(arguments[1], out);
        if (!out.flush())
            throw std::runtime_error(std::string("cannot write ") + arguments[2]);
    } catch (std::exception const& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
