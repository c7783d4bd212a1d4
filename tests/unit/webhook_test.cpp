// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Messages that a service sends to a server of the program: what is taken for genuine, and what is not.

#include <foundry/detail/base/base64.hpp>
#include <foundry/webhook.hpp>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

namespace foundry_test::webhook_test {

using foundry::errc;
using std::chrono::seconds;

// Made with another implementation of HMAC.
std::string const secret_text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
std::string const id = "wh_6878ed72";
std::string const body =
    R"({"object":"event","id":"evt_1","type":"batch.completed","created_at":1753052402,"data":{"id":"batch_1"}})";
std::string const timestamp = "1753052402";
std::string const signature = "v1,XunkIGTL6klZHv58NxRHIom6KpXh4V5yYEx5EENGPKU=";
std::chrono::system_clock::time_point const sent{seconds(1753052402)};

foundry::webhook hook() { return foundry::webhook{foundry::secret{secret_text}}; }

/// The code of the refusal; `errc()` if it is taken.
boost::system::error_code refusal(std::string const& stamp, std::string const& signatures, std::string const& text,
                                  std::chrono::system_clock::time_point now = sent)
{
    try {
        foundry::webhook_event const event = hook().read(id, stamp, signatures, text, now);
        CHECK(event.type == "batch.completed");
    } catch (foundry::error const& e) {
        CHECK(std::string(e.what()).find(secret_text.substr(6)) == std::string::npos);
        return e.code();
    }
    return {};
}

TEST_CASE("webhook: a message that was signed with the secret is read")
{
    foundry::webhook_event const event = hook().read(id, timestamp, signature, body, sent);
    CHECK(event.id == "evt_1");
    CHECK(event.type == "batch.completed");
    CHECK(event.created_at == 1753052402);
    CHECK(event.data.at("id") == "batch_1");
    CHECK(event.extra.at("object") == "event");
}

TEST_CASE("webhook: one of several signatures is enough, as while a secret is replaced")
{
    CHECK(!refusal(timestamp, "v1,b2xk " + signature, body));
    CHECK(!refusal(timestamp, "v2,aaaa  " + signature + " v1,", body));
}

TEST_CASE("webhook: a wrong, foreign or absent signature is refused")
{
    for (std::string const& wrong :
         {std::string(), std::string("v1,"), std::string("v1"), std::string("v1,b2xk"), signature.substr(3),
          "v2," + signature.substr(3), "v1," + std::string(44, 'A'), signature + "x", std::string("v1,!!!!")}) {
        CAPTURE(wrong);
        CHECK(refusal(timestamp, wrong, body) == errc::unauthorized);
    }
    CHECK(refusal(timestamp, signature, body + " ") == errc::unauthorized);
    CHECK(refusal("1753052403", signature, body) == errc::unauthorized);
}

TEST_CASE("webhook: a message is taken for five minutes, before and after its time")
{
    CHECK(!refusal(timestamp, signature, body, sent + seconds(300)));
    CHECK(!refusal(timestamp, signature, body, sent - seconds(300)));
    CHECK(refusal(timestamp, signature, body, sent + seconds(301)) == errc::unauthorized);
    CHECK(refusal(timestamp, signature, body, sent - seconds(301)) == errc::unauthorized);
    for (char const* const odd : {"", "-", "+1753052402", " 1753052402", "1753052402 ", "1753052402.0", "now",
                                  "99999999999999999999", "9223372036854775807", "-9223372036854775808"}) {
        CAPTURE(std::string(odd));
        CHECK(refusal(odd, signature, body) == errc::unauthorized);
    }
}

TEST_CASE("webhook: a secret that is not base64 is refused when it is given")
{
    for (char const* const wrong : {"", "whsec_", "whsec_!"})
        CHECK_THROWS_AS(foundry::webhook{foundry::secret{wrong}}, foundry::error);
}

std::string signed_with(std::string const& key, std::string const& message)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<unsigned char const*>(message.data()),
         message.size(), digest, &size);
    return foundry::detail::to_base64({reinterpret_cast<char const*>(digest), size});
}

TEST_CASE("webhook: a request of Beast is read in one line")
{
    boost::beast::http::request<boost::beast::http::string_body> request;
    request.set("webhook-id", id);
    request.set("Webhook-Timestamp", timestamp);
    request.set("webhook-signature", signature);
    request.body() = body;
    CHECK_THROWS_AS(hook().read(request), foundry::error); // it is of last year

    auto const now = std::chrono::system_clock::now().time_since_epoch();
    std::string const stamp = std::to_string(std::chrono::duration_cast<seconds>(now).count());
    std::string const key = "a key of the program's own";
    request.set("webhook-timestamp", stamp);
    request.set("webhook-signature", "v1," + signed_with(key, id + "." + stamp + "." + body));
    foundry::webhook_event const event = foundry::webhook{foundry::secret{key}}.read(request);
    CHECK(event.type == "batch.completed");
    for (char const* const field : {"webhook-signature", "webhook-id", "webhook-timestamp"}) {
        boost::beast::http::request<boost::beast::http::string_body> less = request;
        less.erase(field);
        CHECK_THROWS_AS(foundry::webhook{foundry::secret{key}}.read(less), foundry::error);
    }
}

} // namespace foundry_test::webhook_test
