// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/ascii.hpp>
#include <foundry/detail/client_state.hpp>
#include <foundry/http/tls.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

inline http::origin origin_of(endpoint const& where, tls_options const& tls)
{
    http::origin to;
    to.host = where.host();
    to.connect_address = where.connect_address();
    to.connect_port = where.connect_port();
    if (where.secure())
        to.tls = http::tls_context_for(tls);
    return to;
}

FOUNDRY_DECL client_state::client_state(boost::asio::any_io_executor executor, endpoint to,
                                        std::shared_ptr<credential_source> who, options with)
    : where(std::move(to)),
      credential(std::move(who)),
      settings(std::move(with)),
      connections(new http::pool(std::move(executor), origin_of(where, settings.tls), settings.pool))
{
    if (!credential->empty() && !where.may_carry_credentials()) {
        throw error(errc::invalid_argument, "the credential would travel in plain text to " + where.host() +
                                                "; write https:// or use no_credential");
    }
}

/// Erases a buffer that held a credential.
struct cleanser
{
    explicit cleanser(std::string& held) : text(held) {}
    ~cleanser() { cleanse(text.data(), text.size()); }
    cleanser(cleanser const&) = delete;
    cleanser& operator=(cleanser const&) = delete;

    std::string& text;
};

inline void append_token(std::string& out, std::string_view token)
{
    bool const sound = !token.empty() && all_of(token, is_graphic);
    if (!sound)
        throw error(errc::invalid_argument,
                    "the credential gave an empty token, or one with a blank or control character");
    out.reserve(out.size() + token.size() + 32); // so that no shorter copy stays behind
    out.append("Authorization: Bearer ").append(token).append("\r\n");
}

/// The fields that prove who is asking.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> write_credential(std::shared_ptr<client_state> state,
                                                                        std::string& fields)
{
    static constexpr std::chrono::minutes early{5};
    if (state->credential->write_fields(state->where, fields))
        co_return;
    {
        std::lock_guard const lock(state->mutex);
        if (!state->token.token().empty() && std::chrono::system_clock::now() + early < state->token.expires_on()) {
            append_token(fields, state->token.token().reveal());
            co_return;
        }
    }
    token_request wanted(state->where.scope());
    access_token token = co_await state->credential->get_token(std::move(wanted));
    append_token(fields, token.token().reveal());
    std::lock_guard const lock(state->mutex);
    state->token = std::move(token);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
