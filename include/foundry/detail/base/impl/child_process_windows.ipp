// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/base/child_process.hpp>
#include <foundry/detail/base/make_uuid.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/base/windows_command_line.hpp>

#if defined(_WIN32)

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/windows/object_handle.hpp>
#include <boost/asio/windows/stream_handle.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cwchar>
#include <filesystem>
#include <memory>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL command_result::~command_result() { foundry::detail::cleanse(output.data(), output.size()); }

[[noreturn]] inline void throw_last_error(char const* what)
{
    throw boost::system::system_error(static_cast<int>(::GetLastError()), boost::system::system_category(), what);
}

struct handle_closer
{
    void operator()(void* handle) const noexcept { ::CloseHandle(handle); }
};

/// A handle of the system; null if there is none.
using owned_handle = std::unique_ptr<void, handle_closer>;

/// Takes the result of a function that reports failure by either of two values.
inline owned_handle own(void* handle, char const* what)
{
    if (handle == nullptr || handle == INVALID_HANDLE_VALUE)
        throw_last_error(what);
    return owned_handle(handle);
}

inline std::wstring to_wide(std::string_view utf8)
{
    auto const size = static_cast<int>(utf8.size());
    std::wstring wide(utf8.size(), L'\0'); // never shorter than in UTF-16
    wide.resize(static_cast<std::size_t>(::MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, wide.data(), size)));
    return wide;
}

inline std::string to_utf8(std::wstring_view wide)
{
    auto const size = static_cast<int>(wide.size());
    std::string utf8(3 * wide.size(), '\0');
    utf8.resize(static_cast<std::size_t>(
        ::WideCharToMultiByte(CP_UTF8, 0, wide.data(), size, utf8.data(), 3 * size, nullptr, nullptr)));
    return utf8;
}

/// The folder of the system's own programs, which users cannot write to.
inline std::wstring system_folder()
{
    wchar_t path[MAX_PATH];
    UINT const size = ::GetSystemDirectoryW(path, MAX_PATH);
    if (size == 0 || size >= MAX_PATH)
        throw_last_error("GetSystemDirectory");
    return std::wstring(path, size);
}

FOUNDRY_DECL std::string find_program(std::string_view name)
{
    std::wstring places(::GetEnvironmentVariableW(L"PATH", nullptr, 0), L'\0');
    places.resize(::GetEnvironmentVariableW(L"PATH", places.data(), static_cast<DWORD>(places.size())));
    for (std::size_t at = 0; at < places.size();) {
        std::size_t const end = (std::min)(places.find(L';', at), places.size());
        std::wstring entry = places.substr(at, end - at);
        at = end + 1;
        std::erase(entry, L'"');
        std::filesystem::path const folder(entry);
        if (!folder.is_absolute())
            continue;
        for (wchar_t const* const extension : {L".exe", L".cmd"}) {
            std::error_code ignored;
            std::filesystem::path const file = folder / (to_wide(name) + extension);
            if (std::filesystem::is_regular_file(file, ignored))
                return to_utf8(file.native());
        }
    }
    return {};
}

/// The added variables, and those of this process except the ones that they replace.
inline std::wstring environment_block(std::vector<std::string> const& added)
{
    struct freed
    {
        void operator()(wchar_t* all) const noexcept { ::FreeEnvironmentStringsW(all); }
    };
    std::wstring block;
    for (std::string const& a : added)
        block.append(to_wide(a)).push_back(L'\0');
    std::unique_ptr<wchar_t, freed> const own(::GetEnvironmentStringsW());
    for (wchar_t const* v = own.get(); v != nullptr && *v != L'\0'; v += std::wcslen(v) + 1) {
        bool const is_replaced = std::any_of(added.begin(), added.end(), [v](std::string const& a) {
            std::wstring const name = to_wide(a.substr(0, a.find('=') + 1));
            return ::CompareStringOrdinal(v, static_cast<int>((std::min)(std::wcslen(v), name.size())), name.data(),
                                          static_cast<int>(name.size()), TRUE) == CSTR_EQUAL;
        });
        if (!is_replaced)
            block.append(v).push_back(L'\0');
    }
    block.push_back(L'\0');
    return block;
}

/// A pipe: this process reads without blocking; another one inherits the other end.
struct pipe_ends
{
    pipe_ends()
    {
        std::wstring const name = L"\\\\.\\pipe\\foundry-" + to_wide(foundry::detail::make_uuid());
        reader = own(
            ::CreateNamedPipeW(name.c_str(), PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                               PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1, 0, 4096, 0, nullptr),
            "pipe");
        SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
        writer = own(::CreateFileW(name.c_str(), GENERIC_WRITE, 0, &inherited, OPEN_EXISTING, 0, nullptr), "pipe");
    }

    owned_handle reader;
    owned_handle writer;
};

/// The handles that a process inherits, and none else.
class startup
{
public:
    startup(void* input, void* output, void* errors) : handles_{input, output, errors}
    {
        SIZE_T size = 0;
        ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
        storage_.resize(size);
        auto* const list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(storage_.data());
        if (::InitializeProcThreadAttributeList(list, 1, 0, &size) == 0)
            throw_last_error("InitializeProcThreadAttributeList");
        info.lpAttributeList = list;
        info.StartupInfo.cb = sizeof info;
        info.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        info.StartupInfo.hStdInput = input;
        info.StartupInfo.hStdOutput = output;
        info.StartupInfo.hStdError = errors;
        if (::UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_, sizeof handles_, nullptr,
                                        nullptr) == 0) {
            ::DeleteProcThreadAttributeList(list);
            throw_last_error("UpdateProcThreadAttribute");
        }
    }
    ~startup() { ::DeleteProcThreadAttributeList(info.lpAttributeList); }
    startup(startup const&) = delete;
    startup& operator=(startup const&) = delete;

    STARTUPINFOEXW info{};

private:
    void* handles_[3];
    std::vector<char> storage_;
};

/// A process, and the job that it and all of its children belong to. When the job is closed, they are ended.
struct process
{
    owned_handle job;
    owned_handle main;
};

inline process start(command const& what, pipe_ends const& output, pipe_ends const& errors)
{
    std::wstring const folder = system_folder();
    std::wstring const interpreter = folder + L"\\cmd.exe";
    std::wstring line = to_wide(windows_command_line(what.program, what.arguments, to_utf8(interpreter)));
    std::wstring const program = is_batch_file(what.program) ? interpreter : to_wide(what.program);
    std::wstring variables = environment_block(what.environment);

    process started;
    started.job = own(::CreateJobObjectW(nullptr, nullptr), "CreateJobObject");
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (::SetInformationJobObject(started.job.get(), JobObjectExtendedLimitInformation, &limits, sizeof limits) == 0)
        throw_last_error("SetInformationJobObject");

    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    owned_handle const nothing = own(
        ::CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, nullptr),
        "NUL");
    startup how(nothing.get(), output.writer.get(), errors.writer.get());
    PROCESS_INFORMATION made{};
    DWORD const flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW;
    if (::CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, TRUE, flags, variables.data(), folder.c_str(),
                         &how.info.StartupInfo, &made) == 0)
        throw_last_error(what.program.c_str());
    owned_handle const thread(made.hThread);
    started.main.reset(made.hProcess);
    // Suspended until it is in the job, so that no child of it is outside.
    if (::AssignProcessToJobObject(started.job.get(), made.hProcess) == 0 ||
        ::ResumeThread(made.hThread) == static_cast<DWORD>(-1)) {
        DWORD const failed = ::GetLastError();
        ::TerminateProcess(made.hProcess, 1);
        ::SetLastError(failed);
        throw_last_error(what.program.c_str());
    }
    return started;
}

/// A running program. All functions run on one serial executor.
class child : public std::enable_shared_from_this<child>
{
public:
    child(boost::asio::any_io_executor const& executor, command const& what)
        : output_(executor),
          errors_(executor),
          main_(executor),
          limit_(executor, foundry::detail::bounded(what.timeout)),
          is_limited_(what.timeout.count() > 0),
          finished_(executor, (boost::asio::steady_timer::time_point::max)())
    {
        pipe_ends output;
        pipe_ends errors;
        process started = start(what, output, errors);
        job_ = std::move(started.job);
        main_.assign(started.main.get());
        started.main.release();
        output_.stream.assign(output.reader.get());
        output.reader.release();
        errors_.stream.assign(errors.reader.get());
        errors.reader.release();
    }

    void begin()
    {
        read(output_, 64 * 1024, &command_result::output);
        read(errors_, 16 * 1024, &command_result::errors);
        main_.async_wait([self = shared_from_this()](boost::system::error_code ec) { self->end(ec); });
        if (is_limited_)
            wait_for_limit();
    }

    /// Ends the program and all of its children; Windows has no request to end that a program without a window would see.
    void stop()
    {
        if (!has_ended_)
            ::TerminateJobObject(job_.get(), 1);
    }

    boost::asio::steady_timer& finished() noexcept { return finished_; }
    bool done() const noexcept { return has_ended_ && output_.ended && errors_.ended; }

    command_result result;

private:
    struct channel
    {
        explicit channel(boost::asio::any_io_executor const& executor) : stream(executor) {}

        boost::asio::windows::stream_handle stream;
        std::array<char, 4096> bytes{};
        bool ended = false;
    };

    void wait_for_limit()
    {
        limit_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (ec || self->has_ended_)
                return;
            self->result.timed_out = true;
            self->stop();
        });
    }

    void read(channel& from, std::size_t max_size, std::string command_result::*into)
    {
        from.stream.async_read_some(boost::asio::buffer(from.bytes), [self = shared_from_this(), &from, max_size, into](
                                                                         boost::system::error_code ec, std::size_t n) {
            self->result.*into += std::string_view(from.bytes.data(), n);
            foundry::detail::cleanse(from.bytes.data(), n);
            bool const is_too_long = (self->result.*into).size() > max_size;
            if (!ec && !is_too_long)
                return self->read(from, max_size, into);
            if (is_too_long) {
                self->result.too_long = true;
                self->stop();
            }
            from.ended = true;
            self->check();
        });
    }

    void end(boost::system::error_code ec)
    {
        DWORD code = 0;
        if (!ec && ::GetExitCodeProcess(main_.native_handle(), &code) != 0)
            result.exit_code = static_cast<int>(code);
        stop(); // children of the program, which may hold the pipes
        has_ended_ = true;
        check();
    }

    void check()
    {
        if (!done())
            return;
        limit_.cancel();
        finished_.cancel();
    }

    channel output_;
    channel errors_;
    boost::asio::windows::object_handle main_;
    boost::asio::steady_timer limit_;
    bool is_limited_;
    boost::asio::steady_timer finished_;
    owned_handle job_;
    bool has_ended_ = false;
};

/// Stops the program if the coroutine no longer waits for it.
struct stopper
{
    explicit stopper(std::shared_ptr<child> const& c) : running(c) {}
    stopper(stopper const&) = delete;
    stopper& operator=(stopper const&) = delete;
    ~stopper() { running->stop(); }

    std::shared_ptr<child> running;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<command_result> run(command what)
{
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    auto const running = std::shared_ptr<child>(new child(executor, what));
    running->begin();
    stopper const stop(running);
    while (!running->done()) {
        try {
            co_await running->finished().async_wait(boost::asio::deferred);
        } catch (boost::system::system_error const&) {
            if (!running->done())
                throw;
        }
    }
    co_return std::move(running->result);
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#endif // _WIN32
