// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// URLs and endpoints: refused, or what they say is a URL of the same meaning.

#include "fuzz.hpp"

#include <foundry/detail/call/request_target.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/endpoint.hpp>
#include <foundry/error.hpp>

#include <optional>

using foundry::endpoint;
using foundry_fuzz::check;

namespace {

std::optional<endpoint> read(std::string_view text, bool plain)
{
    try {
        return plain ? endpoint(text, foundry::allow_plain_http()) : endpoint(text);
    } catch (foundry::error const& e) {
        check(e.code() == foundry::errc::invalid_argument, "another error", e.what());
        foundry_fuzz::check_printable(e.what());
        return std::nullopt;
    }
}

/// What goes into a request line has no blank, and goes nowhere else.
void check_target(endpoint const& where, std::string_view deployment)
{
    try {
        std::string const target =
            foundry::detail::request_target(where, foundry::detail::operations::chat, "chat/completions", deployment);
        check(target.starts_with('/'), "no path", target);
        check(target.find_first_of(std::string_view(" \t\r\n#\0\x7f", 7)) == target.npos, "cannot be sent", target);
        std::string const path = target.substr(0, target.find('?')) + '/';
        check(path.find("/../") == path.npos && path.find("/./") == path.npos, "goes upwards", target);
    } catch (foundry::error const& e) {
        foundry_fuzz::check_printable(e.what());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    bool const plain = in.mode & 1;
    std::vector<char> const exact(in.text.begin(), in.text.end());
    auto const where = read(foundry_fuzz::view(exact), plain);
    if (!where)
        return 0;
    std::string const url = where->url();
    auto const parts = foundry::http::parse_url(url);
    check(parts.host == where->host() && parts.port == where->port() && parts.secure == where->secure(), "the host",
          url);
    check(!parts.user_info && parts.query.empty() && !parts.path.ends_with('/'), "the rest", url);
    check(where->secure() || plain || where->may_carry_credentials(), "plain text to another machine", url);
    check_target(*where, in.mode & 2 ? in.text : std::string_view("gpt-4"));
    // A gateway's path may be a project's that no host of Foundry has, and the other way round.
    if (auto const again = read(url, plain))
        check(again->url() == url && again->host_field() == where->host_field() && again->kind() == where->kind(),
              "read again", url, again->url());
    else
        check(where->kind() == foundry::host_kind::foundry, "cannot be read again", url);
    return 0;
}
