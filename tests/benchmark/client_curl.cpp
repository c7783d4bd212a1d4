// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The same with libcurl and nlohmann-json: its easy interface, and its multi interface where several calls are in flight. The
// workloads are complete and stream, as in client_foundry.cpp.

#include "measure.hpp"

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <stdexcept>
#include <vector>

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

std::size_t text_size(std::string const& answer)
{
    json const reply = json::parse(answer);
    return reply.at("choices").at(0).at("message").at("content").get<std::string>().size();
}

void check(CURLMcode code)
{
    if (code != CURLM_OK)
        throw std::runtime_error(curl_multi_strerror(code));
}

/// A call that is made again and again on a handle of its own.
struct lane
{
    void begin(CURLM* multi)
    {
        body = make_body(false);
        answer.clear();
        curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body.c_str());
        check(curl_multi_add_handle(multi, handle.get()));
    }

    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle{nullptr, curl_easy_cleanup};
    std::string body;
    std::string answer;
    std::size_t left = 0;
};

/// So many calls on each of the handles, all at once.
std::size_t run_multi(CURL* model, std::size_t times, std::size_t at_once)
{
    std::size_t received = 0;
    std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> const multi(curl_multi_init(), curl_multi_cleanup);
    std::vector<lane> lanes(at_once);
    for (lane& each : lanes) {
        each.handle.reset(curl_easy_duphandle(model));
        each.left = times;
        curl_easy_setopt(each.handle.get(), CURLOPT_WRITEFUNCTION, append);
        curl_easy_setopt(each.handle.get(), CURLOPT_WRITEDATA, &each.answer);
        curl_easy_setopt(each.handle.get(), CURLOPT_PRIVATE, &each);
        each.begin(multi.get());
    }
    for (int running = 1; running != 0;) {
        check(curl_multi_perform(multi.get(), &running));
        int queued = 0;
        while (CURLMsg const* const message = curl_multi_info_read(multi.get(), &queued)) {
            if (message->data.result != CURLE_OK)
                throw std::runtime_error(curl_easy_strerror(message->data.result));
            lane* done = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &done);
            check(curl_multi_remove_handle(multi.get(), done->handle.get()));
            received += text_size(done->answer);
            if (--done->left == 0)
                continue;
            done->begin(multi.get());
            running = 1;
        }
        if (running != 0)
            check(curl_multi_poll(multi.get(), nullptr, 0, 1000, nullptr));
    }
    return received;
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
    if (with.workload == "complete" && with.number(1) != 1) {
        received = run_multi(handle.get(), with.number(0) / with.number(1), with.number(1));
    } else if (with.workload == "complete") {
        for (std::size_t i = 0; i != with.number(0); ++i) {
            std::string const body = make_body(false);
            std::string answer;
            curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
            curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body.c_str());
            curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
            curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer);
            perform(handle.get());
            received += text_size(answer);
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
