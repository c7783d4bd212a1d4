// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The recorded exchanges of data/recordings, and how they are sent again.

#include <foundry.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/base64.hpp>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry_test {

namespace json = boost::json;

// ---- What the files hold

/// A request and its response.
struct exchange
{
    std::string name; // file and position
    std::string method;
    std::string url;
    json::object request; // if it is JSON
    std::string sent;     // its bytes
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    bool streamed() const { return request.contains("stream") && request.at("stream") == true; }
    bool is_embedding() const { return url.find("/embeddings") != std::string::npos; }
    bool chunked() const
    {
        return std::any_of(headers.begin(), headers.end(),
                           [](auto const& h) { return h.first == "transfer-encoding"; });
    }
    std::string header(std::string_view wanted) const
    {
        for (auto const& [name_, value] : headers)
            if (name_ == wanted)
                return value;
        return {};
    }
};

inline std::string text_of(json::value const& v) { return std::string(v.as_string()); }

inline std::string read_file(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The bytes of a message, as text or in base64; empty if they were not kept.
inline std::string body_of(json::value const& message)
{
    if (auto const* const text = message.as_object().if_contains("body"); text != nullptr && text->is_string())
        return text_of(*text);
    auto const* const bytes = message.as_object().if_contains("body_base64");
    return bytes != nullptr ? foundry::detail::from_base64(text_of(*bytes)).value() : "";
}

inline std::vector<exchange> load(std::filesystem::path const& file)
{
    std::vector<exchange> all;
    json::value const document = json::parse(read_file(file));
    for (json::value const& item : document.at("exchanges").as_array()) {
        exchange e;
        e.name = file.filename().string() + " #" + std::to_string(all.size());
        e.method = text_of(item.at_pointer("/request/method"));
        e.url = text_of(item.at_pointer("/request/url"));
        e.sent = body_of(item.at("request"));
        if (e.sent.starts_with("{"))
            e.request = json::parse(e.sent).as_object();
        e.status = item.at_pointer("/response/status").to_number<unsigned>();
        for (auto const& [name, value] : item.at_pointer("/response/headers").as_object()) {
            json::value const& one = value.is_array() ? value.as_array().at(0) : value;
            std::string& lower = e.headers.emplace_back(std::string(name), text_of(one)).first;
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](char c) { return foundry::detail::to_lower(c); });
        }
        e.body = body_of(item.at("response"));
        all.push_back(std::move(e));
    }
    return all;
}

inline std::vector<exchange> load_all()
{
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(FOUNDRY_TEST_DATA "/recordings"))
        if (entry.path().extension() == ".json")
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<exchange> all;
    for (auto const& file : files)
        for (auto& e : load(file))
            all.push_back(std::move(e));
    return all;
}

// ---- How they are sent again

inline std::string in_hex(std::size_t n)
{
    std::string digits;
    do
        digits.insert(digits.begin(), "0123456789abcdef"[n % 16]);
    while ((n /= 16) != 0);
    return digits;
}

/// Where the body is divided into chunks of the transfer coding.
enum class chunks
{
    one,       ///< all in one
    per_event, ///< as a server writes
    tiny,      ///< of 1 to 7 bytes: within events, JSON and UTF-8
};

inline std::vector<std::string> divide(std::string const& body, chunks how)
{
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < body.size();) {
        std::size_t size = body.size();
        if (how == chunks::per_event) {
            auto const blank = body.find("\n\n", at);
            size = blank == std::string::npos ? body.size() : blank + 2 - at;
        } else if (how == chunks::tiny) {
            size = pieces.size() % 7 + 1;
        }
        pieces.push_back(body.substr(at, size));
        at += pieces.back().size();
    }
    return pieces;
}

inline std::string message_of(exchange const& e, chunks how)
{
    std::string message = "HTTP/1.1 " + std::to_string(e.status) + " Recorded\r\n";
    for (auto const& [name, value] : e.headers) {
        // The recorded body is decoded, and shorter or longer than it was where its recorder edited it.
        if (name != "content-length" && name != "content-encoding")
            message += name + ": " + value + "\r\n";
    }
    if (!e.chunked())
        return message + "content-length: " + std::to_string(e.body.size()) + "\r\n\r\n" + e.body;
    message += "\r\n";
    for (std::string const& piece : divide(e.body, how))
        message += in_hex(piece.size()) + "\r\n" + piece + "\r\n";
    return message + "0\r\n\r\n";
}

/// A client for the recorded URL. It never names a port, so the emulator's is where the socket goes.
inline foundry::endpoint endpoint_of(exchange const& e)
{
    foundry::endpoint where{e.url};
    if (e.url.find("/openai/deployments/") != std::string::npos)
        where.set_form(foundry::api_form::dated); // one host name was replaced by its recorder
    return where;
}

inline foundry::chat_request chat_of(exchange const& e)
{
    json::object members = e.request;
    members.erase("stream");
    if (!members.contains("messages")) { // one recording has no request body
        foundry::chat_request request;
        request.user("How do I rob a bank?");
        return request;
    }
    members.erase("model"); // these name the deployment as it stands in the URL, or something else
    return foundry::chat_request::from_json(json::serialize(members));
}

/// The data of the events before the end marker. These recordings have one line of data for each event.
inline std::vector<std::string> events_of(std::string const& body)
{
    std::vector<std::string> events;
    for (std::size_t at = 0; at < body.size();) {
        auto const end = body.find("\n\n", at);
        REQUIRE(end != std::string::npos);
        REQUIRE(body.compare(at, 6, "data: ") == 0);
        events.push_back(body.substr(at + 6, end - at - 6));
        at = end + 2;
    }
    REQUIRE(!events.empty());
    REQUIRE(events.back() == "[DONE]");
    events.pop_back();
    return events;
}

} // namespace foundry_test
