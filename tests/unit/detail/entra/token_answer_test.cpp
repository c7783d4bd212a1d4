// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What authorities and tools write, read: tokens, refusals, times, claims challenges.

#include "support/entra_fixture.hpp"

#include <foundry/detail/auth/challenge.hpp>
#include <foundry/detail/base/time_text.hpp>
#include <foundry/detail/entra/application.hpp>
#include <foundry/detail/entra/token_answer.hpp>

#include <doctest/doctest.h>

namespace foundry_test::token_answer_test {

using namespace std::chrono_literals;
using foundry::errc;
using foundry::entra::detail::http_answer;
using foundry::entra::detail::merge_claims;
using foundry::entra::detail::parse_local_time;
using foundry::entra::detail::parse_time;
using foundry::entra::detail::read_token;
using foundry::entra::detail::refused_token;
using clock_type = std::chrono::system_clock;

clock_type::time_point const now = clock_type::from_time_t(1'767'225'600); // 2026-01-01

/// How many seconds a token lives that is written so; nothing where it is refused.
std::optional<std::int64_t> life_of(std::string const& members)
{
    try {
        auto const token = read_token("Tester", R"({"access_token":"a-token",)" + members + "}", now);
        return std::chrono::duration_cast<std::chrono::seconds>(token.expires_on() - now).count();
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::unexpected_reply);
        CHECK(std::string_view(e.what()).find("a-token") == std::string_view::npos);
        return std::nullopt;
    }
}

std::optional<foundry::error> refusal_of_answer(std::string const& body)
{
    try {
        read_token("Tester", body, now);
    } catch (foundry::error const& e) {
        return e;
    }
    return std::nullopt;
}

std::optional<std::time_t> seconds_of(std::optional<clock_type::time_point> const& time)
{
    return time ? std::optional(clock_type::to_time_t(*time)) : std::nullopt;
}

TEST_SUITE_BEGIN("authority's answers");

TEST_CASE("token answer: expires_in is a number or its digits, and takes precedence over expires_on")
{
    CHECK(life_of(R"("expires_in":3600)") == 3600);
    CHECK(life_of(R"("expires_in":"3600")") == 3600);
    CHECK(life_of(R"("expires_in":0)") == 0);
    CHECK(life_of(R"("expires_in":2147483647)") == 2'147'483'647);
    CHECK(life_of(R"("expires_in":3600,"expires_on":1767225601)") == 3600);
    CHECK(life_of(R"("expires_in":3599.0)") == 3599);
    CHECK(life_of(R"("expires_in":"3599.9")") == 3599);
    for (char const* const wrong : {"-1", "-0.5", "2147483648", "1e300", "\"03600\"", "\"3600.\"", "\".5\"", "\"-1\"",
                                    "\"\"", "\"soon\"", "null", "true", "[]", "\" 3600\""})
        CHECK_MESSAGE(!life_of(std::string("\"expires_in\":") + wrong), wrong);
    CHECK(!life_of(R"("token_type":"Bearer")"));
}

TEST_CASE("token answer: expires_on is a number, its digits, or a date in any format in use")
{
    CHECK(life_of(R"("expires_on":1767229200)") == 3600);
    CHECK(life_of(R"("expires_on":"1767229200")") == 3600);
    CHECK(life_of(R"("expires_on":"2026-01-01T01:00:00Z")") == 3600);
    CHECK(life_of(R"("expires_on":"2026-01-01T03:00:00+02:00")") == 3600);
    CHECK(life_of(R"("expires_on":"2026-01-01T01:00:00.1234567Z")") == 3600);
    CHECK(life_of(R"("expires_on":"Thu, 01 Jan 2026 01:00:00 GMT")") == 3600);
    CHECK(life_of(R"("expires_on":"01/01/2026 01:00:00 +00:00")") == 3600);
    CHECK(life_of(R"("expires_on":"2026-01-01 01:00:00")") == 3600);
    CHECK(life_of(R"("expires_on":1767229200.0)") == 3600);
    CHECK(life_of(R"("expires_on":"1767229200.25")") == 3600);
    CHECK(life_of(R"("expires_on":"1/1/2026 1:00:00 AM +00:00")") == 3600);
    CHECK(life_of(R"("expires_on":"01/01/2026 12:30:00 AM")") == 1800);
    CHECK(life_of(R"("expires_on":"1/1/2026 12:00:00 PM +00:00")") == 12 * 3600);
    CHECK(life_of(R"("expires_on":253402300799)"));
    CHECK(!life_of(R"("expires_on":253402300800)"));
    for (char const* const wrong :
         {"2026-02-30T01:00:00Z", "2026-13-01T01:00:00Z", "1/1/2026 13:00:00 PM", "1/1/2026 0:00:00 AM",
          "1/1/2026 1:00:00 XM", "2026-01-01T25:00:00Z", "tomorrow", "2026-01-01T01:00:00X", "2026-01-01", ""})
        CHECK_MESSAGE(!life_of(std::string("\"expires_on\":\"") + wrong + '"'), wrong);
}

TEST_CASE("token answer: refresh_in is used if it is before the expiry, and is never taken for the expiry")
{
    auto const refresh_in = [](std::string const& value) {
        return read_token("Tester", R"({"access_token":"t","expires_in":86399,"refresh_in":)" + value + "}", now);
    };
    CHECK(refresh_in("43199").refresh_on() == now + 43199s);
    CHECK(refresh_in("43199").expires_on() == now + 86399s);
    CHECK(!refresh_in("86399").refresh_on());
    CHECK(!refresh_in("\"x\"").refresh_on());
}

TEST_CASE("token answer: an answer without a valid token is rejected, and nothing of it is repeated")
{
    for (char const* const wrong : {
             "",
             "{",
             "[]",
             "null",
             "<html>Sign in</html>",
             "{}",
             R"({"access_token":"","expires_in":1})",
             R"({"access_token":5,"expires_in":1})",
             R"({"access_token":"sekrit\r\nInjected: 1","expires_in":1})",
             R"({"access_token":"sek rit","expires_in":1})",
             R"({"access_token":"sekrit\u00e9","expires_in":1})",
             R"({"access_token":"sekrit","access_token":"sekrit2","expires_in":1})",
             R"({"access_token":"sekrit","expires_in":1,"token_type":"pop"})",
         }) {
        auto const refused = refusal_of_answer(wrong);
        REQUIRE_MESSAGE(refused, wrong);
        CHECK(refused->code() == errc::unexpected_reply);
        CHECK(refused->should_retry() == false);
        CHECK(std::string_view(refused->what()).find("sek") == std::string_view::npos);
        CHECK(refused->body().empty());
    }
    CHECK(!refusal_of_answer(R"({"access_token":"t","expires_in":1,"token_type":"bearer","more":{"a":[1]}})"));
    std::string many = R"({"access_token":"t","expires_in":1,"more":[0)";
    for (int i = 0; i != 100'000; ++i)
        many += ",0";
    CHECK(refusal_of_answer(many + "]}"));
}

TEST_CASE("token answer: the authority's error keeps its message, code and ids, and has advice")
{
    http_answer answer;
    answer.status = 401;
    answer.body =
        R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t)"
        R"(\r\nCorrelation ID: c","error_codes":[7000215],"trace_id":"t-1","correlation_id":"c-1"})";
    foundry::error const e = refused_token("ClientSecretCredential", answer);
    CHECK(e.code() == errc::authentication_failed);
    CHECK(e.status() == 401);
    CHECK(e.service_code() == "invalid_client");
    CHECK(e.message() == "ClientSecretCredential: AADSTS7000215: Invalid client secret provided.");
    CHECK(e.advice().find("use its value, not its id") != std::string::npos);
    CHECK(e.request_id() == "t-1");
    CHECK(e.apim_request_id() == "c-1");
    CHECK(e.should_retry() == false);
    CHECK(e.body() == answer.body);
    for (unsigned const status : {408U, 429U, 500U, 503U}) {
        http_answer busy;
        busy.status = status;
        busy.headers.add("Retry-After", "7");
        foundry::error const passing = refused_token("x", busy);
        CHECK(passing.code() == (status == 429 ? errc::rate_limited : errc::service_error));
        CHECK(passing.should_retry() == true);
        CHECK(passing.retry_after() == 7s);
    }
    struct
    {
        unsigned status;
        char const* body;
        char const* words;
    } const intruders[] = {{403, "<html>Sign in</html>", "a web page answers"},
                           {407, "", "a proxy asks for a login"},
                           {302, "", "redirects"}};
    for (auto const& one : intruders) {
        http_answer other;
        other.status = one.status;
        other.body = one.body;
        foundry::error const stopped = refused_token("x", other);
        CHECK(stopped.code() == errc::authentication_failed);
        CHECK(std::string_view(stopped.what()).find(one.words) != std::string_view::npos);
    }
    answer.status = 400;
    answer.body = R"({"error":"temporarily_unavailable"})";
    CHECK(refused_token("x", answer).should_retry() == true);
}

TEST_CASE("token answer: a time without a zone is local time, with the offset of that date")
{
    auto const local = [](char const* zone, char const* text) {
        environment const there("TZ", zone);
        ::tzset();
        auto const at = seconds_of(parse_local_time(text));
        return at;
    };
#if !defined(_WIN32) // whose TZ names no rules but those of the United States
    // Berlin: summer time ended on 2025-10-26 at 03:00 summer time, 01:00 UTC; the hour from two on was there twice
    CHECK(local("Europe/Berlin", "2025-07-01 12:00:00.000000") == 1'751'364'000);
    CHECK(local("Europe/Berlin", "2025-12-01 12:00:00.000000") == 1'764'586'800);
    CHECK(local("Europe/Berlin", "2025-10-26 02:30:00") == 1'761'438'600);
#endif
    CHECK(local("KIR-14", "2026-01-02T03:04:05") == 1'767'272'645);
    CHECK(!local("UTC", "2026-01-02T03:04:05Z"));
    CHECK(!local("UTC", "soon"));
    ::tzset();
    environment const east("TZ", "KIR-14");
    ::tzset();
    CHECK(seconds_of(parse_time("2026-01-02T03:04:05Z")) == 1'767'323'045);
}

TEST_CASE("challenge: claims are found among other schemes, lines and parameters")
{
    auto const claims_of = [](std::initializer_list<char const*> lines) {
        foundry::response_headers headers;
        headers.add("Date", "today");
        for (char const* const line : lines)
            headers.add("WWW-Authenticate", line);
        return foundry::detail::claims_of_challenge(headers);
    };
    // {"a":1}
    CHECK(claims_of({R"(Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ==")"}) == R"({"a":1})");
    CHECK(claims_of({R"(Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ")"}) == R"({"a":1})");
    CHECK(claims_of({R"(bearer claims="eyJhIjoxfQ==", error=insufficient_claims)"}) == R"({"a":1})");
    CHECK(claims_of({R"(Basic realm="a, b=c", Bearer error="insufficient_claims",claims="eyJhIjoxfQ==")"}) ==
          R"({"a":1})");
    CHECK(claims_of({R"(Bearer error="insufficient_claims", claims="eyJhIjoxfQ==", Basic realm="x")"}) == R"({"a":1})");
    CHECK(claims_of({"Basic", R"(Bearer error="insufficient_claims", claims="eyJhIjoxfQ==")"}) == R"({"a":1})");
    for (char const* const line :
         {R"(Bearer realm="")", R"(Bearer error="invalid_token", claims="eyJhIjoxfQ==")",
          R"(Basic error="insufficient_claims", claims="eyJhIjoxfQ==")",
          R"(Bearer error="insufficient_claims", claims="")", R"(Bearer error="insufficient_claims", claims="***")",
          R"(Bearer error="insufficient_claims", claims="WzFd")", // [1]
          R"(Bearer error="insufficient_claims", claims="eyJh)", "", ",", "=", "\"", "Bearer =,="})
        CHECK_MESSAGE(claims_of({line}).empty(), line);
}

TEST_CASE("challenge: claims are merged with the client's capabilities, and contradictions rejected")
{
    CHECK(merge_claims("") == R"({"access_token":{"xms_cc":{"values":["CP1"]}}})");
    CHECK(merge_claims(R"({"access_token":{"nbf":{"essential":true,"value":"1"}}})") ==
          R"({"access_token":{"xms_cc":{"values":["CP1"]},"nbf":{"essential":true,"value":"1"}}})");
    for (char const* const wrong :
         {"x", "[]", R"({"access_token":1})", R"({"access_token":{"xms_cc":{"values":[]}}})"}) {
        try {
            merge_claims(wrong);
            FAIL_CHECK(wrong);
        } catch (foundry::error const& e) {
            CHECK(e.code() == errc::invalid_argument);
        }
    }
}

TEST_CASE("challenge: another audience is used only if it is one of Azure's AI services and an Azure host names it")
{
    using foundry::detail::other_scope;
    foundry::endpoint const azure{"https://contoso.openai.azure.com/openai/v1"};
    std::string const text = "Unauthorized. Access token is missing, invalid, audience is incorrect "
                             "(https://ai.azure.com or https://cognitiveservices.azure.com), or have expired.";
    CHECK(other_scope(azure, "https://ml.azure.com/.default", text) == "https://cognitiveservices.azure.com/.default");
    CHECK(other_scope(azure, "https://ai.azure.com/.default", text).empty());
    CHECK(other_scope(azure, "x", "audience is incorrect (https://graph.microsoft.com)").empty());
    CHECK(other_scope(azure, "x", "Unauthorized").empty());
    foundry::endpoint const elsewhere{"https://gateway.example/v1"};
    CHECK(other_scope(elsewhere, "https://ml.azure.com/.default", text).empty());
}

TEST_CASE("challenge: a 401 means a rejected token if a challenge or the body says so, or if it says nothing")
{
    using foundry::detail::refuses_token;
    auto const with = [](std::string field) {
        foundry::response_headers headers;
        headers.add("WWW-Authenticate", field);
        return headers;
    };
    std::string const other = R"({"error":{"code":"PermissionDenied","message":"no role"}})";
    CHECK(refuses_token(with(R"(Bearer error="invalid_token")"), other));
    CHECK(
        refuses_token(with(R"(Basic realm="x", Bearer realm="y", error="insufficient_claims", claims="e30=")"), other));
    CHECK(refuses_token(with(R"(Bearer realm="a", Bearer error="invalid_token", Basic realm="b")"), other));
    CHECK(!refuses_token(with(R"(Bearer error="insufficient_scope")"), other));
    CHECK(!refuses_token(with(R"(Bearer error="insufficient_scope")"), ""));
    CHECK(!refuses_token(with(R"(DPoP error="invalid_token")"), other));
    CHECK(!refuses_token(with(R"(Bearer realm="", Basic error="invalid_token")"), other));
    CHECK(!refuses_token({}, other));
    CHECK(refuses_token({}, ""));
    CHECK(refuses_token({}, R"({"statusCode":401,"message":"Access Token is missing, invalid, or have expired."})"));
}

TEST_SUITE_END();

} // namespace foundry_test::token_answer_test
