// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/auth/challenge.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/core/field.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Reads a WWW-Authenticate field: schemes, each followed by parameters (RFC 9110, 11.6.1).
class challenge_reader
{
public:
    explicit challenge_reader(std::string_view field) : rest_(field) {}

    /// Moves to the next Bearer challenge. False if there is none.
    bool find_bearer()
    {
        bool found = false;
        for (; !rest_.empty(); before_ = rest_) {
            if (!next())
                break;
            if (is_scheme()) {
                if (found) { // the next challenge begins
                    rest_ = before_;
                    return true;
                }
                found = http::iequals(name_, "Bearer");
                error_ = claims_ = {};
            } else if (http::iequals(name_, "error")) {
                error_ = value_;
            } else if (http::iequals(name_, "claims")) {
                claims_ = value_;
            }
        }
        if (!found)
            error_ = claims_ = {};
        return found;
    }

    std::string_view error() const noexcept { return error_; }
    /// The claims that the token must hold; empty if the challenge asks for none.
    std::string_view claims() const noexcept
    {
        return error_.starts_with("insufficient_claims") ? claims_ : std::string_view{};
    }

private:
    bool is_scheme() const noexcept { return !has_value_; }

    /// Reads the next name, with or without a value.
    bool next()
    {
        while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == ','))
            rest_.remove_prefix(1);
        if (rest_.empty())
            return false;
        name_ = take(rest_.find_first_of("= ,\t"));
        has_value_ = rest_.starts_with('=');
        value_ = {};
        if (!has_value_)
            return true;
        rest_.remove_prefix(1);
        if (!rest_.starts_with('"')) {
            value_ = take(rest_.find_first_of(", \t"));
            return true;
        }
        rest_.remove_prefix(1);
        value_ = take(rest_.find('"'));
        rest_.remove_prefix(std::min<std::size_t>(rest_.size(), 1));
        return true;
    }

    std::string_view take(std::size_t size)
    {
        std::string_view const taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_;
    std::string_view before_ = rest_; // the input from the last name on
    std::string_view name_;
    std::string_view value_;
    std::string_view error_;
    std::string_view claims_;
    bool has_value_ = false;
};

FOUNDRY_DECL std::string claims_of_challenge(response_headers const& headers)
{
    constexpr std::size_t max_size = 16 * 1024;
    for (auto const& [name, value] : headers) {
        if (!http::iequals(name, "www-authenticate"))
            continue;
        challenge_reader reader(value);
        while (reader.find_bearer() && reader.claims().empty()) {
        }
        std::string encoded(reader.claims());
        encoded.erase(std::min(encoded.find_last_not_of('=') + 1, encoded.size()));
        if (encoded.empty() || encoded.size() > max_size)
            continue;
        std::replace(encoded.begin(), encoded.end(), '-', '+');
        std::replace(encoded.begin(), encoded.end(), '_', '/');
        encoded.append((4 - encoded.size() % 4) % 4, '=');
        auto decoded = from_base64(encoded);
        if (decoded && decoded->starts_with('{') && decoded->ends_with('}'))
            return *std::move(decoded);
    }
    return {};
}

FOUNDRY_DECL bool refuses_token(response_headers const& headers, std::string_view body)
{
    for (auto const& [name, value] : headers) {
        if (!http::iequals(name, "www-authenticate"))
            continue;
        for (challenge_reader reader(value); reader.find_bearer();) {
            if (reader.error() == "invalid_token" || reader.error().starts_with("insufficient_claims"))
                return true;
            if (!reader.error().empty())
                return false;
        }
    }
    std::string const said = to_lower(body);
    auto const says = [&](std::string_view word) { return said.find(word) != said.npos; };
    return body.empty() || (says("token") && (says("invalid") || says("expired")));
}

FOUNDRY_DECL std::vector<std::string> named_audiences(std::string_view message)
{
    std::vector<std::string> named;
    auto const open = message.find('(', (std::min)(message.find("audience"), message.size()));
    auto const list = message.substr(std::min(open, message.size()));
    auto const inside = list.substr(0, list.find(')'));
    for (std::string_view const service :
         {"https://cognitiveservices.azure.", "https://ai.azure.", "https://ml.azure."})
        for (std::string_view const cloud : {"com", "us", "cn"})
            if (auto audience = std::string{service}.append(cloud); inside.find(audience) != std::string_view::npos)
                named.push_back(std::move(audience));
    return named;
}

FOUNDRY_DECL std::string other_scope(foundry::endpoint const& endpoint, std::string_view scope,
                                     std::string_view message)
{
    if (endpoint.kind() == host_kind::github || endpoint.kind() == host_kind::other)
        return {};
    std::string other;
    for (std::string const& audience : named_audiences(message)) {
        if (audience + "/.default" == scope)
            return {};
        if (other.empty())
            other = audience + "/.default";
    }
    return other;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
