// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_model.ipp>
#include <foundry/testing/impl/response_store.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A user's decision about a call of an MCP server.
class mcp_approval
{
public:
    json::object request; ///< The item `mcp_approval_request`.
    bool approved = false;
};

/// A checked request to the Responses API, converted to a request for a chat model.
class response_request
{
public:
    /// Refuses a request that the service would refuse, and features that the model does not have.
    response_request(json::object const& body, error_writer const& say, response_store& store, bool reasons);

    json::object chat() const; ///< For `chat_model`.

    /// The response before it begins: every member, in the service's order.
    json::object unbegun(std::string const& id, std::string const& model, std::int64_t created) const;

    json::array const& before() const { return before_; }
    json::array const& input() const { return input_; }
    json::array const& server_tools() const { return server_tools_; } ///< As the response repeats them.
    std::vector<mcp_approval> const& approvals() const { return approvals_; }
    bool lists_tools_of(json::value const& server_label) const; ///< Whether the conversation has such an item.
    bool includes(std::string_view part) const;
    bool forces(std::string_view tool) const; ///< Whether `tool_choice` demands this tool of the service.
    bool leaves_choice() const;               ///< Whether `tool_choice` leaves it to the model.
    bool wants_summary() const { return text_of(object_of(body_, "reasoning"), "summary").has_value(); }
    bool is_azure() const { return say_.kind() != form::compatible; }

private:
    void check_settings() const;
    void check_reasoning() const;
    void check_include() const;
    void check_metadata() const;
    void read_format();
    void read_tools();
    void read_function(json::object const& tool, json_path const& at);
    void read_server_tool(json::object const& tool, json_path const& at);
    void read_tool_choice();
    void read_previous();
    void read_input();
    void read_item(json::object const& item, json_path const& at);
    void add_message(json::object const& item, json_path const& at);
    void read_message(json::object const& item, json_path const& at);
    void read_approval(json::object const& item, json_path const& at);
    json::value content_of(json::value const& content, json_path const& at) const;
    json::object with_id(json::object const& item, std::string_view kind) const;
    json::object reasoning() const;
    void check_calls() const;
    bool has(std::string_view name) const;

    json::object const& body_;
    error_writer const& say_;
    response_store& store_;
    bool reasons_;
    json::array before_; ///< The items of earlier responses.
    json::array input_;  ///< The items of this request, each with an id.
    json::array messages_;
    std::vector<mcp_approval> approvals_;
    json::array tools_;
    json::array server_tools_;
    json::value tool_choice_;
    json::object format_;
    json::array echoed_tools_;
    json::object echoed_format_;
};

FOUNDRY_DECL response_request::response_request(json::object const& body, error_writer const& say,
                                                response_store& store, bool reasons)
    : body_(body),
      say_(say),
      store_(store),
      reasons_(reasons)
{
    check_settings();
    check_reasoning();
    check_include();
    check_metadata();
    read_previous();
    read_input();
    check_calls();
    read_format();
    read_tools();
    read_tool_choice();
}

FOUNDRY_DECL bool response_request::has(std::string_view name) const
{
    auto const* const found = body_.if_contains(name);
    return found && !found->is_null();
}

FOUNDRY_DECL json_path json_path_of(std::string_view name)
{
    json_path made;
    made.push_back(json::string(name));
    return made;
}

FOUNDRY_DECL void response_request::check_settings() const
{
    constexpr double max = 2147483647;
    check_range(body_, "temperature", 0, 2, say_);
    check_range(body_, "top_p", 0, 1, say_);
    check_range(body_, "max_output_tokens", 16, max, say_);
    check_range(body_, "max_tool_calls", 1, max, say_);
    if (count_of(body_, "top_logprobs").value_or(0) > 0)
        say_.unsupported("top_logprobs");
    if (has("prompt"))
        say_.unsupported("prompt");
    auto const truncation = text_of(body_, "truncation").value_or("disabled");
    if (truncation != "auto" && truncation != "disabled")
        say_.bad_value(json_path_of("truncation"), "expected one of auto and disabled.", json::string(truncation));
    if (has("stream_options") && !flag_of(body_, "stream", false))
        say_.bad_request("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "invalid_value",
                         "stream_options");
    check_members(object_of(body_, "stream_options"), response_stream_option_members(), json_path_of("stream_options"),
                  say_);
    if (flag_of(body_, "background", false) && !flag_of(body_, "store", true))
        say_.bad_request("'background' is only allowed when 'store' is true.", "invalid_value", "background");
}

FOUNDRY_DECL void response_request::check_reasoning() const
{
    static constexpr std::array<std::string_view, 6> efforts = {"none", "minimal", "low", "medium", "high", "xhigh"};
    static constexpr std::array<std::string_view, 3> summaries = {"auto", "concise", "detailed"};
    auto const reasoning = object_of(body_, "reasoning");
    auto const at = json_path_of("reasoning");
    check_members(reasoning, response_reasoning_members(), at, say_);
    for (auto const& [name, value] : reasoning) {
        if (!reasons_ && !value.is_null())
            say_.unsupported("reasoning." + std::string(name));
    }
    if (auto const effort = text_of(reasoning, "effort"); effort && !contains(efforts, *effort))
        say_.bad_value(inside(at, "effort"), "expected one of none, minimal, low, medium, high and xhigh.",
                       reasoning.at("effort"));
    if (auto const summary = text_of(reasoning, "summary"); summary && !contains(summaries, *summary))
        say_.bad_value(inside(at, "summary"), "expected one of auto, concise and detailed.", reasoning.at("summary"));
}

/// Accepts parts that no item of the emulator has; the response then contains none.
FOUNDRY_DECL void response_request::check_include() const
{
    static constexpr std::array<std::string_view, 6> known = {
        "code_interpreter_call.outputs", "computer_call_output.output.image_url", "file_search_call.results",
        "message.input_image.image_url", "web_search_call.action.sources",        "web_search_call.results"};
    constexpr std::string_view thoughts = "reasoning.encrypted_content";
    auto const list = array_of(body_, "include");
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const at = inside(json_path_of("include"), i);
        if (!list[i].is_string())
            say_.wrong_type(at, "a string", list[i]);
        std::string_view const wanted = list[i].get_string();
        if (wanted == "message.output_text.logprobs" || (wanted == thoughts && !reasons_))
            say_.bad_request("'" + std::string(wanted) + "' is not supported with this model.", "unsupported_value",
                             "include");
        if (!contains(known, wanted) && wanted != thoughts)
            say_.bad_value(at, "no such part of a response can be included.", list[i]);
    }
}

FOUNDRY_DECL void response_request::check_metadata() const
{
    auto const metadata = object_of(body_, "metadata");
    if (metadata.size() > 16)
        say_.bad_value(json_path_of("metadata"), "expected an object with at most 16 members.", metadata.size());
    for (auto const& [name, value] : metadata) {
        auto const at = inside(json_path_of("metadata"), json::string(name));
        if (!value.is_string())
            say_.wrong_type(at, "a string", value);
        if (name.size() > 64 || value.get_string().size() > 512)
            say_.bad_value(at, "expected a name of at most 64 and a value of at most 512 characters.", value);
    }
}

FOUNDRY_DECL void response_request::read_format()
{
    static constexpr std::array<std::string_view, 3> kinds = {"text", "json_object", "json_schema"};
    auto const text = object_of(body_, "text");
    for (auto const& [name, value] : text) {
        if (name != "format" && name != "verbosity")
            say_.unknown_member(inside(json_path_of("text"), json::string(name)), value);
    }
    echoed_format_["type"] = "text";
    if (!text.contains("format") || text.at("format").is_null())
        return;
    auto const at = inside(json_path_of("text"), "format");
    auto const& format = require_object(text.at("format"), at, say_);
    check_members(format, response_format_members(), at, say_);
    auto const& kind = require(format, "type", at, say_);
    if (!contains(kinds, std::string_view(kind.get_string())))
        say_.bad_value(inside(at, "type"), "expected one of text, json_object and json_schema.", kind);
    echoed_format_["type"] = kind;
    format_["type"] = kind;
    if (kind == "json_object" && lower(json_text(body_.at("input"))).find("json") == std::string::npos)
        say_.bad_request("Response input messages must contain the word 'json' in some form to use 'text.format' of "
                         "type 'json_object'.",
                         "invalid_value", "input");
    if (kind != "json_schema")
        return;
    require(format, "name", at, say_);
    auto const& schema = require(format, "schema", at, say_).get_object();
    bool const strict = flag_of(format, "strict", true);
    if (strict && flag_of(schema, "additionalProperties", true))
        say_.bad_request("Invalid schema for response_format '" + std::string(*text_of(format, "name")) +
                             "': In context=(), 'additionalProperties' is required to be supplied and to be false.",
                         "invalid_json_schema", "text.format.schema");
    json::object named;
    named["name"] = format.at("name");
    named["schema"] = schema;
    format_["json_schema"] = std::move(named);
    auto const* const description = format.if_contains("description");
    echoed_format_["description"] = description ? *description : json::value(nullptr);
    echoed_format_["name"] = format.at("name");
    echoed_format_["schema"] = schema;
    echoed_format_["strict"] = strict;
}

FOUNDRY_DECL void response_request::read_tools()
{
    auto const list = array_of(body_, "tools");
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const at = inside(json_path_of("tools"), i);
        auto const& tool = require_object(list[i], at, say_);
        auto const& kind = require(tool, "type", at, say_);
        auto const known = kind.is_string() ? response_tool_members(kind.get_string()) : members();
        if (known.empty())
            throw refusal(400, openai_error("Tool type " + json_text(kind) + " is not supported with this model.",
                                            "invalid_request_error", "tools", nullptr));
        check_members(tool, known, at, say_);
        if (kind == "function")
            read_function(tool, at);
        else
            read_server_tool(tool, at);
    }
}

/// The member with this name, or another value if it is absent or null.
FOUNDRY_DECL json::value member_or(json::object const& object, std::string_view name, json::value otherwise)
{
    auto const* const found = object.if_contains(name);
    return found && !found->is_null() ? *found : std::move(otherwise);
}

FOUNDRY_DECL void response_request::read_function(json::object const& tool, json_path const& at)
{
    json::object function;
    function["name"] = require(tool, "name", at, say_);
    if (tool.contains("parameters"))
        function["parameters"] = tool.at("parameters");
    json::object made;
    made["type"] = "function";
    made["function"] = std::move(function);
    tools_.push_back(std::move(made));
    json::object echoed;
    echoed["type"] = "function";
    echoed["description"] = member_or(tool, "description", nullptr);
    echoed["name"] = tool.at("name");
    echoed["output_schema"] = nullptr;
    echoed["parameters"] = member_or(tool, "parameters", nullptr);
    echoed["strict"] = flag_of(tool, "strict", true);
    echoed_tools_.push_back(std::move(echoed));
}

/// The URL of a server as a response repeats it: its path is a secret.
FOUNDRY_DECL std::string redacted(std::string_view url)
{
    auto const host = url.find("://");
    auto const path = host == std::string_view::npos ? host : url.find('/', host + 3);
    return path == std::string_view::npos ? std::string(url) : std::string(url.substr(0, path)) + "/<redacted>";
}

FOUNDRY_DECL void response_request::read_server_tool(json::object const& tool, json_path const& at)
{
    std::string_view const kind = tool.at("type").get_string();
    json::object made;
    made["type"] = kind;
    if (kind == "code_interpreter") {
        made["container"] = require(tool, "container", at, say_);
    } else if (kind == "mcp") {
        made["allowed_tools"] = member_or(tool, "allowed_tools", nullptr);
        made["headers"] = nullptr;
        made["require_approval"] = member_or(tool, "require_approval", "always");
        made["server_description"] = member_or(tool, "server_description", nullptr);
        made["server_label"] = require(tool, "server_label", at, say_);
        made["server_url"] = redacted(require(tool, "server_url", at, say_).get_string());
    } else {
        json::object place;
        place["type"] = "approximate";
        for (std::string_view const name : {"city", "country", "region", "timezone"})
            place[name] = name == "country" ? json::value("US") : json::value(nullptr);
        for (auto const& [name, value] : object_of(tool, "user_location"))
            place[name] = value;
        made["search_content_types"] = member_or(tool, "search_content_types", json::array(1, "text"));
        made["search_context_size"] = member_or(tool, "search_context_size", "medium");
        made["user_location"] = std::move(place);
    }
    echoed_tools_.push_back(made);
    server_tools_.push_back(std::move(made));
}

FOUNDRY_DECL void response_request::read_tool_choice()
{
    static constexpr std::array<std::string_view, 3> words = {"none", "auto", "required"};
    if (!has("tool_choice"))
        return;
    auto const at = json_path_of("tool_choice");
    auto const& choice = body_.at("tool_choice");
    if (choice.is_string()) {
        if (!contains(words, std::string_view(choice.get_string())))
            say_.bad_value(at, "expected one of none, auto and required.", choice);
        if (choice == "required" && echoed_tools_.empty())
            say_.bad_request("Tool choice 'required' must be specified with 'tools' parameter.", "invalid_value",
                             "tool_choice");
        tool_choice_ = choice;
        return;
    }
    auto const& object = choice.get_object();
    auto const& kind = require(object, "type", at, say_);
    if (kind.is_string() && kind != "function" && !response_tool_members(kind.get_string()).empty()) {
        if (!forces(kind.get_string()))
            say_.bad_request("Tool choice '" + std::string(kind.get_string()) + "' not found in 'tools' parameter.",
                             "invalid_value", "tool_choice");
        return;
    }
    if (kind != "function")
        say_.unsupported("tool_choice.type", kind, "'function', 'web_search_preview', 'code_interpreter' and 'mcp'");
    auto const& name = require(object, "name", at, say_);
    bool const known = std::any_of(tools_.begin(), tools_.end(),
                                   [&](json::value const& tool) { return tool.at("function").at("name") == name; });
    if (!known)
        say_.bad_request("Tool choice 'function' not found in 'tools' parameter.", "invalid_value", "tool_choice");
    json::object function;
    function["name"] = name;
    json::object made;
    made["type"] = "function";
    made["function"] = std::move(function);
    tool_choice_ = std::move(made);
}

FOUNDRY_DECL bool response_request::forces(std::string_view tool) const
{
    auto const* const choice = body_.if_contains("tool_choice");
    bool const has_tool = std::any_of(server_tools_.begin(), server_tools_.end(),
                                      [&](json::value const& one) { return one.at("type") == json::string(tool); });
    if (!choice || !has_tool)
        return false;
    return choice->is_object() ? text_of(choice->get_object(), "type") == tool
                               : *choice == "required" && tools_.empty();
}

FOUNDRY_DECL bool response_request::leaves_choice() const
{
    return text_of(body_, "tool_choice").value_or(has("tool_choice") ? "" : "auto") == "auto";
}

FOUNDRY_DECL bool response_request::includes(std::string_view part) const
{
    auto const list = array_of(body_, "include");
    return std::find(list.begin(), list.end(), json::value(json::string(part))) != list.end();
}

FOUNDRY_DECL bool response_request::lists_tools_of(json::value const& server_label) const
{
    auto const lists = [&](json::value const& item) {
        return item.at("type") == "mcp_list_tools" && item.at("server_label") == server_label;
    };
    return std::any_of(before_.begin(), before_.end(), lists) || std::any_of(input_.begin(), input_.end(), lists);
}

FOUNDRY_DECL void response_request::read_previous()
{
    if (!has("previous_response_id"))
        return;
    std::string const id(body_.at("previous_response_id").get_string());
    auto const* const previous = store_.find(id);
    if (!previous)
        say_.bad_request("Previous response with id '" + id + "' not found.", "previous_response_not_found",
                         "previous_response_id");
    before_ = previous->conversation();
    for (auto const& item : before_)
        add_message(item.get_object(), json_path());
}

FOUNDRY_DECL json::object message_of(std::string_view role, json::value content)
{
    json::object made;
    made["role"] = role;
    made["content"] = std::move(content);
    return made;
}

FOUNDRY_DECL void response_request::read_input()
{
    auto const& input = require(body_, "input", say_);
    if (input.is_string()) {
        read_item(message_of("user", input), json_path());
        return;
    }
    auto const& items = input.get_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto const at = inside(json_path_of("input"), i);
        read_item(require_object(items[i], at, say_), at);
    }
    if (items.empty() || messages_.empty())
        say_.bad_value(json_path_of("input"), "expected an array with at least 1 message.", input);
}

FOUNDRY_DECL void response_request::read_item(json::object const& item, json_path const& at)
{
    auto const* const given = item.if_contains("type");
    json::value const kind_value = given && !given->is_null() ? *given : json::value("message");
    if (!kind_value.is_string())
        say_.wrong_type(inside(at, "type"), "a string", kind_value);
    std::string_view const kind = kind_value.get_string();
    auto const known = response_item_members(kind);
    if (known.empty())
        say_.bad_value(inside(at, "type"),
                       "expected one of message, function_call, function_call_output, reasoning, item_reference, "
                       "web_search_call, code_interpreter_call, mcp_list_tools, mcp_call, mcp_approval_request and "
                       "mcp_approval_response.",
                       kind_value);
    check_members(item, known, at, say_);
    auto const kept =
        kind == "item_reference" ? store_.item(require(item, "id", at, say_).get_string()) : with_id(item, kind);
    add_message(kept, at);
    if (kind == "mcp_approval_response")
        read_approval(kept, at);
    input_.push_back(kept);
}

/// Adds the messages that the model sees of an item, to which most items of the service's own tools add none.
FOUNDRY_DECL void response_request::add_message(json::object const& item, json_path const& at)
{
    auto const& kind = item.at("type");
    if (kind == "message") {
        read_message(item, at);
    } else if (kind == "function_call") {
        json::object function;
        function["name"] = require(item, "name", at, say_);
        function["arguments"] = require(item, "arguments", at, say_);
        json::object call;
        call["id"] = require(item, "call_id", at, say_);
        call["function"] = std::move(function);
        auto made = message_of("assistant", nullptr);
        made["tool_calls"] = json::array(1, std::move(call));
        messages_.push_back(std::move(made));
    } else if (kind == "function_call_output") {
        auto made = message_of("tool", content_of(require(item, "output", at, say_), inside(at, "output")));
        made["tool_call_id"] = require(item, "call_id", at, say_);
        messages_.push_back(std::move(made));
    }
}

/// An item of the input as the service keeps it: with an id, and text as a list of parts.
FOUNDRY_DECL json::object response_request::with_id(json::object const& item, std::string_view kind) const
{
    auto made = store_.new_item(kind);
    if (text_of(item, "id"))
        made["id"] = item.at("id");
    if (kind == "message" || kind.starts_with("function_call"))
        made["status"] = member_or(item, "status", "completed");
    if (kind == "message" && item.contains("content") && item.at("content").is_string()) {
        json::object part;
        part["type"] = text_of(item, "role") == "assistant" ? "output_text" : "input_text";
        part["text"] = item.at("content");
        made["content"] = json::array(1, std::move(part));
    }
    for (auto const& [name, value] : item) {
        if (!made.contains(name))
            made[name] = value;
    }
    return made;
}

FOUNDRY_DECL void response_request::read_approval(json::object const& item, json_path const& at)
{
    auto const& id = require(item, "approval_request_id", at, say_);
    bool const approved = require(item, "approve", at, say_).get_bool();
    auto const is_request = [&](json::value const& one) {
        return one.at("type") == "mcp_approval_request" && one.at("id") == id;
    };
    for (auto const* const items : {&before_, &input_}) {
        auto const found = std::find_if(items->begin(), items->end(), is_request);
        if (found != items->end()) {
            mcp_approval made;
            made.request = found->get_object();
            made.approved = approved;
            approvals_.push_back(std::move(made));
            return;
        }
    }
    throw refusal(400, openai_error("No approval request found with id '" + std::string(id.get_string()) + "'.",
                                    "invalid_request_error", "input", nullptr));
}

FOUNDRY_DECL void response_request::read_message(json::object const& item, json_path const& at)
{
    static constexpr std::array<std::string_view, 4> roles = {"system", "developer", "user", "assistant"};
    auto const& role = require(item, "role", at, say_);
    if (!contains(roles, std::string_view(role.get_string())))
        say_.bad_value(inside(at, "role"), "expected one of system, developer, user and assistant.", role);
    auto content = content_of(require(item, "content", at, say_), inside(at, "content"));
    messages_.push_back(message_of(role.get_string(), std::move(content)));
}

/// The content of a message or of a function's output, in parts that the chat model accepts.
FOUNDRY_DECL json::value response_request::content_of(json::value const& content, json_path const& at) const
{
    static constexpr std::array<std::string_view, 2> texts = {"input_text", "output_text"};
    if (content.is_string())
        return content;
    json::array made;
    for (auto const& one : content.get_array()) {
        auto const here = inside(at, made.size());
        auto const& part = require_object(one, here, say_);
        auto const& kind = require(part, "type", here, say_);
        json::object said;
        if (kind.is_string() && contains(texts, std::string_view(kind.get_string()))) {
            said["type"] = "text";
            said["text"] = require(part, "text", here, say_);
        } else if (kind == "refusal") {
            said["type"] = "refusal";
            said["text"] = require(part, "refusal", here, say_);
        } else if (kind == "input_image") {
            if (!part.contains("image_url") || !part.at("image_url").is_string())
                say_.missing(inside(here, "image_url"));
            said["type"] = "image_url";
        } else {
            say_.unsupported(in_words(inside(here, "type")), kind, "'input_text', 'input_image' and 'output_text'");
        }
        made.push_back(std::move(said));
    }
    return made;
}

/// Every output must have its call, and every call its output.
FOUNDRY_DECL void response_request::check_calls() const
{
    auto const refuse = [](std::string const& text, json::value const& id) {
        throw refusal(400, openai_error(text + " " + std::string(id.as_string()) + ".", "invalid_request_error",
                                        "input", nullptr));
    };
    std::vector<json::value> open;
    for (auto const& message : messages_) {
        for (auto const& call : array_of(message.get_object(), "tool_calls"))
            open.push_back(call.at("id"));
        if (!has_role(message, "tool"))
            continue;
        auto const& id = message.at("tool_call_id");
        auto const call = std::find(open.begin(), open.end(), id);
        if (call == open.end())
            refuse("No tool call found for function call output with call_id", id);
        open.erase(call);
    }
    if (!open.empty())
        refuse("No tool output found for function call", open.front());
}

FOUNDRY_DECL json::object response_request::chat() const
{
    json::object made;
    json::array messages = messages_;
    if (has("instructions"))
        messages.insert(messages.begin(), message_of("system", body_.at("instructions")));
    made["messages"] = std::move(messages);
    if (!tools_.empty())
        made["tools"] = tools_;
    if (!tool_choice_.is_null())
        made["tool_choice"] = tool_choice_;
    if (!format_.empty())
        made["response_format"] = format_;
    if (has("parallel_tool_calls"))
        made["parallel_tool_calls"] = body_.at("parallel_tool_calls");
    if (has("max_output_tokens"))
        made["max_completion_tokens"] = body_.at("max_output_tokens");
    return made;
}

FOUNDRY_DECL json::object response_request::reasoning() const
{
    json::object made;
    made["context"] = reasons_ ? json::value("current_turn") : json::value(nullptr);
    made["effort"] = reasons_ ? json::value("medium") : json::value(nullptr);
    if (reasons_)
        made["mode"] = "standard";
    made["summary"] = nullptr;
    for (auto const& [name, value] : object_of(body_, "reasoning")) {
        if (!value.is_null())
            made[name] = value;
    }
    return made;
}

/// The use of the service's own tools; `searches` are calls of the web search.
FOUNDRY_DECL json::object tool_usage(std::size_t searches)
{
    json::object details;
    details["image_tokens"] = 0;
    details["text_tokens"] = 0;
    json::object images;
    images["input_tokens"] = 0;
    images["input_tokens_details"] = details;
    images["output_tokens"] = 0;
    images["output_tokens_details"] = details;
    images["total_tokens"] = 0;
    json::object web;
    web["num_requests"] = searches;
    json::object made;
    made["image_gen"] = std::move(images);
    made["web_search"] = std::move(web);
    return made;
}

FOUNDRY_DECL json::object response_request::unbegun(std::string const& id, std::string const& model,
                                                    std::int64_t created) const
{
    auto const given = [this](std::string_view name, json::value otherwise) {
        return member_or(body_, name, std::move(otherwise));
    };
    auto const number = [&](std::string_view name) { return given(name, 1.0).to_number<double>(); };
    json::object text;
    text["format"] = echoed_format_;
    text["verbosity"] = member_or(object_of(body_, "text"), "verbosity", "medium");
    json::object made;
    made["id"] = id;
    made["object"] = "response";
    made["created_at"] = created;
    made["status"] = nullptr;
    made["background"] = given("background", false);
    made["completed_at"] = nullptr;
    if (is_azure())
        made["content_filters"] = nullptr;
    made["error"] = nullptr;
    made["frequency_penalty"] = 0.0;
    made["incomplete_details"] = nullptr;
    made["instructions"] = given("instructions", nullptr);
    made["max_output_tokens"] = given("max_output_tokens", nullptr);
    made["max_tool_calls"] = given("max_tool_calls", nullptr);
    made["model"] = model;
    made["moderation"] = nullptr;
    made["output"] = json::array();
    made["parallel_tool_calls"] = given("parallel_tool_calls", true);
    made["presence_penalty"] = 0.0;
    made["previous_response_id"] = given("previous_response_id", nullptr);
    made["prompt_cache_key"] = given("prompt_cache_key", nullptr);
    made["prompt_cache_retention"] = given("prompt_cache_retention", nullptr);
    made["reasoning"] = reasoning();
    made["safety_identifier"] = given("safety_identifier", nullptr);
    made["service_tier"] = given("service_tier", "auto");
    made["store"] = given("store", true);
    made["temperature"] = number("temperature");
    made["text"] = std::move(text);
    made["tool_choice"] = given("tool_choice", "auto");
    made["tool_usage"] = tool_usage(0);
    made["tools"] = echoed_tools_;
    made["top_logprobs"] = 0;
    made["top_p"] = number("top_p");
    made["truncation"] = given("truncation", "disabled");
    made["usage"] = nullptr;
    made["user"] = given("user", nullptr);
    made["metadata"] = object_of(body_, "metadata");
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
