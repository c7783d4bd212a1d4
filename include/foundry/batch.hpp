// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/detail/json/dictionary.hpp>
#include <foundry/detail/json/open_enum.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/error.hpp>
#include <foundry/usage.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Jobs of many requests that the service processes by itself. `foundry::batches` of <foundry/batches.hpp> submits them.
namespace foundry::inline FOUNDRY_ABI {

/// State of a `batch`.
enum class batch_status
{
    validating,
    in_progress,
    finalizing,
    completed, ///< Some of its requests may have failed.
    failed,    ///< The service refused its input: see `batch::errors`.
    expired,   ///< It was not ready in time; what is ready can be read.
    cancelling,
    cancelled ///< What was ready before can be read.
};
inline constexpr std::string_view batch_status_names[] = {"validating", "in_progress", "finalizing", "completed",
                                                          "failed",     "expired",     "cancelling", "cancelled"};
constexpr auto& wire_names(batch_status) { return batch_status_names; }

/// Numbers of requests of a batch: all 0 until the service has validated it. Wire format: `BatchRequestCounts`.
struct batch_counts
{
    batch_counts() = default;

    std::int64_t total = 0;
    std::int64_t completed = 0; ///< Some services count only in the end.
    std::int64_t failed = 0;
    boost::json::object extra; ///< Other members.

    friend bool operator==(batch_counts const&, batch_counts const&) = default;
};
BOOST_DESCRIBE_STRUCT(batch_counts, (), (total, completed, failed, extra))

/// Why a batch was refused. Wire format: `BatchError`.
struct batch_error
{
    batch_error() = default;

    std::string code; ///< Such as `invalid_json_line`, `duplicate_custom_id`, `model_mismatch`, `token_limit_exceeded`.
    std::string message;
    std::optional<std::int64_t> line; ///< Of its input, from 1.
    std::optional<std::string> param;
    boost::json::object extra; ///< Other members.

    friend bool operator==(batch_error const&, batch_error const&) = default;
};
BOOST_DESCRIBE_STRUCT(batch_error, (), (code, message, line, param, extra))

/// Everything that a batch was refused for. Wire format: `BatchErrors`.
struct batch_errors
{
    batch_errors() = default;

    std::vector<batch_error> data;
    boost::json::object extra; ///< Other members.

    friend bool operator==(batch_errors const&, batch_errors const&) = default;
};
BOOST_DESCRIBE_STRUCT(batch_errors, (), (data, extra))

/// A job. Times are in seconds since 1970. Wire format: `Batch`.
struct batch : answer
{
    batch() = default;

    /// Whether the service refused it because too many tokens wait in its queue: `batches::resubmit()` later.
    bool is_queue_full() const noexcept;

    std::string id;
    open_enum<batch_status> status;
    std::string endpoint; ///< Such as `/chat/completions`.
    std::string model;    ///< Only some services say it.
    std::string input_file_id;
    std::string output_file_id; ///< Empty until there is one. `batches::results()` reads it,
    std::string error_file_id;  ///< and this one.
    std::string completion_window;
    batch_counts request_counts;
    std::optional<batch_errors> errors;
    std::optional<response_usage> usage; ///< Only some services say it.
    std::optional<dictionary<std::string>> metadata;
    std::optional<std::int64_t> created_at;
    std::optional<std::int64_t> in_progress_at;
    std::optional<std::int64_t> expires_at;
    std::optional<std::int64_t> finalizing_at;
    std::optional<std::int64_t> completed_at;
    std::optional<std::int64_t> failed_at;
    std::optional<std::int64_t> expired_at;
    std::optional<std::int64_t> cancelling_at;
    std::optional<std::int64_t> cancelled_at;
    boost::json::object extra; ///< Other members.
};
BOOST_DESCRIBE_STRUCT(batch, (),
                      (id, status, endpoint, model, input_file_id, output_file_id, error_file_id, completion_window,
                       request_counts, errors, usage, metadata, created_at, in_progress_at, expires_at, finalizing_at,
                       completed_at, failed_at, expired_at, cancelling_at, cancelled_at, extra))

namespace detail {

FOUNDRY_DECL void read_row(std::string_view text, json::object_ref into);

} // namespace detail

/// The outcome of one request of a batch.
///
///     if (row.failure)
///         std::cout << row.custom_id << ": " << row.failure->what() << '\n';
///     else
///         std::cout << row.custom_id << ": " << row.as<foundry::chat_completion>().text() << '\n';
struct batch_row
{
    batch_row() = default;

    std::string custom_id;
    unsigned status = 0; ///< HTTP status of its answer; 0: it was never run.
    std::string request_id;
    std::string body;             ///< JSON text of the answer.
    std::optional<error> failure; ///< The same error as of a direct call; not set: it has succeeded.

    /// The answer as what a direct call gives, such as `chat_completion`, `embeddings`, `response`, or as a described class.
    ///
    /// @throws foundry::error the failure; or with `errc::unexpected_reply` if the answer is of another shape.
    template <class Answer>
    Answer as() const
    {
        if (failure)
            throw *failure;
        Answer made;
        detail::read_row(body, {&made, &json::type_of<Answer>::value});
        if constexpr (std::is_base_of_v<answer, Answer>)
            made.raw_storage() = body;
        return made;
    }
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/batch.ipp>
#endif
