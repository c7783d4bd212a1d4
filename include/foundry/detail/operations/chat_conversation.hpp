// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat_accumulator.hpp>
#include <foundry/chat_stream.hpp>
#include <foundry/detail/call/running_calls.hpp>
#include <foundry/detail/operations/complete_chat.hpp>
#include <foundry/detail/operations/tool_loop.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Chat completions with functions.
class chat_conversation : public tool_conversation
{
public:
    /// @param run outlives the conversation.
    chat_conversation(std::shared_ptr<client_state> state, tool_run& run, toolbox const& tools,
                      tool_options const& how);
    /// Keeps the text of an answer that has not ended.
    ~chat_conversation() override;

    boost::asio::awaitable<void> ask() override;
    boost::asio::awaitable<void> open() override;
    boost::asio::awaitable<bool> read(std::vector<tool_event>& events) override;
    std::vector<tool_call> calls() const override { return open_round_.tool_calls; }
    std::string text() const override { return run_.reply.text(); }
    void end_round(std::vector<std::optional<std::string>> const& results) override;
    unsigned rounds() const override { return run_.rounds; }
    token_usage const& usage() const override { return run_.usage; }

private:
    void begin(boost::asio::any_io_executor const& executor);
    pending_request prepare(bool is_stream);
    void take(chat_completion reply);
    void read_chunk(chat_chunk const& chunk, std::vector<tool_event>& events);

    std::shared_ptr<client_state> state_;
    tool_run& run_;
    std::vector<tool_definition> tools_;
    tool_options how_;
    running_call in_progress_; // between the rounds, too
    unsigned asked_ = 0;       // in this run
    chat_message open_round_;  // the last answer, if it has calls, until their results are known
    std::optional<chat_stream> chunks_;
    chat_accumulator so_far_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/chat_conversation.ipp>
#endif
