// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>
#include <foundry/detail/http/byte_source.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

/// Bodies that are not in memory: what an upload is read from, and what a download is written to. `foundry::file_source` and
/// `foundry::file_sink` are files; a program has others, such as an archive that it writes on the way.
namespace foundry::inline FOUNDRY_ABI {

/// What an upload is read from.
///
/// `size()` is the number of bytes: the services want it before the first of them, so a source that does not know it is refused.
/// `read(into)` gives the next bytes, at least one, or 0 at the end; it is called with at most 64 KiB, on the executor of the call.
/// `rewind()` goes back to the beginning, for a request that is sent again; false if that cannot be done: then the call ends with the error
/// of its first attempt. What these functions throw ends the call, too.
template <class S>
concept body_source = requires(S& source, std::span<char> into)
{
    {
        source.size()
        } -> std::convertible_to<std::optional<std::uint64_t>>;
    {
        source.read(into)
        } -> std::same_as<boost::asio::awaitable<std::size_t>>;
    {
        source.rewind()
        } -> std::convertible_to<bool>;
};

/// What a download is written to.
///
/// `write(bytes)` takes the next bytes, at most 64 KiB, on the executor of the call; nothing more is read from the connection until it
/// returns. `rewind()` discards what was written, for an answer that broke off and is asked for again; false if that cannot be done: then
/// the call ends with `errc::stream_truncated`. What these functions throw ends the call, too.
template <class S>
concept body_sink = requires(S& sink, std::span<char const> bytes)
{
    {
        sink.write(bytes)
        } -> std::same_as<boost::asio::awaitable<void>>;
    {
        sink.rewind()
        } -> std::convertible_to<bool>;
};

/// A file to upload. It is read 64 KiB at a time, on the executor of the call, which waits for the disk meanwhile; or on another executor,
/// such as that of a `boost::asio::thread_pool`, if one is given.
///
/// A file that becomes shorter or longer while it is sent ends the call with `errc::source_failed`; the service does not get such a body.
class file_source
{
public:
    /// Opens the file.
    ///
    /// @param reader where the file is read; empty: on the executor of the call. A pool is joined before the context of the call is
    /// destroyed.
    /// @throws foundry::error (`errc::invalid_argument`), naming the file, if it cannot be read.
    explicit file_source(std::filesystem::path file, boost::asio::any_io_executor reader = {});
    file_source(file_source&&) noexcept;
    file_source& operator=(file_source&&) noexcept;
    ~file_source();

    std::optional<std::uint64_t> size() const;
    boost::asio::awaitable<std::size_t> read(std::span<char> into);
    bool rewind();

private:
    struct state;
    boost::asio::awaitable<std::size_t> read_here(std::span<char> into);
    boost::asio::awaitable<std::size_t> read_there(std::span<char> into);

    std::unique_ptr<state> state_;
};

/// A file to download into. It is written beside its place, under its name and `.part`, and gets its own name in the end: a download that
/// fails leaves an older file of this name as it was, and removes what it has written.
class file_sink
{
public:
    /// Creates the file.
    ///
    /// @param writer where the file is written; empty: on the executor of the call, which waits for the disk. A pool is joined before the
    /// context of the call is destroyed.
    /// @throws foundry::error (`errc::invalid_argument`), naming the file, if it cannot be written.
    explicit file_sink(std::filesystem::path file, boost::asio::any_io_executor writer = {});
    file_sink(file_sink&&) noexcept;
    file_sink& operator=(file_sink&&) noexcept;
    ~file_sink();

    /// @throws foundry::error (`errc::sink_failed`), naming the file, if the disk is full, for example.
    boost::asio::awaitable<void> write(std::span<char const> bytes);
    bool rewind();
    /// Gives the file its name: to be called after the download. `files::download()` with a path does it.
    ///
    /// @throws foundry::error (`errc::sink_failed`), naming the file.
    void finish();

private:
    struct state;
    boost::asio::awaitable<void> write_here(std::span<char const> bytes);
    boost::asio::awaitable<void> write_there(std::span<char const> bytes);

    std::unique_ptr<state> state_;
};

/// Bytes in memory to upload.
class memory_source
{
public:
    explicit memory_source(std::string bytes) : bytes_(std::move(bytes)) {}

    std::optional<std::uint64_t> size() const noexcept { return bytes_.size(); }
    boost::asio::awaitable<std::size_t> read(std::span<char> into);
    bool rewind() noexcept
    {
        at_ = 0;
        return true;
    }

private:
    std::string bytes_;
    std::size_t at_ = 0;
};

namespace detail {

/// @throws foundry::error (`errc::invalid_argument`) for a source that does not know its size.
FOUNDRY_DECL std::uint64_t known_size(std::optional<std::uint64_t> size);

/// A source of the program. Its size is the one that it has at first.
template <body_source S>
class held_source final : public http::byte_source
{
public:
    explicit held_source(S source) : source_(std::move(source)), size_(known_size(source_.size())) {}

    std::uint64_t size() const noexcept override { return size_; }
    boost::asio::awaitable<std::size_t> read(std::span<char> into) override
    {
        is_begun_ = true;
        return source_.read(into);
    }
    bool rewind() override { return !is_begun_ || source_.rewind(); }

private:
    S source_;
    std::uint64_t size_;
    bool is_begun_ = false;
};

template <body_source S>
std::shared_ptr<http::byte_source> hold_source(S source)
{
    return std::make_shared<held_source<S>>(std::move(source));
}

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/body.ipp>
#endif
