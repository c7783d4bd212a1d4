// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/authority.ipp>
#include <foundry/testing/impl/chat_reply.ipp>
#include <foundry/testing/impl/chat_rules.ipp>
#include <foundry/testing/impl/embedding_model.ipp>
#include <foundry/testing/impl/objects.ipp>
#include <foundry/testing/impl/responses.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Answers requests as the service does. Knows nothing of sockets. Used by one thread.
class service
{
public:
    explicit service(emulator_options const& options) : options_(options), authority_(options.directory) {}

    reply answer(received const& request);

    /// The headers that every reply of this form has.
    void add_headers(reply& r, received const& request);

private:
    reply dispatch(received const& request, route const& where);
    reply chat(received const& request, route const& where);
    reply embeddings(received const& request, route const& where) const;
    reply image_embeddings(received const& request, route const& where) const;
    reply images(received const& request, route const& where) const;
    reply speech(received const& request, route const& where) const;
    reply files(received const& request, route const& where);
    reply responses(received const& request, route const& where);
    reply threads(received const& request, route const& where);
    reply info(route const& where) const;
    reply list_models() const;
    reply stream_of(std::vector<std::string> events) const;

    void check_method(received const& request, route const& where) const;
    void check_headers(received const& request) const;
    void check_key(received const& request, route const& where) const;
    void check_version(route const& where) const;
    json::object read_body(received const& request, route const& where, members known) const;
    void check_extras(json::object& body, received const& request, members known, complaints const& say) const;
    std::string find_model(json::object const& body, received const& request, route const& where,
                           std::vector<std::string> const& deployments) const;
    void check_model_takes(json::object const& body, std::string const& model) const;
    manner manner_of(json::object const& body, std::string const& model, route const& where);
    std::string new_uuid();

    emulator_options const& options_;
    authority authority_;
    std::uint64_t replies_ = 0;
    std::uint64_t ids_ = 0;
    object_store store_;
    std::map<std::string, std::string> thread_questions_; ///< The last message of each thread.
};

/// Which verbs an operation takes; none if the form has no such operation.
FOUNDRY_DECL std::string_view verbs_of(route const& where)
{
    bool const openai = speaks_openai(where.kind);
    bool const inference = where.kind == form::models || where.kind == form::serverless;
    bool const deployed = where.kind != form::dated || !where.deployment.empty();
    bool const resource = openai && (where.kind != form::dated || where.deployment.empty());
    bool const preview = where.kind != form::dated || where.parameter("api-version").value_or("") >= "2025-03";
    auto const first = where.operation.substr(0, where.operation.find('/'));
    bool const of_one = where.operation != first;
    if (!where.found)
        return {};
    if (where.operation == "chat/completions" || where.operation == "embeddings")
        return deployed ? "POST" : "";
    if (where.operation == "images/generations")
        return deployed && where.kind != form::github ? "POST" : "";
    if (where.operation == "audio/speech")
        return openai && deployed ? "POST" : "";
    if (where.operation == "images/embeddings")
        return inference ? "POST" : "";
    if (where.operation == "info")
        return inference ? "GET" : "";
    if (where.operation == "models")
        return openai && where.kind != form::dated ? "GET" : "";
    if (first == "files" && resource)
        return !of_one ? "GET, POST" : where.operation.ends_with("/content") ? "GET" : "GET, DELETE";
    if (first == "responses" && resource && preview)
        return of_one ? "GET, DELETE" : "POST";
    if (first == "threads" && resource && preview && where.kind == form::dated)
        return "POST";
    return {};
}

[[noreturn]] FOUNDRY_DECL void refuse_path(received const& request, route const& where)
{
    if (where.kind == form::compatible)
        throw refusal(404, openai_error("Invalid URL (" + request.method + " " + request.target + ")",
                                        "invalid_request_error", nullptr, nullptr));
    if (where.kind == form::serverless) {
        json::object body;
        body["detail"] = "Not Found";
        throw refusal(404, body);
    }
    throw refusal(404, error_body("404", "Resource not found"));
}

/// The reply to a prompt that the content filter blocks.
[[noreturn]] FOUNDRY_DECL void refuse_prompt(complaints const& say)
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
    return status == 404 ? "NotFoundError" : status == 401 ? "AuthenticationError" : "BadRequestError";
}

/// Gives an error of OpenAI's shape the one of a local server.
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
    refused.parts.front() = json::serialize(made);
}

FOUNDRY_DECL reply service::answer(received const& request)
{
    if (is_for_authority(request))
        return authority_.answer(request);
    auto const where = find_route(request.target, request.host);
    reply made;
    try {
        check_method(request, where);
        check_headers(request);
        check_key(request, where);
        check_version(where);
        made = dispatch(request, where);
    } catch (refusal const& refused) {
        made = refused.as_reply();
        if (where.kind == form::compatible)
            reword(made, options_.local.errors);
    } catch (std::exception const& broken) {
        made = reply(500, json::serialize(error_body("InternalServerError", broken.what())));
    }
    made.head = request.method == "HEAD";
    add_headers(made, request);
    return made;
}

FOUNDRY_DECL reply service::dispatch(received const& request, route const& where)
{
    auto const first = where.operation.substr(0, where.operation.find('/'));
    if (where.operation == "chat/completions")
        return chat(request, where);
    if (where.operation == "embeddings")
        return embeddings(request, where);
    if (where.operation == "images/embeddings")
        return image_embeddings(request, where);
    if (where.operation == "images/generations")
        return images(request, where);
    if (where.operation == "audio/speech")
        return speech(request, where);
    if (where.operation == "info")
        return info(where);
    if (first == "files")
        return files(request, where);
    if (first == "responses")
        return responses(request, where);
    return first == "threads" ? threads(request, where) : list_models();
}

FOUNDRY_DECL void service::add_headers(reply& r, received const& request)
{
    auto const where = find_route(request.target, request.host);
    ++replies_;
    r.add_header_unless_set("content-type", "application/json");
    if (r.status == 405)
        r.add_header_unless_set("allow", std::string(verbs_of(where)));
    if (where.kind == form::compatible)
        return;
    r.add_header_unless_set("x-request-id", new_uuid());
    r.add_header_unless_set("apim-request-id", new_uuid());
    r.add_header_unless_set("x-ms-region", "East US 2");
    r.add_header_unless_set("x-ratelimit-remaining-requests", std::to_string(1000 - replies_ % 1000));
    r.add_header_unless_set("x-ratelimit-remaining-tokens", std::to_string(100000 - replies_ * 16 % 100000));
    r.add_header_unless_set("x-content-type-options", "nosniff");
    r.add_header_unless_set("strict-transport-security", "max-age=31536000; includeSubDomains; preload");
    if (auto const id = request.header("x-ms-client-request-id"))
        r.add_header_unless_set("x-ms-client-request-id", std::string(*id));
}

FOUNDRY_DECL std::string service::new_uuid()
{
    auto const number = std::to_string(++ids_);
    auto const digits = [&number](std::string_view salt) {
        auto text = in_hex(hash_of(std::string(salt) + number));
        return std::string(16 - text.size(), '0') + text;
    };
    auto const a = digits("a");
    auto const b = digits("b");
    return a.substr(0, 8) + "-" + a.substr(8, 4) + "-4" + a.substr(13, 3) + "-a" + b.substr(1, 3) + "-" +
           b.substr(4, 12);
}

FOUNDRY_DECL void service::check_method(received const& request, route const& where) const
{
    auto const verbs = verbs_of(where);
    if (verbs.empty())
        refuse_path(request, where);
    if ((", " + std::string(verbs) + ",").find(" " + request.method + ",") == std::string::npos)
        throw refusal(405, error_body("405", "Method not allowed"));
}

/// The service takes ten headers that it does not know of HTTP itself.
FOUNDRY_DECL void service::check_headers(received const& request) const
{
    static constexpr std::array<std::string_view, 12> ordinary = {
        "host",          "accept",  "accept-encoding",   "accept-language",
        "authorization", "api-key", "user-agent",        "connection",
        "expect",        "te",      "transfer-encoding", "cookie"};
    std::size_t custom = 0;
    for (auto const& header : request.headers) {
        auto const name = lower(header.first);
        custom += !contains(ordinary, name) && !name.starts_with("content-");
    }
    if (custom > 10)
        throw refusal(431, error_body("431", "The request has more than 10 custom headers."));
}

FOUNDRY_DECL std::string bearer_of(received const& request)
{
    auto const header = request.header("authorization").value_or("");
    constexpr std::size_t size = 7;
    return header.size() > size && same_name(header.substr(0, size), "Bearer ") ? std::string(header.substr(size))
                                                                                : std::string();
}

/// Whose tokens a form takes.
FOUNDRY_DECL std::vector<std::string> audiences_of(form kind)
{
    if (kind == form::project)
        return {"https://ai.azure.com"};
    return {"https://cognitiveservices.azure.com"};
}

FOUNDRY_DECL void service::check_key(received const& request, route const& where) const
{
    auto const bearer = bearer_of(request);
    bool const by_header = request.header("api-key") == std::string_view(options_.api_key);
    auto const audiences = audiences_of(where.kind);
    bool const by_token = bearer == options_.bearer_token || authority_.has_given(bearer, audiences);
    bool const by_bearer = bearer == options_.api_key;
    switch (where.kind) {
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
    if (by_header || by_token || (by_bearer && where.kind != form::dated))
        return;
    std::string named;
    for (auto const& audience : audiences)
        named += (named.empty() ? "" : " or ") + audience;
    json::object body;
    body["statusCode"] = 401;
    body["message"] =
        "Unauthorized. Access token is missing, invalid, audience is incorrect (" + named + "), or have expired.";
    throw refusal(401, body);
}

FOUNDRY_DECL void service::check_version(route const& where) const
{
    static constexpr std::array<std::string_view, 6> inference = {"2024-05-01-preview", "2025-02-01-preview",
                                                                  "2025-04-01",         "2025-05-01",
                                                                  "2025-05-01-preview", "2025-05-15-preview"};
    static constexpr std::array<std::string_view, 20> dated = {
        "2023-05-15",         "2023-12-01-preview", "2024-02-01",         "2024-02-15-preview", "2024-03-01-preview",
        "2024-04-01-preview", "2024-05-01-preview", "2024-06-01",         "2024-07-01-preview", "2024-08-01-preview",
        "2024-09-01-preview", "2024-10-01-preview", "2024-10-21",         "2024-12-01-preview", "2025-01-01-preview",
        "2025-02-01-preview", "2025-03-01-preview", "2025-04-01-preview", "2023-07-01-preview", "2023-10-01-preview"};
    auto const version = where.parameter("api-version");
    bool known = true;
    if (where.kind == form::models || where.kind == form::serverless)
        known = version && contains(inference, *version);
    else if (where.kind == form::dated)
        known = version && contains(dated, *version);
    if (!known)
        throw refusal(404, error_body("404", "Resource not found"));
    bool const v1 = where.kind == form::v1 || where.kind == form::project;
    if (v1 && version && *version != "v1" && *version != "preview")
        throw refusal(400, error_body("BadRequest", "api-version query parameter is not allowed when using /v1 path"));
}

FOUNDRY_DECL json::object service::read_body(received const& request, route const& where, members known) const
{
    complaints const say(where.kind);
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

/// Members outside the API: the OpenAI forms refuse them; the others ask the header `extra-parameters` what to do.
FOUNDRY_DECL void service::check_extras(json::object& body, received const& request, members known,
                                        complaints const& say) const
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
    check_members(body, known, place(), say);
}

FOUNDRY_DECL std::string service::find_model(json::object const& body, received const& request, route const& where,
                                             std::vector<std::string> const& deployments) const
{
    if (where.kind == form::serverless)
        return where.operation != "chat/completions" && !deployments.empty() ? deployments.front()
                                                                             : options_.serverless_model;
    bool const by_path = where.kind == form::dated;
    auto const header = request.header("x-ms-model-mesh-model-name").value_or("");
    std::string name(by_path ? where.deployment : text_of(body, "model").value_or(header));
    auto wanted = name;
    if (where.kind == form::github)
        wanted = wanted.substr(wanted.find('/') + 1);
    bool const any_case = where.kind == form::models || where.kind == form::github;
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
        place at;
        at.push_back("model");
        complaints(where.kind).missing(at);
    }
    if (where.kind == form::compatible)
        throw refusal(404, openai_error("The model `" + name + "` does not exist or you do not have access to it.",
                                        "invalid_request_error", nullptr, "model_not_found"));
    auto missing = error_body("DeploymentNotFound",
                              "The API deployment for this resource does not exist. If you created the deployment "
                              "within the last 5 minutes, please wait a moment and try again.");
    missing.at("error").as_object()["type"] = "invalid_request_error";
    throw refusal(404, missing);
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

/// The name that a reply gives to the model behind a deployment.
FOUNDRY_DECL std::string underlying_model(std::string const& deployment)
{
    if (deployment == "gpt-4o-mini")
        return "gpt-4o-mini-2024-07-18";
    return deployment == "gpt-4o" ? "gpt-4o-2024-11-20" : lower(deployment);
}

FOUNDRY_DECL manner service::manner_of(json::object const& body, std::string const& model, route const& where)
{
    manner how;
    how.id = "chatcmpl-" + in_hex(hash_of(new_uuid()));
    how.model = where.kind == form::compatible ? model : underlying_model(model);
    how.created =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    how.filters = where.kind != form::compatible && where.kind != form::serverless;
    how.mistral = where.kind == form::serverless || starts_with_one_of(model, {"mistral"});
    bool const old = where.parameter("api-version").value_or("2024-05-01-preview") == "2024-05-01-preview";
    how.think_tags = !speaks_openai(where.kind) && old;
    how.logprobs = flag_of(body, "logprobs", false);
    how.streamed_usage = flag_of(object_of(body, "stream_options"), "include_usage", false);
    if (where.kind == form::compatible)
        how.local = options_.local;
    return how;
}

FOUNDRY_DECL reply service::chat(received const& request, route const& where)
{
    auto const body = read_body(request, where, chat_members());
    complaints const say(where.kind);
    auto const model = find_model(body, request, where, options_.chat_deployments);
    chat_rules(body, say).check();
    check_model_takes(body, model);
    chat_model const thinker(body);
    bool const filtered = where.kind != form::compatible;
    if (filtered && lower(thinker.prompt()).find("jailbreak") != std::string::npos)
        refuse_prompt(say);

    bool const reasons = starts_with_one_of(model, {"deepseek-r"});
    std::vector<completion> choices;
    for (std::size_t i = 0; i < count_of(body, "n").value_or(1); ++i)
        choices.push_back(thinker.answer(i, reasons));
    chat_writer const writer(manner_of(body, model, where), std::move(choices), thinker.prompt_tokens());
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

/// The texts to embed. Tokens stand for themselves: each becomes a word.
FOUNDRY_DECL std::vector<std::string> inputs_of(json::object const& body, complaints const& say)
{
    place at;
    at.push_back("input");
    auto const& input = require(body, "input", place(), say);
    std::vector<std::string> texts;
    if (input.is_string()) {
        texts.emplace_back(std::string_view(input.get_string()));
        return texts;
    }
    auto const& items = input.get_array();
    std::size_t const most = say.openai() ? 2048 : 1024;
    if (items.empty() || items.size() > most)
        say.bad_value(at, "expected an array of 1 to " + std::to_string(most) + " items.", items.size());
    auto const is_tokens = [](json::array const& list) {
        return !list.empty() &&
               std::all_of(list.begin(), list.end(), [](json::value const& one) { return one.is_int64(); });
    };
    if (is_tokens(items)) {
        texts.push_back(json::serialize(items));
        return texts;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].is_string())
            texts.emplace_back(std::string_view(items[i].get_string()));
        else if (items[i].is_array() && is_tokens(items[i].get_array()))
            texts.push_back(json::serialize(items[i]));
        else
            say.wrong_type(inside(at, i), "a string or an array of tokens", items[i]);
    }
    return texts;
}

/// The encodings that the form's models take.
FOUNDRY_DECL std::string encoding_of(json::object const& body, complaints const& say)
{
    static constexpr std::array<std::string_view, 2> openai = {"float", "base64"};
    static constexpr std::array<std::string_view, 6> inference = {"float", "base64",  "binary",
                                                                  "int8",  "ubinary", "uint8"};
    std::string const wanted(text_of(body, "encoding_format").value_or("float"));
    if (say.openai() ? contains(openai, wanted) : contains(inference, wanted))
        return wanted;
    json::object location;
    location["loc"] = {"body", "encoding_format"};
    location["input"] = wanted;
    json::object error;
    error["status"] = 422;
    error["code"] = "parameter_not_supported";
    error["detail"] = std::move(location);
    error["message"] = "The model does not support this encoding_format.";
    if (!say.openai())
        throw refusal(422, error);
    place at;
    at.push_back("encoding_format");
    say.bad_value(at, "expected one of float and base64.", body.at("encoding_format"));
}

/// One bit for each component, the first in the highest place.
FOUNDRY_DECL json::array packed_signs(std::vector<float> const& vector, bool as_signed)
{
    json::array made;
    for (std::size_t i = 0; i < vector.size(); i += 8) {
        unsigned bits = 0;
        for (std::size_t k = 0; k < 8 && i + k < vector.size(); ++k)
            bits |= vector[i + k] > 0 ? 0x80U >> k : 0U;
        made.push_back(as_signed ? static_cast<std::int64_t>(static_cast<std::int8_t>(bits))
                                 : static_cast<std::int64_t>(bits));
    }
    return made;
}

FOUNDRY_DECL json::value embedding_value(std::vector<float> const& vector, std::string_view encoding)
{
    if (encoding == "base64")
        return json::string(base64(bytes_of(vector)));
    if (encoding == "binary" || encoding == "ubinary")
        return packed_signs(vector, encoding == "binary");
    json::array numbers;
    numbers.reserve(vector.size());
    for (float const component : vector) {
        auto const number = static_cast<double>(component);
        if (encoding == "int8")
            numbers.push_back(static_cast<std::int64_t>(std::lround(number * 127)));
        else if (encoding == "uint8")
            numbers.push_back(static_cast<std::int64_t>(std::lround((number + 1) * 127)));
        else
            numbers.push_back(number);
    }
    return numbers;
}

/// The reply to a request for vectors, whatever they are of.
FOUNDRY_DECL reply embeddings_reply(std::vector<std::string> const& texts, std::size_t dimensions,
                                    std::string_view encoding, std::string const& model)
{
    std::size_t tokens = 0;
    json::array data;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        tokens += words_of(texts[i]).size();
        json::object one;
        one["object"] = "embedding";
        one["index"] = i;
        one["embedding"] = embedding_value(embed(texts[i], dimensions), encoding);
        data.push_back(std::move(one));
    }
    json::object usage;
    usage["prompt_tokens"] = tokens;
    usage["total_tokens"] = tokens;
    json::object made;
    made["object"] = "list";
    made["data"] = std::move(data);
    made["model"] = model;
    made["usage"] = std::move(usage);
    return reply(200, json::serialize(made));
}

FOUNDRY_DECL reply service::embeddings(received const& request, route const& where) const
{
    auto const body = read_body(request, where, embedding_members());
    complaints const say(where.kind);
    auto const model = find_model(body, request, where, options_.embedding_deployments);
    auto const texts = inputs_of(body, say);
    auto const encoding = encoding_of(body, say);
    check_range(body, "dimensions", 1, 4096, say);
    auto const dimensions = count_of(body, "dimensions").value_or(options_.embedding_dimensions);
    return embeddings_reply(texts, dimensions, encoding, underlying_model(model));
}

FOUNDRY_DECL reply service::image_embeddings(received const& request, route const& where) const
{
    auto const body = read_body(request, where, image_embedding_members());
    complaints const say(where.kind);
    auto const model = find_model(body, request, where, options_.embedding_deployments);
    place at;
    at.push_back("input");
    std::vector<std::string> texts;
    for (auto const& one : require(body, "input", place(), say).as_array()) {
        auto const here = inside(at, texts.size());
        auto const& picture = require_object(one, here, say);
        check_members(picture, image_input_members(), here, say);
        auto const url = text_of(picture, "image").value_or("");
        if (!url.starts_with("data:image/"))
            say.bad_value(inside(here, "image"), "expected a data URL.", json::string(url));
        texts.push_back(std::string(text_of(picture, "text").value_or("")) + " " + std::string(url));
    }
    auto const encoding = encoding_of(body, say);
    auto const dimensions = count_of(body, "dimensions").value_or(options_.embedding_dimensions);
    return embeddings_reply(texts, dimensions, encoding, underlying_model(model));
}

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
