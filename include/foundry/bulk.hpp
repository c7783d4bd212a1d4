// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/client.hpp>
#include <foundry/detail/operations/item_source.hpp>
#include <foundry/usage.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// Much work in one process: some requests at a time, until all is done. For jobs that the service processes by itself, see
/// <foundry/batches.hpp>.
namespace foundry::inline FOUNDRY_ABI {

/// How far bulk work is.
struct bulk_progress
{
    bulk_progress() = default;

    std::size_t done = 0;             ///< Rows that are ready, those that have failed among them.
    std::size_t failed = 0;           ///< Rows that have failed.
    std::optional<std::size_t> total; ///< Size of the input; not set: not known before its end.
    std::size_t requests = 0;         ///< Calls so far; repetitions of `call_options::retry` do not count.
    token_usage usage;                ///< Tokens used so far, as the service counts them.
};

/// How bulk work is done.
struct bulk_options
{
    bulk_options() = default;

    /// Requests at a time, 1 or more. `pool_options::max_connections` limits it, too. There are fewer while the service says in
    /// `x-ratelimit-*` that less is left, and none after a 429 until the time that it names.
    std::size_t in_flight = 8;
    /// Texts in a request for embeddings, 1 to 2,048; most models that are not of OpenAI take at most 1,024.
    std::size_t texts_per_request = 256;
    /// Tokens in a request for embeddings, 1 or more, estimated as a quarter of the bytes. A longer text goes alone. OpenAI takes 300,000
    /// ("Create embeddings" of its API reference); some languages have up to three times as many tokens as estimated.
    std::size_t tokens_per_request = 100'000;
    /// Whether rows come in the order of the input; otherwise as they are ready.
    bool in_order = true;
    /// Is called when rows are ready, also between two calls of next(), on the same executor. What it throws ends the work.
    std::function<void(bulk_progress const& so_far)> on_progress;
    /// For each request. Rows fail with `errc::rate_limited` if its retries do not suffice.
    call_options call;
};

/// A text of bulk work, and its embedding.
struct embedded_text
{
    embedded_text() = default;
    embedded_text(std::size_t position, std::string words) : index(position), text(std::move(words)) {}

    std::size_t index = 0;        ///< Position in the input, from 0.
    std::string text;             ///< The text.
    embedding_vector vector;      ///< Empty if it has failed.
    std::optional<error> failure; ///< Why it has failed; not set: it has succeeded.
};

/// A request of bulk work, and its completion.
struct completed_request
{
    completed_request() = default;
    completed_request(std::size_t position, chat_request question) : index(position), request(std::move(question)) {}

    std::size_t index = 0;        ///< Position in the input, from 0.
    chat_request request;         ///< The request.
    chat_completion completion;   ///< Empty if it has failed.
    std::optional<error> failure; ///< Why it has failed; not set: it has succeeded.
};

namespace detail {

FOUNDRY_DECL async_generator<embedded_text> embed_items(basic_client const& client, embedding_request pattern,
                                                        std::unique_ptr<item_source<std::string>> texts,
                                                        bulk_options how);
FOUNDRY_DECL async_generator<completed_request>
complete_items(basic_client const& client, std::unique_ptr<item_source<chat_request>> requests, bulk_options how);

} // namespace detail

/// The embeddings of any number of texts, many in a request, and some requests at a time.
///
///     foundry::async_generator<foundry::embedded_text> rows = foundry::embed_all(client, "text-embedding-3-small", texts);
///     while (auto row = co_await rows.next())
///         std::cout << row->index << ": " << row->vector.numbers.size() << " numbers\n";
///
/// A row that has failed has a `failure`, and the others follow. If the service refuses a request because of what is in it, the request is
/// halved until only the texts that the service does not take have failed.
///
/// Input: a range or a stream (`chunk_source`) of texts, which the generator keeps; elements of a container are moved out of it. It is
/// read as requests are sent, also between two calls of next(), and no further: at most `2 * in_flight` requests are sent or have rows that
/// were not read, so a slow reader slows the requests. A text that would make a request too large waits for the next one.
/// Executor: that of the first next(), for all calls of next(); it must be serial.
/// Cancellation: cancelling next(), or destroying the generator, cancels the requests. If a stream waits when the generator is destroyed,
/// it is cancelled and ends soon after; what it refers to must live until then. The client stays usable.
///
/// @throws foundry::error from next() (`errc::invalid_argument`) if an option cannot work. After the rows before: what the input throws;
/// what `on_progress` throws; an error that every request would get, such as `unauthorized`, `forbidden`, `model_not_found`,
/// `route_not_found`, `quota_exhausted`, `credential_unavailable`, `authentication_failed`, `client_closed`, and `invalid_argument` that is
/// not about a text.
template <detail::items_of<std::string> Texts>
async_generator<embedded_text> embed_all(basic_client const& client, std::string_view model, Texts texts,
                                         bulk_options how = bulk_options())
{
    return detail::embed_items(client, embedding_request(std::string(model)),
                               detail::hold_items<std::string>(std::move(texts)), std::move(how));
}

/// The same with other members of the request, such as `dimensions`; its input is ignored.
template <detail::items_of<std::string> Texts>
async_generator<embedded_text> embed_all(basic_client const& client, embedding_request pattern, Texts texts,
                                         bulk_options how = bulk_options())
{
    return detail::embed_items(client, std::move(pattern), detail::hold_items<std::string>(std::move(texts)),
                               std::move(how));
}

/// The completions of any number of chat requests, some at a time. All else is as with embed_all().
///
///     foundry::async_generator<foundry::completed_request> rows = foundry::for_each_completion(client, requests);
///     while (auto row = co_await rows.next()) {
///         if (row->failure)
///             std::cout << row->index << " has failed: " << row->failure->what() << '\n';
///         else
///             std::cout << row->index << ": " << row->completion.text() << '\n';
///     }
template <detail::items_of<chat_request> Requests>
async_generator<completed_request> for_each_completion(basic_client const& client, Requests requests,
                                                       bulk_options how = bulk_options())
{
    return detail::complete_items(client, detail::hold_items<chat_request>(std::move(requests)), std::move(how));
}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/bulk.ipp>
#endif
