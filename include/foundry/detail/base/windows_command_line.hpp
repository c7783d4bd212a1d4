// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>

#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Whether Windows runs the file with its command interpreter, which has quoting rules of its own.
inline bool is_batch_file(std::string_view program)
{
    program = program.substr(0, program.find_last_not_of(". ") + 1); // the system ignores these
    std::string const file = foundry::detail::to_lower(program);
    return file.ends_with(".cmd") || file.ends_with(".bat");
}

/// Whether a character means itself to the command interpreter, quoted or not, however often a batch file passes it on.
inline bool is_safe_in_batch(char c)
{
    return foundry::detail::is_alpha(c) || foundry::detail::is_digit(c) || c == ' ' || c == '-' || c == '_' ||
           c == '.' || c == ':' || c == '/' || c == '+' || c == '@';
}

/// Appends an argument as the C library of a program reads it.
inline void append_argument(std::string& line, std::string_view argument)
{
    line += " \"";
    std::size_t backslashes = 0;
    for (char const c : argument) {
        if (c == '"')
            line.append(backslashes + 1, '\\');
        backslashes = c == '\\' ? backslashes + 1 : 0;
        line += c;
    }
    line.append(backslashes, '\\').append("\"");
}

/// The command line that runs a program with these arguments on Windows; a batch file through the command interpreter.
///
/// @throws boost::system::system_error (`invalid_argument`) if it cannot be passed on unchanged: a zero byte, or what a batch file might
/// run or expand.
inline std::string windows_command_line(std::string const& program, std::vector<std::string> const& arguments,
                                        std::string_view interpreter)
{
    bool const is_batch = is_batch_file(program);
    std::string_view const in_no_path("\"\0%\r\n", 5);
    bool is_safe = program.find_first_of(in_no_path.substr(0, is_batch ? 5 : 2)) == std::string::npos;
    std::string line = foundry::detail::concat({"\"", program, "\""});
    for (std::string const& argument : arguments) {
        is_safe = is_safe && (is_batch ? foundry::detail::all_of(argument, &is_safe_in_batch)
                                       : argument.find('\0') == std::string::npos);
        append_argument(line, argument);
    }
    if (!is_safe)
        throw boost::system::system_error(boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
                                          program);
    // /d: no commands from the registry. /v:off: no second expansion. /s: only the outermost quotes are removed.
    return is_batch ? foundry::detail::concat({"\"", interpreter, "\" /d /e:on /v:off /s /c \"", line, "\""}) : line;
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
