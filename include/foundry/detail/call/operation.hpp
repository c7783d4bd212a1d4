// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/options.hpp>

#include <span>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// All that the library knows of one REST operation: a row of the operation table. What it says decides which endpoints have the
/// operation, where its deployment stands, which model it has by default, what is an extra parameter, and what the observer is told.
struct operation
{
    std::string_view
        path; ///< After the endpoint's base, such as `chat/completions`. A row holds for the paths below it, too.
    std::string_view verb = "POST";
    bool in_models_api = true;                     ///< Whether the Foundry Models API has it.
    bool in_azure_openai = true;                   ///< Whether Azure OpenAI has it, on the v1 and on the dated form.
    bool has_deployment = false;                   ///< Whether the dated form puts the deployment into its path.
    std::string options::*default_model = nullptr; ///< For requests that name no model; null: it takes none.
    std::span<std::string_view const> models_api_members =
        {};                               ///< Members that the Foundry Models API has; empty: not known.
    std::string_view telemetry_name = {}; ///< OpenTelemetry's `gen_ai.operation.name`; empty: the path.
    bool has_error_member =
        false; ///< Whether its objects have a member `error` of their own, as a batch has: no failure of the call.
    std::size_t size_limits::*body_limit = &size_limits::body;
    bool can_move = false; ///< Whether any endpoint of a list may answer it: it uses no state of an earlier call.
};

/// The members that the Foundry Models API has in chat requests (2024-05-01-preview, `ChatCompletionsOptions`).
inline constexpr std::string_view models_api_chat_members[] = {
    "messages", "model", "temperature", "top_p", "frequency_penalty", "presence_penalty", "max_tokens",
    "stop",     "seed",  "stream",      "tools", "response_format",   "tool_choice",      "modalities",
};
/// The members that it has in requests of texts to embed (`EmbeddingsOptions`) and of images (`ImageEmbeddingsOptions`).
inline constexpr std::string_view models_api_embedding_members[] = {
    "input", "model", "dimensions", "encoding_format", "input_type",
};
/// The members that it has in requests of images to generate (2025-05-15-preview).
inline constexpr std::string_view models_api_image_members[] = {
    "prompt", "model", "n", "size", "quality", "output_format", "seed", "negative_prompt", "image_prompt",
};

/// The operation table. A path belongs to the first row that it equals or lies below.
namespace operations {

inline constexpr operation chat = {
    .path = "chat/completions",
    .has_deployment = true,
    .default_model = &options::default_model,
    .models_api_members = models_api_chat_members,
    .telemetry_name = "chat",
    .can_move = true,
};
inline constexpr operation completions = {
    .path = "completions",
    .has_deployment = true,
    .default_model = &options::default_model,
    .telemetry_name = "text_completion",
};
inline constexpr operation embeddings = {
    .path = "embeddings",
    .has_deployment = true,
    .default_model = &options::default_embedding_model,
    .models_api_members = models_api_embedding_members,
    .telemetry_name = "embeddings",
    .body_limit = &size_limits::embeddings_body,
    .can_move = true,
};
inline constexpr operation image_embeddings = {
    .path = "images/embeddings",
    .in_azure_openai = false,
    .has_deployment = true,
    .default_model = &options::default_embedding_model,
    .models_api_members = models_api_embedding_members,
    .telemetry_name = "embeddings",
    .body_limit = &size_limits::embeddings_body,
    .can_move = true,
};
inline constexpr operation image_generation = {
    .path = "images/generations",
    .has_deployment = true,
    .default_model = &options::default_image_model,
    .models_api_members = models_api_image_members,
    .can_move = true,
};
inline constexpr operation responses = {
    .path = "responses",
    .in_models_api = false,
    .default_model = &options::default_model,
    .has_error_member = true,
};
inline constexpr operation batches = {.path = "batches", .in_models_api = false, .has_error_member = true};
inline constexpr operation files = {.path = "files", .in_models_api = false, .has_error_member = true};
inline constexpr operation audio = {.path = "audio", .in_models_api = false, .has_deployment = true};
inline constexpr operation models = {.path = "models", .verb = "GET", .in_models_api = false};
inline constexpr operation realtime = {.path = "realtime", .in_models_api = false, .has_error_member = true};
inline constexpr operation model_info = {.path = "info", .verb = "GET", .in_azure_openai = false};

/// The rows above, in the order in which a path is compared with them: a row comes before one that it lies below.
inline constexpr operation const* with_functions[] = {
    &chat,    &completions, &embeddings, &image_embeddings, &image_generation, &responses,
    &batches, &files,       &audio,      &models,           &realtime,         &model_info};

/// Operations without functions of their own, which client::call() reaches.
inline constexpr operation others[] = {
    {.path = "images", .has_deployment = true},
    {.path = "chat", .has_deployment = true},
    {.path = "extensions", .has_deployment = true},
    {.path = "assistants", .in_models_api = false, .has_error_member = true},
    {.path = "containers", .in_models_api = false, .has_error_member = true},
    {.path = "evals", .in_models_api = false, .has_error_member = true},
    {.path = "fine_tuning", .in_models_api = false, .has_error_member = true},
    {.path = "threads", .in_models_api = false, .has_error_member = true},
    {.path = "uploads", .in_models_api = false, .has_error_member = true},
    {.path = "vector_stores", .in_models_api = false, .has_error_member = true},
};

/// For a path that no row covers.
inline constexpr operation unknown = {.path = "", .has_error_member = true};

} // namespace operations

/// The row of a path.
FOUNDRY_DECL operation const& find_operation(std::string_view path) noexcept;

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/operation.ipp>
#endif
