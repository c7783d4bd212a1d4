// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/base/child_process.hpp>
#include <foundry/detail/base/environment.hpp>
#include <foundry/detail/base/fork_program.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>

#if !defined(_WIN32)

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <csignal>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__APPLE__)
extern "C" char*** _NSGetEnviron();
#else
extern char** environ;
#endif

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// The variables of this process. A shared library of macOS cannot be linked to `environ`.
inline char** own_variables()
{
#if defined(__APPLE__)
    return *_NSGetEnviron();
#else
    return environ;
#endif
}

FOUNDRY_DECL command_result::~command_result() { foundry::detail::cleanse(output.data(), output.size()); }

inline bool is_program(std::string const& path)
{
    struct stat facts
    {};
    return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

FOUNDRY_DECL std::string find_program(std::string_view name)
{
    std::string const places = foundry::detail::environment("PATH") + ":/usr/bin:/usr/local/bin:/opt/homebrew/bin";
    for (std::size_t at = 0; at < places.size();) {
        std::size_t const end = std::min(places.find(':', at), places.size());
        std::string path = places.substr(at, end - at);
        at = end + 1;
        if (!path.starts_with('/'))
            continue;
        path.append("/").append(name);
        if (is_program(path))
            return path;
    }
    return {};
}

[[noreturn]] inline void throw_system(int code, char const* what)
{
    throw boost::system::system_error(code, boost::system::system_category(), what);
}

/// Both ends of a pipe that no other child process inherits.
struct pipe_ends
{
    pipe_ends()
    {
#if defined(__APPLE__) || defined(FOUNDRY_FORCE_FALLBACKS) // macOS has no pipe2()
        if (::pipe(ends) != 0)
            throw_system(errno, "pipe");
        for (int const end : ends)
            ::fcntl(end, F_SETFD, FD_CLOEXEC);
#else
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw_system(errno, "pipe");
#endif
    }
    pipe_ends(pipe_ends const&) = delete;
    pipe_ends& operator=(pipe_ends const&) = delete;
    ~pipe_ends()
    {
        for (int const end : ends)
            if (end != -1)
                ::close(end);
    }

    int take_reader() noexcept { return std::exchange(ends[0], -1); }

    int ends[2] = {-1, -1};
};

/// Starts a program in its own process group.
inline pid_t start(command const& what, pipe_ends const& output, pipe_ends const& errors)
{
    std::vector<char*> arguments;
    arguments.push_back(const_cast<char*>(what.program.c_str()));
    for (std::string const& a : what.arguments)
        arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    std::vector<char*> variables;
    for (std::string const& v : what.environment)
        variables.push_back(const_cast<char*>(v.c_str()));
    for (char** v = own_variables(); *v != nullptr; ++v)
        variables.push_back(*v);
    variables.push_back(nullptr);

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34) && !defined(FOUNDRY_FORCE_FALLBACKS)
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output.ends[1], 1);
    ::posix_spawn_file_actions_adddup2(&files, errors.ends[1], 2);
    ::posix_spawn_file_actions_addchdir_np(&files, "/");
    ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_t how;
    ::posix_spawnattr_init(&how);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&how, 0);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&how, &signals);
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&how, &signals);

    pid_t process = -1;
    int const failed = ::posix_spawn(&process, what.program.c_str(), &files, &how, arguments.data(), variables.data());
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&how);
    if (failed != 0)
        throw_system(failed, what.program.c_str());
    return process;
#else // posix_spawn() cannot close what the program must not inherit
    pid_t const process = fork_program(arguments.data(), variables.data(), output.ends[1], errors.ends[1]);
    if (process == -1)
        throw_system(errno, what.program.c_str());
    return process;
#endif
}

/// A running program. All functions run on one serial executor.
class child : public std::enable_shared_from_this<child>
{
public:
    child(boost::asio::any_io_executor const& executor, command const& what)
        : output_(executor),
          errors_(executor),
          limit_(executor, foundry::detail::bounded(what.timeout)),
          is_limited_(what.timeout.count() > 0),
          look_(executor),
          finished_(executor, boost::asio::steady_timer::time_point::max())
    {
        pipe_ends output;
        pipe_ends errors;
        process_ = start(what, output, errors);
        output_.stream.assign(output.take_reader());
        errors_.stream.assign(errors.take_reader());
    }

    /// If the context ends while the program runs, kills it at once.
    ~child()
    {
        if (process_ == -1)
            return;
        kill();
        while (::waitpid(process_, nullptr, 0) == -1 && errno == EINTR) {
        }
    }

    void begin()
    {
        read(output_, 64 * 1024, &command_result::output);
        read(errors_, 16 * 1024, &command_result::errors);
        if (is_limited_)
            wait_for_limit();
        look();
    }

    void wait_for_limit()
    {
        limit_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (ec || self->process_ == -1)
                return;
            self->result.timed_out = true;
            self->stop();
        });
    }

    /// Ends the program and its process group: SIGTERM first, SIGKILL half a second later.
    void stop()
    {
        if (process_ == -1 || std::exchange(stopping_, true))
            return;
        ::kill(-process_, SIGTERM);
        limit_.expires_after(std::chrono::milliseconds{500});
        limit_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (!ec && self->process_ != -1)
                self->kill();
        });
    }

    boost::asio::steady_timer& finished() noexcept { return finished_; }

    command_result result;

private:
    /// How long output is read after the program has ended: a child of the program may hold the pipe open.
    static constexpr std::chrono::milliseconds grace{250};

    /// Kills the program by its own id, too: it may have left its process group.
    void kill() const noexcept
    {
        ::kill(-process_, SIGKILL);
        ::kill(process_, SIGKILL);
    }

    struct channel
    {
        explicit channel(boost::asio::any_io_executor const& executor) : stream(executor) {}

        boost::asio::posix::stream_descriptor stream;
        std::array<char, 4096> bytes{};
        bool ended = false;
    };

    void read(channel& from, std::size_t max_size, std::string command_result::*into)
    {
        from.stream.async_read_some(boost::asio::buffer(from.bytes), [self = shared_from_this(), &from, max_size, into](
                                                                         boost::system::error_code ec, std::size_t n) {
            self->result.*into += std::string_view(from.bytes.data(), n);
            foundry::detail::cleanse(from.bytes.data(), n);
            if (ec) {
                from.ended = true;
                self->check();
            } else if ((self->result.*into).size() > max_size) {
                self->result.too_long = true;
                from.ended = true;
                self->stop();
            } else {
                self->read(from, max_size, into);
            }
        });
    }

    /// Polls for the end of the program, because a library must not handle signals: first after 10 ms, then every 100 ms at most.
    void look()
    {
        int status = 0;
        pid_t const ended = ::waitpid(process_, &status, WNOHANG);
        if (ended == process_ || (ended == -1 && errno == ECHILD)) {
            if (ended == process_) // as a shell reports it
                result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            ::kill(-process_, SIGKILL); // children of the program
            process_ = -1;
            read_the_rest();
            check();
            return;
        }
        look_.expires_after(pause_);
        pause_ = std::min<std::chrono::milliseconds>(pause_ * 2, std::chrono::milliseconds{100});
        look_.async_wait([self = shared_from_this()](boost::system::error_code) { self->look(); });
    }

    void read_the_rest()
    {
        limit_.expires_after(grace);
        limit_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (ec)
                return;
            std::size_t const size = self->result.output.size() + self->result.errors.size();
            if (std::exchange(self->size_before_, size) != size) // more may follow
                return self->read_the_rest();
            boost::system::error_code ignored;
            self->output_.stream.close(ignored); // ends the reads
            self->errors_.stream.close(ignored);
        });
    }

    void check()
    {
        if (process_ != -1 || !output_.ended || !errors_.ended)
            return;
        limit_.cancel();
        finished_.cancel();
        done_ = true;
    }

public:
    bool done() const noexcept { return done_; }

private:
    channel output_;
    channel errors_;
    boost::asio::steady_timer limit_;
    bool is_limited_;
    boost::asio::steady_timer look_;
    boost::asio::steady_timer finished_;
    std::chrono::milliseconds pause_{10};
    pid_t process_ = -1;
    std::size_t size_before_ = 0; // bytes read up to the last check of the grace period
    bool stopping_ = false;
    bool done_ = false;
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
    auto const running = std::make_shared<child>(executor, what);
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

#endif // not Windows
