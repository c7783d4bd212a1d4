// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What an authority, a machine's identity and the developers' tools answer: a token, or an error that can be printed and does not
// repeat it.

#undef FOUNDRY_SEPARATE_COMPILATION // so that only what is called is compiled, not all that sends requests
#include "fuzz.hpp"

#include <foundry/entra/impl/azure_cli_credential.ipp>
#include <foundry/entra/impl/azure_developer_cli_credential.ipp>

using foundry_fuzz::check;
using namespace foundry::entra::detail;

namespace {

constexpr std::string_view secret = "eyJSECRET";

template <class Function>
void check_token(Function const& read)
{
    try {
        foundry::access_token const token = read();
        check(!token.token().empty(), "no token");
        for (char const c : token.token().reveal())
            check(c > ' ' && c < 0x7f, "cannot be sent", token.token().reveal());
    } catch (foundry::error const& e) {
        foundry_fuzz::check_printable(e.what());
        check(std::string_view(e.what()).find(secret) == std::string_view::npos, "a secret", e.what());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static constexpr unsigned statuses[] = {200, 302, 400, 401, 403, 404, 407, 408, 410, 429, 500, 503};
    static auto const now = std::chrono::system_clock::time_point(std::chrono::seconds{1'800'000'000});
    foundry_fuzz::input const in(data, size);
    std::vector<char> const exact(in.text.begin(), in.text.end());
    std::string_view const text = foundry_fuzz::view(exact);
    check_token([&] { return read_token("Credential", text, now); });
    check_token([&] { return read_cli_token(text); });
    check_token([&] { return read_azd_token(text); });

    http_answer answer;
    answer.status = statuses[in.mode % std::size(statuses)];
    answer.headers.add("retry-after", text.substr(0, 40));
    answer.body = text;
    foundry::error const refused = refused_token("Credential", answer);
    foundry_fuzz::check_printable(refused.what());
    foundry_fuzz::check_printable(final_error("Credential", refused).what());
    foundry_fuzz::check_printable(unavailable("Credential", quote_tool(text), "try again").what());
    check(quote_tool(text).size() <= 250 && quote_tool(text).find(secret) == std::string::npos, "a tool's words",
          quote_tool(text));
    return 0;
}
