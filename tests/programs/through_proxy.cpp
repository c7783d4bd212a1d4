// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Asks the emulator for a whole answer and for a stream through a proxy:
//
//     through_proxy PROXY_URL PORT CA_FILE
//
// Ends with 0 after the answers, with 2 if the proxy has failed, and with 1 after anything else.

#include <foundry.hpp>
#include <foundry/run.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

namespace {

boost::asio::awaitable<void> ask(std::string proxy, std::string port, std::string ca_file)
{
    foundry::options with;
    with.proxy = proxy;
    with.tls.additional_ca_file = ca_file;
    with.retry.max_retries = 0;
    with.timeouts.total = std::chrono::seconds(30);
    with.timeouts.stream_total = std::chrono::seconds(30);
    foundry::endpoint const service{"https://contoso.services.ai.azure.com:" + port + "/models"};
    foundry::client client{co_await boost::asio::this_coro::executor, service, foundry::api_key{"emulator-key"}, with};
    foundry::chat_request request{"gpt-4o-mini"};
    request.user("How many feet are in a mile?");
    foundry::chat_completion const whole = co_await client.complete(request);
    foundry::chat_stream chunks = co_await client.stream(request);
    std::string streamed;
    while (auto const* chunk = co_await chunks.read())
        streamed += chunk->text();
    if (whole.text().empty() || streamed != whole.text())
        throw std::runtime_error("the stream is not the answer: " + streamed);
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 4)
        throw std::invalid_argument("usage: through_proxy PROXY_URL PORT CA_FILE");
    boost::asio::io_context context;
    boost::asio::co_spawn(context, ask(argv[1], argv[2], argv[3]), foundry::rethrow);
    context.run();
    return EXIT_SUCCESS;
} catch (foundry::error const& failed) {
    std::cerr << failed.what() << std::endl;
    return failed.code() == foundry::errc::proxy_failed ? 2 : 1;
} catch (std::exception const& failed) {
    std::cerr << failed.what() << std::endl;
    return EXIT_FAILURE;
}
