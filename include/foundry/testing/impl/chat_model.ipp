// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/knowledge.ipp>
#include <foundry/testing/impl/schema_sampler.ipp>

#include <boost/json/parse.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A function call that the model asks for.
class tool_call
{
public:
    tool_call(std::string n, std::string a) : name(std::move(n)), arguments(std::move(a)) {}

    std::string id; ///< If empty, the writer of the response makes one.
    std::string name;
    std::string arguments; ///< JSON text.
};

/// One choice of a response.
class completion
{
public:
    std::string reasoning;
    std::string content;
    std::string refusal;             // instead of the content
    std::vector<std::string> pieces; ///< Pieces of the content in a stream; empty for one word at a time.
    std::vector<tool_call> calls;
    std::string finish_reason = "stop";
    std::size_t reasoning_tokens = 0;
    std::size_t tokens = 0; ///< Including those of the reasoning.
};

/// The model: reads a checked request and makes a response. Equal requests get equal responses.
class chat_model
{
public:
    explicit chat_model(json::object const& request);

    completion answer(std::size_t variant, bool reasons) const;
    std::size_t prompt_tokens() const;
    std::string const& prompt() const { return prompt_; }     ///< The text of every message.
    std::string const& question() const { return question_; } ///< The text of the last user message.

private:
    std::vector<json::object> wanted_tools() const;
    std::vector<tool_call> call(std::vector<json::object> const& tools) const;
    std::string think() const;
    bool refuses() const;
    std::string say(std::size_t variant) const;
    std::string plain_answer(std::size_t variant) const;
    std::string with_tool_results() const;
    std::string in_json(json::object const& format) const;
    std::string name_of_user() const;
    bool wants_brevity() const;

    json::object const& request_;
    json::array const& messages_;
    std::string prompt_;
    std::string question_;
    std::size_t pictures_ = 0;
};

FOUNDRY_DECL std::string text_of_content(json::value const& content)
{
    if (content.is_string())
        return std::string(content.get_string());
    std::string text;
    if (auto const* const parts = content.if_array()) {
        for (auto const& part : *parts) {
            if (auto const one = text_of(part.as_object(), "text"))
                text += (text.empty() ? "" : " ") + std::string(*one);
        }
    }
    return text;
}

FOUNDRY_DECL std::string text_of_message(json::value const& message)
{
    auto const* const content = message.get_object().if_contains("content");
    return content ? text_of_content(*content) : std::string();
}

FOUNDRY_DECL bool has_role(json::value const& message, std::string_view role)
{
    return text_of(message.get_object(), "role") == role;
}

FOUNDRY_DECL chat_model::chat_model(json::object const& request)
    : request_(request),
      messages_(request.at("messages").as_array())
{
    for (auto const& message : messages_) {
        auto const text = text_of_message(message);
        prompt_ += text + "\n";
        if (!has_role(message, "user"))
            continue;
        question_ = text;
        pictures_ = 0;
        for (auto const& part : array_of(message.get_object(), "content"))
            pictures_ += text_of(part.as_object(), "type") == "image_url";
    }
}

FOUNDRY_DECL std::size_t chat_model::prompt_tokens() const
{
    auto const tools = request_.if_contains("tools");
    return pieces_of(prompt_).size() + 4 * messages_.size() + 3 + (tools ? json_text(*tools).size() / 8 : 0);
}

FOUNDRY_DECL bool chat_model::wants_brevity() const
{
    auto const asked = lower(prompt_);
    return asked.find("one sentence") != std::string::npos || asked.find("briefly") != std::string::npos ||
           asked.find("be brief") != std::string::npos;
}

/// The name that the user gave earlier in the conversation.
FOUNDRY_DECL std::string chat_model::name_of_user() const
{
    constexpr std::string_view phrase = "my name is ";
    std::string name;
    for (auto const& message : messages_) {
        auto const text = text_of_message(message);
        auto const found = lower(text).find(phrase);
        if (!has_role(message, "user") || found == std::string::npos)
            continue;
        auto const words = words_of(std::string_view(text).substr(found + phrase.size()));
        if (!words.empty())
            name = words.front();
    }
    return name;
}

/// Whether a question is about a tool: it has the tool's name, or a significant word of that name.
FOUNDRY_DECL bool mentions_tool(std::string_view question, std::string_view tool)
{
    static constexpr std::array<std::string_view, 14> verbs = {"get",     "find", "search", "lookup",  "look",
                                                               "list",    "set",  "fetch",  "current", "query",
                                                               "compute", "call", "tool",   "function"};
    auto const asked = meanings_of(question);
    if (lower(question).find(lower(tool)) != std::string::npos)
        return true;
    for (auto const& word : meanings_of(tool)) {
        if (!contains(verbs, word) && contains(asked, word))
            return true;
    }
    return false;
}

/// The tools that the model calls for this request.
FOUNDRY_DECL std::vector<json::object> chat_model::wanted_tools() const
{
    std::vector<json::object> wanted;
    auto const* const choice = request_.if_contains("tool_choice");
    auto const mode = text_of(request_, "tool_choice").value_or("auto");
    bool const answered = has_role(messages_.back(), "tool");
    auto const tools = array_of(request_, "tools");
    for (auto const& tool : tools) {
        auto const& function = tool.at("function").as_object();
        std::string_view const name = function.at("name").as_string();
        bool const chosen = choice && choice->is_object()
                                ? choice->at("function").at("name") == function.at("name")
                                : mode != "none" && !answered && mentions_tool(question_, name);
        if (chosen)
            wanted.push_back(function);
    }
    if (wanted.empty() && mode == "required" && !tools.empty())
        wanted.push_back(tools.front().at("function").as_object());
    if (wanted.size() > 1 && !flag_of(request_, "parallel_tool_calls", true))
        wanted.resize(1);
    return wanted;
}

/// One call of each tool; if a tool takes a place, one call for each place in the question.
FOUNDRY_DECL std::vector<tool_call> chat_model::call(std::vector<json::object> const& tools) const
{
    std::vector<tool_call> calls;
    auto places = places_in(question_);
    if (!flag_of(request_, "parallel_tool_calls", true))
        places.resize(1);
    auto const answer = plain_answer(0);
    for (auto const& function : tools) {
        auto const schema = object_of(function, "parameters");
        std::vector<std::string> seen;
        for (auto const& position : places) {
            auto const arguments = schema.empty() ? json::value(json::object())
                                                  : schema_sampler(schema, question_, answer, position).value();
            auto text = json_text(arguments);
            if (contains(seen, text))
                continue;
            seen.push_back(text);
            calls.emplace_back(std::string(*text_of(function, "name")), std::move(text));
        }
    }
    return calls;
}

FOUNDRY_DECL std::string chat_model::plain_answer(std::size_t variant) const
{
    auto const name = name_of_user();
    if (!name.empty() && lower(question_).find("what is my name") != std::string::npos)
        return "Your name is " + name + ". You told me so earlier in this conversation.";
    auto answer = compose_answer(question_, wants_brevity(), variant);
    if (pictures_ > 0)
        answer += pictures_ == 1 ? " Thank you for the picture that came with it."
                                 : " Thank you for the " + std::to_string(pictures_) + " pictures that came with it.";
    return answer;
}

/// A JSON object in words: "city Paris, temperature 21". Returns any other text unchanged.
FOUNDRY_DECL std::string in_plain_words(std::string const& text)
{
    boost::system::error_code failed;
    auto const value = json::parse(text, failed);
    if (failed || !value.is_object())
        return text;
    std::string made;
    for (auto const& [name, member] : value.get_object()) {
        made += made.empty() ? "" : ", ";
        made += std::string(name) + " " + (member.is_string() ? std::string(member.get_string()) : json_text(member));
    }
    return made;
}

/// An answer that uses the results of the tools at the end of the conversation.
FOUNDRY_DECL std::string chat_model::with_tool_results() const
{
    std::string found;
    for (auto i = messages_.size(); i > 0 && has_role(messages_[i - 1], "tool"); --i) {
        auto const one = in_plain_words(text_of_message(messages_[i - 1]));
        found = found.empty() ? one : one + "; " + found;
    }
    auto const keys = key_words_of(question_, 3);
    return "I looked up " + (keys.empty() ? std::string("what you asked") : join_words(keys)) +
           " for you. The result is: " + found + ". Is there anything else you would like to know?";
}

FOUNDRY_DECL std::string chat_model::in_json(json::object const& format) const
{
    auto const plain = has_role(messages_.back(), "tool") ? with_tool_results() : plain_answer(0);
    auto const schema = object_of(object_of(format, "json_schema"), "schema");
    if (!schema.empty())
        return json_text(schema_sampler(schema, question_, plain, places_in(question_).front()).value());
    json::object made;
    json::array keys;
    for (auto& key : key_words_of(question_, 4))
        keys.push_back(json::string(key));
    made["question"] = question_;
    made["answer"] = plain;
    made["keywords"] = std::move(keys);
    return json_text(made);
}

FOUNDRY_DECL std::string chat_model::say(std::size_t variant) const
{
    auto const format = object_of(request_, "response_format");
    if (!format.empty() && text_of(format, "type") != "text")
        return in_json(format);
    return has_role(messages_.back(), "tool") ? with_tool_results() : plain_answer(variant);
}

/// The start of a text, with at most this many tokens.
FOUNDRY_DECL std::string shorten(std::string const& text, std::size_t tokens)
{
    auto const pieces = pieces_of(text);
    std::string made;
    for (std::size_t i = 0; i < (std::min)(tokens, pieces.size()); ++i)
        made += pieces[i];
    return made;
}

/// Cuts the text at the first of the stop sequences.
FOUNDRY_DECL void apply_stop(std::string& text, json::value const* stop)
{
    json::array sequences;
    if (stop && stop->is_string())
        sequences.push_back(*stop);
    else if (stop && stop->is_array())
        sequences = stop->get_array();
    for (auto const& one : sequences) {
        if (!one.is_string() || one.get_string().empty())
            continue;
        text.resize(std::min(text.find(std::string_view(one.get_string())), text.size()));
    }
}

/// The start of a text, with at most this many bytes. Splits no UTF-8 sequence.
FOUNDRY_DECL std::string first_bytes(std::string const& text, std::size_t size)
{
    if (size >= text.size())
        return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
        --size;
    return text.substr(0, size);
}

inline constexpr std::size_t tokens_before_arguments = 4;

FOUNDRY_DECL std::size_t tokens_of(tool_call const& call)
{
    return tokens_before_arguments + call.arguments.size() / 4;
}

/// Cuts a completion at the maximum number of tokens, which may be in the middle of a call's arguments.
FOUNDRY_DECL void limit_tokens(completion& made, std::size_t most)
{
    auto left = most;
    auto const take = [&](std::size_t wanted) {
        auto const taken = (std::min)(wanted, left);
        if (taken < wanted)
            made.finish_reason = "length";
        left -= taken;
        return taken;
    };
    made.reasoning = shorten(made.reasoning, take(pieces_of(made.reasoning).size()));
    made.content = shorten(made.content, take(pieces_of(made.content).size()));
    made.refusal = shorten(made.refusal, take(pieces_of(made.refusal).size()));
    std::vector<tool_call> calls;
    for (auto& call : made.calls) {
        auto const wanted = tokens_of(call);
        auto const taken = take(wanted);
        if (taken < tokens_before_arguments)
            break;
        if (taken < wanted)
            call.arguments = first_bytes(call.arguments, (taken - tokens_before_arguments) * 4);
        calls.push_back(std::move(call));
    }
    made.calls = std::move(calls);
}

FOUNDRY_DECL std::string chat_model::think() const
{
    auto const keys = key_words_of(question_, 3);
    return "The user wants to know about " + (keys.empty() ? std::string("something") : join_words(keys)) +
           ". I should say what is certain first and keep it short.";
}

/// Whether the answer is a refusal, which only a request with a JSON schema gets.
FOUNDRY_DECL bool chat_model::refuses() const
{
    return text_of(object_of(request_, "response_format"), "type") == "json_schema" &&
           lower(question_).find("malware") != std::string::npos;
}

FOUNDRY_DECL completion chat_model::answer(std::size_t variant, bool reasons) const
{
    completion made;
    if (reasons)
        made.reasoning = think();
    if (auto const tools = wanted_tools(); !tools.empty()) {
        made.calls = call(tools);
        made.finish_reason = "tool_calls";
    } else if (refuses()) {
        made.refusal = "I'm sorry, I can't assist with that.";
    } else {
        made.content = say(variant);
        apply_stop(made.content, request_.if_contains("stop"));
    }
    auto most = count_of(request_, "max_completion_tokens");
    if (!most)
        most = count_of(request_, "max_tokens");
    if (most)
        limit_tokens(made, *most);
    made.reasoning_tokens = pieces_of(made.reasoning).size();
    made.tokens = made.reasoning_tokens + pieces_of(made.content).size() + pieces_of(made.refusal).size();
    for (auto const& one : made.calls)
        made.tokens += tokens_of(one);
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
