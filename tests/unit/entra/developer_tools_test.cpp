// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Developers' tools: how they are started, what they say, and that none is left behind.

#include "support/entra_fixture.hpp"
#include "support/tool_folder.hpp"

#include <foundry/entra/azure_cli_credential.hpp>
#include <foundry/entra/azure_developer_cli_credential.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace foundry_test::developer_tools_test {

using namespace std::chrono_literals;
using foundry::errc;
using namespace foundry::entra;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The tools are played by a script, which writes into a folder that is there as long as this.
struct workshop : tool_folder
{
    workshop() : tool_folder(std::filesystem::temp_directory_path() / ("foundry_tools_" + std::to_string(::getpid())))
    {
        std::filesystem::create_directories(folder);
        variables.set("PATH", tools_path);
        variables.set("FAKE_TOOL_LOG", (folder / "log").string());
        variables.set("FAKE_TOOL_PIDS", (folder / "pids").string());
    }
    ~workshop() { std::filesystem::remove_all(folder); }

    void behave(char const* how) { variables.set("FAKE_TOOL", how); }

    /// A signal takes its time to be delivered.
    bool all_end() const
    {
        auto const last = std::chrono::steady_clock::now() + 20s;
        while (!all_are_gone() && std::chrono::steady_clock::now() < last)
            std::this_thread::yield();
        return all_are_gone();
    }

    bool all_are_gone() const
    {
        for (process const one : processes()) {
            std::ifstream in("/proc/" + std::to_string(one) + "/stat");
            std::string number;
            std::string name;
            std::string condition;
            // An orphan that nobody has reaped yet is over, too.
            if (in >> number >> name >> condition && condition != "Z")
                return false;
        }
        return true;
    }

    bare_environment variables;
};

/// Whether this process has a child, alive or not yet reaped.
bool has_child() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

TEST_SUITE_BEGIN("developers' tools");

TEST_CASE("azure cli: az is started without a shell, with its own arguments, descriptors and directory, and the whole "
          "environment")
{
    workshop w;
    int const secret_file = ::open("/dev/null", O_RDONLY); // not closed on exec, as a careless program has them
    azure_cli_credential who(within(10s), "My subscription 1");
    auto request = for_scope();
    request.tenant = "contoso.onmicrosoft.com";
    CHECK(token_of(who, request) == "emulator-token");
    ::close(secret_file);
    std::string const log = w.read("log");
    CHECK(contains(log, "arguments: [account] [get-access-token] [--output] [json] [--scope] "
                        "[https://cognitiveservices.azure.com/.default] [--tenant] [contoso.onmicrosoft.com] "
                        "[--subscription] [My subscription 1]\n"));
    CHECK(contains(log, "directory: /\n"));
    CHECK(contains(log, "descriptors: 0 1 2 3 \n")); // the last is that of who lists them
    CHECK(contains(log, "color: true"));
    char const* const home = std::getenv("HOME");
    CHECK(contains(log, "home: " + std::string(home != nullptr ? home : "") + "\n"));
    CHECK(!has_child());
}

TEST_CASE("azure developer cli: azd gets its own arguments, and every form of its answer is read")
{
    workshop w;
    azure_developer_cli_credential who(within(10s));
    CHECK(token_of(who) == "emulator-token");
    CHECK(contains(w.read("log"), "arguments: [auth] [token] [--output] [json] [--no-prompt] [--scope] "
                                  "[https://cognitiveservices.azure.com/.default]\n"));
    w.behave("logged_out");
    foundry::error const out = token_refusal_of(who);
    CHECK(out.code() == errc::credential_unavailable);
    CHECK(contains(out.what(), "azd auth login"));
}

TEST_CASE("azure cli: errors distinguish not installed, not logged in, rejected and no token")
{
    workshop w;
    azure_cli_credential who(within(10s));
    w.behave("old");
    CHECK(token_of(who) == "emulator-token");
    w.behave("noisy");
    CHECK(token_of(who) == "emulator-token");
    w.behave("nested");
    CHECK(token_of(who) == "emulator-token");
    w.behave("no_end");
    foundry::error const endless = token_refusal_of(who);
    CHECK(contains(endless.what(), "'N/A'"));
    CHECK(!contains(endless.what(), "sekrit"));
    w.behave("logged_out");
    foundry::error const out = token_refusal_of(who);
    CHECK(out.code() == errc::credential_unavailable);
    CHECK(contains(out.what(), "run 'az login'"));
    w.behave("refused");
    foundry::error const refused = token_refusal_of(who);
    CHECK(refused.code() == errc::authentication_failed);
    CHECK(contains(refused.what(), "AADSTS50076"));
    CHECK(!contains(refused.what(), "eyJ"));
    w.behave("missing");
    CHECK(token_refusal_of(who).code() == errc::credential_unavailable);
    for (char const* const how : {"garbage", "control", "empty"}) {
        w.behave(how);
        foundry::error const nothing = token_refusal_of(who);
        CHECK(nothing.code() == errc::authentication_failed);
        CHECK(!contains(nothing.what(), "sekrit"));
    }
    w.behave("flood");
    foundry::error const flood = token_refusal_of(who);
    CHECK(flood.code() == errc::credential_unavailable);
    CHECK(!contains(flood.what(), "sekrit"));
    CHECK(!has_child());
}

TEST_CASE("developer tools: a request with claims fails with the login command to run")
{
    workshop w;
    azure_cli_credential who(within(10s));
    auto request = for_scope();
    request.claims = R"({"a":1})";
    foundry::error const failed = token_refusal_of(who, request);
    CHECK(failed.code() == errc::credential_unavailable);
    CHECK(contains(failed.what(),
                   "az login --claims-challenge eyJhIjoxfQ== --scope https://cognitiveservices.azure.com/.default"));
    CHECK(w.read("log").empty());
}

TEST_CASE("developer tools: shell characters in scope or tenant are rejected before a program starts")
{
    workshop w;
    azure_cli_credential who(within(10s));
    for (char const* const wrong : {"", " ", "a b", "a;id", "a|echo OWNED|", "$(id)", "`id`", "a&b", "a\nb", "\"a",
                                    "'a", "a%b", "a^b", "caf\xc3\xa9"}) {
        CHECK_MESSAGE(token_refusal_of(who, for_scope(wrong)).code() == errc::invalid_argument, wrong);
        cli_options with;
        with.tenant = wrong;
        if (!with.tenant.empty())
            CHECK_THROWS_AS(azure_cli_credential{with}, foundry::error);
    }
    for (char const* const wrong : {"a;id", "$(id)", "a\"b", "--debug"})
        CHECK_THROWS_AS(azure_cli_credential(cli_options(), wrong), foundry::error);
    CHECK(w.read("log").empty());
}

TEST_CASE("developer tools: a program in the working directory, or in a relative entry of PATH, is never run")
{
    workshop w;
    std::filesystem::path const before = std::filesystem::current_path();
    std::filesystem::path const trap = w.folder / "trap";
    std::filesystem::create_directories(trap / "bin");
    for (auto const& place : {trap / "az", trap / "bin" / "az"}) {
        std::ofstream(place) << "#!/bin/sh\necho planted >>" << (w.folder / "log").string() << "\n";
        std::filesystem::permissions(place, std::filesystem::perms::owner_all);
    }
    std::filesystem::current_path(trap);
    w.variables.set("PATH", ".::bin:/usr/bin:/bin");
    azure_cli_credential who(within(10s));
    foundry::error const failed = token_refusal_of(who);
    std::filesystem::current_path(before);
    CHECK(failed.code() == errc::credential_unavailable);
    CHECK(contains(failed.what(), "az is not on PATH"));
    CHECK(w.read("log").empty());
}

TEST_CASE("developer tools: a tool that exceeds its time limit is killed with its children")
{
    workshop w;
    w.behave("slow");
    azure_cli_credential who(within(300ms));
    foundry::error const failed = token_refusal_of(who);
    CHECK(failed.code() == errc::credential_unavailable);
    CHECK(contains(failed.what(), "took too long"));
    CHECK(w.processes().size() == 2);
    CHECK(w.all_end());
    CHECK(!has_child());
}

TEST_CASE("developer tools: a daemon that keeps a tool's output open does not delay the token")
{
    workshop w;
    w.behave("daemon");
    azure_cli_credential who(within(1min));
    CHECK(token_of(who) == "emulator-token");
    auto const left = w.processes();
    REQUIRE(left.size() == 1);
    CHECK(!w.all_are_gone()); // its session is none of ours
    ::kill(left[0], SIGKILL);
    CHECK(!has_child());
}

TEST_CASE("developer tools: a program that ignores SIGCHLD gets its token")
{
    workshop w;
    struct restored
    {
        restored() : before(std::signal(SIGCHLD, SIG_IGN)) {}
        ~restored() { std::signal(SIGCHLD, before); }
        void (*before)(int);
    } const ignored;
    azure_cli_credential who(within(10s));
    CHECK(token_of(who) == "emulator-token");
    w.behave("logged_out");
    CHECK(token_refusal_of(who).code() == errc::credential_unavailable);
    w.behave("empty");
    CHECK(token_refusal_of(who).code() == errc::authentication_failed);
}

TEST_CASE("developer tools: a cancelled tool is ended in the background, and at once if its context is destroyed")
{
    for (bool const destroyed : {false, true}) {
        workshop w;
        w.behave("slow");
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
            CHECK(ended); // and not when the tool is gone
            context->restart();
            context->run();
        }
        CHECK(w.all_end());
        CHECK(!has_child());
    }
}

TEST_SUITE_END();

} // namespace foundry_test::developer_tools_test
