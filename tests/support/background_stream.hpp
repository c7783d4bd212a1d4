// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// A recorded response in the background, whose connections break.

#include "support/plain_calls.hpp"
#include "support/recordings.hpp"

#include <foundry/responses.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace foundry_test {

/// The stream of a recorded response: its events, each with its number, as the service sends them.
class background_stream
{
public:
    explicit background_stream(std::string const& file = "responses_background_stream_resume_starting_after.json",
                               std::size_t position = 0)
    {
        body_ = load(FOUNDRY_TEST_DATA "/response_recordings/" + file).at(position).body;
        for (std::size_t at = 0; at < body_.size();) {
            std::size_t const blank = body_.find("\n\n", at);
            std::size_t const end = blank == std::string::npos ? body_.size() : blank + 2;
            events_.push_back(body_.substr(at, end - at));
            at = end;
        }
    }

    std::size_t size() const { return events_.size(); }
    std::string const& event(std::size_t number) const { return events_.at(number); }
    std::string id() const
    {
        std::string const data = events_.at(0).substr(events_.at(0).find("data: ") + 6);
        return text_of(json::parse(data).at_pointer("/response/id"));
    }

    /// The events from one on, but before another.
    std::string from(std::size_t first, std::size_t end = std::size_t(-1)) const
    {
        std::string all;
        for (std::size_t i = first; i < std::min(end, size()); ++i)
            all += events_[i];
        return all;
    }
    /// All bytes of an answer with these events.
    static std::string message(std::string const& events) { return stream_head + http_chunk(events) + "0\r\n\r\n"; }

    /// The service answers each request for the events after one.
    void serve(emulator& service) const
    {
        for (std::size_t i = 0; i != size(); ++i)
            service.reply_when(after(static_cast<std::int64_t>(i)), answer::events(from(i + 1)));
    }
    /// Whether a request asks for the events after this one; after -1: for all.
    static std::function<bool(foundry::testing::recorded_request const&)> after(std::int64_t number)
    {
        std::string const wanted = number < 0 ? "" : "starting_after=" + std::to_string(number);
        return [wanted](foundry::testing::recorded_request const& r) {
            std::size_t const at = r.target.find("starting_after=");
            std::string const found = at == std::string::npos ? "" : r.target.substr(at, r.target.find('&', at) - at);
            return r.method == "GET" && r.target.find("stream=true") != std::string::npos && found == wanted;
        };
    }

private:
    std::string body_;
    std::vector<std::string> events_;
};

inline foundry::response_request background_request()
{
    foundry::response_request request{"gpt-4o-mini", "Tell me a joke"};
    request.background = true;
    return request;
}

/// Waits nearly nothing between two connections.
inline foundry::options impatient(emulator const& service)
{
    foundry::options with = limited(service);
    with.retry.backoff = 1ms;
    with.retry.max_backoff = 1ms;
    return with;
}

/// What came of a stream.
struct delivered
{
    std::vector<std::int64_t> numbers;
    std::optional<foundry::error> failed;
    std::string text;
    foundry::response last;

    /// Each of the events once, in their order.
    bool is_complete(std::size_t size) const
    {
        bool complete = numbers.size() == size && !failed;
        for (std::size_t i = 0; i != numbers.size(); ++i)
            complete = complete && numbers[i] == static_cast<std::int64_t>(i);
        return complete;
    }
};

inline asio::awaitable<void> read_to_end(foundry::response_stream& events, delivered& all)
{
    try {
        while (auto const* event = co_await events.read()) {
            all.numbers.push_back(event->sequence_number.value_or(-1));
            all.text += event->text();
            if (event->response)
                all.last = *event->response;
        }
    } catch (foundry::error const& e) {
        all.failed = e;
    }
}

inline asio::awaitable<void> read_response(foundry::client<> const& client, foundry::response_request const& request,
                                           delivered& all)
{
    try {
        foundry::response_stream events = co_await foundry::responses{client}.stream(request);
        co_await read_to_end(events, all);
    } catch (foundry::error const& e) {
        all.failed = e;
    }
}

/// Cuts the first connection after each `step`-th byte. Returns what went wrong.
struct cut_counts
{
    std::size_t cuts = 0;
    std::size_t complete = 0; ///< Every event once.
    std::size_t early = 0;    ///< Broken before the response had told its id: an error.
    std::vector<std::string> wrong;
};

inline asio::awaitable<void> cut_everywhere(background_stream const& recorded, std::size_t step, cut_counts& counts)
{
    emulator service(unchecked());
    recorded.serve(service);
    foundry::client<> const client =
        client_of(co_await asio::this_coro::executor, service, local_url, impatient(service));
    foundry::response_request const request = background_request();
    std::string const message = background_stream::message(recorded.from(0));
    std::size_t const first_event = message.find("\n\n", message.find("event:")) + 2;
    for (std::size_t cut = 0; cut <= message.size(); cut += step) {
        service.queue(answer::raw(message).cut_after(cut));
        delivered all;
        co_await read_response(client, request, all);
        ++counts.cuts;
        bool const is_early = cut < first_event;
        bool const is_broken = is_early && all.failed && all.numbers.empty();
        counts.early += is_broken ? 1 : 0;
        bool const is_complete = all.is_complete(recorded.size()) && all.last.text() == all.text;
        counts.complete += is_complete ? 1 : 0;
        if (!is_complete && !is_broken)
            counts.wrong.push_back("cut after byte " + std::to_string(cut) + ": " + std::to_string(all.numbers.size()) +
                                   " events, " + (all.failed ? all.failed->what() : "no error"));
    }
}

} // namespace foundry_test
