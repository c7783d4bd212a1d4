// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The tokens of a header that is a list, in lower case if `any_case`.
FOUNDRY_DECL std::vector<std::string> tokens_of(std::string_view list, bool any_case)
{
    std::vector<std::string> tokens;
    while (!list.empty()) {
        auto const end = (std::min)(list.find(','), list.size());
        auto one = trim_left(list.substr(0, end));
        while (!one.empty() && is_space(one.back()))
            one.remove_suffix(1);
        tokens.push_back(any_case ? lower(one) : std::string(one));
        list.remove_prefix((std::min)(end + 1, list.size()));
    }
    return tokens;
}

FOUNDRY_DECL bool asks_for_websocket(recorded_request const& request)
{
    return contains(tokens_of(request.header("connection").value_or(""), true), "upgrade") &&
           contains(tokens_of(request.header("upgrade").value_or(""), true), "websocket") &&
           request.header("sec-websocket-key");
}

/// The key of an opening request: a browser, which can set no header, has it in the URL or in a subprotocol.
FOUNDRY_DECL std::string realtime_key(recorded_request const& request, route const& target)
{
    constexpr std::string_view lead = "openai-insecure-api-key.";
    if (auto const key = request.header("api-key"))
        return std::string(*key);
    if (auto const key = target.parameter("api-key"))
        return *key;
    for (auto const& one : tokens_of(request.header("sec-websocket-protocol").value_or(""), false)) {
        if (one.starts_with(lead))
            return one.substr(lead.size());
    }
    return bearer_of(request);
}

FOUNDRY_DECL realtime_secret const* service::secret_of(recorded_request const& request, route const& target) const
{
    auto const found = realtime_secrets_.find(realtime_key(request, target));
    return found == realtime_secrets_.end() || found->second.expires_at <= std::chrono::system_clock::now()
               ? nullptr
               : &found->second;
}

FOUNDRY_DECL void service::check_realtime_key(recorded_request const& request, route const& target) const
{
    auto with_key = request;
    if (auto const key = realtime_key(request, target); !key.empty() && !request.header("authorization")) {
        bool const is_azure = target.kind != form::compatible;
        with_key.headers.emplace_back(is_azure ? "api-key" : "authorization", is_azure ? key : "Bearer " + key);
    }
    if (!secret_of(request, target))
        check_key(with_key, target);
}

FOUNDRY_DECL reply service::realtime(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    if (target.operation != "realtime")
        return realtime_client_secret(request, target);
    auto opening = std::make_shared<realtime_opening>();
    try {
        check_realtime_key(request, target);
    } catch (refusal const&) {
        if (!options_.realtime->accepts_wrong_key())
            throw;
        opening->wrong_key = true;
    }
    if (!asks_for_websocket(request)) {
        reply upgrade(426, json_text(openai_error("A realtime session is a WebSocket.", "invalid_request_error",
                                                  nullptr, "upgrade_required")));
        upgrade.set_header("upgrade", "websocket");
        return upgrade;
    }
    if (target.kind != form::dated && request.header("openai-beta"))
        say.bad_request("The header OpenAI-Beta belongs to the preview.", "invalid_beta", nullptr);
    auto const* const secret = secret_of(request, target);
    json::object named;
    named["model"] = target.parameter(target.kind == form::dated ? "deployment" : "model")
                         .value_or(secret ? secret->deployment : std::string());
    auto by_query = target;
    by_query.deployment = std::string(named["model"].as_string());
    opening->only_transcribes = target.parameter("intent") == "transcription" || (secret && secret->only_transcribes);
    if (!opening->only_transcribes || !by_query.deployment.empty()) {
        auto deployments = options_.realtime_deployments;
        if (opening->only_transcribes)
            deployments.insert(deployments.end(), options_.transcription_deployments.begin(),
                               options_.transcription_deployments.end());
        opening->deployment = find_model(named, request, by_query, deployments);
    }
    opening->request = request;
    opening->kind = target.kind;
    if (secret)
        opening->configuration = secret->configuration;
    reply made;
    made.status = 101;
    made.opening = std::move(opening);
    return made;
}

/// A key for a client that may not have the resource's own.
FOUNDRY_DECL reply service::realtime_client_secret(recorded_request const& request, route const& target)
{
    static constexpr std::array<member, 2> known = {{{"session", type::object}, {"expires_after", type::object}}};
    error_writer const say(target.kind);
    auto const body = read_body(request, target, known);
    auto const session = object_of(body, "session");
    auto const expiry = object_of(body, "expires_after");
    realtime_opening opening;
    opening.kind = target.kind;
    opening.only_transcribes = text_of(session, "type") == "transcription";
    if (!opening.only_transcribes)
        opening.deployment = find_model(session, request, target, options_.realtime_deployments);
    check_range(expiry, "seconds", 10, 7200, say);
    auto const seconds = count_of(expiry, "seconds").value_or(600);

    realtime_secret secret;
    secret.deployment = opening.deployment;
    secret.only_transcribes = opening.only_transcribes;
    secret.configuration = session;
    secret.expires_at = std::chrono::system_clock::now() + std::chrono::seconds(seconds);
    json::object made;
    auto const id = make_id("sess_", ++ids_);
    auto const value = "ek_" + in_one_piece(new_uuid());
    made["value"] = value;
    made["expires_at"] = seconds_now() + static_cast<std::int64_t>(seconds);
    made["session"] = options_.realtime->configure(opening, session, id);
    std::erase_if(realtime_secrets_,
                  [](auto const& one) { return one.second.expires_at <= std::chrono::system_clock::now(); });
    realtime_secrets_[value] = std::move(secret);
    return reply(200, json_text(made));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
