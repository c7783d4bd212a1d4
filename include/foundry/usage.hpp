// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>

namespace foundry::inline FOUNDRY_ABI {

/// Token usage: what a call cost. From the chat and embedding APIs (`usage`). A count is 0 if the service does not report it.
/// @{

/// How many of the tokens of a completion were of which kind.
struct completion_tokens_details
{
    completion_tokens_details() = default;

    std::int64_t reasoning_tokens = 0;           ///< Thought before the text; billed as output.
    std::int64_t audio_tokens = 0;               ///< Spoken.
    std::int64_t accepted_prediction_tokens = 0; ///< Taken from the request's prediction.
    std::int64_t rejected_prediction_tokens = 0; ///< Predicted in vain; billed as output.
    boost::json::object extra;

    friend bool operator==(completion_tokens_details const&, completion_tokens_details const&) = default;
};
BOOST_DESCRIBE_STRUCT(completion_tokens_details, (),
                      (reasoning_tokens, audio_tokens, accepted_prediction_tokens, rejected_prediction_tokens, extra))

/// How many of the tokens of a prompt were of which kind.
struct prompt_tokens_details
{
    prompt_tokens_details() = default;

    std::int64_t cached_tokens = 0; ///< Read from the service's prompt cache.
    std::int64_t audio_tokens = 0;  ///< From audio input.
    boost::json::object extra;

    friend bool operator==(prompt_tokens_details const&, prompt_tokens_details const&) = default;
};
BOOST_DESCRIBE_STRUCT(prompt_tokens_details, (), (cached_tokens, audio_tokens, extra))

/// The tokens of one call.
struct token_usage
{
    token_usage() = default;

    std::int64_t prompt_tokens = 0;
    std::int64_t completion_tokens = 0;
    std::int64_t total_tokens = 0;
    foundry::prompt_tokens_details prompt_tokens_details;
    foundry::completion_tokens_details completion_tokens_details;
    boost::json::object extra;

    friend bool operator==(token_usage const&, token_usage const&) = default;
};
BOOST_DESCRIBE_STRUCT(token_usage, (),
                      (prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details, completion_tokens_details,
                       extra))

/// @}

} // namespace foundry::inline FOUNDRY_ABI
