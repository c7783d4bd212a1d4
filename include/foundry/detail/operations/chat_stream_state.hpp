// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/detail/call/event_source.hpp>
#include <foundry/detail/json/repeating_reader.hpp>
#include <foundry/detail/operations/think_splitter.hpp>

#include <memory>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Turns the events of a stream into chunks.
struct stream_state final : event_source
{
    using value_type = chat_chunk;
    using event_source::event_source;

    bool take_value();
    /// A stream without an end marker may end with its body, after the finish reason of each choice. A stream that brought nothing is
    /// an error.
    void check_end(bool at_marker) const;

    chat_chunk value; ///< The last chunk, lent to the reader.

private:
    struct splitter_list
    {
        think_splitter of_choice[choice_ends::max_choices];
    };

    /// False if the event is to be skipped.
    bool decode(http::event const& e);
    void note(chunk_choice& choice);
    void split_thoughts(chunk_choice& choice);

    json::repeating_reader reader_;
    std::unique_ptr<splitter_list> splitters_; // if options.split_think_tags is set
    choice_ends ends_;
    bool has_content_ = false; // a choice, usage or the filter's results have arrived
    std::string last_empty_;   // the last event, until one has content
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/chat_stream_state.ipp>
#endif
