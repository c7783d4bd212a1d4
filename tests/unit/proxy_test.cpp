// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The URL of a proxy, its credentials, and which hosts need none.

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/detail/http/proxy_rules.hpp>
#include <foundry/error.hpp>
#include <foundry/proxy.hpp>

#include "support/environment.hpp"
#include "support/report.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::proxy_test {

using foundry::errc;
using foundry::proxy;

foundry::error refusal(std::string const& url)
{
    try {
        proxy const p{url};
    } catch (foundry::error const& e) {
        return e;
    }
    return foundry::error();
}

/// The variables of a proxy, as a test sets them.
class variables : public foundry_test::environment
{
public:
    variables()
    {
        for (char const* const name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy",
                                       "ALL_PROXY", "no_proxy", "NO_PROXY"})
            set(name, std::nullopt);
    }
};

std::string found_for(std::string const& url_host, bool is_https = true, proxy const& option = proxy())
{
    foundry::http::proxy_rules const rules(option);
    auto const server = rules.find(is_https, url_host, [] { return foundry::http::context_ptr(); });
    return server ? server->name() : "direct";
}

TEST_CASE("proxy: a URL names scheme, host and port, with the default ports of curl")
{
    struct row
    {
        char const* url;
        bool is_secure;
        char const* host;
        unsigned port;
    };
    for (row const& r :
         {row{"http://proxy.contoso.com:3128", false, "proxy.contoso.com", 3128},
          row{"http://proxy.contoso.com", false, "proxy.contoso.com", 1080},
          row{"http://proxy.contoso.com:80/", false, "proxy.contoso.com", 80},
          row{"https://Proxy.Contoso.com", true, "proxy.contoso.com", 443},
          row{"proxy.contoso.com:8080", false, "proxy.contoso.com", 8080}, row{"proxy", false, "proxy", 1080},
          row{"http://[2001:db8::1]:3128", false, "2001:db8::1", 3128},
          row{"http://[2001:db8::1]", false, "2001:db8::1", 1080}, row{"http://u:p@10.0.0.1", false, "10.0.0.1", 1080},
          row{"http://u:p@10.0.0.1:99", false, "10.0.0.1", 99}}) {
        CAPTURE(std::string(r.url));
        proxy const p{r.url};
        CHECK(p.secure() == r.is_secure);
        CHECK(p.host() == r.host);
        CHECK(p.port() == r.port);
        CHECK(!p.from_environment());
    }
}

TEST_CASE("proxy: what is no URL of an HTTP proxy is refused, and the message repeats none of it")
{
    for (char const* const url :
         {"", "socks5://secret.example:1080", "socks5h://secret.example", "ftp://secret.example",
          "http://secret.example:0", "http://secret.example:99999", "http://secret.example:port",
          "http://secret.example/path", "http://secret.example?q=1", "http://secret example", "http://u:secret@",
          "http://u:secret%zz@host", "http://u:secret%0d%0a@host", "http://u%3asecret:p@host",
          "http://u:secret\r\n@host"}) {
        CAPTURE(std::string(url));
        foundry::error const e = refusal(url);
        CHECK(e.code() == errc::invalid_argument);
        CHECK(std::string_view(e.what()).find("secret") == std::string_view::npos);
        CHECK(std::string_view(e.what()).find("proxy") != std::string_view::npos);
    }
}

TEST_CASE("proxy: credentials come from the URL, percent-encoded, or are set")
{
    CHECK(proxy{"http://host:1"}.authorization().empty());
    CHECK(proxy{"http://user:pass@host:1"}.authorization() == "Basic dXNlcjpwYXNz");
    CHECK(proxy{"http://us%65r:p%40ss%3Aword@host:1"}.authorization() == "Basic dXNlcjpwQHNzOndvcmQ=");
    CHECK(proxy{"http://user@host:1"}.authorization() == "Basic dXNlcjo=");
    proxy p{"http://host:1"};
    p.set_credentials("user", "p\xc3\xa4ss");
    CHECK(p.authorization() == "Basic dXNlcjpww6Rzcw==");
    CHECK_THROWS_AS(p.set_credentials("us:er", "x"), foundry::error);
    CHECK_THROWS_AS(p.set_credentials("user", "x\n"), foundry::error);
    CHECK_THROWS_AS(p.set_credentials("us\x01er", "x"), foundry::error);
}

#if !defined(_WIN32) // where the names of variables have no case

TEST_CASE("proxy: the first variable that is set names the proxy, as with curl")
{
    variables v;
    CHECK(found_for("contoso.com") == "direct");
    v.set("ALL_PROXY", "http://all-upper:1");
    CHECK(found_for("contoso.com") == "all-upper:1 (from the variable ALL_PROXY)");
    CHECK(found_for("contoso.com", false) == "all-upper:1 (from the variable ALL_PROXY)");
    v.set("all_proxy", "http://all:1");
    CHECK(found_for("contoso.com") == "all:1 (from the variable all_proxy)");
    v.set("HTTPS_PROXY", "http://upper:1");
    CHECK(found_for("contoso.com") == "upper:1 (from the variable HTTPS_PROXY)");
    v.set("https_proxy", "http://lower:1");
    CHECK(found_for("contoso.com") == "lower:1 (from the variable https_proxy)");
    v.set("https_proxy", "");
    CHECK(found_for("contoso.com") == "upper:1 (from the variable HTTPS_PROXY)");
    v.set("HTTP_PROXY", "http://never:1"); // a header of CGI sets it
    CHECK(found_for("contoso.com", false) == "all:1 (from the variable all_proxy)");
    v.set("http_proxy", "http://plain:1");
    CHECK(found_for("contoso.com", false) == "plain:1 (from the variable http_proxy)");
}

#else

TEST_CASE("proxy: the first variable that is set names the proxy, but in a CGI program not one that a header sets")
{
    variables v;
    CHECK(found_for("contoso.com") == "direct");
    v.set("ALL_PROXY", "http://all:1");
    CHECK(found_for("contoso.com") == "all:1 (from the variable all_proxy)");
    CHECK(found_for("contoso.com", false) == "all:1 (from the variable all_proxy)");
    v.set("HTTPS_PROXY", "http://secure:1");
    CHECK(found_for("contoso.com") == "secure:1 (from the variable https_proxy)");
    v.set("HTTP_PROXY", "http://plain:1");
    CHECK(found_for("contoso.com", false) == "plain:1 (from the variable http_proxy)");
    v.set("REQUEST_METHOD", "GET");
    CHECK(found_for("contoso.com", false) == "all:1 (from the variable all_proxy)");
}

#endif

TEST_CASE("proxy: an option is stronger than the environment, and loopback needs none")
{
    variables v;
    v.set("HTTPS_PROXY", "http://upper:1");
    v.set("NO_PROXY", "*");
    CHECK(found_for("contoso.com", true, proxy{"http://own:2"}) == "own:2 (from options.proxy)");
    v.set("NO_PROXY", "");
    CHECK(found_for("contoso.com", true, proxy::none()) == "direct");
    for (char const* const host : {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"})
        CHECK(found_for(host, true, proxy{"http://own:2"}) == "direct");
}

TEST_CASE("proxy: a variable that holds no URL is an error that names it, for hosts that need the proxy")
{
    variables v;
    v.set("ALL_PROXY", "socks5://secret:1");
    v.set("NO_PROXY", "internal.contoso.com");
    CHECK(found_for("internal.contoso.com") == "direct");
    CHECK(found_for("localhost") == "direct");
    try {
        found_for("contoso.com");
        FAIL("not refused");
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::invalid_argument);
        CHECK(foundry::detail::to_lower(std::string_view(e.what())).find("the variable all_proxy") !=
              std::string::npos);
        CHECK(std::string_view(e.what()).find("secret") == std::string_view::npos);
    }
}

TEST_CASE("proxy: the environment is read once")
{
    variables v;
    v.set("HTTPS_PROXY", "http://before:1");
    foundry::http::proxy_rules const rules{proxy()};
    v.set("HTTPS_PROXY", "http://after:1");
    CHECK(rules.find(true, "contoso.com", [] { return foundry::http::context_ptr(); })->settings.host() == "before");
}

TEST_CASE("proxy: the length of a network that exceeds 32 bits is not cut to a valid one")
{
    variables v;
    v.set("https_proxy", "http://proxy:1");
    v.set("no_proxy", "10.0.0.0/4294967304"); // 2^32 + 8
    CHECK(found_for("10.1.2.3") != "direct");
}

TEST_CASE("proxy: NO_PROXY excludes the hosts that it does for curl")
{
    std::ifstream file(FOUNDRY_TEST_DATA "/no_proxy.txt");
    REQUIRE(file.is_open());
    int rows = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#')
            continue;
        std::vector<std::string> columns;
        std::istringstream split(line);
        for (std::string column; std::getline(split, column, '\t');)
            columns.push_back(column);
        REQUIRE(columns.size() == 5);
        ++rows;
#if defined(_WIN32) // one variable there
        if (columns[2] != "-" && columns[3] != "-")
            continue;
#endif
        variables v;
        v.set("https_proxy", "http://proxy:1");
        if (columns[2] != "-")
            v.set("no_proxy", columns[2]);
        if (columns[3] != "-")
            v.set("NO_PROXY", columns[3]);
        std::string host = foundry::http::parse_url("https://" + columns[0]).host;
        CAPTURE(line);
        CHECK((found_for(host) == "direct") == (columns[4] != "no"));
    }
    CHECK(rows > 90);
    foundry_test::report("NO_PROXY", static_cast<std::size_t>(rows));
}

} // namespace foundry_test::proxy_test
