// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_model.ipp>
#include <foundry/testing/impl/objects.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A checked request to the Responses API, converted to a request for a chat model.
class response_request
{
public:
    /// Refuses a request that the service would refuse, and features that the model does not have.
    response_request(json::object const& body, error_writer const& say, object_store const& store, bool reasons);

    json::object chat() const; ///< For `chat_model`.
    json::array const& messages() const
    {
        return messages_;
    }                              ///< Without the instructions, which apply to one response only.
    json::object settings() const; ///< The members that a response repeats.

private:
    void check_settings() const;
    void check_reasoning(bool reasons) const;
    void check_include() const;
    void check_metadata() const;
    void read_format();
    void read_tools();
    void read_tool_choice();
    void read_previous(object_store const& store);
    void read_input(object_store const& store);
    void read_item(json::object const& item, json_path const& at, object_store const& store);
    void read_message(json::object const& item, json_path const& at);
    json::value content_of(json::value const& content, json_path const& at) const;
    void check_calls() const;
    bool has(std::string_view name) const;

    json::object const& body_;
    error_writer const& say_;
    json::array messages_;
    json::array tools_;
    json::value tool_choice_;
    json::object format_;
    json::array echoed_tools_;
    json::object echoed_format_;
};

FOUNDRY_DECL response_request::response_request(json::object const& body, error_writer const& say,
                                                object_store const& store, bool reasons)
    : body_(body),
      say_(say)
{
    check_settings();
    check_reasoning(reasons);
    check_include();
    check_metadata();
    read_previous(store);
    read_input(store);
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
    if (flag_of(body_, "background", false) && !flag_of(body_, "store", true))
        say_.bad_request("'background' is only allowed when 'store' is true.", "invalid_value", "background");
}

FOUNDRY_DECL void response_request::check_reasoning(bool reasons) const
{
    auto const reasoning = object_of(body_, "reasoning");
    for (auto const& [name, value] : reasoning) {
        bool const takes = reasons && name == "effort";
        if (!takes && !value.is_null())
            say_.unsupported("reasoning." + std::string(name));
    }
}

/// Accepts results of tools that the emulator does not have; the response then contains none.
FOUNDRY_DECL void response_request::check_include() const
{
    static constexpr std::array<std::string_view, 6> known = {
        "code_interpreter_call.outputs", "computer_call_output.output.image_url", "file_search_call.results",
        "message.input_image.image_url", "web_search_call.action.sources",        "web_search_call.results"};
    static constexpr std::array<std::string_view, 2> lacking = {"reasoning.encrypted_content",
                                                                "message.output_text.logprobs"};
    auto const list = array_of(body_, "include");
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const at = inside(json_path_of("include"), i);
        if (!list[i].is_string())
            say_.wrong_type(at, "a string", list[i]);
        std::string_view const wanted = list[i].get_string();
        if (contains(lacking, wanted))
            say_.bad_request("'" + std::string(wanted) + "' is not supported with this model.", "unsupported_value",
                             "include");
        if (!contains(known, wanted))
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
    echoed_format_ = format;
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
    echoed_format_["strict"] = strict;
    if (!echoed_format_.contains("description"))
        echoed_format_["description"] = nullptr;
}

FOUNDRY_DECL void response_request::read_tools()
{
    auto const list = array_of(body_, "tools");
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const at = inside(json_path_of("tools"), i);
        auto const& tool = require_object(list[i], at, say_);
        auto const& kind = require(tool, "type", at, say_);
        if (kind != "function")
            throw refusal(400, openai_error("Tool type " + json_text(kind) + " is not supported with this model.",
                                            "invalid_request_error", "tools", nullptr));
        check_members(tool, response_function_members(), at, say_);
        json::object function;
        function["name"] = require(tool, "name", at, say_);
        if (tool.contains("parameters"))
            function["parameters"] = tool.at("parameters");
        json::object made;
        made["type"] = "function";
        made["function"] = std::move(function);
        tools_.push_back(std::move(made));
        auto echoed = tool;
        if (!echoed.contains("strict"))
            echoed["strict"] = true;
        echoed_tools_.push_back(std::move(echoed));
    }
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
        if (choice == "required" && tools_.empty())
            say_.bad_request("Tool choice 'required' must be specified with 'tools' parameter.", "invalid_value",
                             "tool_choice");
        tool_choice_ = choice;
        return;
    }
    auto const& object = choice.get_object();
    auto const& kind = require(object, "type", at, say_);
    if (kind != "function")
        say_.unsupported("tool_choice.type", kind, "'function'");
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

FOUNDRY_DECL void response_request::read_previous(object_store const& store)
{
    if (!has("previous_response_id"))
        return;
    std::string const id(body_.at("previous_response_id").get_string());
    auto const* const previous = store.find_response(id);
    if (!previous)
        say_.bad_request("Previous response with id '" + id + "' not found.", "previous_response_not_found",
                         "previous_response_id");
    messages_ = previous->messages;
}

FOUNDRY_DECL json::object message_of(std::string_view role, json::value content)
{
    json::object made;
    made["role"] = role;
    made["content"] = std::move(content);
    return made;
}

FOUNDRY_DECL void response_request::read_input(object_store const& store)
{
    auto const& input = require(body_, "input", say_);
    if (input.is_string()) {
        messages_.push_back(message_of("user", input));
        return;
    }
    auto const& items = input.get_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto const at = inside(json_path_of("input"), i);
        read_item(require_object(items[i], at, say_), at, store);
    }
    if (items.empty() || messages_.empty())
        say_.bad_value(json_path_of("input"), "expected an array with at least 1 message.", input);
}

FOUNDRY_DECL void response_request::read_item(json::object const& item, json_path const& at, object_store const& store)
{
    auto const* const given = item.if_contains("type");
    json::value const kind_value = given && !given->is_null() ? *given : json::value("message");
    if (!kind_value.is_string())
        say_.wrong_type(inside(at, "type"), "a string", kind_value);
    std::string_view const kind = kind_value.get_string();
    auto const known = response_item_members(kind);
    if (known.empty())
        say_.bad_value(inside(at, "type"),
                       "expected one of message, function_call, function_call_output, reasoning and item_reference.",
                       kind_value);
    check_members(item, known, at, say_);
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
    } else if (kind == "item_reference") {
        read_item(store.item(require(item, "id", at, say_).get_string()), at, store);
    }
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

FOUNDRY_DECL json::object response_request::settings() const
{
    auto const given = [this](std::string_view name, json::value otherwise) {
        return has(name) ? body_.at(name) : std::move(otherwise);
    };
    auto const given_number = [this](std::string_view name, double otherwise) {
        return has(name) ? body_.at(name).to_number<double>() : otherwise;
    };
    json::object reasoning;
    reasoning["effort"] = nullptr;
    reasoning["summary"] = nullptr;
    for (auto const& [name, value] : object_of(body_, "reasoning"))
        reasoning[name] = value;
    auto const text = object_of(body_, "text");
    json::object format;
    format["format"] = echoed_format_;
    format["verbosity"] = text_of(text, "verbosity").value_or("medium");
    json::object made;
    made["background"] = flag_of(body_, "background", false);
    made["frequency_penalty"] = 0.0;
    made["instructions"] = given("instructions", nullptr);
    made["max_output_tokens"] = given("max_output_tokens", nullptr);
    made["max_tool_calls"] = given("max_tool_calls", nullptr);
    made["moderation"] = nullptr;
    made["parallel_tool_calls"] = flag_of(body_, "parallel_tool_calls", true);
    made["presence_penalty"] = 0.0;
    made["previous_response_id"] = given("previous_response_id", nullptr);
    made["prompt_cache_key"] = given("prompt_cache_key", nullptr);
    made["prompt_cache_retention"] = given("prompt_cache_retention", nullptr);
    made["reasoning"] = std::move(reasoning);
    made["safety_identifier"] = given("safety_identifier", nullptr);
    made["service_tier"] = given("service_tier", "auto");
    made["store"] = flag_of(body_, "store", true);
    made["temperature"] = given_number("temperature", 1);
    made["text"] = std::move(format);
    made["tool_choice"] = given("tool_choice", "auto");
    made["tools"] = echoed_tools_;
    made["top_logprobs"] = 0;
    made["top_p"] = given_number("top_p", 1);
    made["truncation"] = given("truncation", "disabled");
    made["user"] = given("user", nullptr);
    made["metadata"] = object_of(body_, "metadata");
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
