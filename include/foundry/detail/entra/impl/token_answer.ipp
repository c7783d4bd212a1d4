// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/time_text.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/entra/secret_document.hpp>
#include <foundry/detail/entra/token_answer.hpp>
#include <foundry/response_info.hpp>

#include <limits>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

[[noreturn]] inline void throw_no_token(std::string_view credential_name, std::string_view why)
{
    failure f;
    f.service_message = std::string(credential_name) + ": the answer is no token: " + std::string(why);
    f.advice = "check that the authority is one, and not a proxy's page";
    f.should_retry = false;
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

inline std::size_t occurrences(std::string_view text, std::string_view part)
{
    std::size_t count = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

FOUNDRY_DECL access_token read_token(std::string_view credential_name, std::string_view body,
                                     std::chrono::system_clock::time_point now)
{
    using std::chrono::seconds;
    secret_document const document(body);
    if (document.object() == nullptr)
        throw_no_token(credential_name, "it is not a JSON object");
    std::string_view const token = document.text("access_token");
    if (token.empty())
        throw_no_token(credential_name, "it has no access_token");
    if (occurrences(body, "\"access_token\"") != 1)
        throw_no_token(credential_name, "it has more than one access_token");
    if (!foundry::detail::all_of(token, foundry::detail::is_graphic))
        throw_no_token(credential_name, "its access_token has a character that no token has");
    std::string_view const type = document.text("token_type");
    if (!type.empty() && !http::iequals(type, "Bearer"))
        throw_no_token(credential_name, "its token_type is not Bearer");

    std::chrono::system_clock::time_point expires_on;
    if (auto const in = document.number("expires_in", (std::numeric_limits<std::int32_t>::max)()))
        expires_on = now + seconds{*in};
    else if (auto const on = document.number("expires_on", 253'402'300'799))
        expires_on = from_posix(*on);
    else if (auto const written = parse_time(document.text("expires_on")))
        expires_on = *written;
    else
        throw_no_token(credential_name, "it does not say when the token ends");

    auto const refresh = document.number("refresh_in", (std::numeric_limits<std::int32_t>::max)());
    if (refresh && now + seconds{*refresh} < expires_on)
        return access_token(token, expires_on, now + seconds{*refresh});
    return access_token(token, expires_on);
}

/// Advice for the authority's error numbers, which begin its description. These are hints only, because the numbers may change.
struct authority_hint
{
    std::string_view number;
    std::string_view advice;
};

inline constexpr authority_hint authority_hints[] = {
    {"AADSTS7000215:", "the client secret is wrong; use its value, not its id"},
    {"AADSTS7000222:", "the client secret has expired; make a new one"},
    {"AADSTS700016:", "the application is not in this tenant; check client id and tenant id"},
    {"AADSTS7000229:", "the application has no service principal in this tenant; consent to it there"},
    {"AADSTS900023:", "the tenant id is malformed"},
    {"AADSTS90002:", "there is no such tenant; check the tenant id and the authority's cloud"},
    {"AADSTS700027:", "the certificate is not registered for this application; upload it there"},
    {"AADSTS700021:", "the assertion's issuer and subject must be the client id"},
    {"AADSTS700023:", "the assertion is for another audience"},
    {"AADSTS700024:", "the assertion is outside its time; check the clock, or whether the token file is renewed"},
    {"AADSTS700211:", "no federated credential of the application has this issuer"},
    {"AADSTS700212:", "no federated credential of the application has this audience"},
    {"AADSTS700213:", "no federated credential of the application has this subject"},
    {"AADSTS70021:", "no federated credential of the application matches the assertion"},
    {"AADSTS50027:", "the assertion is malformed"},
    {"AADSTS70011:", "the scope is wrong; it ends in /.default"},
    {"AADSTS1002012:", "the scope is wrong; it ends in /.default"},
    {"AADSTS500011:", "the scope's resource is unknown in this tenant; check the endpoint's cloud and set_scope()"},
    {"AADSTS50076:", "the tenant wants another factor, which no program can give"},
    {"AADSTS50079:", "the tenant wants another factor, which no program can give"},
    {"AADSTS53003:", "a conditional access policy of the tenant forbids it"},
    {"AADSTS65001:", "an administrator has to consent to the application"},
    {"AADSTS50196:", "too many identical requests; make one credential and keep it"},
};

inline std::string_view advise_on_refusal(std::string_view description, std::string_view code)
{
    for (authority_hint const& h : authority_hints)
        if (description.starts_with(h.number))
            return h.advice;
    if (code == "invalid_client")
        return "check the client id, its secret or certificate, and the tenant id";
    if (code == "invalid_scope")
        return "check the endpoint's scope; it ends in /.default";
    return "check tenant id and client id";
}

/// What responded instead of the authority; empty if it may be the authority.
inline std::string describe_intruder(http_answer const& answer)
{
    if (answer.status == 407)
        return "a proxy asks for a login (407)";
    if (answer.status / 100 == 3)
        return "something redirects to another place (" + std::to_string(answer.status) + ")";
    std::string_view const body(answer.body);
    bool const is_page = body.substr(std::min(body.find_first_not_of(" \t\r\n"), body.size())).starts_with('<');
    return is_page ? "a web page answers instead of the authority (" + std::to_string(answer.status) + ")" : "";
}

FOUNDRY_DECL error refused_token(std::string_view credential_name, http_answer const& answer)
{
    secret_document const document(answer.body);
    std::string_view const code = document.text("error");
    std::string_view description = document.text("error_description");
    if (description.empty())
        description = document.text("message");
    std::string const intruder = describe_intruder(answer);
    bool const passing = answer.status == 408 || answer.status == 429 || answer.status >= 500 ||
                         code == "temporarily_unavailable" || code == "server_error";
    failure f;
    f.status = answer.status;
    f.service_code = code;
    // later lines of the description repeat the ids
    f.service_message = std::string(credential_name) + ": ";
    if (!intruder.empty())
        f.service_message += intruder;
    else
        f.service_message += description.empty() ? std::string_view("the authority has refused a token")
                                                 : description.substr(0, description.find_first_of("\r\n"));
    f.advice = passing             ? std::string_view("ask again later")
               : !intruder.empty() ? "look for a proxy or a login page between this machine and the authority"
                                   : advise_on_refusal(description, code);
    f.request_id = document.text("trace_id");
    f.apim_request_id = document.text("correlation_id");
    f.retry_after = response_info(answer.status, answer.headers, {}).retry_after();
    f.should_retry = passing;
    if (answer.status < 200 || answer.status > 299)
        f.body = answer.body.substr(0, 64 * 1024);
    errc const why = !passing               ? errc::authentication_failed
                     : answer.status == 429 ? errc::rate_limited
                                            : errc::service_error;
    return error(make_error_code(why), std::move(f));
}

FOUNDRY_DECL error final_error(std::string_view credential_name, error const& e)
{
    failure f;
    f.status = e.status();
    f.service_code = e.service_code();
    f.service_message =
        e.message().starts_with(credential_name) ? e.message() : std::string(credential_name) + ": " + e.message();
    f.advice = e.message() == e.advice() ? std::string() : e.advice();
    if (e.code() == errc::first_byte_timeout || e.code() == errc::silence_timeout || e.code() == errc::total_timeout)
        f.advice = "look at the network in between, or raise credential_options::timeout";
    f.request_id = e.request_id();
    f.apim_request_id = e.apim_request_id();
    f.retry_after = e.retry_after();
    f.should_retry = false;
    f.attempts = e.attempts();
    f.body = e.body();
    return error(e.code(), std::move(f));
}

FOUNDRY_DECL error unavailable(std::string_view credential_name, std::string why, std::string advice)
{
    failure f;
    f.service_message = std::string(credential_name) + ": " + std::move(why);
    f.advice = std::move(advice);
    f.should_retry = false;
    return error(make_error_code(errc::credential_unavailable), std::move(f));
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
