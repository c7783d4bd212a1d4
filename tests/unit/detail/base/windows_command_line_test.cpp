// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The command line of a program on Windows, where a batch file has quoting rules of its own. The rules are the same on each system.

#include <foundry/detail/base/windows_command_line.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace foundry_test::windows_command_line_test {

using namespace foundry::entra::detail;

std::string line_of(std::string const& program, std::vector<std::string> const& arguments)
{
    return windows_command_line(program, arguments, "C:\\Windows\\System32\\cmd.exe");
}

bool is_refused(std::string const& program, std::vector<std::string> const& arguments)
{
    try {
        line_of(program, arguments);
    } catch (boost::system::system_error const& e) {
        return e.code() == boost::system::errc::invalid_argument;
    }
    return false;
}

TEST_CASE("windows command line: a program gets each argument unchanged")
{
    CHECK(line_of("C:\\azd.exe", {"auth", "", "a b"}) == R"("C:\azd.exe" "auth" "" "a b")");
    CHECK(line_of("C:\\azd.exe", {R"(say "hi")"}) == R"("C:\azd.exe" "say \"hi\"")");
    CHECK(line_of("C:\\azd.exe", {R"(C:\folder\)"}) == R"("C:\azd.exe" "C:\folder\\")");
    CHECK(line_of("C:\\azd.exe", {R"(\\"\)"}) == R"("C:\azd.exe" "\\\\\"\\")");
    CHECK(line_of("C:\\azd.exe", {"%PATH% & |"}) == R"("C:\azd.exe" "%PATH% & |")");
    CHECK(is_refused("C:\\azd.exe", {std::string("a\0b", 3)}));
    CHECK(is_refused("C:\\a\"zd.exe", {}));
}

TEST_CASE("windows command line: a batch file is run by the interpreter, with everything in one pair of quotes")
{
    CHECK(
        line_of("C:\\Program Files (x86)\\R&D\\az.cmd", {"account", "my subscription"}) ==
        R"("C:\Windows\System32\cmd.exe" /d /e:on /v:off /s /c ""C:\Program Files (x86)\R&D\az.cmd" "account" "my subscription"")");
}

TEST_CASE("windows command line: a batch file gets no argument that it might run or expand")
{
    for (char const* const program : {"C:\\az.cmd", "C:\\AZ.CMD", "C:\\az.bat", "C:\\az.cmd. .", "C:\\az.cmd "}) {
        CAPTURE(program);
        CHECK_FALSE(is_refused(program, {"get-access-token", "https://cognitiveservices.azure.com/.default"}));
        for (char const* const argument :
             {"\"&calc.exe", "a&b",  "a|b",  "a>b",  "a<b", "a^b",         "%PATH%", "%CMDCMDLINE:~-1%&calc.exe",
              "!PATH!",      "a\nb", "a\rb", "a\"b", "a\\", "a;b",         "a,b",    "a=b",
              "(a)",         "a'b",  "a`b",  "a*b",  "a?b", "\xef\xbc\x82"}) {
            CAPTURE(argument);
            CHECK(is_refused(program, {argument}));
        }
        CHECK(is_refused(program, {std::string("a\0b", 3)}));
    }
    CHECK(is_refused("C:\\%TEMP%\\az.cmd", {}));
    CHECK(is_refused("C:\\\"&calc.exe&\\az.cmd", {}));
    CHECK(is_refused("C:\\a\nz.cmd", {}));
}

} // namespace foundry_test::windows_command_line_test
