// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/url.hpp>

#include <foundry/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace foundry_test::url_test {

namespace http = foundry::http;

std::string refusal(std::string_view text)
{
    try {
        http::parse_url(text);
    } catch (foundry::error const& e) {
        CHECK(e.code() == foundry::errc::invalid_argument);
        return e.what();
    }
    return {};
}

bool mentions(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST_CASE("url: scheme, host, port, path and query are split")
{
    auto const url = http::parse_url("HTTPS://us%40er:p:w@Host.Example.:8443/a/b%2f/;c=d?e=f/?g");
    CHECK(url.secure);
    CHECK(url.user_info == "us%40er:p:w");
    CHECK(url.host == "host.example");
    CHECK(url.port == 8443);
    CHECK(url.path == "/a/b%2f/;c=d");
    CHECK(url.query == "e=f/?g");
}

TEST_CASE("url: omitted parts have defaults")
{
    auto const secure = http::parse_url("https://host");
    CHECK_FALSE(secure.user_info.has_value());
    CHECK(secure.port == 443);
    CHECK(secure.path.empty());
    CHECK(secure.query.empty());

    auto const plain = http::parse_url("http://host?q");
    CHECK_FALSE(plain.secure);
    CHECK(plain.port == 80);
    CHECK(plain.path.empty());
    CHECK(plain.query == "q");
    CHECK(http::parse_url("https://@host/").user_info == "");
}

TEST_CASE("url: an IPv6 host is normalised and loses its brackets")
{
    CHECK(http::parse_url("http://[::1]").host == "::1");
    auto const url = http::parse_url("https://[2001:DB8:0:0::1]:81/x");
    CHECK(url.host == "2001:db8::1");
    CHECK(url.port == 81);
    CHECK(url.path == "/x");
    for (auto const* text : {"http://[::1", "http://[]", "http://[1.2.3.4]", "http://[fe80::1%25eth0]", "http://[v1.x]",
                             "http://[::1]x", "http://[::1]:", "http://[::1]]", "http://::1/", "http://[::1%eth0]"})
        CHECK_MESSAGE(!refusal(text).empty(), text);
}

TEST_CASE("url: ports are numbers from 1 to 65535")
{
    CHECK(http::parse_url("http://h:1").port == 1);
    CHECK(http::parse_url("http://h:065535").port == 65535);
    for (auto const* text : {"http://h:", "http://h:0", "http://h:65536", "http://h:-1", "http://h:+1", "http://h:8o",
                             "http://h:80:80", "http://h:99999999999999999999"})
        CHECK_MESSAGE(mentions(refusal(text), "port"), text);
}

TEST_CASE("url: a missing scheme and one other than http and https are rejected")
{
    for (auto const* text : {"r.openai.azure.com/openai/v1", "", "localhost:8080", "https:/h", "https:h", "//h",
                             "h/?u=http://x", "h?http://x"})
        CHECK_MESSAGE(mentions(refusal(text), "put https:// in front"), text);
    for (auto const* text : {"ftp://h", "ws://h", "httpss://h", "://h", "file:///etc/passwd"})
        CHECK_MESSAGE(mentions(refusal(text), "use https://"), text);
}

TEST_CASE("url: host names are letters, digits, '-', '.' and '_' in labels of sensible length")
{
    std::string const label(63, 'a');
    std::string const longest = label + '.' + label + '.' + label + '.' + label;
    CHECK(http::parse_url("https://" + longest).host == longest);
    CHECK(http::parse_url("https://my_box-1.local").host == "my_box-1.local");
    for (auto const& host :
         {longest + ".a", label + "a.b", std::string("a..b"), std::string(".a"), std::string("a.."), std::string("."),
          std::string(""), std::string("a%41"), std::string("a,b"), std::string("<resource>.com"),
          std::string("{resource}.com"), std::string("a*b"), std::string("a]")})
        CHECK_MESSAGE(!refusal("https://" + host + "/").empty(), host);
    CHECK(mentions(refusal("https://b\xc3\xbc"
                           "cher.example/"),
                   "punycode"));
}

TEST_CASE("url: a host that a resolver would read as an IPv4 address is spelt in full")
{
    CHECK(http::parse_url("http://127.0.0.1:1").host == "127.0.0.1");
    CHECK(http::parse_url("http://1.2.3.4.nip.io").host == "1.2.3.4.nip.io");
    for (auto const* host :
         {"127.1", "2130706433", "0x7f000001", "0x7f.0.0.0x1", "127.0.0.256", "1.2.3.4.5", "127.0.0.01", "a.1"})
        CHECK_MESSAGE(mentions(refusal("http://" + std::string(host)), "IPv4"), host);
}

TEST_CASE("url: blanks, control characters, backslashes, raw characters and fragments are rejected")
{
    using namespace std::string_view_literals;
    for (auto const text : {" https://h"sv,     "https://h/ "sv,        "https://h/a b"sv,    "https://h/\r\nX: y"sv,
                            "https://h/\t"sv,   "https://h/\0"sv,       "https://h\0.com"sv,  "https://h\\@evil/"sv,
                            "https://h/\x7f"sv, "https://h/\xc3\xbc"sv, "https://h/<d>"sv,    "https://h/{d}"sv,
                            "https://h/[d]"sv,  "https://h/\""sv,       "https://h/%"sv,      "https://h/%4"sv,
                            "https://h/%4g"sv,  "https://h/?%zz"sv,     "https://h/?a[]=b"sv, "https://h/?\xc3\xbc"sv,
                            "https://h/#f"sv,   "https://h#"sv,         "https://h?a#"sv})
        CHECK_MESSAGE(!refusal(text).empty(), text);
}

TEST_CASE("url: the error of a rejected URL repeats nothing of it")
{
    for (auto const* text : {"https://u:sekret@h:x/", "https://u:sek@ret@h/", "https://u:sekret/@h", "sekret://h",
                             "https://sekret!x:80/", "https://h/?key=sekret%", "https://h/#sekret", "https://h:sekret/",
                             "https://sekret@ho<st", "u:sekret@h/", "https://[sekret]/"}) {
        auto const message = refusal(text);
        CHECK_MESSAGE(!message.empty(), text);
        CHECK_MESSAGE(!mentions(message, "sek"), message);
    }
}

TEST_CASE("url: loopback is localhost and what lies in it, 127.0.0.0/8 and ::1")
{
    for (auto const* host : {"localhost", "a.localhost", "127.0.0.1", "127.255.0.9", "::1"})
        CHECK_MESSAGE(http::is_loopback(host), host);
    for (auto const* host :
         {"", "localhost.example", "xlocalhost", "128.0.0.1", "0.0.0.0", "::", "::2", "10.0.0.1", "127.example"})
        CHECK_MESSAGE(!http::is_loopback(host), host);
}

TEST_CASE("percent_encode: every character that could end a segment or a value is encoded")
{
    using namespace std::string_view_literals;
    CHECK(http::percent_encode_segment("gpt-4o_mini.1~A") == "gpt-4o_mini.1~A");
    CHECK(http::percent_encode_segment("a/b?c#d%e f\r\n\0\xff"sv) == "a%2Fb%3Fc%23d%25e%20f%0D%0A%00%FF");
    CHECK(http::percent_encode_query("a&b=c+d#e?f g/h:i") == "a%26b%3Dc%2Bd%23e%3Ff%20g/h:i");
}

TEST_CASE("percent_decode: reverses the encoding, and rejects half a triplet")
{
    using namespace std::string_view_literals;
    CHECK(http::percent_decode("") == "");
    CHECK(http::percent_decode("a%2fb%2Fc%00+") == std::string("a/b/c\0+"sv));
    for (auto const* text : {"%", "%4", "%4g", "%g4", "a%", "%-1", "%+1", "% 1", "%%41"})
        CHECK_MESSAGE(!http::percent_decode(text).has_value(), text);

    std::string all;
    for (int i = 0; i < 256; ++i)
        all += static_cast<char>(i);
    CHECK(http::percent_decode(http::percent_encode_segment(all)) == all);
    CHECK(http::percent_decode(http::percent_encode_query(all)) == all);
}

TEST_CASE("field text: names are tokens")
{
    using namespace std::string_view_literals;
    CHECK(http::valid_field_name("X-Custom_1.~"));
    CHECK(http::valid_field_name("!#$%&'*+-.^_`|~"));
    for (auto const name :
         {""sv, "a b"sv, "a:"sv, "a\r\n"sv, "a\0"sv, "\0"sv, "\xc3\xbc"sv, "a(b)"sv, "\"a\""sv, "a/b"sv, "\x7f"sv})
        CHECK_MESSAGE(!http::valid_field_name(name), name);
}

TEST_CASE("field text: values hold no control characters and no blanks at their ends")
{
    using namespace std::string_view_literals;
    for (auto const value : {""sv, "a"sv, "a b\tc"sv, "gr\xc3\xbc\xc3\x9f"sv, "\xff"sv, "!~"sv})
        CHECK_MESSAGE(http::valid_field_value(value), value);
    for (auto const value :
         {" "sv, " a"sv, "a "sv, "\ta"sv, "a\t"sv, "a\rb"sv, "a\nb"sv, "a\0b"sv, "\x7f"sv, "\x1b[0m"sv})
        CHECK_MESSAGE(!http::valid_field_value(value), value);
}

TEST_CASE("field text: fields that frame, route or authorise a message are reserved, in any case")
{
    for (auto const* name : {"Host", "CONTENT-LENGTH", "transfer-encoding", "Connection", "Upgrade", "te", "Trailer",
                             "Proxy-Authorization", "proxy-", "Authorization", "API-Key"})
        CHECK_MESSAGE(http::reserved_field(name), name);
    for (auto const* name : {"", "Accept", "x-ms-client-request-id", "proxy", "Hos", "Hosts", "extra-parameters"})
        CHECK_MESSAGE(!http::reserved_field(name), name);
}

TEST_CASE("url: equality without case concerns ASCII letters only")
{
    CHECK(http::iequals("aZ-09", "Az-09"));
    CHECK(http::iequals("", ""));
    CHECK_FALSE(http::iequals("a", "ab"));
    CHECK_FALSE(http::iequals("[", "{"));
    CHECK_FALSE(http::iequals("@", "`"));
    CHECK_FALSE(http::iequals("\xc3\x84", "\xc3\xa4"));
}

} // namespace foundry_test::url_test
