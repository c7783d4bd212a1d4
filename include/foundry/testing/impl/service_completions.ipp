// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The texts to complete.
FOUNDRY_DECL std::vector<std::string> prompts_of(json::object const& body, error_writer const& say)
{
    auto const& prompt = require(body, "prompt", say);
    if (prompt.is_string())
        return {std::string(prompt.get_string())};
    json_path at;
    at.push_back("prompt");
    std::vector<std::string> texts;
    for (auto const& one : prompt.get_array()) {
        if (!one.is_string())
            say.unsupported(in_words(inside(at, texts.size())), one, "strings");
        texts.emplace_back(std::string_view(one.get_string()));
    }
    if (texts.empty())
        say.bad_value(at, "expected an array with at least 1 item.", prompt);
    return texts;
}

/// Writes completions of plain text, whole or as events.
class text_writer
{
public:
    text_writer(response_style how, std::vector<completion> choices, std::size_t prompt_tokens)
        : how_(std::move(how)),
          choices_(std::move(choices)),
          prompt_tokens_(prompt_tokens)
    {}

    std::string whole() const;
    std::vector<std::string> events() const;

private:
    json::object envelope() const;
    json::object choice(std::size_t index, std::string_view text, json::value finish) const;
    json::object usage() const;

    response_style how_;
    std::vector<completion> choices_;
    std::size_t prompt_tokens_;
};

FOUNDRY_DECL json::object text_writer::envelope() const
{
    json::object made;
    made["id"] = how_.id;
    made["object"] = "text_completion";
    made["created"] = how_.created;
    made["model"] = how_.model;
    return made;
}

FOUNDRY_DECL json::object text_writer::choice(std::size_t index, std::string_view text, json::value finish) const
{
    json::object made;
    made["text"] = text;
    made["index"] = index;
    made["logprobs"] = nullptr;
    made["finish_reason"] = std::move(finish);
    if (how_.filters)
        made["content_filter_results"] = text.empty() ? json::object() : filter_results(false);
    return made;
}

FOUNDRY_DECL json::object text_writer::usage() const
{
    std::size_t tokens = 0;
    for (auto const& one : choices_)
        tokens += one.tokens;
    json::object made;
    made["prompt_tokens"] = prompt_tokens_;
    made["completion_tokens"] = tokens;
    made["total_tokens"] = prompt_tokens_ + tokens;
    return made;
}

FOUNDRY_DECL std::string text_writer::whole() const
{
    json::array choices;
    for (std::size_t i = 0; i < choices_.size(); ++i)
        choices.push_back(choice(i, choices_[i].content, json::string(choices_[i].finish_reason)));
    auto made = envelope();
    made["choices"] = std::move(choices);
    if (how_.filters)
        made["prompt_filter_results"] = prompt_filter_results();
    made["usage"] = usage();
    return json_text(made);
}

FOUNDRY_DECL std::vector<std::string> text_writer::events() const
{
    std::vector<std::string> made;
    auto const add = [&](json::array choices, json::value used) {
        auto event = envelope();
        event["choices"] = std::move(choices);
        if (how_.streamed_usage)
            event["usage"] = std::move(used);
        made.push_back(as_event(event));
    };
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        for (auto const& piece : pieces_of(choices_[i].content))
            add(json::array(1, choice(i, piece, nullptr)), nullptr);
        add(json::array(1, choice(i, "", json::string(choices_[i].finish_reason))), nullptr);
    }
    if (how_.streamed_usage)
        add(json::array(), usage());
    made.back() += "data: [DONE]\n\n";
    return made;
}

/// Completes plain text. Local servers accept chat models, too.
FOUNDRY_DECL reply service::completions(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    auto const body = read_body(request, target, completion_members());
    auto deployments = options_.completion_deployments;
    if (target.kind == form::compatible)
        deployments.insert(deployments.end(), options_.chat_deployments.begin(), options_.chat_deployments.end());
    auto const model = admit(body, request, target, deployments);
    auto const prompts = prompts_of(body, say);
    constexpr double max = 2147483647;
    check_range(body, "temperature", 0, 2, say);
    check_range(body, "top_p", 0, 1, say);
    check_range(body, "max_tokens", 1, max, say);
    check_range(body, "n", 1, 128, say);
    for (std::string const name : {"suffix", "logprobs"}) {
        if (body.contains(name) && !body.at(name).is_null())
            say.unsupported(name);
    }
    if (flag_of(body, "echo", false))
        say.unsupported("echo");
    if (count_of(body, "best_of").value_or(1) > count_of(body, "n").value_or(1))
        say.unsupported("best_of");

    std::vector<completion> choices;
    std::size_t prompt_tokens = 0;
    for (auto const& prompt : prompts) {
        json::object asked;
        asked["messages"] = json::array(1, message_of("user", json::string(prompt)));
        asked["max_tokens"] = body.contains("max_tokens") ? body.at("max_tokens") : json::value(16);
        if (body.contains("stop"))
            asked["stop"] = body.at("stop");
        chat_model const thinker(asked);
        if (target.kind != form::compatible && lower(prompt).find("jailbreak") != std::string::npos)
            refuse_prompt(say);
        prompt_tokens += pieces_of(prompt).size();
        for (std::size_t i = 0; i < count_of(body, "n").value_or(1); ++i)
            choices.push_back(thinker.answer(i, false));
    }
    auto how = response_style_of(body, model, target);
    how.id.replace(0, std::string_view("chatcmpl").size(), "cmpl");
    text_writer const writer(std::move(how), std::move(choices), prompt_tokens);
    return flag_of(body, "stream", false) ? stream_of(writer.events()) : reply(200, writer.whole());
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
