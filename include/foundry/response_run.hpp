// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/response.hpp>
#include <foundry/usage.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// A conversation of the Responses API in which a model calls functions. It belongs to the caller: whatever ends the run, its items are a
/// valid input. Text that had arrived is kept; a call without a result is not, nor the reasoning that led to it.
///
/// Each round sends all items, so the service need not store anything; a reasoning model then needs `reasoning.encrypted_content` in
/// `response_request::include`. With `by_id`, and in a conversation of the service, a round sends only what is new.
///
///     foundry::response_run run{request};
///     co_await responses.create(run, tools);
///     run.add(foundry::response_message(foundry::chat_role::user, "And tomorrow?"));
///     co_await responses.create(run, tools);
struct response_run
{
    response_run() = default;
    /// Moves the input of the request to the items.
    explicit response_run(response_request first);

    /// Adds an item to the conversation.
    void add(response_item item) { items.push_back(std::move(item)); }

    response reply;                   ///< The model's last answer.
    std::vector<response_item> items; ///< The conversation, with the last answer.
    token_usage usage;                ///< Of all rounds.
    unsigned rounds = 0;              ///< How often the model was asked.
    response_request request;         ///< What each round asks for; its own input must not be set.
    bool by_id = false;               ///< Whether a round names the response before it, which the service must store.
    std::size_t sent = 0;             ///< How many of the items the service has.
};

/// A run that `create(request, tools)` began has failed; it keeps what has happened so far.
class response_run_error : public error
{
public:
    response_run_error(error const& cause, response_run so_far)
        : error(cause),
          run_(std::make_shared<response_run const>(std::move(so_far)))
    {}

    response_run const& run() const noexcept { return *run_; }

private:
    std::shared_ptr<response_run const> run_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/response_run.ipp>
#endif
