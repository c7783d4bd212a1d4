// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Answers that are errors, of any status, with any fields and body: what() is one line that can be printed.

#include "fuzz.hpp"

#include <foundry/detail/call/service_error.hpp>
#include <foundry/error.hpp>

using foundry_fuzz::check;

namespace {

void check_error(foundry::error const& e)
{
    check(e.code().failed(), "no code", e.what());
    foundry_fuzz::check_printable(e.what());
    check(std::string_view(e.what()).size() < 16 * 1024 && e.body().size() <= 64 * 1024, "too long", e.what());
    check(!e.retry_after() || (e.retry_after()->count() >= 0 && e.retry_after() <= std::chrono::hours{24 * 366}),
          "a wait");
    foundry_fuzz::check_printable(foundry::error(e.code(), e.details()).with_attempts({{}, {}}).what());
}

template <class Function>
void check_thrown(Function const& call)
{
    try {
        call();
    } catch (foundry::error const& e) {
        check_error(e);
    }
}

/// Lines of `name: value`, then a blank one.
foundry::response_headers take_fields(std::string_view& text)
{
    foundry::response_headers fields;
    while (!text.empty()) {
        std::string_view const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty())
            break;
        std::size_t const colon = std::min(line.find(": "), line.size());
        fields.add(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
    }
    return fields;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static foundry::endpoint const places[] = {
        "https://a.services.ai.azure.com/models", "https://a.openai.azure.com/openai/v1",
        "https://a.openai.azure.com/openai/deployments/b", "http://localhost:8080/v1"};
    static constexpr unsigned statuses[] = {400, 401, 403, 404, 405, 408, 409, 413,
                                            422, 424, 429, 431, 500, 503, 302, 599};
    foundry_fuzz::input const in(data, size);
    std::string_view body = in.text;
    foundry::response_info const info(statuses[in.mode % 16],
                                      in.mode & 16 ? take_fields(body) : foundry::response_headers(), "client-id");
    foundry::detail::error_context what;
    what.endpoint = &places[in.split % 4];
    what.what = in.split & 4 ? &foundry::detail::operations::embeddings : &foundry::detail::operations::chat;
    what.path = what.what->path;
    what.deployment = in.split & 8 ? "" : "gpt-4";
    what.scope = in.split & 16 ? "https://cognitiveservices.azure.com/.default" : "";

    foundry::error const answered = foundry::detail::make_service_error(what, info, std::string(body));
    check_error(answered);
    check_error(foundry::detail::in_answer(answered, info, body));
    foundry::response_info const good(200, info.headers(), "client-id");
    check_thrown([&] { foundry::detail::throw_service_error_in(body, what, good, in.split & 32 ? "error" : ""); });
    check_thrown([&] { foundry::detail::throw_any_error_in(body, what, good); });
    return 0;
}
