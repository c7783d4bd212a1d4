// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/chat.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/usage.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Requests and answers of the Responses API. `foundry::responses` of <foundry/responses.hpp> sends them. <foundry/chat_message.hpp> explains
/// the rules that all described classes share.
///
/// "Wire format" names the schema in the OpenAPI documents of Azure OpenAI v1 ("v1") and of OpenAI, which has more.
namespace foundry::inline FOUNDRY_ABI {

/// Kind of a `response_item`. The services add kinds without notice: an item of an unknown kind is kept whole.
enum class item_type
{
    message,
    function_call,
    function_call_output,
    reasoning,
    file_search_call,
    web_search_call,
    computer_call,
    computer_call_output,
    image_generation_call,
    code_interpreter_call,
    local_shell_call,
    local_shell_call_output,
    mcp_call,
    mcp_list_tools,
    mcp_approval_request,
    mcp_approval_response,
    custom_tool_call,
    custom_tool_call_output,
    item_reference
};
inline constexpr std::string_view item_type_names[] = {"message",
                                                       "function_call",
                                                       "function_call_output",
                                                       "reasoning",
                                                       "file_search_call",
                                                       "web_search_call",
                                                       "computer_call",
                                                       "computer_call_output",
                                                       "image_generation_call",
                                                       "code_interpreter_call",
                                                       "local_shell_call",
                                                       "local_shell_call_output",
                                                       "mcp_call",
                                                       "mcp_list_tools",
                                                       "mcp_approval_request",
                                                       "mcp_approval_response",
                                                       "custom_tool_call",
                                                       "custom_tool_call_output",
                                                       "item_reference"};
constexpr auto& wire_names(item_type) { return item_type_names; }

/// How far a response is.
enum class response_status
{
    completed,
    failed,      ///< `response::error` says why.
    in_progress, ///< Of a response in the background.
    cancelled,
    queued,    ///< Of a response in the background.
    incomplete ///< `response::incomplete_details` says why; the output has what there is.
};
inline constexpr std::string_view response_status_names[] = {"completed", "failed", "in_progress",
                                                             "cancelled", "queued", "incomplete"};
constexpr auto& wire_names(response_status) { return response_status_names; }

/// @name Kinds of items
/// @{

/// A place in a text that comes from somewhere. Wire format: `Annotation`.
struct text_annotation
{
    text_annotation() = default;

    std::string type;                   ///< `url_citation`, `file_citation`, `container_file_citation`, `file_path`
    std::optional<std::string> url;     ///< `url_citation`
    std::optional<std::string> title;   ///< `url_citation`
    std::optional<std::string> file_id; ///< The others.
    std::optional<std::string> filename;
    std::optional<std::int64_t> start_index; ///< In characters of the text.
    std::optional<std::int64_t> end_index;
    boost::json::object extra;

    friend bool operator==(text_annotation const&, text_annotation const&) = default;
};
BOOST_DESCRIBE_STRUCT(text_annotation, (), (type, url, title, file_id, filename, start_index, end_index, extra))

/// A part of a message, in or out. Wire format: `InputContent`, `OutputContent`.
struct response_content
{
    response_content() = default;

    /// A part of type `input_text`.
    static response_content from_text(std::string text);
    /// A part of type `input_image`: `https:` address, or `data:image/...;base64,...`.
    static response_content from_image_url(std::string url);
    /// A part of type `input_file`, by the id of an uploaded file.
    static response_content from_file(std::string file_id);

    std::string type;                     ///< `input_text`, `input_image`, `input_file`, `output_text`, `refusal`, ...
    std::optional<std::string> text;      ///< `input_text`, `output_text`, `summary_text`, `reasoning_text`
    std::optional<std::string> refusal;   ///< `refusal`: why the model does not answer.
    std::optional<std::string> image_url; ///< `input_image`
    std::optional<std::string> file_id;   ///< `input_image`, `input_file`
    std::optional<std::string> file_data; ///< `input_file`: base64.
    std::optional<std::string> filename;  ///< `input_file`
    open_enum<image_detail> detail;       ///< `input_image`
    std::vector<text_annotation> annotations; ///< `output_text`
    boost::json::object extra;

    friend bool operator==(response_content const&, response_content const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_content, (),
                      (type, text, refusal, image_url, file_id, file_data, filename, detail, annotations, extra))

/// A message, in or out. Wire format: `OutputMessage`, `InputMessage`.
struct response_message
{
    response_message() = default;
    /// A message with one text; as a part, as Azure documents it, unless it is the assistant's.
    response_message(open_enum<chat_role> who, std::string text);
    response_message(open_enum<chat_role> who, std::vector<response_content> parts)
        : role(who),
          content(std::move(parts))
    {}

    /// Text of the content, or of all its parts; without refusals.
    std::string text() const;
    /// Why the model does not answer; empty if it does.
    std::string refusal() const;

    std::string type = "message";
    std::optional<std::string> id;
    open_enum<chat_role> role;
    std::variant<std::monostate, std::string, std::vector<response_content>> content;
    std::optional<std::string> status; ///< `completed`, `in_progress`, `incomplete`
    boost::json::object extra;         ///< Such as `phase`.

    friend bool operator==(response_message const&, response_message const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_message, (), (type, id, role, content, status, extra))

/// The model calls a function. Answer with a `function_call_output`. Wire format: `FunctionToolCall`.
struct function_call
{
    function_call() = default;

    std::string type = "function_call";
    std::optional<std::string> id; ///< Of the item.
    std::string call_id;           ///< Of the call: its result refers to it.
    std::string name;
    std::string arguments;             ///< JSON text that the model wrote; check it before use.
    std::optional<std::string> status; ///< `incomplete`: the arguments are cut off.
    boost::json::object extra;

    friend bool operator==(function_call const&, function_call const&) = default;
};
BOOST_DESCRIBE_STRUCT(function_call, (), (type, id, call_id, name, arguments, status, extra))

/// The result of a function. Wire format: `FunctionCallOutput`.
struct function_call_output
{
    function_call_output() = default;
    function_call_output(std::string call, std::string result) : call_id(std::move(call)), output(std::move(result)) {}

    std::string type = "function_call_output";
    std::optional<std::string> id;
    std::string call_id; ///< `function_call::call_id`.
    std::variant<std::monostate, std::string, std::vector<response_content>> output;
    std::optional<std::string> status;
    boost::json::object extra;

    friend bool operator==(function_call_output const&, function_call_output const&) = default;
};
BOOST_DESCRIBE_STRUCT(function_call_output, (), (type, id, call_id, output, status, extra))

/// What the model thought. Send it back as it came. Wire format: `ReasoningItem`.
struct reasoning_item
{
    reasoning_item() = default;

    std::string type = "reasoning";
    std::string id;
    std::vector<response_content> summary;        ///< Only if the request asked for it.
    std::vector<response_content> content;        ///< Mostly empty.
    std::optional<std::string> encrypted_content; ///< If the request includes `reasoning.encrypted_content`.
    std::optional<std::string> status;
    boost::json::object extra;

    friend bool operator==(reasoning_item const&, reasoning_item const&) = default;
};
BOOST_DESCRIBE_STRUCT(reasoning_item, (), (type, id, summary, content, encrypted_content, status, extra))

/// The model wants to call a tool of an MCP server. Answer with an `mcp_approval_response`. Wire format: `MCPApprovalRequest`.
struct mcp_approval_request
{
    mcp_approval_request() = default;

    std::string type = "mcp_approval_request";
    std::string id;
    std::string server_label;
    std::string name;
    std::string arguments; ///< JSON text that the model wrote.
    boost::json::object extra;

    friend bool operator==(mcp_approval_request const&, mcp_approval_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(mcp_approval_request, (), (type, id, server_label, name, arguments, extra))

/// Wire format: `MCPApprovalResponse`.
struct mcp_approval_response
{
    mcp_approval_response() = default;
    mcp_approval_response(std::string request_id, bool is_approved)
        : approval_request_id(std::move(request_id)),
          approve(is_approved)
    {}

    std::string type = "mcp_approval_response";
    std::string approval_request_id; ///< `mcp_approval_request::id`.
    bool approve = false;
    std::optional<std::string> reason;
    boost::json::object extra;

    friend bool operator==(mcp_approval_response const&, mcp_approval_response const&) = default;
};
BOOST_DESCRIBE_STRUCT(mcp_approval_response, (), (type, approval_request_id, approve, reason, extra))

/// @}

class response_item;

namespace detail {

FOUNDRY_DECL void read_item(std::string_view text, json::object_ref into);
FOUNDRY_DECL std::string write_item(json::const_object_ref from);

template <class Kind>
concept item_kind = json::detail::described_class<Kind>;

} // namespace detail

/// An item of any kind, in or out: a JSON object that is kept as its text, so that the service gets it back byte for byte.
///
///     if (item.type() == foundry::item_type::function_call)
///         call(item.as<foundry::function_call>());
class response_item
{
public:
    response_item() = default;
    /// An item of a kind that is described, here or by the program.
    template <detail::item_kind Kind>
    response_item(Kind const& kind)
        : text_(detail::write_item({&kind, &json::type_of<Kind>::value})) // NOLINT(google-explicit-constructor)
    {}
    /// @throws foundry::error (`errc::invalid_argument`) if the value is no object.
    explicit response_item(boost::json::value const& object);

    /// Which kind it is; an item without a type is a message.
    open_enum<item_type> type() const;
    /// Id of the item; may be empty.
    std::string id() const;

    /// The item as one of its kinds. What the class does not describe is in its `extra`.
    template <detail::item_kind Kind>
    Kind as() const
    {
        Kind kind;
        detail::read_item(text_, {&kind, &json::type_of<Kind>::value});
        return kind;
    }

    /// The text of the JSON object.
    std::string const& raw() const noexcept { return text_; }

    friend bool operator==(response_item const&, response_item const&) = default;

private:
    friend struct json::type_of<response_item>;

    std::string text_;
};

template <>
struct json::type_of<response_item>
{
    static bool assign(void* self, std::string_view text)
    {
        static_cast<response_item*>(self)->text_ = text;
        return true;
    }
    static std::string_view view(void const* self) { return static_cast<response_item const*>(self)->text_; }

    static constexpr text_functions names{&assign, &view};
    static constexpr type value{.what = kind::verbatim, .names = &names};
};

/// @name Request
/// @{

/// How a reasoning model thinks. Wire format: `Reasoning`.
struct response_reasoning
{
    response_reasoning() = default;

    open_enum<reasoning_effort> effort;
    std::optional<std::string> summary; ///< `auto`, `concise`, `detailed`; not set: none.
    boost::json::object extra;          ///< Such as `context`.

    friend bool operator==(response_reasoning const&, response_reasoning const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_reasoning, (), (effort, summary, extra))

/// Format of the text. Wire format: `TextResponseFormatConfiguration`.
struct text_format
{
    text_format() = default;

    open_enum<format_type> type;
    std::optional<std::string> name; ///< `json_schema`: a-z, A-Z, 0-9, `_` and `-`; 1 to 64 characters.
    std::optional<std::string> description;
    boost::json::value schema;
    std::optional<bool> strict;
    boost::json::object extra;

    friend bool operator==(text_format const&, text_format const&) = default;
};
BOOST_DESCRIBE_STRUCT(text_format, (), (type, name, description, schema, strict, extra))

/// Wire format: `ResponseTextParam`.
struct response_text
{
    response_text() = default;

    std::optional<text_format> format;    ///< Not set: text.
    std::optional<std::string> verbosity; ///< `low`, `medium`, `high`
    boost::json::object extra;

    friend bool operator==(response_text const&, response_text const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_text, (), (format, verbosity, extra))

/// A prompt that is stored at the service. Wire format: `Prompt`.
struct stored_prompt
{
    stored_prompt() = default;

    std::string id;
    std::optional<std::string> version;
    boost::json::object variables;
    boost::json::object extra;

    friend bool operator==(stored_prompt const&, stored_prompt const&) = default;
};
BOOST_DESCRIBE_STRUCT(stored_prompt, (), (id, version, variables, extra))

/// What the model is asked.
///
///     foundry::response_request request{"gpt-4o-mini", "How many feet are in a mile?"};
///     request.instructions = "Answer in one sentence.";
///
/// Wire format: `AzureCreateResponse` (v1), `CreateResponse` (OpenAI).
struct response_request
{
    response_request() = default;
    /// An empty name leaves the model unset.
    response_request(std::string model_name, std::string question);

    /// Adds an item to the input; a text that is there becomes a message of the user first.
    response_request& add(response_item item);
    /// Adds a message of the user.
    response_request& user(std::string words);
    /// Adds a function that the model may call.
    ///
    /// @param parameters JSON Schema of the arguments.
    response_request& add_function(std::string name, std::string description, boost::json::value parameters,
                                   bool strict = true);
    /// The same, as a chat request describes it.
    response_request& add_function(function_definition const& function);

    /// The request as JSON text.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) as `chat_request::to_json()`.
    std::string to_json() const;

    std::optional<std::string> model; ///< Not set: the endpoint's deployment, else the client's default model.
    /// What is new: a text, or items. Items of an earlier response may be sent back as they are.
    std::variant<std::monostate, std::string, std::vector<response_item>> input;
    std::optional<std::string> instructions;         ///< For this response only.
    std::optional<std::string> previous_response_id; ///< The response that this one goes on from; it must be stored.
    std::variant<std::monostate, std::string, boost::json::object> conversation; ///< OpenAI only.
    std::vector<boost::json::value> tools; ///< Functions and the service's own tools, as JSON objects.
    std::variant<std::monostate, open_enum<tool_mode>, boost::json::object> tool_choice;
    std::optional<bool> parallel_tool_calls;
    std::optional<std::int64_t> max_output_tokens; ///< Reasoning included; 16 or more.
    std::optional<std::int64_t> max_tool_calls;    ///< Of the service's own tools.
    std::optional<response_text> text;
    std::optional<response_reasoning> reasoning;
    std::vector<std::string> include;      ///< Such as `reasoning.encrypted_content`.
    std::optional<bool> store;             ///< Whether the service keeps the response, for 30 days; not set: true.
    std::optional<bool> background;        ///< Whether it is made without this call waiting; needs `store`.
    std::optional<std::string> truncation; ///< `auto`, `disabled`
    std::optional<double> temperature;
    std::optional<double> top_p;
    std::optional<std::int64_t> top_logprobs; ///< 0 to 20
    dictionary<std::string> metadata;
    std::optional<std::string> user_;
    std::optional<stored_prompt> prompt;
    std::optional<std::string> service_tier;
    std::optional<boost::json::object> stream_options; ///< `include_obfuscation`
    std::vector<boost::json::value> context_management;
    std::optional<std::string> prompt_cache_key;
    std::optional<boost::json::object> prompt_cache_options; ///< OpenAI only: `mode`, `ttl`
    std::optional<std::string> prompt_cache_retention;       ///< `in_memory`, `24h`
    std::optional<boost::json::object> moderation;           ///< OpenAI only: `model`, `policy`
    std::optional<std::string> safety_identifier;
    boost::json::object extra;

    friend bool operator==(response_request const&, response_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_request, (),
                      (model, input, instructions, previous_response_id, conversation, tools, tool_choice,
                       parallel_tool_calls, max_output_tokens, max_tool_calls, text, reasoning, include, store,
                       background, truncation, temperature, top_p, top_logprobs, metadata, user_, prompt, service_tier,
                       stream_options, context_management, prompt_cache_key, prompt_cache_options,
                       prompt_cache_retention, moderation, safety_identifier, extra))

/// @}
/// @name Answer
/// @{

/// Why a response has failed. Wire format: `ResponseError`.
struct response_error
{
    response_error() = default;

    std::string code; ///< Such as `server_error`, `rate_limit_exceeded`.
    std::string message;
    boost::json::object extra;

    friend bool operator==(response_error const&, response_error const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_error, (), (code, message, extra))

/// Why a response is incomplete.
struct incomplete_details
{
    incomplete_details() = default;

    std::string reason; ///< `max_output_tokens`, `content_filter`
    boost::json::object extra;

    friend bool operator==(incomplete_details const&, incomplete_details const&) = default;
};
BOOST_DESCRIBE_STRUCT(incomplete_details, (), (reason, extra))

/// Results of Azure's content filter for the prompt or the completion. Wire format: recorded; no document has it.
struct response_filter
{
    response_filter() = default;

    bool blocked = false;
    std::string source_type; ///< `prompt`, `completion`
    filter_results content_filter_results;
    filter_offsets content_filter_offsets;
    boost::json::object extra;

    friend bool operator==(response_filter const&, response_filter const&) = default;
};
BOOST_DESCRIBE_STRUCT(response_filter, (),
                      (blocked, source_type, content_filter_results, content_filter_offsets, extra))

/// What the model has answered. What it was asked, which the service repeats, is in `extra`.
///
/// Wire format: `AzureResponse` (v1), `Response` (OpenAI).
struct response : answer
{
    response() = default;

    /// Text of all messages, joined.
    std::string text() const;
    /// The functions that the model calls.
    std::vector<function_call> tool_calls() const;
    /// Why the model does not answer; empty if it does.
    std::string refusal() const;
    /// The summary of its reasoning; empty unless the request asked for it.
    std::string reasoning_summary() const;

    std::string id; ///< Goes into `response_request::previous_response_id`.
    std::string object;
    std::int64_t created_at = 0;              ///< Seconds since 1970.
    std::optional<std::int64_t> completed_at; ///< Seconds since 1970.
    open_enum<response_status> status;
    std::optional<bool> background;
    std::optional<response_error> error;
    std::optional<foundry::incomplete_details> incomplete_details;
    std::string model;
    std::vector<response_item> output; ///< Append it to the next request's input, or send `previous_response_id`.
    std::optional<response_usage> usage;
    std::vector<response_filter> content_filters; ///< Azure only.
    std::optional<std::string> previous_response_id;
    dictionary<std::string> metadata;
    std::optional<std::string> service_tier;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(response, (),
                      (id, object, created_at, completed_at, status, background, error, incomplete_details, model,
                       output, usage, content_filters, previous_response_id, metadata, service_tier, extra))

/// Items that a response was made from. Wire format: `ResponseItemList`.
struct response_items : answer
{
    response_items() = default;

    std::vector<response_item> data;
    bool has_more = false; ///< Whether `last_id` is the `after` of a further page.
    std::string first_id;
    std::string last_id;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(response_items, (), (data, has_more, first_id, last_id, extra))

/// @}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/response.ipp>
#endif
