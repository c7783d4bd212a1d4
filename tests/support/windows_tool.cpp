// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Plays a developer's tool on Windows: azd.exe, or what az.cmd runs. FAKE_TOOL says how it behaves; FAKE_TOOL_LOG names the file for its
// arguments and its surroundings, FAKE_TOOL_PIDS the one for the ids of its processes.

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <process.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace {

std::string variable(char const* name)
{
    char const* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

void write_down(int count, wchar_t** arguments)
{
    wchar_t const* const name = _wgetenv(L"FAKE_TOOL_LOG");
    if (name == nullptr)
        return;
    std::ofstream log(std::filesystem::path(name), std::ios::app | std::ios::binary);
    log << "arguments:";
    for (int i = 1; i < count; ++i)
        log << " [" << std::filesystem::path(arguments[i]).string() << ']';
    wchar_t system[MAX_PATH];
    GetSystemDirectoryW(system, MAX_PATH);
    log << "\nin the system's folder: " << std::filesystem::equivalent(std::filesystem::current_path(), system);
    log << "\nhas input: " << (std::cin.peek() != EOF);
    auto const inherited = reinterpret_cast<HANDLE>(std::strtoull(variable("FAKE_TOOL_HANDLE").c_str(), nullptr, 10));
    DWORD ignored = 0;
    log << "\nhas a handle of the other process: "
        << (inherited != nullptr && GetHandleInformation(inherited, &ignored));
    log << "\ncolor: " << variable("AZURE_CORE_NO_COLOR") << "\nhome: " << variable("FAKE_TOOL_HOME") << '\n';
}

void note_process()
{
    std::ofstream(std::filesystem::path(_wgetenv(L"FAKE_TOOL_PIDS")), std::ios::app)
        << GetCurrentProcessId() << std::endl;
}

void start_child(wchar_t const* program)
{
    _putenv("FAKE_TOOL=sleeping");
    _wspawnl(_P_NOWAIT, program, L"child", nullptr);
}

} // namespace

int wmain(int count, wchar_t** arguments)
{
    std::string const how = variable("FAKE_TOOL");
    wchar_t own[32768];
    GetModuleFileNameW(nullptr, own, 32768);
    if (how == "sleeping") {
        note_process();
        Sleep(100'000);
        return 0;
    }
    write_down(count, arguments);
    if (how == "slow") {
        start_child(own);
        note_process();
        Sleep(100'000);
    } else if (how == "daemon") {
        start_child(own);
        while (std::ifstream(std::filesystem::path(_wgetenv(L"FAKE_TOOL_PIDS"))).peek() == EOF)
            Sleep(1);
    } else if (how == "logged_out") {
        std::cerr << "ERROR: Please run 'az login' to setup account.\n";
        return 1;
    } else if (how == "flood") {
        for (int i = 0; i != 100'000; ++i)
            std::cout << "sekrit ";
        Sleep(100'000);
    } else if (how == "garbage") {
        std::cout << "sekrit, but no JSON\n";
        return 0;
    }
    std::cout << R"({"accessToken":"emulator-token","token":"emulator-token","expires_on":32472144245,)"
              << R"("expiresOn":"2999-01-02T03:04:05Z"})" << std::endl;
    std::cerr << "WARNING: there is a newer version\n";
    return 0;
}
