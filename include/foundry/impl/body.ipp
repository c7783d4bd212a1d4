// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/body.hpp>
#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

FOUNDRY_DECL std::uint64_t known_size(std::optional<std::uint64_t> size)
{
    if (!size)
        throw_invalid_argument(
            "the source of the upload does not know its size, which the service wants before the first "
            "byte; return it from size()");
    return *size;
}

/// What the last operation on a file has failed for.
inline std::string last_failure()
{
    return errno != 0 ? std::generic_category().message(errno) : std::string("no reason is known");
}

/// For a coroutine on another executor, which is waited for even if the call is cancelled: Asio (1.81) tells it of the cancellation by
/// a message that may arrive after its end.
inline auto to_its_end()
{
    return boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(), boost::asio::use_awaitable);
}

} // namespace detail

// file_source

struct file_source::state
{
    state(std::filesystem::path file, boost::asio::any_io_executor runs_on)
        : path(std::move(file)),
          reader(std::move(runs_on))
    {}

    std::size_t read(std::span<char> into)
    {
        errno = 0;
        in.read(into.data(), static_cast<std::streamsize>(into.size()));
        if (in.bad())
            throw error(errc::source_failed,
                        "the file " + detail::path_text(path) + " cannot be read: " + detail::last_failure());
        return static_cast<std::size_t>(in.gcount());
    }

    std::filesystem::path path;
    boost::asio::any_io_executor reader;
    std::ifstream in;
    std::uint64_t size = 0;
};

FOUNDRY_DECL file_source::file_source(std::filesystem::path file, boost::asio::any_io_executor reader)
    : state_(std::make_unique<state>(std::move(file), std::move(reader)))
{
    std::error_code failed;
    std::string const name = "the file " + detail::path_text(state_->path);
    state_->size = std::filesystem::file_size(state_->path, failed); // fails for what is not a file
    if (failed)
        detail::throw_invalid_argument(name + " cannot be read: " + failed.message());
    state_->in.rdbuf()->pubsetbuf(nullptr, 0); // it is read in large pieces
    state_->in.open(state_->path, std::ios::binary);
    if (!state_->in)
        detail::throw_invalid_argument(name + " cannot be read; check its permissions");
}

FOUNDRY_DECL file_source::file_source(file_source&&) noexcept = default;
FOUNDRY_DECL file_source& file_source::operator=(file_source&&) noexcept = default;
FOUNDRY_DECL file_source::~file_source() = default;

FOUNDRY_DECL std::optional<std::uint64_t> file_source::size() const { return state_->size; }

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::size_t> file_source::read_here(std::span<char> into)
{
    co_return state_->read(into);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::size_t> file_source::read_there(std::span<char> into)
{
    co_return co_await boost::asio::co_spawn(state_->reader, read_here(into), detail::to_its_end());
}

FOUNDRY_DECL boost::asio::awaitable<std::size_t> file_source::read(std::span<char> into)
{
    return state_->reader ? read_there(into) : read_here(into);
}

FOUNDRY_DECL bool file_source::rewind()
{
    state_->in.clear();
    return static_cast<bool>(state_->in.seekg(0));
}

// file_sink

struct file_sink::state
{
    state(std::filesystem::path file, boost::asio::any_io_executor runs_on)
        : path(std::move(file)),
          part(path),
          writer(std::move(runs_on))
    {
        part += ".part";
    }

    ~state()
    {
        if (!out.is_open())
            return;
        out.close();
        std::error_code ignored;
        std::filesystem::remove(part, ignored);
    }

    [[noreturn]] void fail(std::string const& why) const
    {
        throw error(errc::sink_failed, "the file " + detail::path_text(path) + " cannot be written: " + why);
    }

    void write(std::span<char const> bytes)
    {
        errno = 0;
        if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
            fail(detail::last_failure());
    }

    void open()
    {
        out.rdbuf()->pubsetbuf(nullptr, 0); // it is written in large pieces
        errno = 0;
        out.open(part, std::ios::binary | std::ios::trunc);
    }

    void finish()
    {
        errno = 0;
        out.close();
        std::error_code failed;
        if (!out)
            fail(detail::last_failure());
        std::filesystem::rename(part, path, failed);
        if (failed) {
            std::error_code ignored;
            std::filesystem::remove(part, ignored);
            fail(failed.message());
        }
    }

    std::filesystem::path path;
    std::filesystem::path part;
    boost::asio::any_io_executor writer;
    std::ofstream out;
};

FOUNDRY_DECL file_sink::file_sink(std::filesystem::path file, boost::asio::any_io_executor writer)
    : state_(std::make_unique<state>(std::move(file), std::move(writer)))
{
    state_->open();
    if (!state_->out)
        detail::throw_invalid_argument("the file " + detail::path_text(state_->part) +
                                       " cannot be written: " + detail::last_failure());
}

FOUNDRY_DECL file_sink::file_sink(file_sink&&) noexcept = default;
FOUNDRY_DECL file_sink& file_sink::operator=(file_sink&&) noexcept = default;
FOUNDRY_DECL file_sink::~file_sink() = default;

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> file_sink::write_here(std::span<char const> bytes)
{
    state_->write(bytes);
    co_return;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> file_sink::write_there(std::span<char const> bytes)
{
    co_await boost::asio::co_spawn(state_->writer, write_here(bytes), detail::to_its_end());
}

FOUNDRY_DECL boost::asio::awaitable<void> file_sink::write(std::span<char const> bytes)
{
    return state_->writer ? write_there(bytes) : write_here(bytes);
}

FOUNDRY_DECL bool file_sink::rewind()
{
    state_->out.close();
    state_->open();
    return static_cast<bool>(state_->out);
}

FOUNDRY_DECL void file_sink::finish() { state_->finish(); }

// memory_source

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::size_t> memory_source::read(std::span<char> into)
{
    std::size_t const count = std::min(into.size(), bytes_.size() - at_);
    std::copy_n(bytes_.data() + at_, count, into.data());
    at_ += count;
    co_return count;
}

} // namespace foundry::inline FOUNDRY_ABI
