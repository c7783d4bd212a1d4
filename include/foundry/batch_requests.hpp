// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/detail/json/type.hpp>
#include <foundry/embedding.hpp>
#include <foundry/response.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {
struct batch_files;
} // namespace detail

/// How `batch_requests` writes its files.
struct batch_file_options
{
    batch_file_options() = default;

    /// Whether another file, for another job, begins when one is full; else a request that does not fit is refused.
    bool divide = false;
    std::size_t max_requests = 100'000;    ///< Maximum number of requests in a file: what the services take.
    std::uint64_t max_bytes = 200'000'000; ///< Maximum size of a file: what the services take.
    std::filesystem::path folder; ///< Where the files are written; empty: where the system keeps temporary ones.
};

/// The requests of a batch. Each is checked as a direct call is, and written to a temporary file, so that memory does not grow with them,
/// but for their ids.
///
///     foundry::batch_requests rows{"gpt-4o-mini-batch"};
///     foundry::chat_request question;
///     question.user("How many feet are in a mile?");
///     rows.add("first", question);
///
/// All requests of a batch are of one kind and have the same model. The file is removed with the last object that uses it.
///
/// add() blocks while it writes. Thread safety: as a value.
class batch_requests
{
public:
    /// @param model the deployment of requests that name none.
    explicit batch_requests(std::string model = {}, batch_file_options how = {});
    batch_requests(batch_requests&&) noexcept;
    batch_requests& operator=(batch_requests&&) noexcept;
    ~batch_requests();

    /// @param custom_id finds the answer: each of them once, not empty.
    /// @throws foundry::error: `invalid_argument` for what the service would refuse, with the reason; `sink_failed` if the file cannot be
    /// written. What was added before stays.
    batch_requests& add(std::string_view custom_id, chat_request const& request);
    batch_requests& add(std::string_view custom_id, embedding_request const& request);
    batch_requests& add(std::string_view custom_id, response_request const& request);

    std::size_t size() const noexcept;  ///< Number of requests in all files.
    std::size_t files() const noexcept; ///< Number of files, of which each becomes a job; 0 without requests.

    /// For the library.
    std::shared_ptr<detail::batch_files> const& written() const noexcept { return files_; }

private:
    std::shared_ptr<detail::batch_files> files_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/batch_requests.ipp>
#endif
