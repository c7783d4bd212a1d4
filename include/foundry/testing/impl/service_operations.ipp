// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// An image of one pixel (PNG), as base64.
FOUNDRY_DECL std::string_view smallest_picture()
{
    return "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
}

FOUNDRY_DECL reply service::images(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    auto const body = read_body(request, target, say.openai() ? openai_image_members() : image_members());
    auto const model = admit(body, request, target, options_.image_deployments);
    require(body, "prompt", say);
    if (!say.openai()) {
        require(body, "size", say);
        require(body, "n", say);
    }
    check_range(body, "n", 1, 10, say);
    if (flag_of(body, "stream", false))
        say.unsupported("stream", true, "'false'");
    for (auto const& [name, made] : {std::pair("output_format", "png"), std::pair("response_format", "b64_json")}) {
        if (auto const wanted = text_of(body, name).value_or(made); wanted != made)
            say.unsupported(name, json::string(wanted), "'" + std::string(made) + "'");
    }
    json::array data;
    for (std::size_t i = 0; i < count_of(body, "n").value_or(1); ++i) {
        json::object one;
        one[say.openai() ? "b64_json" : "image"] = smallest_picture();
        if (say.openai())
            one["revised_prompt"] = body.at("prompt");
        data.push_back(std::move(one));
    }
    json::object made;
    made["created"] = 1741369938;
    made["data"] = std::move(data);
    if (!say.openai()) {
        made["id"] = "imggen-1";
        made["model"] = model;
        made["object"] = "image.generation";
        json::object usage;
        usage["image_generations"] = made["data"].as_array().size();
        made["usage"] = std::move(usage);
    }
    return reply(200, json_text(made));
}

FOUNDRY_DECL reply service::threads(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    auto const body = read_body(request, target, thread_members());
    std::string_view rest = target.operation;
    consume_segment(rest);
    auto const thread = consume_segment(rest);
    json::object made;
    made["id"] = make_id(thread.empty() ? "thread_" : rest == "messages" ? "msg_" : "run_", ++ids_);
    made["object"] = thread.empty() ? "thread" : rest == "messages" ? "thread.message" : "thread.run";
    if (!thread.empty())
        made["thread_id"] = thread;
    if (rest == "messages")
        thread_questions_[thread] = text_of_content(require(body, "content", say));
    if (rest == "runs") {
        require(body, "assistant_id", json_path(), say);
        if (flag_of(body, "stream", false))
            return stream_of(run_events(thread, std::string(made.at("id").as_string()),
                                        compose_answer(thread_questions_[thread], false, 0)));
        made["status"] = "queued";
    }
    return reply(200, json_text(made));
}

FOUNDRY_DECL reply service::info(route const& target) const
{
    auto name = target.parameter("model").value_or(
        options_.chat_deployments.empty() ? std::string() : options_.chat_deployments.front());
    if (target.kind == form::serverless)
        name = options_.serverless_model;
    bool embeds = false;
    bool known = target.kind == form::serverless;
    for (auto const& one : options_.chat_deployments)
        known = known || same_name(one, name);
    for (auto const& one : options_.embedding_deployments)
        embeds = embeds || same_name(one, name);
    if (!known && !embeds)
        throw refusal(400, error_body("unknown_model", "Unknown model: " + name));
    json::object made;
    made["model_name"] = underlying_model(name);
    made["model_type"] = embeds ? "embeddings" : "chat-completion";
    made["model_provider_name"] = starts_with_one_of(name, {"mistral"})    ? "Mistral"
                                  : starts_with_one_of(name, {"deepseek"}) ? "DeepSeek"
                                                                           : "OpenAI";
    return reply(200, json_text(made));
}

FOUNDRY_DECL std::vector<std::string> service::all_deployments() const
{
    std::vector<std::string> names;
    for (auto const* const list :
         {&options_.chat_deployments, &options_.completion_deployments, &options_.embedding_deployments,
          &options_.image_deployments, &options_.speech_deployments, &options_.transcription_deployments})
        names.insert(names.end(), list->begin(), list->end());
    if (options_.realtime)
        names.insert(names.end(), options_.realtime_deployments.begin(), options_.realtime_deployments.end());
    return names;
}

FOUNDRY_DECL json::object service::model_object(std::string const& name, route const& target) const
{
    json::object made;
    if (target.kind == form::dated) {
        bool const chats = contains(options_.chat_deployments, name);
        json::object capabilities;
        capabilities["fine_tune"] = false;
        capabilities["inference"] = true;
        capabilities["completion"] = contains(options_.completion_deployments, name);
        capabilities["chat_completion"] = chats;
        capabilities["embeddings"] = contains(options_.embedding_deployments, name);
        json::object deprecation;
        deprecation["inference"] = 1830297600;
        made["capabilities"] = std::move(capabilities);
        made["lifecycle_status"] = "generally-available";
        made["deprecation"] = std::move(deprecation);
        made["id"] = name;
        made["status"] = "succeeded";
        made["created_at"] = 1715367049;
        made["updated_at"] = 1715367049;
        made["object"] = "model";
        return made;
    }
    made["id"] = name;
    made["object"] = "model";
    made["created"] = 1715367049;
    made["owned_by"] = "system";
    return made;
}

FOUNDRY_DECL reply service::models(route const& target) const
{
    auto const names = all_deployments();
    auto const path = segments_of(target.operation);
    if (path.size() == 2) {
        if (!contains(names, path.back()))
            throw refusal(404, openai_error("The model '" + path.back() + "' does not exist", "invalid_request_error",
                                            "model", "model_not_found"));
        return reply(200, json_text(model_object(path.back(), target)));
    }
    json::array data;
    for (auto const& name : names)
        data.push_back(model_object(name, target));
    json::object made;
    made["object"] = "list";
    made["data"] = std::move(data);
    return reply(200, json_text(made));
}

FOUNDRY_DECL reply service::deployments() const
{
    json::array data;
    for (auto const& name : all_deployments()) {
        json::object scale;
        scale["scale_type"] = "standard";
        json::object one;
        one["scale_settings"] = std::move(scale);
        one["model"] = name;
        one["owner"] = "organization-owner";
        one["id"] = name;
        one["status"] = "succeeded";
        one["created_at"] = 1715367049;
        one["updated_at"] = 1715367049;
        one["object"] = "deployment";
        data.push_back(std::move(one));
    }
    json::object made;
    made["data"] = std::move(data);
    made["object"] = "list";
    return reply(200, json_text(made));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
