// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/call/running_calls.hpp>
#include <foundry/detail/operations/tool_loop.hpp>
#include <foundry/response_accumulator.hpp>
#include <foundry/response_run.hpp>
#include <foundry/response_stream.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The call as the toolbox runs it.
FOUNDRY_DECL tool_call to_tool_call(function_call from);

/// The Responses API with functions.
class response_conversation : public tool_conversation
{
public:
    /// @param run outlives the conversation.
    response_conversation(std::shared_ptr<client_state> state, response_run& run, toolbox const& tools,
                          tool_options const& how);
    /// Keeps the text of an answer that has not ended, and ends a round that has not been ended.
    ~response_conversation() override;

    boost::asio::awaitable<void> ask() override;
    boost::asio::awaitable<void> open() override;
    boost::asio::awaitable<bool> read(std::vector<tool_event>& events) override;
    std::vector<tool_call> calls() const override { return calls_; }
    std::string text() const override { return run_.reply.text(); }
    void end_round(std::vector<std::optional<std::string>> const& results) override;
    unsigned rounds() const override { return run_.rounds; }
    token_usage const& usage() const override { return run_.usage; }

private:
    /// A call of the answer that arrives, and how many bytes of its arguments have been told.
    struct streamed_call
    {
        std::optional<std::int64_t> output_index;
        std::string item_id;
        tool_call call;
    };

    void begin(boost::asio::any_io_executor const& executor);
    std::shared_ptr<pending_request> prepare(bool is_stream);
    bool sends_only_new() const;
    /// Takes an answer, and asks the hook for the approvals that it wants; true if only they are to be sent.
    boost::asio::awaitable<bool> take(response reply);
    void read_event(response_event const& event, std::vector<tool_event>& events);
    void tell_arguments(std::size_t call, std::string more, std::vector<tool_event>& events);
    std::size_t find_streamed(response_event const& event) const;

    std::shared_ptr<client_state> state_;
    response_run& run_;
    std::vector<tool_definition> tools_;
    tool_options how_;
    running_call in_progress_; // between the rounds, too
    unsigned asked_ = 0;       // in this run
    std::vector<tool_call> calls_;
    std::vector<std::size_t> call_places_; // in the output of the last answer
    bool is_open_ = false;                 // the output of the last answer is not among the items yet
    std::vector<response_item> approvals_;
    std::optional<response_stream> events_;
    std::vector<streamed_call> streamed_;
    response_accumulator so_far_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/response_conversation.ipp>
#endif
