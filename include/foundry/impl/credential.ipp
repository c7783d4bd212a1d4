// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/credential.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/http/request_head.hpp>
#include <foundry/error.hpp>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline std::string_view checked_secret(std::string_view text, std::string_view what)
{
    if (text.empty())
        throw error(errc::invalid_argument, std::string{what} + " is empty; set it, or use no_credential");
    if (!all_of(text, is_graphic)) {
        throw error(errc::invalid_argument, std::string{what} +
                                                " has a blank, a line break or another character that no "
                                                "key has; trim it, as after reading it from a file");
    }
    return text;
}

/// Appends `name: [Bearer ]secret` CRLF without a temporary copy of the secret, which would remain in memory.
inline void append_secret(std::string& out, std::string_view name, std::string_view scheme, std::string_view secret)
{
    out.append(name).append(": ").append(scheme).append(secret).append("\r\n");
}

FOUNDRY_DECL boost::asio::awaitable<access_token> credential_source::get_token(token_request) { return {}; }

FOUNDRY_DECL boost::asio::awaitable<void> credential_source::find_token(token_query,
                                                                        std::shared_ptr<access_token const>&)
{
    return {};
}

class api_key_source final : public credential_source
{
public:
    explicit api_key_source(api_key key) : key_(std::move(key)) {}

    bool write_fields(endpoint const& to, std::string& out) const override
    {
        if (!key_.header_name().empty()) {
            append_secret(out, key_.header_name(), "", key_.reveal());
            return true;
        }
        bool const own = key_.header() == key_header::api_key || key_.header() == key_header::both ||
                         (key_.header() == key_header::by_endpoint && to.key_in_api_key_field());
        if (own)
            append_secret(out, "api-key", "", key_.reveal());
        if (!own || key_.header() == key_header::both)
            append_secret(out, "Authorization", "Bearer ", key_.reveal());
        return true;
    }

private:
    api_key key_;
};

class bearer_source final : public credential_source
{
public:
    explicit bearer_source(bearer_token token) : token_(std::move(token)) {}

    bool write_fields(endpoint const&, std::string& out) const override
    {
        append_secret(out, "Authorization", "Bearer ", token_.reveal());
        return true;
    }

private:
    bearer_token token_;
};

class no_source final : public credential_source
{
public:
    bool empty() const noexcept override { return true; }
    bool write_fields(endpoint const&, std::string&) const override { return true; }
};

FOUNDRY_DECL std::shared_ptr<credential_source> make_source(api_key key)
{
    return std::shared_ptr<credential_source>(new api_key_source(std::move(key)));
}

FOUNDRY_DECL std::shared_ptr<credential_source> make_source(bearer_token token)
{
    return std::shared_ptr<credential_source>(new bearer_source(std::move(token)));
}

FOUNDRY_DECL std::shared_ptr<credential_source> make_source(no_credential)
{
    return std::shared_ptr<credential_source>(new no_source);
}

} // namespace detail

FOUNDRY_DECL api_key::api_key(std::string_view key, key_header header)
    : key_(detail::checked_secret(key, "the API key")),
      header_(header)
{}

FOUNDRY_DECL api_key::api_key(std::string_view key, std::string header_name)
    : key_(detail::checked_secret(key, "the API key")),
      header_name_(std::move(header_name))
{
    if (!http::valid_field_name(header_name_))
        throw error(errc::invalid_argument,
                    "the name of the key's header is not one that HTTP allows; use letters, digits and -");
    bool const carries_keys = http::iequals(header_name_, "api-key") || http::iequals(header_name_, "authorization");
    if (http::reserved_field(header_name_) && !carries_keys)
        throw error(errc::invalid_argument,
                    "the header " + header_name_ + " is reserved by the library; name another for the key");
}

FOUNDRY_DECL bearer_token::bearer_token(std::string_view token) : token_(detail::checked_secret(token, "the token")) {}

} // namespace foundry::inline FOUNDRY_ABI
