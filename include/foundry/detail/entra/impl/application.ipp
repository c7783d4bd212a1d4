// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/environment.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/application.hpp>
#include <foundry/detail/entra/token_answer.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL void append_parameter(std::string& form, std::string_view name, std::string_view value)
{
    std::string const encoded = http::percent_encode_segment(value);
    std::string larger; // so that no reallocation leaves a copy of a secret
    larger.reserve(form.size() + name.size() + encoded.size() + 2);
    larger.append(form).append(form.empty() ? "" : "&").append(name).append("=").append(encoded);
    foundry::detail::cleanse(form.data(), form.size());
    foundry::detail::cleanse(const_cast<char*>(encoded.data()), encoded.size());
    form.swap(larger);
}

/// Merges objects member by member. A value that both have must be equal in both, unless it is an object.
inline bool merge_into(boost::json::object& into, boost::json::object const& from, int depth)
{
    for (auto const& [name, value] : from) {
        boost::json::value* const present = into.if_contains(name);
        if (present == nullptr)
            into[name] = value;
        else if (present->is_object() && value.is_object() && depth != 0) {
            if (!merge_into(present->get_object(), value.get_object(), depth - 1))
                return false;
        } else if (*present != value)
            return false;
    }
    return true;
}

FOUNDRY_DECL std::string merge_claims(std::string_view challenge)
{
    boost::system::error_code ec;
    boost::json::value capability = boost::json::parse(R"({"access_token":{"xms_cc":{"values":["CP1"]}}})");
    if (challenge.empty())
        return boost::json::serialize(capability);
    boost::json::value const asked = boost::json::parse(challenge, ec);
    constexpr int depth = 16;
    if (ec || !asked.is_object() || !merge_into(capability.get_object(), asked.get_object(), depth))
        foundry::detail::throw_invalid_argument(
            "the claims of a token request are not a JSON object that can be merged with the client's own claims");
    return boost::json::serialize(capability);
}

FOUNDRY_DECL application::application(std::string_view credential_name, credential_options with, std::string tenant,
                                      std::string client_id, std::unique_ptr<application_proof> proof)
    : credential_name_(credential_name),
      options_(std::move(with)),
      authority_(options_, std::move(tenant)),
      transport_(options_),
      client_id_(std::move(client_id)),
      proof_(std::move(proof)),
      with_claims_challenges_(!foundry::detail::is_on(foundry::detail::environment("AZURE_IDENTITY_DISABLE_CP1")))
{
    if (client_id_.empty())
        foundry::detail::throw_invalid_argument("the client id is empty; it is the application's id, not its name");
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token> application::get_token(token_request request)
{
    request.tenant = authority_.resolve(request.tenant);
    access_token token = co_await request_token(credential_name_, options_.retry, *this, request);
    co_return token;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token> application::request_once(token_request const& request)
{
    http_request post("POST", authority_.token_endpoint(request.tenant));
    post.add_field("Content-Type", "application/x-www-form-urlencoded");
    append_parameter(post.body, "grant_type", "client_credentials");
    append_parameter(post.body, "client_id", client_id_);
    if (authority_.is_adfs())
        append_parameter(post.body, "resource", request.scope);
    else
        append_parameter(post.body, "scope", request.scope);
    if (with_claims_challenges_)
        append_parameter(post.body, "claims", merge_claims(request.claims));
    proof_request about;
    about.client_id = client_id_;
    about.token_url = authority_.token_url(request.tenant);
    co_await proof_->append_to(post.body, std::move(about));
    post.add_field("Content-Length", std::to_string(post.body.size()));
    http_answer const answer = co_await send(transport_.to(post.to, request), post);
    if (answer.status != 200)
        throw refused_token(credential_name_, answer);
    co_return read_token(credential_name_, answer.body, std::chrono::system_clock::now());
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
