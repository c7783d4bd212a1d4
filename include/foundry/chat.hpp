// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/chat_message.hpp>
#include <foundry/content_filter.hpp>
#include <foundry/usage.hpp>

#include <boost/json/value.hpp>

#include <variant>

/// Requests and answers of chat completions: one described class for each object of the wire format. <foundry/chat_message.hpp> explains
/// their common rules and the names after "Wire format".
namespace foundry::inline FOUNDRY_ABI {

/// Why the model stopped. Wire format: `CompletionsFinishReason` (Models).
enum class finish_reason
{
    stop,           ///< The answer is complete, or a stop sequence was reached.
    length,         ///< The token limit was reached.
    content_filter, ///< The content filter blocked the rest.
    tool_calls,     ///< The model calls tools.
    function_call   ///< The deprecated form of `tool_calls`.
};
inline constexpr std::string_view finish_reason_names[] = {"stop", "length", "content_filter", "tool_calls",
                                                           "function_call"};
constexpr auto& wire_names(finish_reason) { return finish_reason_names; }

/// Whether the model calls tools. Wire format: `ChatCompletionsToolChoicePreset` (Models).
enum class tool_mode
{
    automatic, ///< The model decides.
    none,      ///< The model calls no tool.
    required   ///< The model calls at least one tool.
};
inline constexpr std::string_view tool_mode_names[] = {"auto", "none", "required"};
constexpr auto& wire_names(tool_mode) { return tool_mode_names; }

/// Format of the answer's text.
enum class format_type
{
    text,        ///< Any text.
    json_object, ///< A JSON object; the prompt must also ask for JSON.
    json_schema  ///< JSON that follows a schema.
};
inline constexpr std::string_view format_type_names[] = {"text", "json_object", "json_schema"};
constexpr auto& wire_names(format_type) { return format_type_names; }

/// How much a reasoning model thinks before it answers; most models take only some of the values. Wire format: `ReasoningEffort` (OpenAI).
enum class reasoning_effort
{
    none,
    minimal,
    low,
    medium,
    high,
    xhigh,
    max
};
inline constexpr std::string_view reasoning_effort_names[] = {"none", "minimal", "low", "medium",
                                                              "high", "xhigh",   "max"};
constexpr auto& wire_names(reasoning_effort) { return reasoning_effort_names; }

/// @name Request
/// @{

/// Description of a function for the model. Wire format: `FunctionDefinition` (Models), `OpenAI.FunctionObject` (v1).
struct function_definition
{
    function_definition() = default;

    std::string name;                       ///< Name: a-z, A-Z, 0-9, `_` and `-`; 1 to 64 characters.
    std::optional<std::string> description; ///< What the function does; the model selects functions by it.
    boost::json::value parameters;          ///< JSON Schema of the arguments; null for a function without any.
    std::optional<bool> strict;             ///< Whether the arguments follow the schema exactly; not set: false.
    boost::json::object extra;              ///< Other members.

    friend bool operator==(function_definition const&, function_definition const&) = default;
};
BOOST_DESCRIBE_STRUCT(function_definition, (), (name, description, parameters, strict, extra))

/// A function that the model may call. Wire format: `ChatCompletionsToolDefinition` (Models), `OpenAI.ChatCompletionTool` (v1).
struct tool_definition
{
    tool_definition() = default;
    /// @param parameters JSON Schema of the arguments.
    tool_definition(std::string name, std::string description, boost::json::value parameters);

    std::string type = "function"; ///< Always `function`.
    function_definition function;  ///< Description of the function.
    boost::json::object extra;     ///< Other members.

    friend bool operator==(tool_definition const&, tool_definition const&) = default;
};
BOOST_DESCRIBE_STRUCT(tool_definition, (), (type, function, extra))

/// Name of a function. Wire format: `ChatCompletionsNamedToolChoiceFunction` (Models).
struct function_name
{
    function_name() = default;

    std::string name;          ///< Name of one of the request's tools; at most 64 characters.
    boost::json::object extra; ///< Other members.

    friend bool operator==(function_name const&, function_name const&) = default;
};
BOOST_DESCRIBE_STRUCT(function_name, (), (name, extra))

/// Tool choice: the model must call this function. Wire format: `ChatCompletionsNamedToolChoice` (Models).
struct named_tool
{
    named_tool() = default;
    explicit named_tool(std::string name) { function.name = std::move(name); }

    std::string type = "function"; ///< Always `function`.
    function_name function;        ///< The function to call.
    boost::json::object extra;     ///< Other members.

    friend bool operator==(named_tool const&, named_tool const&) = default;
};
BOOST_DESCRIBE_STRUCT(named_tool, (), (type, function, extra))

/// Schema of the answer's text. Wire format: `ChatCompletionsResponseFormatJsonSchemaDefinition` (Models),
/// `OpenAI.ResponseFormatJsonSchema` (v1).
struct json_schema_format
{
    json_schema_format() = default;

    std::string name;                       ///< Name of the format: a-z, A-Z, 0-9, `_` and `-`; 1 to 64 characters.
    std::optional<std::string> description; ///< What the format is for; the model reads it.
    boost::json::value schema;              ///< JSON Schema; with `strict`, a subset of the standard.
    std::optional<bool> strict;             ///< Whether the answer follows the schema exactly; not set: false.
    boost::json::object extra;              ///< Other members.

    friend bool operator==(json_schema_format const&, json_schema_format const&) = default;
};
BOOST_DESCRIBE_STRUCT(json_schema_format, (), (name, description, schema, strict, extra))

/// Format of the answer's text. Wire format: `ChatCompletionsResponseFormat` (Models), `OpenAI.ResponseFormat` (v1).
struct response_format
{
    response_format() = default;
    response_format(format_type t) : type(t) {}
    /// A format of type `json_schema`; the arguments are the members of `json_schema_format`.
    static response_format from_schema(std::string name, boost::json::value schema, bool strict = true);

    open_enum<format_type> type;                   ///< Text, a JSON object, or JSON of a schema.
    std::optional<json_schema_format> json_schema; ///< Required if the type is `json_schema`.
    boost::json::object extra;                     ///< Other members.

    friend bool operator==(response_format const&, response_format const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_format, (), (type, json_schema, extra))

/// Options of a stream. Wire format: `OpenAI.ChatCompletionStreamOptions` (v1), `ChatCompletionStreamOptions` (OpenAI).
struct stream_options
{
    stream_options() = default;

    std::optional<bool> include_usage;       ///< Adds a last chunk with the usage and without choices.
    std::optional<bool> include_obfuscation; ///< Pads chunks with random characters, against observers of their sizes.
    boost::json::object extra;               ///< Other members.

    friend bool operator==(stream_options const&, stream_options const&) = default;
};
BOOST_DESCRIBE_STRUCT(stream_options, (), (include_usage, include_obfuscation, extra))

/// Spoken output that the request asks for. Wire format: `audio` of `AzureCreateChatCompletionRequest` (v1).
struct audio_output
{
    audio_output() = default;

    std::string voice;         ///< Name of the voice.
    std::string format;        ///< `wav`, `aac`, `mp3`, `flac`, `opus` or `pcm16`.
    boost::json::object extra; ///< Other members.

    friend bool operator==(audio_output const&, audio_output const&) = default;
};
BOOST_DESCRIBE_STRUCT(audio_output, (), (voice, format, extra))

/// Text that the answer is expected to repeat, such as a file to edit; this shortens the time to the answer.
/// Wire format: `OpenAI.ChatOutputPredictionContent` (v1).
struct predicted_content
{
    predicted_content() = default;
    explicit predicted_content(std::string text) : content(std::move(text)) {}

    std::string type = "content"; ///< Always `content`.
    message_content content;      ///< The expected text, or parts of type `text`.
    boost::json::object extra;    ///< Other members.

    friend bool operator==(predicted_content const&, predicted_content const&) = default;
};
BOOST_DESCRIBE_STRUCT(predicted_content, (), (type, content, extra))

/// Application and end user, for the security reports of Azure. Wire format: `AzureUserSecurityContext` (v1).
struct user_security_context
{
    user_security_context() = default;

    std::optional<std::string> application_name;   ///< Name of the application; at most 100 characters.
    std::optional<std::string> end_user_id;        ///< Entra object id of the end user: a GUID, 36 characters.
    std::optional<std::string> end_user_tenant_id; ///< Tenant of the end user: a GUID, 36 characters.
    std::optional<std::string> source_ip;          ///< IP address of the end user; 2 to 45 characters.
    boost::json::object extra;                     ///< Other members.

    friend bool operator==(user_security_context const&, user_security_context const&) = default;
};
BOOST_DESCRIBE_STRUCT(user_security_context, (), (application_name, end_user_id, end_user_tenant_id, source_ip, extra))

/// Request for a chat completion.
///
///     foundry::chat_request request{"gpt-4o-mini"};
///     request.system("You are terse.").user("How many feet are in a mile?");
///     request.temperature = 0.2;
///
/// Values are sent unchanged, never clamped or translated; if the model does not take one, the service answers with an error. The ranges
/// below are those of the reference; a model may take less. On a Foundry Models endpoint the members marked [x] are extra parameters; they
/// are sent with `extra-parameters: pass-through` unless `call_options::extra_parameters` says otherwise.
///
/// Wire format: `ChatCompletionsOptions` (Models), `AzureCreateChatCompletionRequest` (v1), `createChatCompletionRequest` (dated),
/// `CreateChatCompletionRequest` (OpenAI). Reference page: MicrosoftDocs/azure-ai-docs,
/// articles/ai-studio/reference/reference-model-inference-chat-completions.md.
struct chat_request
{
    chat_request() = default;
    /// @param model_name the deployment; empty leaves `model` unset.
    explicit chat_request(std::string model_name)
    {
        if (!model_name.empty())
            model = std::move(model_name);
    }

    /// @name Append a message; each function returns `*this`.
    /// @{
    chat_request& system(std::string text);
    chat_request& developer(std::string text);
    chat_request& user(std::string text);
    chat_request& user(std::vector<content_part> parts);
    /// Deleted: two string literals in braces would become the iterators of one string. Write a text without braces.
    chat_request& user(std::initializer_list<char const*> texts) = delete;
    chat_request& assistant(std::string text);
    /// @param tool_call_id `tool_call::id` of the call that `result` answers.
    chat_request& tool(std::string tool_call_id, std::string result);
    chat_request& add(chat_message message);
    /// @}

    /// Parses the JSON text of a request. A member `stream` is ignored: the operation decides.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) if the text is not the JSON of a request.
    static chat_request from_json(std::string_view text);
    /// The JSON text of the request.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) naming the member if one has no JSON form, such as a number that is not finite or
    /// text that is not UTF-8, or if `extra` repeats a member.
    std::string to_json() const;

    /// Name of the deployment. Not set: the endpoint's deployment, else the client's default model.
    std::optional<std::string> model;
    /// The conversation, oldest message first; at least one. Azure OpenAI takes at most 2,048.
    std::vector<chat_message> messages;
    /// Sampling temperature, 0 to 2 (the Models reference: 0 to 1); lower is more deterministic. Set this or `top_p`, not both.
    std::optional<double> temperature;
    /// Nucleus sampling: the share of the probability mass to sample from, 0 to 1. Set this or `temperature`, not both.
    std::optional<double> top_p;
    /// -2 to 2; a positive value makes a token less likely each time it occurs.
    std::optional<double> frequency_penalty;
    /// -2 to 2; a positive value makes a token less likely once it has occurred.
    std::optional<double> presence_penalty;
    /// Maximum number of tokens to generate, 0 or more. Reasoning models take only `max_completion_tokens`.
    std::optional<std::int64_t> max_tokens;
    /// [x] Maximum number of tokens to generate, reasoning included.
    std::optional<std::int64_t> max_completion_tokens;
    /// Sequences that end the answer. Azure OpenAI takes at most 4.
    std::vector<std::string> stop;
    /// Makes sampling repeatable, as far as the model can; any 64-bit integer.
    std::optional<std::int64_t> seed;
    /// Format of the answer's text; not set: text.
    std::optional<foundry::response_format> response_format;
    /// Functions that the model may call; at most 128 on Azure OpenAI.
    std::vector<tool_definition> tools;
    /// Whether and which tools the model calls. Not set: automatic if there are tools.
    std::variant<std::monostate, open_enum<tool_mode>, named_tool> tool_choice;
    /// Kinds of output: `text`, `audio`; empty: text.
    std::vector<std::string> modalities;
    /// [x] Whether one answer may call several tools; not set: true.
    std::optional<bool> parallel_tool_calls;
    /// [x] Options of a stream; only for `client::stream()`.
    std::optional<foundry::stream_options> stream_options;
    /// [x] How much a reasoning model thinks before it answers.
    open_enum<foundry::reasoning_effort> reasoning_effort;
    /// [x] Number of choices, 1 to 128; not set: 1. The service bills all of them.
    std::optional<std::int64_t> n;
    /// [x] Whether the answer has the log probability of each token.
    std::optional<bool> logprobs;
    /// [x] Number of alternatives for each token, 0 to 20; needs `logprobs`.
    std::optional<std::int64_t> top_logprobs;
    /// [x] Bias of each token id, -100 (never) to 100 (always).
    dictionary<std::int64_t> logit_bias;
    /// [x] Identifies the end user, for abuse detection.
    std::optional<std::string> user_;
    /// [x] Voice and format of spoken output; required if `modalities` contains `audio`.
    std::optional<audio_output> audio;
    /// [x] Text that the answer is expected to repeat.
    std::optional<predicted_content> prediction;
    /// [x] Whether the service stores the answer, for distillation and evaluation; not set: false.
    std::optional<bool> store;
    /// [x] At most 16 pairs for a stored answer; names of at most 64, values of at most 512 characters.
    dictionary<std::string> metadata;
    /// [x] Data sources of Azure OpenAI On Your Data, as JSON objects.
    std::vector<boost::json::value> data_sources;
    /// [x] Application and end user, for security reports; Azure OpenAI only.
    std::optional<foundry::user_security_context> user_security_context;
    /// [x] Length of the answer: `low`, `medium` or `high`; not set: medium. Only OpenAI documents it.
    std::optional<std::string> verbosity;
    /// [x] Processing tier: `auto`, `default`, `flex`, `scale`, `priority` or `fast`; not set: auto.
    std::optional<std::string> service_tier;
    /// [x] Requests with the same key share a prompt cache.
    std::optional<std::string> prompt_cache_key;
    /// [x] Stable hash of the end user, for abuse detection; at most 64 characters.
    std::optional<std::string> safety_identifier;
    /// [x] Members that this class does not declare: `request.extra["top_k"] = 40;`
    boost::json::object extra;

    friend bool operator==(chat_request const&, chat_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(chat_request, (),
                      (model, messages, temperature, top_p, frequency_penalty, presence_penalty, max_tokens,
                       max_completion_tokens, stop, seed, response_format, tools, tool_choice, modalities,
                       parallel_tool_calls, stream_options, reasoning_effort, n, logprobs, top_logprobs, logit_bias,
                       user_, audio, prediction, store, metadata, data_sources, user_security_context, verbosity,
                       service_tier, prompt_cache_key, safety_identifier, extra))

/// @}
/// @name Answer
/// @{

/// A likely token at one position. Wire format: `top_logprobs` of `OpenAI.ChatCompletionTokenLogprob` (v1).
struct token_alternative
{
    token_alternative() = default;

    std::string token;               ///< Text of the token.
    double logprob = 0;              ///< Natural logarithm of its probability; -9999 if very unlikely.
    std::vector<std::int64_t> bytes; ///< UTF-8 bytes of the token, 0 to 255 each; may be empty.
    boost::json::object extra;       ///< Other members.

    friend bool operator==(token_alternative const&, token_alternative const&) = default;
};
BOOST_DESCRIBE_STRUCT(token_alternative, (), (token, logprob, bytes, extra))

/// A token of the answer and its probability. Wire format: `OpenAI.ChatCompletionTokenLogprob` (v1).
struct token_logprob
{
    token_logprob() = default;

    std::string token;                           ///< Text of the token.
    double logprob = 0;                          ///< Natural logarithm of its probability; -9999 if very unlikely.
    std::vector<std::int64_t> bytes;             ///< UTF-8 bytes of the token, 0 to 255 each; may be empty.
    std::vector<token_alternative> top_logprobs; ///< The most likely tokens at this position.
    boost::json::object extra;                   ///< Other members.

    friend bool operator==(token_logprob const&, token_logprob const&) = default;
};
BOOST_DESCRIBE_STRUCT(token_logprob, (), (token, logprob, bytes, top_logprobs, extra))

/// Log probabilities of a choice. Wire format: `chatCompletionChoiceLogProbs` (dated).
struct choice_logprobs
{
    choice_logprobs() = default;

    std::vector<token_logprob> content; ///< Tokens of the content.
    std::vector<token_logprob> refusal; ///< Tokens of the refusal.
    boost::json::object extra;          ///< Other members.

    friend bool operator==(choice_logprobs const&, choice_logprobs const&) = default;
};
BOOST_DESCRIBE_STRUCT(choice_logprobs, (), (content, refusal, extra))

/// One answer of the model; a request with `n` gets several.
/// Wire format: `ChatChoice` (Models), `choices` of `AzureCreateChatCompletionResponse` (v1).
struct chat_choice
{
    chat_choice() = default;

    std::int64_t index = 0;                          ///< Number of the choice, from 0.
    open_enum<foundry::finish_reason> finish_reason; ///< Why the model stopped.
    chat_message message;                            ///< The model's message.
    choice_logprobs logprobs;                        ///< Empty unless the request asked for them.
    filter_results content_filter_results;           ///< Results of the content filter for this choice.
    boost::json::object extra;                       ///< Other members.

    friend bool operator==(chat_choice const&, chat_choice const&) = default;
};
BOOST_DESCRIBE_STRUCT(chat_choice, (), (index, finish_reason, message, logprobs, content_filter_results, extra))

/// A complete answer.
///
/// Wire format: `ChatCompletions` (Models), `AzureCreateChatCompletionResponse` (v1), `createChatCompletionResponse` (dated). Reference
/// page: MicrosoftDocs/azure-ai-docs, articles/ai-studio/reference/reference-model-inference-chat-completions.md.
struct chat_completion : answer
{
    chat_completion() = default;
    // compiled once, and not in each file that receives a completion
    chat_completion(chat_completion const&);
    chat_completion(chat_completion&&) noexcept;
    chat_completion& operator=(chat_completion const&);
    chat_completion& operator=(chat_completion&&) noexcept;
    ~chat_completion();

    /// Text of the first choice; empty if it has none, as with tool calls.
    std::string text() const;
    /// Message of the first choice for the history of the next request: without reasoning and other members that most models do not take.
    /// `choices[0].message` is the complete message.
    chat_message message() const;
    /// Tool calls of the first choice; may be empty.
    std::vector<tool_call> const& tool_calls() const noexcept;
    /// Finish reason of the first choice; not set if there is no choice.
    open_enum<foundry::finish_reason> finish_reason() const;
    /// The completion as JSON text.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) as `chat_request::to_json()`.
    std::string to_json() const;

    /// Identifies the completion.
    std::string id;
    /// `chat.completion`.
    std::string object;
    /// When the service made it, in seconds since 1970.
    std::int64_t created = 0;
    /// Model that serves the deployment.
    std::string model;
    /// The answers; one unless the request set `n`.
    std::vector<chat_choice> choices;
    /// Number of tokens used, if the service reports it.
    std::optional<token_usage> usage;
    /// Results of the content filter for the prompt; also read from `prompt_annotations`, the old name.
    std::vector<prompt_filter_result> prompt_filter_results;
    /// Configuration of the server; compare it if `seed` is set.
    std::optional<std::string> system_fingerprint;
    /// Processing tier that served the request.
    std::optional<std::string> service_tier;
    /// Members that this class does not declare.
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(chat_completion, (),
                      (id, object, created, model, choices, usage, prompt_filter_results, system_fingerprint,
                       service_tier, extra))

/// Piece of a tool call: the id and the name come once, the arguments in pieces.
/// Wire format: `StreamingChatResponseToolCallUpdate` (Models), `OpenAI.ChatCompletionMessageToolCallChunk` (v1).
struct tool_call_delta
{
    tool_call_delta() = default;

    std::optional<std::int64_t> index; ///< Number of the call that the piece belongs to; some services omit it.
    std::string id;                    ///< Id of the call; often only in the first piece.
    std::string type;                  ///< `function`.
    called_function function;          ///< Name, and the next piece of the arguments.
    boost::json::object extra;         ///< Other members.

    friend bool operator==(tool_call_delta const&, tool_call_delta const&) = default;
};
BOOST_DESCRIBE_STRUCT(tool_call_delta, (), (index, id, type, function, extra))

/// Part of a message that one chunk adds.
/// Wire format: `StreamingChatResponseMessageUpdate` (Models), `AzureChatCompletionStreamResponseDelta` (v1).
struct chat_delta
{
    chat_delta() = default;

    open_enum<chat_role> role;               ///< Author; often only in the first chunk.
    std::string content;                     ///< Next piece of the text.
    std::string refusal;                     ///< Next piece of the refusal.
    std::string reasoning_content;           ///< Next piece of the reasoning; also read from `reasoning`.
    std::vector<tool_call_delta> tool_calls; ///< Next pieces of the tool calls.
    std::optional<message_audio> audio;      ///< Next piece of the spoken output.
    boost::json::object extra;               ///< Other members.

    friend bool operator==(chat_delta const&, chat_delta const&) = default;
};
BOOST_DESCRIBE_STRUCT(chat_delta, (), (role, content, refusal, reasoning_content, tool_calls, audio, extra))

/// Text that the results of the asynchronous content filter refer to, as offsets in characters.
/// Source: MicrosoftDocs/azure-ai-docs, articles/foundry/openai/includes/concepts-content-streaming-2.md.
struct filter_offsets
{
    filter_offsets() = default;

    std::int64_t check_offset = 0; ///< End of the text that the filter has checked.
    std::int64_t start_offset = 0; ///< Start of the text that the results refer to.
    std::int64_t end_offset = 0;   ///< End of that text.
    boost::json::object extra;     ///< Other members.

    friend bool operator==(filter_offsets const&, filter_offsets const&) = default;
};
BOOST_DESCRIBE_STRUCT(filter_offsets, (), (check_offset, start_offset, end_offset, extra))

/// Part of a choice that one chunk adds.
/// Wire format: `StreamingChatChoiceUpdate` (Models), `choices` of `AzureCreateChatCompletionStreamResponse` (v1).
struct chunk_choice
{
    chunk_choice() = default;

    std::int64_t index = 0;                          ///< Number of the choice, from 0.
    chat_delta delta;                                ///< What the chunk adds to the message.
    open_enum<foundry::finish_reason> finish_reason; ///< Set in the last chunk of the choice.
    choice_logprobs logprobs;                        ///< Empty unless the request asked for them.
    filter_results content_filter_results;           ///< Results of the content filter.
    filter_offsets content_filter_offsets;           ///< Set only by the asynchronous filter; else 0.
    boost::json::object extra;                       ///< Other members.

    friend bool operator==(chunk_choice const&, chunk_choice const&) = default;
};
BOOST_DESCRIBE_STRUCT(chunk_choice, (),
                      (index, delta, finish_reason, logprobs, content_filter_results, content_filter_offsets, extra))

/// One event of a stream. Azure also sends chunks without choices: the first with the prompt filter results, the last with the usage.
///
/// Wire format: `StreamingChatCompletionsUpdate` (Models), `AzureCreateChatCompletionStreamResponse` (v1),
/// `createChatCompletionStreamResponse` (dated).
struct chat_chunk
{
    chat_chunk() = default;

    /// Text that the chunk adds to the first choice; often empty. The view is valid until the chunk changes.
    std::string_view text() const noexcept;
    /// Data of the event, as received.
    std::string const& raw() const noexcept { return raw_; }
    std::string& raw_storage() noexcept { return raw_; }

    /// Identifies the completion; empty in chunks of the content filter.
    std::string id;
    /// `chat.completion.chunk`.
    std::string object;
    /// When the service made the completion, in seconds since 1970.
    std::int64_t created = 0;
    /// Model that serves the deployment.
    std::string model;
    /// What the chunk adds to each choice; may be empty.
    std::vector<chunk_choice> choices;
    /// Number of tokens used; in the last chunk, if the service reports it.
    std::optional<token_usage> usage;
    /// Results of the content filter for the prompt; also read from `prompt_annotations`, the old name.
    std::vector<prompt_filter_result> prompt_filter_results;
    /// Configuration of the server; compare it if `seed` is set.
    std::optional<std::string> system_fingerprint;
    /// Processing tier that served the request.
    std::optional<std::string> service_tier;
    /// Random characters that hide the size of the text from who watches the connection; see `stream_options::include_obfuscation`.
    std::optional<std::string> obfuscation;
    /// Members that this class does not declare.
    boost::json::object extra;

private:
    std::string raw_;
};
BOOST_DESCRIBE_STRUCT(chat_chunk, (),
                      (id, object, created, model, choices, usage, prompt_filter_results, system_fingerprint,
                       service_tier, obfuscation, extra))

/// @}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/chat.ipp>
#endif
