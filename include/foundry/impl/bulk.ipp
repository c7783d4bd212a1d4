// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/bulk.hpp>
#include <foundry/detail/http/exchange.hpp>
#include <foundry/detail/operations/bulk_run.hpp>
#include <foundry/detail/operations/complete_chat.hpp>
#include <foundry/detail/operations/embed.hpp>
#include <foundry/detail/operations/tool_loop.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <variant>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

// Errors

template <std::size_t Size>
bool is_one_of(error const& e, errc const (&codes)[Size])
{
    return std::any_of(codes, codes + Size, [&](errc code) { return e.code() == code; });
}

/// Whether every request would fail in the same way.
inline bool concerns_all(error const& e)
{
    static constexpr errc codes[] = {errc::unauthorized,    errc::forbidden,       errc::model_not_found,
                                     errc::route_not_found, errc::quota_exhausted, errc::credential_unavailable,
                                     errc::client_closed,   errc::no_ca_store,     errc::authentication_failed,
                                     errc::invalid_argument};
    bool const is_another_kind_of_model = e.service_code() == "OperationNotSupported";
    return is_another_kind_of_model || is_one_of(e, codes);
}

/// Whether the service refused what is in a request.
inline bool concerns_content(error const& e)
{
    static constexpr errc codes[] = {errc::bad_request, errc::too_large, errc::content_filter, errc::unprocessable};
    return is_one_of(e, codes);
}

inline bool is_valid(pending_request const& request) { return request.validation_error == nullptr; }

// Parts

/// What the parts of a run share.
struct bulk_context
{
    basic_client client;
    embedding_request pattern; // of embeddings
    call_options call;
};

template <class Row>
class part_with_rows : public bulk_part
{
public:
    explicit part_with_rows(std::shared_ptr<bulk_context const> with) : context(std::move(with)) {}

    void count_call(std::optional<token_usage> const& used)
    {
        ++calls;
        if (used)
            add_usage(usage, *used);
    }

    using row_type = Row;

    std::shared_ptr<bulk_context const> context;
    std::vector<Row> rows;
    std::size_t calls = 0;
    token_usage usage;
};

/// Texts whose embeddings are asked for together; halves of them if they are refused.
class embedding_part final : public part_with_rows<embedded_text>
{
public:
    using item_type = std::string;
    using part_with_rows::part_with_rows;

    static std::size_t max_items(bulk_options const& how) { return how.texts_per_request; }
    /// Estimated.
    static std::size_t tokens(std::string const& text) { return text.size() / 4; }

    boost::asio::awaitable<void> ask() override;

private:
    struct slice
    {
        slice(std::size_t from, std::size_t number) : first(from), count(number) {}

        std::size_t first;
        std::size_t count;
    };

    embedding_request request_for(slice which) const;
    boost::asio::awaitable<embeddings> embed(slice which) const;
    bool is_fault_of(slice which, error const& e) const;
    void take(slice which, embeddings reply);
    void fail(slice which, error const& e);
};

inline embedding_request embedding_part::request_for(slice which) const
{
    embedding_request request = context->pattern;
    std::vector<std::string>& texts = request.input.emplace<std::vector<std::string>>();
    for (std::size_t i = 0; i != which.count; ++i)
        texts.push_back(rows[which.first + i].text);
    return request;
}

inline boost::asio::awaitable<embeddings> embedding_part::embed(slice which) const
{
    embedding_request const request = request_for(which);
    pending_request pending = prepare_embedding(state_of(context->client), request, context->call);
    std::size_t tokens = 0;
    for (std::size_t i = 0; i != which.count; ++i)
        tokens += 1 + embedding_part::tokens(rows[which.first + i].text);
    pending.bulk_tokens = static_cast<std::int64_t>(tokens);
    return detail::embed(std::move(pending), request.size(), request.encoding_format);
}

inline bool embedding_part::is_fault_of(slice which, error const& e) const
{
    if (e.code() != errc::invalid_argument)
        return concerns_content(e) && !concerns_all(e);
    embedding_request harmless = context->pattern;
    harmless.input = std::vector<std::string>(1, "a");
    auto const& state = state_of(context->client);
    return is_valid(prepare_embedding(state, harmless, context->call)) &&
           !is_valid(prepare_embedding(state, request_for(which), context->call));
}

inline void embedding_part::take(slice which, embeddings reply)
{
    for (std::size_t i = 0; i != which.count; ++i)
        rows[which.first + i].vector = std::move(reply.data[i].embedding_);
}

inline void embedding_part::fail(slice which, error const& e)
{
    for (std::size_t i = 0; i != which.count; ++i)
        rows[which.first + i].failure = e;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> embedding_part::ask()
{
    std::vector<slice> left(1, slice(0, rows.size())); // in reverse order
    while (!left.empty()) {
        slice const now = left.back();
        left.pop_back();
        boost::system::result<embeddings, error> outcome = co_await as_result(embed(now));
        count_call(outcome ? outcome->usage : std::nullopt);
        if (outcome) {
            take(now, std::move(*outcome));
            continue;
        }
        error const e = outcome.error();
        bool const is_theirs = is_fault_of(now, e);
        if (!is_theirs && concerns_all(e)) {
            rows.resize(now.first);
            throw e;
        }
        if (is_theirs && now.count > 1) {
            std::size_t const half = now.count / 2;
            left.emplace_back(now.first + half, now.count - half);
            left.emplace_back(now.first, half);
        } else {
            fail(now, e);
        }
    }
}

class completion_part final : public part_with_rows<completed_request>
{
public:
    using item_type = chat_request;
    using part_with_rows::part_with_rows;

    static std::size_t max_items(bulk_options const&) { return 1; }
    static std::size_t tokens(chat_request const&) { return 0; }

    boost::asio::awaitable<void> ask() override;

private:
    boost::asio::awaitable<chat_completion> complete(chat_request const& request) const;
    bool is_fault_of(chat_request const& request, error const& e) const;
};

inline boost::asio::awaitable<chat_completion> completion_part::complete(chat_request const& request) const
{
    pending_request pending = prepare_chat(state_of(context->client), request, context->call, false);
    auto const prompt = static_cast<std::int64_t>(pending.body.size() / 4);
    constexpr std::int64_t most = 1'000'000'000;
    std::int64_t const answer = (std::max)(request.max_tokens.value_or(0), request.max_completion_tokens.value_or(0));
    pending.bulk_tokens = prompt + std::clamp(answer, std::int64_t(0), most); // the service counts both
    return complete_chat(std::move(pending));
}

inline bool completion_part::is_fault_of(chat_request const& request, error const& e) const
{
    if (e.code() != errc::invalid_argument)
        return !concerns_all(e);
    chat_request harmless;
    harmless.model = request.model;
    harmless.user("a");
    auto const& state = state_of(context->client);
    return is_valid(prepare_chat(state, harmless, context->call, false)) &&
           !is_valid(prepare_chat(state, request, context->call, false));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> completion_part::ask()
{
    completed_request& row = rows.front();
    boost::system::result<chat_completion, error> outcome = co_await as_result(complete(row.request));
    count_call(outcome ? outcome->usage : std::nullopt);
    if (outcome) {
        row.completion = std::move(*outcome);
        co_return;
    }
    error const e = outcome.error();
    if (!is_fault_of(row.request, e)) {
        rows.clear();
        throw e;
    }
    row.failure = e;
}

// Input

/// Divides the items of a source into parts.
template <class Part>
class part_reader final : public bulk_input
{
public:
    using item = typename Part::item_type;

    part_reader(std::unique_ptr<item_source<item>> source, std::shared_ptr<bulk_context const> context,
                bulk_options const& how)
        : source_(std::move(source)),
          context_(std::move(context)),
          max_items_(Part::max_items(how)),
          max_tokens_(how.tokens_per_request)
    {}

    FOUNDRY_CORO boost::asio::awaitable<std::unique_ptr<bulk_part>> read() override
    {
        std::unique_ptr<Part> part(new Part(context_));
        try {
            for (bool more = true; more;) {
                if (!waiting_ && !is_at_end_)
                    waiting_ = co_await source_->next();
                is_at_end_ = !waiting_;
                more = add_to(*part);
            }
        } catch (...) {
            is_at_end_ = true;
            failure_ = std::current_exception();
        }
        if (part->rows.empty() && failure_)
            std::rethrow_exception(failure_);
        if (part->rows.empty())
            part.reset();
        co_return part;
    }

private:
    /// Adds the item that waits, if there is room for it. Returns whether there is room for another.
    bool add_to(Part& part)
    {
        if (!waiting_)
            return false;
        std::size_t const tokens = Part::tokens(*waiting_);
        if (part.rows.empty())
            tokens_ = 0;
        else if (tokens > max_tokens_ - (std::min)(tokens_, max_tokens_))
            return false;
        part.rows.emplace_back(index_++, std::move(*waiting_));
        waiting_.reset();
        tokens_ += tokens;
        return part.rows.size() != max_items_;
    }

    std::unique_ptr<item_source<item>> source_;
    std::shared_ptr<bulk_context const> context_;
    std::size_t max_items_;
    std::size_t max_tokens_;
    std::size_t index_ = 0;
    std::size_t tokens_ = 0;      // of the part that is being read
    std::optional<item> waiting_; // read, and not in a part
    bool is_at_end_ = false;
    std::exception_ptr failure_;
};

// Runs

inline void check_bulk(bulk_options const& how)
{
    std::pair<char const*, std::size_t> const numbers[] = {{"in_flight", how.in_flight},
                                                           {"texts_per_request", how.texts_per_request},
                                                           {"tokens_per_request", how.tokens_per_request}};
    for (auto const& [name, number] : numbers) {
        if (number == 0)
            throw error(errc::invalid_argument, "bulk_options." + std::string(name) + " is 0; use 1 or more");
    }
    constexpr std::size_t max_texts = 2048; // of OpenAI
    if (how.texts_per_request > max_texts)
        throw error(errc::invalid_argument, "bulk_options.texts_per_request is " +
                                                std::to_string(how.texts_per_request) +
                                                "; no service takes more than " + std::to_string(max_texts));
}

/// Adds up what has been done, and tells the program.
template <class Part>
class progress_counter
{
public:
    progress_counter(std::function<void(bulk_progress const&)> tell, std::optional<std::size_t> total)
        : tell_(std::move(tell))
    {
        so_far_.total = total;
    }

    void operator()(bulk_part const& ended)
    {
        auto const& part = static_cast<Part const&>(ended);
        so_far_.done += part.rows.size();
        so_far_.failed += static_cast<std::size_t>(
            std::count_if(part.rows.begin(), part.rows.end(), [](auto const& row) { return row.failure.has_value(); }));
        so_far_.requests += part.calls;
        add_usage(so_far_.usage, part.usage);
        if (tell_)
            tell_(so_far_);
    }

private:
    std::function<void(bulk_progress const&)> tell_;
    bulk_progress so_far_;
};

template <class Part>
FOUNDRY_CORO async_generator<typename Part::row_type>
run_bulk(std::shared_ptr<bulk_context const> context, std::unique_ptr<item_source<typename Part::item_type>> source,
         bulk_options how)
{
    check_bulk(how);
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    http::check_serial(executor);
    progress_counter<Part> counter(std::move(how.on_progress), source->size);
    std::unique_ptr<bulk_input> input(new part_reader<Part>(std::move(source), std::move(context), how));
    bulk_run run(executor, std::move(input), how.in_flight, how.in_order, std::move(counter));
    for (;;) {
        bulk_part* const ended = co_await run.next();
        if (ended == nullptr)
            break;
        for (typename Part::row_type& row : static_cast<Part&>(*ended).rows)
            co_yield std::move(row);
    }
}

FOUNDRY_DECL async_generator<embedded_text> embed_items(basic_client const& client, embedding_request pattern,
                                                        std::unique_ptr<item_source<std::string>> texts,
                                                        bulk_options how)
{
    pattern.input = std::monostate();
    std::shared_ptr<bulk_context const> context(new bulk_context{client, std::move(pattern), how.call});
    return run_bulk<embedding_part>(std::move(context), std::move(texts), std::move(how));
}

FOUNDRY_DECL async_generator<completed_request>
complete_items(basic_client const& client, std::unique_ptr<item_source<chat_request>> requests, bulk_options how)
{
    std::shared_ptr<bulk_context const> context(new bulk_context{client, embedding_request(), how.call});
    return run_bulk<completion_part>(std::move(context), std::move(requests), std::move(how));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
