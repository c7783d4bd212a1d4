// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>

namespace foundry::inline FOUNDRY_ABI {

/// Parts of `token_usage::completion_tokens`; 0 if the service does not report one.
/// Wire format: `CompletionsUsageDetails` (Models), `OpenAI.CompletionUsage` (v1).
struct completion_tokens_details
{
    completion_tokens_details() = default;

    std::int64_t reasoning_tokens = 0;           ///< Tokens of the reasoning.
    std::int64_t audio_tokens = 0;               ///< Tokens of audio.
    std::int64_t accepted_prediction_tokens = 0; ///< Tokens of the prediction that the answer repeats.
    std::int64_t rejected_prediction_tokens = 0; ///< Other tokens of the prediction, which are billed, too.
    boost::json::object extra;                   ///< Other members.

    friend bool operator==(completion_tokens_details const&, completion_tokens_details const&) = default;
};
BOOST_DESCRIBE_STRUCT(completion_tokens_details, (),
                      (reasoning_tokens, audio_tokens, accepted_prediction_tokens, rejected_prediction_tokens, extra))

/// Parts of `token_usage::prompt_tokens`; 0 if the service does not report one.
/// Wire format: `PromptUsageDetails` (Models), `OpenAI.CompletionUsage` (v1).
struct prompt_tokens_details
{
    prompt_tokens_details() = default;

    std::int64_t cached_tokens = 0; ///< Tokens that the service had in its prompt cache.
    std::int64_t audio_tokens = 0;  ///< Tokens of audio.
    boost::json::object extra;      ///< Other members.

    friend bool operator==(prompt_tokens_details const&, prompt_tokens_details const&) = default;
};
BOOST_DESCRIBE_STRUCT(prompt_tokens_details, (), (cached_tokens, audio_tokens, extra))

/// Number of tokens that a call used. Wire format: `CompletionsUsage` (Models), `OpenAI.CompletionUsage` (v1), `EmbeddingsUsage` (Models).
struct token_usage
{
    token_usage() = default;

    std::int64_t prompt_tokens = 0;                               ///< Tokens of the input.
    std::int64_t completion_tokens = 0;                           ///< Tokens of the output, of all choices.
    std::int64_t total_tokens = 0;                                ///< Sum of both.
    foundry::prompt_tokens_details prompt_tokens_details;         ///< Parts of the input.
    foundry::completion_tokens_details completion_tokens_details; ///< Parts of the output.
    boost::json::object extra;                                    ///< Other members.

    friend bool operator==(token_usage const&, token_usage const&) = default;
};
BOOST_DESCRIBE_STRUCT(token_usage, (),
                      (prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details, completion_tokens_details,
                       extra))

/// Number of tokens that a response used. Wire format: `ResponseUsage` (v1).
struct response_usage
{
    response_usage() = default;

    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t total_tokens = 0;
    prompt_tokens_details input_tokens_details;
    completion_tokens_details output_tokens_details;
    boost::json::object extra;

    friend bool operator==(response_usage const&, response_usage const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_usage, (),
                      (input_tokens, output_tokens, total_tokens, input_tokens_details, output_tokens_details, extra))

/// The same numbers by the names of the chat API.
[[nodiscard]] inline token_usage to_token_usage(response_usage const& from)
{
    token_usage usage;
    usage.prompt_tokens = from.input_tokens;
    usage.completion_tokens = from.output_tokens;
    usage.total_tokens = from.total_tokens;
    usage.prompt_tokens_details = from.input_tokens_details;
    usage.completion_tokens_details = from.output_tokens_details;
    return usage;
}

} // namespace foundry::inline FOUNDRY_ABI
