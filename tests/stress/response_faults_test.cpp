// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Streams of the Responses API that are cut after every byte.

#include "support/background_stream.hpp"

#include <iostream>

using namespace foundry_test;

TEST_SUITE_BEGIN("response_faults");

TEST_CASE("background: a stream that is cut after any byte delivers every event once")
{
    cut_counts counts;
    run(cut_everywhere(background_stream(), 1, counts));
    run(cut_everywhere(background_stream("responses_background_stream_then_get_stream_foundry_project.json"), 1,
                       counts));
    for (std::string const& wrong : counts.wrong)
        FAIL_CHECK(wrong);
    CHECK(counts.complete + counts.early == counts.cuts);
    std::cout << "report: cuts of background streams: " << counts.cuts << ", every event once in " << counts.complete
              << ", before the response had an id " << counts.early << std::endl;
}

TEST_CASE(
    "responses: a stream in the foreground that is cut after any byte delivers what had arrived, and then its error")
{
    run([]() -> asio::awaitable<void> {
        emulator service(unchecked());
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, local_url, impatient(service));
        background_stream const recorded("responses_stream_text_azure_v1.json");
        std::string const message = background_stream::message(recorded.from(0));
        foundry::response_request const request{"gpt-4o-mini", "Tell me a joke"};
        std::size_t const body = message.find(recorded.event(0));
        std::size_t ended = 0; // number of events that have arrived whole
        std::size_t end = body + recorded.event(0).size();
        for (std::size_t cut = 0; cut != message.size(); ++cut) {
            while (ended != recorded.size() && cut >= end) {
                ++ended;
                end += ended != recorded.size() ? recorded.event(ended).size() : 0;
            }
            CAPTURE(cut);
            service.queue(answer::raw(message).cut_after(cut));
            delivered all;
            co_await read_response(client, request, all);
            CHECK(all.numbers.size() == ended);
            bool const is_whole = ended == recorded.size(); // its last event has come: nothing more is waited for
            CHECK(all.failed.has_value() == !is_whole);
            if (all.failed)
                CHECK(all.failed->code() ==
                      (cut == 0 ? foundry::errc::connection_lost : foundry::errc::stream_truncated));
        }
        std::cout << "report: cuts of a stream in the foreground: " << message.size() << std::endl;
    }());
}

TEST_SUITE_END();
