// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The same with libcurl's easy interface and nlohmann-json. The workloads are complete and stream, as in client_foundry.cpp.

#include "measure.hpp"

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <stdexcept>

using benchmark::arguments;
using nlohmann::json;

namespace {

std::size_t append(char* data, std::size_t, std::size_t size, void* into)
{
    static_cast<std::string*>(into)->append(data, size);
    return size;
}

struct events
{
    std::string text;
    std::size_t received = 0;
};

std::size_t take_events(char* data, std::size_t, std::size_t size, void* into)
{
    auto& [text, received] = *static_cast<events*>(into);
    text.append(data, size);
    for (auto end = text.find("\n\n"); end != text.npos; end = text.find("\n\n")) {
        std::string const event = text.substr(0, end);
        text.erase(0, end + 2);
        if (!event.starts_with("data: ") || event == "data: [DONE]")
            continue;
        json const chunk = json::parse(event.substr(6));
        json const& delta = chunk.at("choices").at(0).at("delta");
        if (delta.contains("content"))
            received += delta.at("content").get<std::string>().size();
    }
    return size;
}

std::string make_body(bool stream)
{
    json body;
    body["model"] = "mistral-large";
    body["messages"] = json::array({{{"role", "user"}, {"content", "How many feet are in a mile?"}}});
    if (stream)
        body["stream"] = true;
    return body.dump();
}

void perform(CURL* handle)
{
    if (CURLcode const code = curl_easy_perform(handle); code != CURLE_OK)
        throw std::runtime_error(curl_easy_strerror(code));
}

} // namespace

int main(int count, char** words)
{
    arguments const with(count, words);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> const handle(curl_easy_init(), curl_easy_cleanup);
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Authorization: Bearer key");
    std::string const port = std::to_string(with.port);
    std::string const url = (with.tls ? "https://localhost:" : "http://localhost:") + port + "/" + with.answer_name() +
                            "/v1/chat/completions";
    curl_slist* const address = curl_slist_append(nullptr, ("localhost:" + port + ":127.0.0.1").c_str());
    curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_RESOLVE, address);
    curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle.get(), CURLOPT_CAINFO, with.all[2].c_str());
    curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);

    std::size_t received = 0;
    long const begun = benchmark::processor_time();
    if (with.workload == "complete") {
        for (std::size_t i = 0; i != with.number(0); ++i) {
            std::string const body = make_body(false);
            std::string answer;
            curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
            curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body.c_str());
            curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
            curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer);
            perform(handle.get());
            json const reply = json::parse(answer);
            received += reply.at("choices").at(0).at("message").at("content").get<std::string>().size();
        }
    } else {
        std::string const body = make_body(true);
        events all;
        curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body.c_str());
        curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take_events);
        curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &all);
        perform(handle.get());
        received = all.received;
    }
    benchmark::report(received, begun);
    curl_slist_free_all(headers);
    curl_slist_free_all(address);
}
