// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The verbs of an operation; empty if the form does not have it.
FOUNDRY_DECL std::string_view verbs_of(route const& target)
{
    bool const openai = speaks_openai(target.kind);
    bool const inference = target.kind == form::models || target.kind == form::serverless;
    bool const deployed = target.kind != form::dated || !target.deployment.empty();
    bool const resource = openai && (target.kind != form::dated || target.deployment.empty());
    auto const version = target.parameter("api-version").value_or("");
    bool const preview = target.kind != form::dated || version >= "2025-03";
    auto const path = segments_of(target.operation);
    if (!target.found || path.empty())
        return {};
    if (target.operation == "chat/completions" || target.operation == "embeddings")
        return deployed ? "POST" : "";
    if (target.operation == "completions")
        return openai && deployed ? "POST" : "";
    if (target.operation == "images/generations")
        return deployed && target.kind != form::github ? "POST" : "";
    if (target.operation == "audio/speech" || target.operation == "audio/transcriptions" ||
        target.operation == "audio/translations")
        return openai && deployed ? "POST" : "";
    if (target.operation == "images/embeddings")
        return inference ? "POST" : "";
    if (target.operation == "info")
        return inference ? "GET" : "";
    if (!resource)
        return {};
    if (path.front() == "models")
        return path.size() < 3 ? "GET" : "";
    if (target.operation == "deployments") // later versions have it in the management API only
        return target.kind == form::dated && version <= "2023-03-15-preview" ? "GET" : "";
    if (path.front() == "files" && path.size() == 3)
        return path.back() == "content" ? "GET" : "";
    if (path.front() == "files" && path.size() < 3)
        return path.size() == 1 ? "GET, POST" : "GET, DELETE";
    bool const has_batches = target.kind != form::dated || version >= "2024-07";
    if (path.front() == "batches" && has_batches && path.size() < 3)
        return path.size() == 1 ? "GET, POST" : "GET";
    if (path.front() == "batches" && has_batches && path.size() == 3)
        return path.back() == "cancel" ? "POST" : "";
    if (path.front() == "responses" && preview && path.size() < 3)
        return path.size() == 1 ? "POST" : "GET, DELETE";
    if (path.front() == "responses" && preview && path.size() == 3)
        return path.back() == "cancel" ? "POST" : path.back() == "input_items" ? "GET" : "";
    if (path.front() == "realtime" && path.size() == 1)
        return target.kind != form::dated || version >= "2024-10" ? "GET" : "";
    if (target.operation == "realtime/client_secrets")
        return target.kind != form::dated ? "POST" : "";
    if (path.front() == "threads" && preview && target.kind == form::dated)
        return path.size() == 1 || (path.size() == 3 && (path.back() == "messages" || path.back() == "runs")) ? "POST"
                                                                                                              : "";
    return {};
}

[[noreturn]] FOUNDRY_DECL void refuse_path(recorded_request const& request, route const& target)
{
    if (target.kind == form::compatible)
        throw refusal(404, openai_error("Invalid URL (" + request.method + " " + request.target + ")",
                                        "invalid_request_error", nullptr, nullptr));
    if (target.kind == form::serverless) {
        json::object body;
        body["detail"] = "Not Found";
        throw refusal(404, body);
    }
    throw refusal(404, error_body("404", "Resource not found"));
}

/// The response to a prompt that the content filter blocks.
[[noreturn]] FOUNDRY_DECL void refuse_prompt(error_writer const& say)
{
    json::object found;
    found["filtered"] = true;
    found["detected"] = true;
    auto results = filter_results(false);
    results["jailbreak"] = std::move(found);
    json::object inner;
    inner["code"] = "ResponsibleAIPolicyViolation";
    inner["content_filter_result"] = std::move(results);
    json::object error;
    error["message"] =
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
        "Please modify your prompt and retry.";
    if (say.openai()) {
        error["type"] = nullptr;
        error["param"] = "prompt";
        error["status"] = 400;
    }
    error["code"] = "content_filter";
    error["innererror"] = std::move(inner);
    json::object body;
    body["error"] = std::move(error);
    throw refusal(400, body);
}

/// The name of vLLM's exception for a status.
FOUNDRY_DECL std::string_view vllm_error_type(unsigned status)
{
    switch (status) {
    case 401:
        return "AuthenticationError";
    case 404:
        return "NotFoundError";
    case 429:
        return "RateLimitError";
    default:
        return status < 500 ? "BadRequestError" : "InternalServerError";
    }
}

/// Converts an error from OpenAI's shape to that of a local server.
FOUNDRY_DECL void reword(reply& refused, local_server::error_shape shape)
{
    if (shape == local_server::error_shape::openai)
        return;
    auto const body = json::parse(refused.parts.front());
    auto const& said = body.at("error").as_object();
    json::object error;
    error["message"] = said.at("message");
    error["code"] = refused.status;
    error["type"] = said.contains("type") ? said.at("type") : "invalid_request_error";
    json::object made;
    if (shape == local_server::error_shape::bare) {
        error["object"] = "error";
        error["param"] = nullptr;
        error["type"] = vllm_error_type(refused.status);
        made = std::move(error);
    } else if (shape == local_server::error_shape::coded) {
        made["error"] = std::move(error);
    } else {
        made["error"] = std::move(error["message"]);
    }
    refused.parts.front() = json_text(made);
}

/// A refusal in the words of the form.
FOUNDRY_DECL reply service::reply_to(refusal const& refused, form kind) const
{
    auto made = refused.as_reply();
    if (kind == form::compatible)
        reword(made, options_.local.errors);
    return made;
}

FOUNDRY_DECL reply service::answer(recorded_request const& request)
{
    if (is_for_authority(request))
        return authority_.answer(request);
    auto const target = find_route(request.target, request.host);
    rate_.reset();
    reply made;
    try {
        check_method(request, target);
        if (request.method == "OPTIONS") {
            made = options(request, target);
        } else {
            check_headers(request);
            if (target.operation != "realtime")
                check_key(request, target);
            check_version(target);
            made = dispatch(request, target);
        }
    } catch (refusal const& refused) {
        made = reply_to(refused, target.kind);
    } catch (std::exception const& broken) {
        made = reply(500, json_text(error_body("InternalServerError", broken.what())));
    }
    made.head = request.method == "HEAD";
    add_rate_headers(made, target.kind);
    add_headers(made, request);
    return made;
}

/// Responds to a browser's preflight request, which has no key, and to other requests for the verbs.
FOUNDRY_DECL reply service::options(recorded_request const& request, route const& target) const
{
    std::string const verbs(verbs_of(target));
    reply made;
    made.status = 204;
    made.set_header("allow", verbs);
    if (!is_preflight(request))
        return made;
    made.set_header("access-control-allow-methods", verbs);
    if (auto const names = request.header("access-control-request-headers"))
        made.set_header("access-control-allow-headers", std::string(*names));
    made.set_header("access-control-max-age", "600");
    return made;
}

FOUNDRY_DECL reply service::dispatch(recorded_request const& request, route const& target)
{
    auto const first = target.operation.substr(0, target.operation.find('/'));
    if (target.operation == "chat/completions")
        return chat(request, target);
    if (target.operation == "completions")
        return completions(request, target);
    if (target.operation == "embeddings")
        return embeddings(request, target);
    if (target.operation == "images/embeddings")
        return image_embeddings(request, target);
    if (target.operation == "images/generations")
        return images(request, target);
    if (target.operation == "audio/speech")
        return speech(request, target);
    if (first == "audio")
        return transcription(request, target);
    if (target.operation == "info")
        return info(target);
    if (target.operation == "deployments")
        return deployments();
    if (first == "files")
        return files(request, target);
    if (first == "batches")
        return batches(request, target);
    if (first == "responses")
        return target.operation == first ? responses(request, target) : response_by_id(request, target);
    if (first == "realtime")
        return realtime(request, target);
    return first == "threads" ? threads(request, target) : models(target);
}

FOUNDRY_DECL void service::add_headers(reply& r, recorded_request const& request)
{
    auto const target = find_route(request.target, request.host);
    ++replies_;
    if (r.status != 204 && !r.opening)
        r.add_header_unless_set("content-type", "application/json");
    if (request.header("origin")) {
        r.add_header_unless_set("access-control-allow-origin", "*");
        r.add_header_unless_set("access-control-expose-headers", "*");
    }
    if (r.status == 405)
        r.add_header_unless_set("allow", std::string(verbs_of(target)));
    if (target.kind == form::compatible)
        return;
    r.add_header_unless_set("x-request-id", new_uuid());
    r.add_header_unless_set("apim-request-id", new_uuid());
    r.add_header_unless_set("x-ms-region", std::string(region_name));
    if (!limits_.is_set()) {
        r.add_header_unless_set("x-ratelimit-remaining-requests", std::to_string(1000 - replies_ % 1000));
        r.add_header_unless_set("x-ratelimit-remaining-tokens", std::to_string(100000 - replies_ * 16 % 100000));
    }
    r.add_header_unless_set("x-content-type-options", "nosniff");
    r.add_header_unless_set("strict-transport-security", "max-age=31536000; includeSubDomains; preload");
    if (auto const id = request.header("x-ms-client-request-id"))
        r.add_header_unless_set("x-ms-client-request-id", std::string(*id));
}

FOUNDRY_DECL std::string service::new_uuid() { return make_uuid(++ids_); }

FOUNDRY_DECL void service::check_method(recorded_request const& request, route const& target) const
{
    auto const verbs = verbs_of(target);
    if (verbs.empty() || (target.operation.starts_with("realtime") && !options_.realtime))
        refuse_path(request, target);
    if (request.method != "OPTIONS" &&
        (", " + std::string(verbs) + ",").find(" " + request.method + ",") == std::string::npos)
        throw refusal(405, error_body("405", "Method not allowed"));
}

/// The service accepts ten headers in addition to those of HTTP itself.
FOUNDRY_DECL void service::check_headers(recorded_request const& request) const
{
    static constexpr std::array<std::string_view, 12> ordinary = {
        "host",          "accept",  "accept-encoding",   "accept-language",
        "authorization", "api-key", "user-agent",        "connection",
        "expect",        "te",      "transfer-encoding", "cookie"};
    std::size_t custom = 0;
    for (auto const& header : request.headers) {
        auto const name = lower(header.first);
        bool const is_websocket = name == "upgrade" || name.starts_with("sec-websocket-");
        custom += !contains(ordinary, name) && !name.starts_with("content-") && !is_websocket;
    }
    if (custom > 10)
        throw refusal(431, error_body("431", "The request has more than 10 custom headers."));
}

FOUNDRY_DECL std::string bearer_of(recorded_request const& request)
{
    auto const header = request.header("authorization").value_or("");
    constexpr std::size_t size = 7;
    return header.size() > size && same_name(header.substr(0, size), "Bearer ") ? std::string(header.substr(size))
                                                                                : std::string();
}

/// The token audiences that a form accepts.
FOUNDRY_DECL std::vector<std::string> audiences_of(form kind)
{
    if (kind == form::project)
        return {"https://ai.azure.com"};
    return {"https://cognitiveservices.azure.com"};
}

FOUNDRY_DECL void service::check_key(recorded_request const& request, route const& target) const
{
    auto const bearer = bearer_of(request);
    bool const by_header = request.header("api-key") == std::string_view(options_.api_key);
    auto const audiences = audiences_of(target.kind);
    bool const by_token = bearer == options_.bearer_token || authority_.has_given(bearer, audiences);
    bool const by_bearer = bearer == options_.api_key;
    switch (target.kind) {
    case form::compatible:
        if (options_.require_key_on_compatible && !by_bearer)
            throw refusal(
                401, openai_error("Incorrect API key provided.", "invalid_request_error", nullptr, "invalid_api_key"));
        return;
    case form::serverless:
        if (!by_token && !by_bearer) {
            json::object body;
            body["status"] = "Invalid auth token";
            throw refusal(401, body);
        }
        return;
    case form::github:
        if (!by_token && !by_bearer)
            throw refusal(401, error_body("unauthorized", "Bad credentials"));
        return;
    case form::models:
    case form::v1:
    case form::project:
    case form::dated:
        break;
    }
    if (by_header || by_token || (by_bearer && target.kind != form::dated))
        return;
    if (request.header("api-key"))
        throw refusal(401,
                      error_body("401", "Access denied due to invalid subscription key or wrong API endpoint. Make "
                                        "sure to provide a valid key for an active subscription and use a correct "
                                        "regional API endpoint for your resource."));
    std::string named;
    for (auto const& audience : audiences)
        named += (named.empty() ? "" : " or ") + audience;
    json::object body;
    body["statusCode"] = 401;
    body["message"] =
        "Unauthorized. Access token is missing, invalid, audience is incorrect (" + named + "), or have expired.";
    throw refusal(401, body);
}

FOUNDRY_DECL std::span<std::string_view const> dated_versions()
{
    static constexpr std::array<std::string_view, 27> list = {
        "2022-12-01",         "2023-03-15-preview", "2023-05-15",         "2023-06-01-preview", "2023-07-01-preview",
        "2023-08-01-preview", "2023-09-01-preview", "2023-10-01-preview", "2023-12-01-preview", "2024-02-01",
        "2024-02-15-preview", "2024-03-01-preview", "2024-04-01-preview", "2024-04-15-preview", "2024-05-01-preview",
        "2024-06-01",         "2024-07-01-preview", "2024-08-01-preview", "2024-09-01-preview", "2024-10-01-preview",
        "2024-10-21",         "2024-11-01-preview", "2024-12-01-preview", "2025-01-01-preview", "2025-02-01-preview",
        "2025-03-01-preview", "2025-04-01-preview"};
    return list;
}

FOUNDRY_DECL void service::check_version(route const& target) const
{
    static constexpr std::array<std::string_view, 6> inference = {"2024-05-01-preview", "2025-02-01-preview",
                                                                  "2025-04-01",         "2025-05-01",
                                                                  "2025-05-01-preview", "2025-05-15-preview"};
    auto const version = target.parameter("api-version");
    bool known = true;
    if (target.kind == form::models || target.kind == form::serverless)
        known = version && contains(inference, *version);
    else if (target.kind == form::dated)
        known = version && contains(dated_versions(), *version);
    if (!known)
        throw refusal(404, error_body("404", "Resource not found"));
    bool const v1 = target.kind == form::v1 || target.kind == form::project;
    bool const is_session = target.operation == "realtime";
    if (v1 && is_session && version && *version != "v1" && *version != "preview")
        throw refusal(401, error_body("401", "Unauthorized. The api-version does not belong to this URL."));
    if (v1 && version && *version != "v1" && *version != "preview")
        throw refusal(400, error_body("BadRequest", "api-version query parameter is not allowed when using /v1 path"));
}

FOUNDRY_DECL json::object service::read_body(recorded_request const& request, route const& target, members known) const
{
    error_writer const say(target.kind);
    if (!lower(request.header("content-type").value_or("")).starts_with("application/json"))
        throw refusal(415, error_body("UnsupportedMediaType", "The Content-Type must be application/json."));
    boost::system::error_code failed;
    json::parse_options limits;
    limits.max_depth = 128;
    auto const body = json::parse(request.body, failed, {}, limits);
    if (failed || !body.is_object())
        say.bad_request("The body of the request is not a JSON object.", "invalid_json", nullptr);
    auto object = body.get_object();
    check_extras(object, request, known, say);
    return object;
}

/// Handles members outside the API: the OpenAI forms refuse them; for the others the header `extra-parameters` decides.
FOUNDRY_DECL void service::check_extras(json::object& body, recorded_request const& request, members known,
                                        error_writer const& say) const
{
    std::vector<std::string> extras;
    for (auto const& entry : body) {
        auto const* const found = find_member(known, entry.key());
        if (!found || !found->in_model_inference)
            extras.emplace_back(std::string_view(entry.key()));
    }
    if (say.strict() && !say.openai() && !extras.empty()) {
        auto const mode = request.header("extra-parameters").value_or("error");
        if (mode != "drop" && mode != "pass-through") {
            std::string list;
            for (auto const& name : extras)
                list += (list.empty() ? "'" : ", '") + name + "'";
            json::object error;
            error["detail"] = "Extra parameters [" + list +
                              "] are not allowed when extra-parameters is not set or set to be 'error'. Set "
                              "extra-parameters to 'pass-through' to pass to the model.";
            throw refusal(400, error);
        }
        for (auto const& name : extras) {
            if (mode == "drop" || !find_member(known, name))
                body.erase(name);
        }
    }
    check_members(body, known, json_path(), say);
}

FOUNDRY_DECL std::string service::find_model(json::object const& body, recorded_request const& request,
                                             route const& target, std::vector<std::string> const& deployments) const
{
    if (target.kind == form::serverless)
        return target.operation != "chat/completions" && !deployments.empty() ? deployments.front()
                                                                              : options_.serverless_model;
    bool const by_path = target.kind == form::dated;
    auto const header = request.header("x-ms-model-mesh-model-name").value_or("");
    std::string name(by_path ? target.deployment : text_of(body, "model").value_or(header));
    auto wanted = name;
    if (target.kind == form::github)
        wanted = wanted.substr(wanted.find('/') + 1);
    bool const any_case = target.kind == form::models || target.kind == form::github;
    for (auto const& one : deployments) {
        if (any_case ? same_name(one, wanted) : one == wanted)
            return one;
    }
    if (any_case && name.empty()) {
        auto unnamed = error_body(
            "no_model_name", "No model specified in request. Please provide a model name in the request body or as "
                             "a x-ms-model-mesh-model-name header.");
        unnamed.at("error").as_object()["details"] = nullptr;
        throw refusal(400, unnamed);
    }
    if (any_case) {
        auto unknown = error_body("unknown_model", "Unknown model: " + name);
        unknown.at("error").as_object()["details"] = "Unknown model: " + name;
        throw refusal(400, unknown);
    }
    if (!by_path && name.empty()) {
        json_path at;
        at.push_back("model");
        error_writer(target.kind).missing(at);
    }
    if (target.kind == form::compatible)
        throw refusal(404, openai_error("The model `" + name + "` does not exist or you do not have access to it.",
                                        "invalid_request_error", nullptr, "model_not_found"));
    check_operation(name, target);
    auto missing = error_body("DeploymentNotFound",
                              "The API deployment for this resource does not exist. If you created the deployment "
                              "within the last 5 minutes, please wait a moment and try again.");
    missing.at("error").as_object()["type"] = "invalid_request_error";
    throw refusal(404, missing);
}

/// Refuses a deployment that exists, but for another operation.
FOUNDRY_DECL void service::check_operation(std::string const& name, route const& target) const
{
    if (!contains(all_deployments(), name))
        return;
    auto operation = target.operation == "chat/completions" ? std::string("chatCompletion")
                     : target.operation == "completions"    ? std::string("completion")
                                                            : target.operation;
    throw refusal(400, error_body("OperationNotSupported",
                                  "The " + operation + " operation does not work with the specified model, " + name +
                                      ". Please choose different model and try again."));
}

FOUNDRY_DECL bool starts_with_one_of(std::string_view name, std::initializer_list<std::string_view> prefixes)
{
    auto const small = lower(name);
    return std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) { return small.starts_with(prefix); });
}

FOUNDRY_DECL void service::check_model_takes(json::object const& body, std::string const& model) const
{
    if (!starts_with_one_of(model, {"o1", "o3", "o4", "gpt-5"}) || !body.contains("max_tokens"))
        return;
    throw refusal(400, openai_error("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                                    "'max_completion_tokens' instead.",
                                    "invalid_request_error", "max_tokens", "unsupported_parameter"));
}

/// The model's name in responses of a deployment.
FOUNDRY_DECL std::string underlying_model(std::string const& deployment)
{
    if (deployment == "gpt-4o-mini")
        return "gpt-4o-mini-2024-07-18";
    return deployment == "gpt-4o" ? "gpt-4o-2024-11-20" : lower(deployment);
}

FOUNDRY_DECL std::int64_t seconds_now()
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

FOUNDRY_DECL response_style service::response_style_of(json::object const& body, std::string const& model,
                                                       route const& target)
{
    response_style how;
    how.id = "chatcmpl-" + in_hex(hash_of(new_uuid()));
    how.model = target.kind == form::compatible ? model : underlying_model(model);
    how.created = seconds_now();
    how.filters = target.kind != form::compatible && target.kind != form::serverless;
    how.mistral = target.kind == form::serverless || starts_with_one_of(model, {"mistral"});
    bool const old = target.parameter("api-version").value_or("2024-05-01-preview") == "2024-05-01-preview";
    how.think_tags = !speaks_openai(target.kind) && old;
    how.logprobs = flag_of(body, "logprobs", false);
    how.streamed_usage = flag_of(object_of(body, "stream_options"), "include_usage", false);
    if (target.kind == form::compatible)
        how.local = options_.local;
    return how;
}

FOUNDRY_DECL reply service::chat(recorded_request const& request, route const& target)
{
    auto const body = read_body(request, target, chat_members());
    error_writer const say(target.kind);
    auto const model = admit(body, request, target, options_.chat_deployments);
    chat_rules(body, say).check();
    check_model_takes(body, model);
    chat_model const thinker(body);
    bool const filtered = target.kind != form::compatible;
    if (filtered && lower(thinker.prompt()).find("jailbreak") != std::string::npos)
        refuse_prompt(say);

    bool const reasons = starts_with_one_of(model, {"deepseek-r"});
    std::vector<completion> choices;
    for (std::size_t i = 0; i < count_of(body, "n").value_or(1); ++i)
        choices.push_back(thinker.answer(i, reasons));
    chat_writer const writer(response_style_of(body, model, target), std::move(choices), thinker.prompt_tokens());
    if (!flag_of(body, "stream", false))
        return reply(200, writer.whole());
    return stream_of(writer.events());
}

FOUNDRY_DECL reply service::stream_of(std::vector<std::string> events) const
{
    reply streamed;
    streamed.parts = std::move(events);
    streamed.chunked = true;
    if (options_.words_per_second > 0)
        streamed.pause = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / options_.words_per_second));
    streamed.set_header("content-type", "text/event-stream; charset=utf-8");
    return streamed;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
