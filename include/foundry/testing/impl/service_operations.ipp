// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A picture of one pixel (PNG), as base64.
FOUNDRY_DECL std::string_view smallest_picture()
{
    return "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
}

FOUNDRY_DECL reply service::images(received const& request, route const& where) const
{
    complaints const say(where.kind);
    auto const body = read_body(request, where, say.openai() ? openai_image_members() : image_members());
    auto const model = find_model(body, request, where, options_.image_deployments);
    require(body, "prompt", place(), say);
    if (!say.openai()) {
        require(body, "size", place(), say);
        require(body, "n", place(), say);
    }
    check_range(body, "n", 1, 10, say);
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
    return reply(200, json::serialize(made));
}

/// Silence, as WAV.
FOUNDRY_DECL reply service::speech(received const& request, route const& where) const
{
    complaints const say(where.kind);
    auto const body = read_body(request, where, speech_members());
    require(body, "input", place(), say);
    require(body, "voice", place(), say);
    constexpr std::size_t samples = 800;
    auto const number = [](std::size_t value, std::size_t size) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i)
            bytes += static_cast<char>(static_cast<unsigned char>((value >> (8 * i)) & 0xFFU));
        return bytes;
    };
    std::string wave = "RIFF" + number(36 + samples * 2, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(1, 2) +
                       number(8000, 4) + number(16000, 4) + number(2, 2) + number(16, 2) + "data" +
                       number(samples * 2, 4) + std::string(samples * 2, '\0');
    reply made(200, std::move(wave));
    made.set_header("content-type", "audio/wav");
    return made;
}

FOUNDRY_DECL reply service::files(received const& request, route const& where)
{
    complaints const say(where.kind);
    if (where.operation == "files" && request.method == "POST")
        return reply(200, json::serialize(store_.add_file(form_data(request, say), say)));
    if (where.operation == "files")
        return reply(200, json::serialize(store_.list_files(where.parameter("purpose").value_or(""))));
    auto id = where.operation.substr(6);
    if (auto const slash = id.find('/'); slash != std::string::npos) {
        reply made(200, store_.content(id.substr(0, slash)));
        made.set_header("content-type", "application/octet-stream");
        return made;
    }
    return reply(200, json::serialize(request.method == "DELETE" ? store_.remove(id) : store_.file(id)));
}

FOUNDRY_DECL reply service::responses(received const& request, route const& where)
{
    if (where.operation != "responses") {
        auto const id = where.operation.substr(10);
        return reply(200, json::serialize(request.method == "DELETE" ? store_.remove(id) : store_.response(id)));
    }
    complaints const say(where.kind);
    auto const body = read_body(request, where, response_members());
    // Without a deployment in its path, the dated form finds the model where v1 does.
    auto by_body = where;
    by_body.kind = where.kind == form::dated ? form::v1 : where.kind;
    auto const model = find_model(body, request, by_body, options_.chat_deployments);
    require(body, "input", place(), say);
    response_writer const writer(store_.new_id("resp_"), model, compose_answer(question_in(body), false, 0));
    if (flag_of(body, "store", true))
        store_.keep_response(writer.whole("completed"));
    return flag_of(body, "stream", false) ? stream_of(writer.events())
                                          : reply(200, json::serialize(writer.whole("completed")));
}

FOUNDRY_DECL reply service::threads(received const& request, route const& where)
{
    complaints const say(where.kind);
    auto const body = read_body(request, where, thread_members());
    std::string_view rest = where.operation;
    consume_segment(rest);
    auto const thread = consume_segment(rest);
    json::object made;
    made["id"] = store_.new_id(thread.empty() ? "thread_" : rest == "messages" ? "msg_" : "run_");
    made["object"] = thread.empty() ? "thread" : rest == "messages" ? "thread.message" : "thread.run";
    if (!thread.empty())
        made["thread_id"] = thread;
    if (rest == "messages")
        thread_questions_[thread] = text_of_content(require(body, "content", place(), say));
    if (rest == "runs") {
        require(body, "assistant_id", place(), say);
        if (flag_of(body, "stream", false))
            return stream_of(run_events(thread, std::string(made.at("id").as_string()),
                                        compose_answer(thread_questions_[thread], false, 0)));
        made["status"] = "queued";
    }
    return reply(200, json::serialize(made));
}

FOUNDRY_DECL reply service::info(route const& where) const
{
    auto name = where.parameter("model").value_or(
        options_.chat_deployments.empty() ? std::string() : options_.chat_deployments.front());
    if (where.kind == form::serverless)
        name = options_.serverless_model;
    bool embeds = false;
    bool known = where.kind == form::serverless;
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
    return reply(200, json::serialize(made));
}

FOUNDRY_DECL reply service::list_models() const
{
    auto names = options_.chat_deployments;
    names.insert(names.end(), options_.embedding_deployments.begin(), options_.embedding_deployments.end());
    json::array data;
    for (auto const& name : names) {
        json::object one;
        one["id"] = name;
        one["object"] = "model";
        one["created"] = 1715367049;
        one["owned_by"] = "system";
        data.push_back(std::move(one));
    }
    json::object made;
    made["object"] = "list";
    made["data"] = std::move(data);
    return reply(200, json::serialize(made));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
