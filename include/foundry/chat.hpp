// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/chat_message.hpp>
#include <foundry/content_filter.hpp>
#include <foundry/usage.hpp>

#include <boost/json/value.hpp>

#include <variant>

/// The requests and answers of chat completions, one described class for each object on the wire; see chat_message.hpp for what
/// they have in common.
namespace foundry::inline FOUNDRY_ABI {

enum class finish_reason
{
    stop,
    length,
    content_filter,
    tool_calls,
    function_call
};
inline constexpr std::string_view finish_reason_names[] = {"stop", "length", "content_filter", "tool_calls",
                                                           "function_call"};
constexpr auto& wire_names(finish_reason) { return finish_reason_names; }

enum class tool_mode
{
    automatic,
    none,
    required
};
inline constexpr std::string_view tool_mode_names[] = {"auto", "none", "required"};
constexpr auto& wire_names(tool_mode) { return tool_mode_names; }

enum class format_type
{
    text,
    json_object,
    json_schema
};
inline constexpr std::string_view format_type_names[] = {"text", "json_object", "json_schema"};
constexpr auto& wire_names(format_type) { return format_type_names; }

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

struct function_definition
{
    function_definition() = default;

    std::string name; ///< a-z, A-Z, 0-9, `_` and `-`; at most 64.
    std::optional<std::string> description;
    boost::json::value parameters; ///< A JSON Schema.
    std::optional<bool> strict;
    boost::json::object extra;

    friend bool operator==(function_definition const&, function_definition const&) = default;
};
BOOST_DESCRIBE_STRUCT(function_definition, (), (name, description, parameters, strict, extra))

/// A function that the model may ask for.
struct tool_definition
{
    tool_definition() = default;
    tool_definition(std::string name, std::string description, boost::json::value parameters);

    std::string type = "function";
    function_definition function;
    boost::json::object extra;

    friend bool operator==(tool_definition const&, tool_definition const&) = default;
};
BOOST_DESCRIBE_STRUCT(tool_definition, (), (type, function, extra))

struct function_name
{
    function_name() = default;

    std::string name;
    boost::json::object extra;

    friend bool operator==(function_name const&, function_name const&) = default;
};
BOOST_DESCRIBE_STRUCT(function_name, (), (name, extra))

/// This function must be called.
struct named_tool
{
    named_tool() = default;
    explicit named_tool(std::string name) { function.name = std::move(name); }

    std::string type = "function";
    function_name function;
    boost::json::object extra;

    friend bool operator==(named_tool const&, named_tool const&) = default;
};
BOOST_DESCRIBE_STRUCT(named_tool, (), (type, function, extra))

struct json_schema_format
{
    json_schema_format() = default;

    std::string name; ///< At most 64 characters.
    std::optional<std::string> description;
    boost::json::value schema;
    std::optional<bool> strict;
    boost::json::object extra;

    friend bool operator==(json_schema_format const&, json_schema_format const&) = default;
};
BOOST_DESCRIBE_STRUCT(json_schema_format, (), (name, description, schema, strict, extra))

/// What the answer's text has to be. With `json_object` the prompt must ask for JSON, too.
struct response_format
{
    response_format() = default;
    response_format(format_type t) : type(t) {}
    static response_format from_schema(std::string name, boost::json::value schema, bool strict = true);

    open_enum<format_type> type;
    std::optional<json_schema_format> json_schema;
    boost::json::object extra;

    friend bool operator==(response_format const&, response_format const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_format, (), (type, json_schema, extra))

struct stream_options
{
    stream_options() = default;

    std::optional<bool> include_usage; ///< One more chunk, without choices, that tells the tokens.
    std::optional<bool> include_obfuscation;
    boost::json::object extra;

    friend bool operator==(stream_options const&, stream_options const&) = default;
};
BOOST_DESCRIBE_STRUCT(stream_options, (), (include_usage, include_obfuscation, extra))

struct audio_output
{
    audio_output() = default;

    std::string voice;
    std::string format; ///< wav, aac, mp3, flac, opus or pcm16
    boost::json::object extra;

    friend bool operator==(audio_output const&, audio_output const&) = default;
};
BOOST_DESCRIBE_STRUCT(audio_output, (), (voice, format, extra))

/// Text that is likely to come back, which makes the answer faster.
struct predicted_content
{
    predicted_content() = default;
    explicit predicted_content(std::string text) : content(std::move(text)) {}

    std::string type = "content";
    message_content content;
    boost::json::object extra;

    friend bool operator==(predicted_content const&, predicted_content const&) = default;
};
BOOST_DESCRIBE_STRUCT(predicted_content, (), (type, content, extra))

struct user_security_context
{
    user_security_context() = default;

    std::optional<std::string> application_name;
    std::optional<std::string> end_user_id;
    std::optional<std::string> end_user_tenant_id;
    std::optional<std::string> source_ip;
    boost::json::object extra;

    friend bool operator==(user_security_context const&, user_security_context const&) = default;
};
BOOST_DESCRIBE_STRUCT(user_security_context, (), (application_name, end_user_id, end_user_tenant_id, source_ip, extra))

/// A question to a model.
///
///     foundry::chat_request request{"gpt-4o-mini"};
///     request.system("You are terse.").user("How many feet are in a mile?");
///     request.temperature = 0.2;
///
/// Values are sent as they are, never clamped or translated: what a model refuses, its error says. On a Foundry Models endpoint
/// the members marked [x] are extra parameters of that API; they are sent with `extra-parameters: pass-through` unless the
/// call's options say otherwise.
struct chat_request
{
    chat_request() = default;
    /// An empty name leaves the model unset.
    explicit chat_request(std::string model_name)
    {
        if (!model_name.empty())
            model = std::move(model_name);
    }

    /// @name Append a message
    /// @{
    chat_request& system(std::string text);
    chat_request& developer(std::string text);
    chat_request& user(std::string text);
    chat_request& user(std::vector<content_part> parts);
    /// A text needs no braces; two in braces would be taken for the ends of one.
    chat_request& user(std::initializer_list<char const*> texts) = delete;
    chat_request& assistant(std::string text);
    chat_request& tool(std::string tool_call_id, std::string result);
    chat_request& add(chat_message message);
    /// @}

    /// @throws foundry::error (`errc::invalid_argument`) where the text is not such a request.
    static chat_request from_json(std::string_view text);
    /// @throws foundry::error (`errc::invalid_argument`) naming the member that cannot be sent.
    std::string to_json() const;

    std::optional<std::string> model; ///< The deployment's name. Not set: the endpoint's or the client's default.
    std::vector<chat_message> messages;
    std::optional<double> temperature;
    std::optional<double> top_p;
    std::optional<double> frequency_penalty;
    std::optional<double> presence_penalty;
    std::optional<std::int64_t> max_tokens;            ///< Reasoning models want `max_completion_tokens` instead.
    std::optional<std::int64_t> max_completion_tokens; ///< [x]
    std::vector<std::string> stop;
    std::optional<std::int64_t> seed;
    std::optional<foundry::response_format> response_format;
    std::vector<tool_definition> tools;
    std::variant<std::monostate, open_enum<tool_mode>, named_tool> tool_choice;
    std::vector<std::string> modalities;
    std::optional<bool> parallel_tool_calls;                             ///< [x]
    std::optional<foundry::stream_options> stream_options;               ///< [x]
    open_enum<foundry::reasoning_effort> reasoning_effort;               ///< [x]
    std::optional<std::int64_t> n;                                       ///< [x] How many choices.
    std::optional<bool> logprobs;                                        ///< [x]
    std::optional<std::int64_t> top_logprobs;                            ///< [x]
    dictionary<std::int64_t> logit_bias;                                 ///< [x] By token id.
    std::optional<std::string> user_;                                    ///< [x] The end user's identifier.
    std::optional<audio_output> audio;                                   ///< [x]
    std::optional<predicted_content> prediction;                         ///< [x]
    std::optional<bool> store;                                           ///< [x]
    dictionary<std::string> metadata;                                    ///< [x]
    std::vector<boost::json::value> data_sources;                        ///< [x] Azure OpenAI On Your Data.
    std::optional<foundry::user_security_context> user_security_context; ///< [x]
    std::optional<std::string> verbosity;                                ///< [x] low, medium or high
    std::optional<std::string> service_tier;                             ///< [x]
    std::optional<std::string> prompt_cache_key;                         ///< [x]
    std::optional<std::string> safety_identifier;                        ///< [x]
    boost::json::object extra; ///< [x] Any other member: `request.extra["top_k"] = 40;`

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

struct token_alternative
{
    token_alternative() = default;

    std::string token;
    double logprob = 0;
    std::vector<std::int64_t> bytes;
    boost::json::object extra;

    friend bool operator==(token_alternative const&, token_alternative const&) = default;
};
BOOST_DESCRIBE_STRUCT(token_alternative, (), (token, logprob, bytes, extra))

struct token_logprob
{
    token_logprob() = default;

    std::string token;
    double logprob = 0;
    std::vector<std::int64_t> bytes;
    std::vector<token_alternative> top_logprobs; ///< What else was likely here.
    boost::json::object extra;

    friend bool operator==(token_logprob const&, token_logprob const&) = default;
};
BOOST_DESCRIBE_STRUCT(token_logprob, (), (token, logprob, bytes, top_logprobs, extra))

struct choice_logprobs
{
    choice_logprobs() = default;

    std::vector<token_logprob> content;
    std::vector<token_logprob> refusal;
    boost::json::object extra;

    friend bool operator==(choice_logprobs const&, choice_logprobs const&) = default;
};
BOOST_DESCRIBE_STRUCT(choice_logprobs, (), (content, refusal, extra))

struct chat_choice
{
    chat_choice() = default;

    std::int64_t index = 0;
    open_enum<foundry::finish_reason> finish_reason;
    chat_message message;
    choice_logprobs logprobs; ///< Empty unless the request asked for them.
    filter_results content_filter_results;
    boost::json::object extra;

    friend bool operator==(chat_choice const&, chat_choice const&) = default;
};
BOOST_DESCRIBE_STRUCT(chat_choice, (), (index, finish_reason, message, logprobs, content_filter_results, extra))

/// A whole answer.
struct chat_completion : answer
{
    chat_completion() = default;

    /// The first choice's text; empty where there is none, as with tool calls.
    std::string text() const;
    /// The first choice's message as the history of the next request wants it: without its reasoning and other members that most
    /// models want left out. `choices[0].message` has it all.
    chat_message message() const;
    /// The first choice's.
    std::vector<tool_call> const& tool_calls() const noexcept;
    /// The first choice's; not set where there is none.
    open_enum<foundry::finish_reason> finish_reason() const;
    std::string to_json() const;

    std::string id;
    std::string object;
    std::int64_t created = 0; ///< Seconds since 1970.
    std::string model;        ///< The model behind the deployment.
    std::vector<chat_choice> choices;
    std::optional<token_usage> usage;
    std::vector<prompt_filter_result> prompt_filter_results; ///< Also under its old name, `prompt_annotations`.
    std::optional<std::string> system_fingerprint;
    std::optional<std::string> service_tier;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(chat_completion, (),
                      (id, object, created, model, choices, usage, prompt_filter_results, system_fingerprint,
                       service_tier, extra))

/// A piece of a tool call: the id and the name come once, the arguments in pieces.
struct tool_call_delta
{
    tool_call_delta() = default;

    std::optional<std::int64_t> index;
    std::string id;
    std::string type;
    called_function function;
    boost::json::object extra;

    friend bool operator==(tool_call_delta const&, tool_call_delta const&) = default;
};
BOOST_DESCRIBE_STRUCT(tool_call_delta, (), (index, id, type, function, extra))

/// What a chunk adds to the message.
struct chat_delta
{
    chat_delta() = default;

    open_enum<chat_role> role;
    std::string content;
    std::string refusal;
    std::string reasoning_content; ///< Also where the service calls it `reasoning`.
    std::vector<tool_call_delta> tool_calls;
    std::optional<message_audio> audio;
    boost::json::object extra;

    friend bool operator==(chat_delta const&, chat_delta const&) = default;
};
BOOST_DESCRIBE_STRUCT(chat_delta, (), (role, content, refusal, reasoning_content, tool_calls, audio, extra))

/// Which characters an asynchronous filter verdict is about.
struct filter_offsets
{
    filter_offsets() = default;

    std::int64_t check_offset = 0;
    std::int64_t start_offset = 0;
    std::int64_t end_offset = 0;
    boost::json::object extra;

    friend bool operator==(filter_offsets const&, filter_offsets const&) = default;
};
BOOST_DESCRIBE_STRUCT(filter_offsets, (), (check_offset, start_offset, end_offset, extra))

struct chunk_choice
{
    chunk_choice() = default;

    std::int64_t index = 0;
    chat_delta delta;
    open_enum<foundry::finish_reason> finish_reason;
    choice_logprobs logprobs; ///< Empty unless the request asked for them.
    filter_results content_filter_results;
    filter_offsets content_filter_offsets; ///< Zero but with the asynchronous filter.
    boost::json::object extra;

    friend bool operator==(chunk_choice const&, chunk_choice const&) = default;
};
BOOST_DESCRIBE_STRUCT(chunk_choice, (),
                      (index, delta, finish_reason, logprobs, content_filter_results, content_filter_offsets, extra))

/// One event of a stream. Azure also sends chunks without choices: prompt filter results first, usage last.
struct chat_chunk
{
    chat_chunk() = default;

    /// What the chunk adds to the first choice's text; often empty. Valid while the chunk is unchanged.
    std::string_view text() const noexcept;
    /// The event's data as it came.
    std::string const& raw() const noexcept { return raw_; }
    std::string& raw_storage() noexcept { return raw_; }

    std::string id;
    std::string object;
    std::int64_t created = 0;
    std::string model;
    std::vector<chunk_choice> choices;
    std::optional<token_usage> usage;
    std::vector<prompt_filter_result> prompt_filter_results; ///< Also under its old name, `prompt_annotations`.
    std::optional<std::string> system_fingerprint;
    std::optional<std::string> service_tier;
    boost::json::object extra;

private:
    std::string raw_;
};
BOOST_DESCRIBE_STRUCT(chat_chunk, (),
                      (id, object, created, model, choices, usage, prompt_filter_results, system_fingerprint,
                       service_tier, extra))

namespace detail {

/// How far the tool call is that the pieces of a stream add to.
class open_tool_call
{
public:
    open_tool_call() = default;

    void read_arguments(std::string_view more);
    bool is_followed_by(tool_call const& call, tool_call_delta const& d) const noexcept;

    std::int64_t index = -1; ///< Under which its pieces come; -1 for none.

private:
    int depth_ = 0; // of brackets in the arguments
    bool in_text_ = false;
    bool escaped_ = false;
    bool begun_ = false;
};

} // namespace detail

/// Puts the chunks of a stream together.
///
/// Tool calls are joined by index, else by id, else to the last one that is open; another one begins with a name if the id is another,
/// or if the arguments of the open one are complete. A chunk without an id continues the message. Members that are not known are kept:
/// those of a delta grow piece by piece, of the others the last one counts.
/// A choice of index i becomes choice number i; indices of 128 and more are not of the API and dropped.
class chat_accumulator
{
public:
    chat_accumulator() = default;

    void add(chat_chunk const& chunk);
    /// What has come so far.
    chat_completion const& completion() const noexcept { return completion_; }
    /// As `chat_completion::message()`.
    chat_message message() const { return completion_.message(); }

    /// What has come, without a copy; the accumulator is then empty.
    chat_completion take() { return std::move(completion_); }
    /// The head of the answer that the chunks come from.
    void set_info(response_info info) { completion_.set_info(std::move(info)); }

private:
    void add(chunk_choice const& piece);

    chat_completion completion_;
    std::vector<std::vector<detail::open_tool_call>> open_calls_; // of each choice
};

/// @}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/chat.ipp>
#endif
