// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base64.hpp>
#include <foundry/detail/challenge.hpp>
#include <foundry/http/field.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Reads a WWW-Authenticate field: schemes, each followed by parameters (RFC 9110, 11.6.1).
class challenge_reader
{
public:
    explicit challenge_reader(std::string_view field) : rest_(field) {}

    /// The claims of the first Bearer challenge that wants some; empty where none does.
    std::string_view find_claims()
    {
        while (next()) {
            if (value_.empty() && !has_value_) {
                if (auto const found = of_challenge(); !found.empty())
                    return found;
                is_bearer_ = http::iequals(name_, "Bearer");
                error_ = claims_ = {};
            } else if (http::iequals(name_, "error")) {
                error_ = value_;
            } else if (http::iequals(name_, "claims")) {
                claims_ = value_;
            }
        }
        return of_challenge();
    }

private:
    std::string_view of_challenge() const
    {
        return is_bearer_ && error_.starts_with("insufficient_claims") ? claims_ : std::string_view{};
    }

    /// The next name, with or without a value.
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
    std::string_view name_;
    std::string_view value_;
    std::string_view error_;
    std::string_view claims_;
    bool has_value_ = false;
    bool is_bearer_ = false;
};

FOUNDRY_DECL std::string claims_of_challenge(response_headers const& headers)
{
    constexpr std::size_t most = 16 * 1024;
    for (auto const& [name, value] : headers) {
        if (!http::iequals(name, "www-authenticate"))
            continue;
        std::string encoded(challenge_reader(value).find_claims());
        encoded.erase(std::min(encoded.find_last_not_of('=') + 1, encoded.size()));
        if (encoded.empty() || encoded.size() > most)
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

FOUNDRY_DECL std::vector<std::string> named_audiences(std::string_view message)
{
    std::vector<std::string> named;
    auto const open = message.find('(', std::min(message.find("audience"), message.size()));
    auto const list = message.substr(std::min(open, message.size()));
    auto const inside = list.substr(0, list.find(')'));
    for (std::string_view const service :
         {"https://cognitiveservices.azure.", "https://ai.azure.", "https://ml.azure."})
        for (std::string_view const cloud : {"com", "us", "cn"})
            if (auto audience = std::string{service}.append(cloud); inside.find(audience) != std::string_view::npos)
                named.push_back(std::move(audience));
    return named;
}

FOUNDRY_DECL std::string other_scope(endpoint const& where, std::string_view scope, std::string_view message)
{
    if (where.kind() == host_kind::github || where.kind() == host_kind::other)
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
