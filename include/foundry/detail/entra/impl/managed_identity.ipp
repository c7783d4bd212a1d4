// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/base/environment.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/authority.hpp>
#include <foundry/detail/entra/managed_identity.hpp>
#include <foundry/detail/entra/token_answer.hpp>

#include <algorithm>
#include <cmath>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL std::optional<std::chrono::milliseconds> imds_retry_policy::decide(attempt const& failed, unsigned retries,
                                                                                double random) const
{
    unsigned const s = failed.status;
    bool const updating = s == 410; // an update ends within 70 s
    bool const passing = updating || s == 404 || s == 408 || s == 429 || (s >= 500 && s <= 508) || s == 510 ||
                         s == 511 || (s == 0 && failed.code == errc::connection_lost);
    unsigned const max_size = numbers_.max_retries == 0 ? 0 : updating ? 7 : 6;
    if (!passing || retries >= max_size)
        return std::nullopt;
    if (failed.retry_after && *failed.retry_after <= numbers_.max_server_wait)
        return failed.retry_after;
    // 1 s with the default backoff of 0.8 s.
    double const unit = static_cast<double>(foundry::detail::bounded(numbers_.backoff).count()) * 1.25;
    double const wait =
        updating ? 10 * unit
                 : (std::min)(unit * std::ldexp(1.0, static_cast<int>(retries)), 25 * unit) * (0.8 + 0.4 * random);
    return std::chrono::milliseconds{static_cast<std::int64_t>(wait)};
}

inline http::url parse_local_endpoint(std::string const& text, char const* variable)
{
    try {
        return http::parse_url(text);
    } catch (error const&) {
        foundry::detail::throw_invalid_argument(std::string(variable) +
                                                " is not a URL; it is set by Azure, and best left alone");
    }
}

FOUNDRY_DECL managed_identity::managed_identity(credential_options with)
    : options_(std::move(with)),
      transport_(make_transport(options_))
{
    std::string const endpoint = foundry::detail::environment("IDENTITY_ENDPOINT");
    std::string header = foundry::detail::environment("IDENTITY_HEADER");
    bool const has_thumbprint = !foundry::detail::environment("IDENTITY_SERVER_THUMBPRINT").empty();
    if (!endpoint.empty() && !header.empty() && !has_thumbprint) {
        source_ = source::app_service;
        endpoint_ = parse_local_endpoint(endpoint, "IDENTITY_ENDPOINT");
        header_ = secret(header);
        foundry::detail::cleanse(header.data(), header.size());
        return;
    }
    if (!endpoint.empty() && !header.empty())
        not_served_ = "Service Fabric";
    else if (!foundry::detail::environment("MSI_ENDPOINT").empty())
        not_served_ = foundry::detail::environment("MSI_SECRET").empty() ? "Cloud Shell" : "Azure Machine Learning";
    else if (!endpoint.empty() && !foundry::detail::environment("IMDS_ENDPOINT").empty())
        not_served_ = "Azure Arc";
    if (!not_served_.empty()) {
        source_ = source::not_served;
        return;
    }
    std::string origin = foundry::detail::environment("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    if (origin.empty())
        origin = "http://169.254.169.254";
    while (origin.ends_with('/'))
        origin.pop_back();
    endpoint_ = parse_local_endpoint(origin + "/metadata/identity/oauth2/token", "AZURE_POD_IDENTITY_AUTHORITY_HOST");
    if (!options_.retry.policy)
        options_.retry.policy = std::make_shared<imds_retry_policy>(options_.retry);
}

FOUNDRY_DECL void managed_identity::select(std::string name, std::string value)
{
    selector_ = std::move(name);
    selected_ = std::move(value);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token> managed_identity::get_token(token_request request)
{
    if (source_ == source::not_served)
        throw unavailable(managed_identity_name, "the identity of " + not_served_ + " is not served yet",
                          "use another credential there");
    if (probe_limit_.count() > 0 && source_ == source::imds)
        co_await probe();
    access_token token = co_await request_token(managed_identity_name, options_.retry, *this, request);
    co_return token;
}

/// Sends no `Metadata` header: IMDS then responds at once, with 400, and no other server takes the probe for a token request.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> managed_identity::probe()
{
    using steady = std::chrono::steady_clock;
    static constexpr std::chrono::seconds remembered{60}; // not longer: the machine may be starting up
    bool reachable = false;
    bool unreachable = false;
    {
        std::lock_guard const lock(mutex_);
        reachable = reachable_;
        unreachable = steady::now() < unreachable_until_;
    }
    if (reachable)
        co_return;
    if (!unreachable) {
        transport hasty = transport_;
        hasty.connect = hasty.timeout = probe_limit_;
        http_request question("GET", endpoint_);
        try {
            http_answer const any = co_await send(hasty, question);
            reachable = true;
        } catch (error const& e) {
            reachable = e.code() == errc::unexpected_reply || e.code() == errc::limit_exceeded;
        }
        std::lock_guard const lock(mutex_);
        reachable_ = reachable;
        if (!reachable)
            unreachable_until_ = steady::now() + remembered;
    }
    if (!reachable)
        throw unavailable(managed_identity_name, "no response from the IMDS endpoint",
                          "this is no Azure machine, or it has no managed identity");
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token>
managed_identity::request_once(token_request const& request)
{
    std::string_view resource = request.scope;
    if (resource.ends_with("/.default"))
        resource.remove_suffix(9);
    http::url to = endpoint_;
    std::string const version = is_app_service() ? "2019-08-01" : "2018-02-01";
    to.query += (to.query.empty() ? "" : "&") + ("api-version=" + version) +
                "&resource=" + http::percent_encode_segment(resource);
    if (!selector_.empty())
        to.query += '&' + selector_ + '=' + http::percent_encode_segment(selected_);
    http_request get("GET", std::move(to));
    if (is_app_service())
        get.add_field("X-IDENTITY-HEADER", header_.reveal());
    else
        get.add_field("Metadata", "true");
    std::optional<error> silent;
    http_answer answer;
    try {
        answer = co_await send(transport_, get);
    } catch (error const& e) {
        bool const is_unreachable = e.code() == errc::connect_failed || e.code() == errc::connect_timeout ||
                                    e.code() == errc::first_byte_timeout || e.code() == errc::resolve_failed ||
                                    e.code() == errc::total_timeout;
        if (!is_unreachable)
            throw;
        silent = e;
    }
    if (silent)
        throw unavailable(managed_identity_name,
                          "no response from the endpoint of the machine's identity: " + silent->message(),
                          "this is no Azure machine, or it has no managed identity");
    if (answer.status != 200)
        throw refusal(answer);
    bool const is_json = answer.body.find('{') <= answer.body.find('<');
    if (!is_json && probe_limit_.count() > 0)
        throw unavailable(managed_identity_name, "something else answers at the IMDS endpoint",
                          "look for a proxy there");
    co_return read_token(managed_identity_name, answer.body, std::chrono::system_clock::now());
}

FOUNDRY_DECL error managed_identity::refusal(http_answer const& answer) const
{
    bool const imds = source_ == source::imds;
    if (imds && answer.status == 400 && selector_.empty())
        return unavailable(managed_identity_name, "this machine has no identity of its own",
                           "switch it on, or name one that is assigned to it");
    error const said = refused_token(managed_identity_name, answer);
    if (imds && answer.status == 403 && answer.body.find("unreachable") != std::string::npos) {
        std::string const words = said.message().substr(managed_identity_name.size() + 2);
        return unavailable(managed_identity_name, "something else answers at the IMDS endpoint: " + words,
                           "look for a proxy there");
    }
    failure f;
    f.status = answer.status;
    f.service_code = said.service_code();
    f.service_message = said.message();
    f.advice = answer.status == 400 && !selector_.empty()
                   ? "the identity that was asked for is not assigned to this machine: " + selector_ + ' ' + selected_
                   : "look at the machine's identity in the portal";
    f.retry_after = said.retry_after();
    f.body = said.body();
    // 404, 408, 410 and similar statuses are transient; the retry policy knows them
    return error(said.code(), std::move(f));
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
