// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Developers' tools on Windows: az is a batch file, azd a program. How they are started, and that none is left behind.

#include "support/entra_fixture.hpp"
#include "support/tool_folder.hpp"

#include <foundry/entra/azure_cli_credential.hpp>
#include <foundry/entra/azure_developer_cli_credential.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <doctest/doctest.h>

#include <filesystem>

namespace foundry_test::developer_tools_windows_test {

using namespace std::chrono_literals;
using foundry::errc;
using namespace foundry::entra;
namespace fs = std::filesystem;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// A folder with azd.exe, and with az.cmd, which passes its arguments on as the real one does. Its name has what a path may have.
struct workshop : tool_folder
{
    workshop() : tool_folder(fs::temp_directory_path() / L"foundry tools (R&D) J\u00fcrgen ^1")
    {
        fs::remove_all(folder);
        fs::create_directories(folder);
        for (char const* const tool : {"azd.exe", "az.cmd"})
            fs::copy_file(fs::path(FOUNDRY_TEST_TOOLS) / tool, folder / tool);
        set(L"PATH", folder.wstring());
        set(L"FAKE_TOOL_LOG", (folder / "log").wstring());
        set(L"FAKE_TOOL_PIDS", (folder / "pids").wstring());
        behave(L"");
    }
    ~workshop()
    {
        for (wchar_t const* const name : {L"FAKE_TOOL_LOG", L"FAKE_TOOL_PIDS", L"FAKE_TOOL", L"FAKE_TOOL_HANDLE"})
            set(name, L"");
        set(L"PATH", path);
        std::error_code still_used;
        fs::remove_all(folder, still_used);
    }
    workshop(workshop const&) = delete;
    workshop& operator=(workshop const&) = delete;

    static void set(wchar_t const* name, std::wstring const& value) { ::_wputenv_s(name, value.c_str()); }
    static void behave(wchar_t const* how) { set(L"FAKE_TOOL", how); }

    /// A process takes its time to end.
    bool all_end() const
    {
        for (process const id : processes()) {
            void* const one = ::OpenProcess(SYNCHRONIZE, FALSE, id);
            if (one == nullptr)
                continue;
            bool const has_ended = ::WaitForSingleObject(one, 20'000) == WAIT_OBJECT_0;
            ::CloseHandle(one);
            if (!has_ended)
                return false;
        }
        return true;
    }

    std::wstring path = ::_wgetenv(L"PATH");
    bare_environment variables;
};

TEST_SUITE_BEGIN("developers' tools");

TEST_CASE(
    "azure cli: az.cmd is run with its own arguments, no input, no handle of this process, and the system's folder")
{
    workshop w;
    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    void* const careless = ::CreateEventW(&inherited, TRUE, FALSE, nullptr);
    w.set(L"FAKE_TOOL_HANDLE", std::to_wstring(reinterpret_cast<std::uintptr_t>(careless)));
    azure_cli_credential who(within(10s), "My subscription 1");
    auto request = for_scope();
    request.tenant = "contoso.onmicrosoft.com";
    CHECK(token_of(who, request) == "emulator-token");
    ::CloseHandle(careless);
    std::string const log = w.read("log");
    CHECK(contains(log, "arguments: [account] [get-access-token] [--output] [json] [--scope] "
                        "[https://cognitiveservices.azure.com/.default] [--tenant] [contoso.onmicrosoft.com] "
                        "[--subscription] [My subscription 1]\n"));
    CHECK(contains(log, "in the system's folder: 1\n"));
    CHECK(contains(log, "has input: 0\n"));
    CHECK(contains(log, "has a handle of the other process: 0\n"));
    CHECK(contains(log, "color: true\n"));
}

TEST_CASE("azure developer cli: azd.exe gets its own arguments")
{
    workshop w;
    azure_developer_cli_credential who(within(10s));
    CHECK(token_of(who) == "emulator-token");
    CHECK(contains(w.read("log"), "arguments: [auth] [token] [--output] [json] [--no-prompt] [--scope] "
                                  "[https://cognitiveservices.azure.com/.default]\n"));
}

TEST_CASE("developer tools: errors distinguish not installed, not logged in, too much output and no token")
{
    workshop w;
    azure_cli_credential who(within(10s));
    w.behave(L"logged_out");
    foundry::error const out = token_refusal_of(who);
    CHECK(out.code() == errc::credential_unavailable);
    CHECK(contains(out.what(), "run 'az login'"));
    w.behave(L"garbage");
    foundry::error const nothing = token_refusal_of(who);
    CHECK(nothing.code() == errc::authentication_failed);
    CHECK(!contains(nothing.what(), "sekrit"));
    w.behave(L"flood");
    foundry::error const flood = token_refusal_of(who);
    CHECK(flood.code() == errc::credential_unavailable);
    CHECK(!contains(flood.what(), "sekrit"));
    w.set(L"PATH", L".;" + w.folder.root_directory().wstring() + L";bin");
    foundry::error const missing = token_refusal_of(who);
    CHECK(missing.code() == errc::credential_unavailable);
    CHECK(contains(missing.what(), "az is not on PATH"));
}

TEST_CASE("developer tools: a program in the working directory, or in a relative entry of PATH, is never run")
{
    workshop w;
    fs::path const before = fs::current_path();
    fs::create_directories(w.folder / "bin");
    fs::copy_file(w.folder / "az.cmd", w.folder / "bin" / "az.cmd");
    fs::current_path(w.folder);
    std::wstring const without_drive = w.folder.wstring().substr(2);
    w.set(L"PATH", L".;;bin;" + without_drive);
    azure_cli_credential who(within(10s));
    foundry::error const failed = token_refusal_of(who);
    fs::current_path(before);
    CHECK(contains(failed.what(), "az is not on PATH"));
    CHECK(w.read("log").empty());
}

TEST_CASE("developer tools: a batch file whose path would be expanded is not run")
{
    workshop w;
    fs::path const trap = w.folder / "%FAKE_TOOL_LOG%";
    fs::create_directories(trap);
    fs::copy_file(w.folder / "az.cmd", trap / "az.cmd");
    w.set(L"PATH", trap.wstring());
    azure_cli_credential who(within(10s));
    foundry::error const failed = token_refusal_of(who);
    CHECK(failed.code() == errc::credential_unavailable);
    CHECK(contains(failed.what(), "az cannot be run"));
    CHECK(w.read("log").empty());
}

TEST_CASE("developer tools: a tool that exceeds its time limit is ended with its children")
{
    workshop w;
    w.behave(L"slow");
    azure_cli_credential who(within(5s));
    foundry::error const failed = token_refusal_of(who);
    CHECK(failed.code() == errc::credential_unavailable);
    CHECK(contains(failed.what(), "took too long"));
    CHECK(w.processes().size() == 2);
    CHECK(w.all_end());
}

TEST_CASE("developer tools: a child that keeps a tool's output open does not delay the token, and is ended")
{
    workshop w;
    w.behave(L"daemon");
    azure_cli_credential who(within(1min));
    CHECK(token_of(who) == "emulator-token");
    CHECK(w.processes().size() == 1);
    CHECK(w.all_end());
}

TEST_CASE("developer tools: a cancelled tool is ended in the background, and at once if its context is destroyed")
{
    for (bool const destroyed : {false, true}) {
        workshop w;
        w.behave(L"slow");
        auto context = std::make_unique<asio::io_context>();
        azure_cli_credential who(within(1min));
        asio::cancellation_signal cancel;
        bool ended = false;
        asio::co_spawn(*context, who.get_token(for_scope()),
                       asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, foundry::access_token) {
                           CHECK(is_cancellation(e));
                           ended = true;
                       }));
        while (w.processes().size() != 2)
            context->poll();
        if (destroyed) {
            context.reset();
        } else {
            cancel.emit(asio::cancellation_type::terminal);
            context->poll();
            CHECK(ended);
            context->restart();
            context->run();
        }
        CHECK(w.all_end());
    }
}

TEST_SUITE_END();

} // namespace foundry_test::developer_tools_windows_test
