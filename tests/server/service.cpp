// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator for a test that is another process: says its port, then obeys its input line by line and answers each line with one.
//
//     service WORDS-PER-SECOND
//
//     json STATUS BODY    answers the next request with that
//     events STRING       answers it with this text (a JSON string) as an event stream
//     silent STRING       the same, but stays silent behind it and leaves the connection open
//     requests COUNT      waits until so many requests have come: yes or no
//     open COUNT          waits until at most so many connections are open: yes or no
//     connections         how many are open
//     last                the body of the last request

#include <foundry/testing/emulator.hpp>

#include <boost/json/parse.hpp>

#include <iostream>
#include <sstream>
#include <string>

using foundry::testing::answer;

static constexpr std::chrono::seconds patience{20};

static std::string text_of(std::string const& literal) { return std::string(boost::json::parse(literal).as_string()); }

static std::string obey(foundry::testing::emulator& service, std::string const& line)
{
    std::istringstream words(line);
    std::string verb;
    words >> verb >> std::ws;
    auto const rest = [&words] {
        std::string text;
        std::getline(words, text);
        return text;
    };
    if (verb == "json") {
        unsigned status = 0;
        words >> status >> std::ws;
        service.queue(answer::json(status, rest()));
        return "queued";
    }
    if (verb == "events") {
        service.queue(answer::events(text_of(rest())));
        return "queued";
    }
    if (verb == "silent") { // a message without its end
        service.queue(
            answer::raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + text_of(rest())).hang());
        return "queued";
    }
    if (verb == "requests")
        return service.wait_for_requests(std::stoul(rest()), patience) ? "yes" : "no";
    if (verb == "open")
        return service.wait_for_open_at_most(std::stoul(rest()), patience) ? "yes" : "no";
    if (verb == "connections")
        return std::to_string(service.open_connections());
    if (verb == "last")
        return service.journal().back().body;
    return "unknown: " + verb;
}

int main(int, char** argv)
{
    foundry::testing::emulator_options options;
    options.words_per_second = std::stod(argv[1]);
    options.tls = false;
    foundry::testing::emulator service(options);
    std::cout << service.plain_port() << std::endl;
    for (std::string line; std::getline(std::cin, line);)
        std::cout << obey(service, line) << std::endl;
}
