// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/async_generator.hpp>
#include <foundry/body.hpp>
#include <foundry/call.hpp>
#include <foundry/client.hpp>
#include <foundry/detail/operations/download.hpp>
#include <foundry/route.hpp>
#include <foundry/wait.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

/// State of a `file`. Only a `processed` one can be used.
enum class file_status
{
    uploaded,
    pending,
    running,
    processed,
    error,
    deleting,
    deleted
};
inline constexpr std::string_view file_status_names[] = {"uploaded", "pending",  "running", "processed",
                                                         "error",    "deleting", "deleted"};
constexpr auto& wire_names(file_status) { return file_status_names; }

/// A file that the service keeps. Wire format: `OpenAIFile`.
struct file : answer
{
    file() = default;

    std::string id;
    std::string filename; ///< May hold slashes: make no path of it.
    std::string purpose;  ///< `batch`, `fine-tune`, `assistants`, `user_data`, `batch_output`, ...
    open_enum<file_status> status;
    std::optional<std::string> status_details; ///< Why it could not be processed.
    std::optional<std::int64_t> bytes;         ///< Its size; not always known before it is processed.
    std::optional<std::int64_t> created_at;    ///< In seconds since 1970.
    std::optional<std::int64_t> expires_at;    ///< In seconds since 1970; not set: it is kept until it is removed.
    boost::json::object extra;                 ///< Other members.
};
BOOST_DESCRIBE_STRUCT(file, (), (id, filename, purpose, status, status_details, bytes, created_at, expires_at, extra))

/// What `files::upload()` sends.
class file_upload
{
public:
    /// A file of this machine.
    ///
    /// @throws foundry::error (`errc::invalid_argument`), naming the file, if it cannot be read.
    file_upload(std::filesystem::path const& path, std::string purpose_);

    /// Bytes from elsewhere: a `memory_source`, a `file_source` with an executor of its own, or a source of the program.
    template <body_source S>
    file_upload(S source, std::string file_name_, std::string purpose_)
        : file_name(std::move(file_name_)),
          purpose(std::move(purpose_)),
          source_(detail::hold_source(std::move(source)))
    {}

    std::string file_name;
    std::string purpose; ///< `batch`, `fine-tune`, `assistants`, `user_data`, `evals`, `vision`.
    std::string media_type = "application/octet-stream";
    std::optional<std::chrono::seconds>
        expires_after; ///< From its creation: Azure takes 14 to 30 days, OpenAI an hour to 30 days.

private:
    friend class files;

    std::shared_ptr<http::byte_source> source_;
};

/// Which files `files::list()` gives.
struct file_query
{
    file_query() = default;

    std::string purpose;               ///< Empty: all.
    std::string order;                 ///< `asc` or `desc` by their time of creation; empty: the service's own.
    std::string after;                 ///< Only those after this id.
    std::optional<std::int64_t> limit; ///< Number of files in a page, 1 to 10,000; not set: the service's own.
};

/// The files of a resource: `POST files` and what lies below it, on the v1 and the dated form of Azure OpenAI, on a Foundry project, and on
/// servers that have it.
///
///     foundry::files files{client};
///     foundry::file stored = co_await files.upload({"questions.jsonl", "batch"});
///     stored = co_await files.wait(stored.id);
///     co_await files.download(stored.id, "copy.jsonl");
///     co_await files.remove(stored.id);
///
/// A cheap handle made from a client; executor, cancellation, object lifetimes and thread safety are the client's.
/// Source of the wire format: learn.microsoft.com, "Azure OpenAI in Azure AI Foundry Models REST API reference"; OpenAI, "Files".
class files
{
public:
    explicit files(basic_client const& client) noexcept : state_(detail::state_of(client)) {}
    /// For the library.
    explicit files(std::shared_ptr<detail::client_state> client) noexcept : state_(std::move(client)) {}

    /// Uploads a file, which is read as it is sent. An upload that breaks off is sent once more, from the beginning, as any call is.
    ///
    /// @throws foundry::error with a code of `errc`: `invalid_argument`, before anything is sent, for a file that cannot be read, is empty or
    /// has more than 512 MiB; `source_failed` if it changes meanwhile.
    boost::asio::awaitable<file> upload(file_upload what) const;
    boost::asio::awaitable<file> upload(file_upload what, call_options const& with) const;

    /// All files, page by page: the next page is asked for when the one before has been read.
    async_generator<file> list() const;
    async_generator<file> list(file_query which) const;
    async_generator<file> list(file_query which, call_options with) const;

    boost::asio::awaitable<file> get(std::string_view id) const;
    boost::asio::awaitable<file> get(std::string_view id, call_options const& with) const;

    /// Waits until the service has processed a file; its `status` is the outcome. Asks at once, again after 0.5 s, then each wait is 1.5
    /// times as long, up to 10 s.
    boost::asio::awaitable<file> wait(std::string_view id) const;
    boost::asio::awaitable<file> wait(std::string_view id, wait_options const& how) const;

    /// The bytes of a file, in memory: at most `size_limits::body`.
    boost::asio::awaitable<binary_content> content(std::string_view id) const;
    boost::asio::awaitable<binary_content> content(std::string_view id, call_options const& with) const;

    /// The bytes of a file, written as they arrive: at most `size_limits::download`.
    ///
    /// @throws foundry::error with a code of `errc`: `sink_failed` if the disk is full, for example.
    boost::asio::awaitable<void> download(std::string_view id, std::filesystem::path const& path) const;
    boost::asio::awaitable<void> download(std::string_view id, std::filesystem::path const& path,
                                          call_options const& with) const;
    /// The same into a sink of the program, which outlives the call.
    template <body_sink S>
    boost::asio::awaitable<void> download(std::string_view id, S& sink) const;
    template <body_sink S>
    boost::asio::awaitable<void> download(std::string_view id, S& sink, call_options const& with) const;

    /// Deletes it.
    boost::asio::awaitable<void> remove(std::string_view id) const;
    boost::asio::awaitable<void> remove(std::string_view id, call_options const& with) const;

private:
    std::shared_ptr<detail::pending_request> prepare_content(std::string_view id, call_options const& with) const;

    std::shared_ptr<detail::client_state> state_;
};

template <body_sink S>
boost::asio::awaitable<void> files::download(std::string_view id, S& sink, call_options const& with) const
{
    return detail::download(prepare_content(id, with), std::make_unique<detail::borrowed_sink<S>>(sink));
}

template <body_sink S>
boost::asio::awaitable<void> files::download(std::string_view id, S& sink) const
{
    return download(id, sink, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/files.ipp>
#endif
