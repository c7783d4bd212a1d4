// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/http/request_head.hpp>

#include <foundry/detail/core/field.hpp>
#include <foundry/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::request_head_test {

using foundry::errc;
namespace http = foundry::http;

/// What a function throws, which must be `invalid_argument`; its words.
template <class F>
std::string refusal(F f)
{
    try {
        f();
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::invalid_argument);
        CHECK(!e.advice().empty());
        return e.what();
    }
    return {};
}

std::string appended(std::string_view name, std::string_view value)
{
    std::string out;
    http::append_field(out, name, value);
    return out;
}

std::string const good_head = "POST / HTTP/1.1\r\nHost: h\r\n";

TEST_CASE("request_head: a field is one line")
{
    CHECK(appended("Content-Type", "application/json") == "Content-Type: application/json\r\n");
    CHECK(appended("x", "") == "x: \r\n");
    CHECK(appended("x", "a\tb c") == "x: a\tb c\r\n");
    CHECK(appended("x", "caf\xc3\xa9") == "x: caf\xc3\xa9\r\n");
    CHECK(appended("!#$%&'*+-.^_`|~09azAZ", "v") == "!#$%&'*+-.^_`|~09azAZ: v\r\n");
}

TEST_CASE("request_head: the name of a field is a token, whatever byte is tried")
{
    std::string_view const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int byte = 0; byte != 256; ++byte) {
        char const c = static_cast<char>(byte);
        CAPTURE(byte);
        bool const good = c != '\0' && token.find(c) != std::string_view::npos;
        std::string const name = std::string("a") + c + "b";
        CHECK(refusal([&] { appended(name, "v"); }).empty() == good);
        CHECK(http::valid_field_name(name) == good);
    }
    CHECK(!refusal([] { appended("", "v"); }).empty());
}

TEST_CASE("request_head: the value of a field holds no control character, whatever byte is tried")
{
    for (int byte = 0; byte != 256; ++byte) {
        char const c = static_cast<char>(byte);
        CAPTURE(byte);
        bool const good = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        std::string const value = std::string("a") + c + "b";
        CHECK(refusal([&] { appended("x", value); }).empty() == good);
        bool const blank = byte == ' ' || byte == '\t';
        CHECK(refusal([&] { appended("x", value.substr(0, 2)); }).empty() == (good && !blank));
        CHECK(refusal([&] { appended("x", value.substr(1)); }).empty() == (good && !blank));
    }
}

TEST_CASE("request_head: the error of a rejected field names it and never repeats its value")
{
    std::string const said = refusal([] { appended("x-secret", "hunter2\r\nInjected: yes"); });
    CHECK(said.find("x-secret") != std::string::npos);
    CHECK(said.find("hunter2") == std::string::npos);
    CHECK(said.find("Injected") == std::string::npos);
}

TEST_CASE("request_head: a rejected field writes nothing")
{
    std::string out = "Before: 1\r\n";
    CHECK_THROWS_AS(http::append_field(out, "x", "a\r\nb"), foundry::error);
    CHECK_THROWS_AS(http::append_field(out, "x\r\ny", "a"), foundry::error);
    CHECK(out == "Before: 1\r\n");
}

TEST_CASE("request_head: a head starts with the request line and the host")
{
    CHECK(http::start_head("POST", "/a?b=%20", "example.com:8080") ==
          "POST /a?b=%20 HTTP/1.1\r\nHost: example.com:8080\r\n");
}

TEST_CASE("request_head: a target is a slash and visible ASCII, whatever byte is tried")
{
    for (int byte = 0; byte != 256; ++byte) {
        CAPTURE(byte);
        bool const good = byte > 0x20 && byte < 0x7f;
        std::string const target = std::string("/a") + static_cast<char>(byte) + "b";
        CHECK(refusal([&] { http::start_head("POST", target, "h"); }).empty() == good);
    }
    for (char const* const target : {"", "a", "http://h/", "*", " /", "/a HTTP/1.1\r\nX: y"}) {
        CAPTURE(std::string(target));
        CHECK(!refusal([&] { http::start_head("POST", target, "h"); }).empty());
    }
}

TEST_CASE("request_head: a host with a control character is rejected")
{
    for (char const* const host : {"a\r\nX: y", "a\nb", "a\rb", " a", "a ", "a\x7f"}) {
        CAPTURE(std::string(host));
        CHECK(!refusal([&] { http::start_head("POST", "/", host); }).empty());
    }
}

TEST_CASE("request_head: a message is the head, the credential's fields, an empty line and the body")
{
    CHECK(http::assemble(good_head, "api-key: k\r\n", "{}") == good_head + "api-key: k\r\n\r\n{}");
    CHECK(http::assemble(good_head, "", "") == good_head + "\r\n");
    // The body is anything.
    std::string const body("\r\n\0\r\n\r\nGET / HTTP/1.1", 22);
    CHECK(http::assemble(good_head, "", body) == good_head + "\r\n" + body);
}

TEST_CASE("request_head: the final check rejects a head that is not whole lines")
{
    std::vector<std::string> const bad = {
        "a: b",         // no end
        "a: b\r",       // half an end
        "a: b\n",       // half an end
        "\r\n",         // an empty line
        "a: b\r\n\r\n", // ends the head
        "a: b\r\n\r\nc: d\r\n",
        "a: b\r\nc: d",
        "a: b\nc: d\r\n",
        "a: b\rc: d\r\n",
        "a: b\x7f\r\n",
        std::string("a: b\0\r\n", 7),
        "\na: b\r\n",
    };
    for (std::string const& fields : bad) {
        CAPTURE(fields);
        CHECK(!refusal([&] { http::assemble(good_head, fields, "{}"); }).empty());
        CHECK(!refusal([&] { http::assemble(good_head + fields, "", "{}"); }).empty());
    }
}

TEST_CASE("request_head: the final check's error repeats nothing of the head")
{
    std::string const said = refusal([] { http::assemble(good_head, "api-key: hunter2\nX: y\r\n", ""); });
    CHECK(!said.empty());
    CHECK(said.find("hunter2") == std::string::npos);
}

TEST_CASE("request_head: fields that frame, route or authorise a message cannot be set by callers")
{
    for (char const* const name :
         {"host", "Host", "CONTENT-LENGTH", "Transfer-Encoding", "connection", "Upgrade", "TE", "trailer",
          "Authorization", "api-key", "Api-Key", "Proxy-Authorization", "proxy-connection"})
        CHECK(http::reserved_field(name));
    for (char const* const name : {"Content-Type", "x-ms-client-request-id", "te-x", "hosts", "proxy", "apikey"})
        CHECK(!http::reserved_field(name));
}

} // namespace foundry_test::request_head_test
