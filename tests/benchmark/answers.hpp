// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The canned answers, by name: "complete", "closing" (the same, and the last of its connection), "large", "stream.CHUNKS.SIZE",
// "embed.INPUTS.FORMAT" and "hold", a stream that never gets on.

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace benchmark {

inline constexpr std::size_t dimensions = 1536;

/// `size` bytes of JSON text as a model writes it: words, and now and then something that is escaped.
inline std::string words(std::size_t size, std::size_t from)
{
    static constexpr std::string_view source =
        "A mile has 5,280 feet, which is 1,760 yards.\\nThe word comes from the Latin for \\\"a thousand paces\\\", "
        "and its length was settled by a statute of 1593 for London and its neighbourhood. ";
    std::string text;
    from %= source.size();
    while (text.size() < size) {
        // An escape stays whole.
        std::size_t const length = source[from] == '\\' ? 2 : 1;
        if (text.size() + length > size || source[from] == '"' || source[from == 0 ? 0 : from - 1] == '\\')
            text += '.';
        else
            text += source.substr(from, length);
        from = (from + length) % source.size();
    }
    return text;
}

inline std::string completion_body(std::size_t size)
{
    return R"({"id":"chatcmpl-BkYt7Qw2mXz0Lr5Vn8Hs","object":"chat.completion","created":1764000000,"model":"mistral-large",)"
           R"("choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":")" +
           words(size, 0) + R"("}}],"usage":{"prompt_tokens":17,"completion_tokens":29,"total_tokens":46}})";
}

/// 235 bytes of JSON around 20 of text.
inline std::string event(std::string_view text, bool last)
{
    std::string data =
        R"(data: {"id":"chatcmpl-BkYt7Qw2mXz0Lr5Vn8Hs","object":"chat.completion.chunk","created":1764000000,)"
        R"("model":"gpt-4o-mini","system_fingerprint":"fp_7c1d0a","choices":[{"index":0,"delta":{)";
    if (last)
        data += R"(},"finish_reason":"stop"}]})";
    else
        data.append(R"("content":")").append(text).append(R"("},"finish_reason":null}]})");
    return data + "\n\n";
}

/// As a piece of the chunked transfer coding.
inline std::string piece(std::string_view data)
{
    std::array<char, 16> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16).ptr;
    std::string out(digits.data(), end);
    return out.append("\r\n").append(data).append("\r\n");
}

inline std::string base64(std::span<float const> numbers)
{
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<unsigned char> bytes(numbers.size_bytes());
    std::memcpy(bytes.data(), numbers.data(), bytes.size());
    std::string text; // 1,536 numbers are a multiple of three bytes
    for (std::size_t i = 0; i + 2 < bytes.size(); i += 3) {
        unsigned const three = static_cast<unsigned>(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
        for (unsigned shift : {18U, 12U, 6U, 0U})
            text += alphabet[three >> shift & 63];
    }
    return text;
}

inline std::string embeddings_body(std::size_t inputs, bool as_base64)
{
    std::mt19937 engine(7);
    std::normal_distribution<float> spread(0.0F, 0.025F);
    std::string body = R"({"object":"list","data":[)";
    for (std::size_t i = 0; i != inputs; ++i) {
        std::vector<float> numbers(dimensions);
        for (float& number : numbers)
            number = spread(engine);
        body += i == 0 ? "" : ",";
        body += R"({"object":"embedding","index":)" + std::to_string(i) + R"(,"embedding":)";
        if (as_base64) {
            body += '"' + base64(numbers) + '"';
        } else {
            for (std::size_t k = 0; k != numbers.size(); ++k) {
                std::array<char, 32> digits{};
                auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), numbers[k]).ptr;
                body += k == 0 ? '[' : ',';
                body.append(digits.data(), end);
            }
            body += ']';
        }
        body += '}';
    }
    return body + R"(],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}})";
}

inline std::string head(std::string_view framing, std::string_view type)
{
    return std::string("HTTP/1.1 200 OK\r\ncontent-type: ")
        .append(type)
        .append("\r\ndate: Tue, 25 Nov 2025 09:00:00 GMT\r\nx-request-id: 5f0c9a1e-7d42-4b86-9a6b-0d3c2e1f4a58\r\n"
                "x-ms-region: East US 2\r\nx-ratelimit-remaining-requests: 499\r\n")
        .append(framing)
        .append("\r\n\r\n");
}

inline std::string with_head(std::string const& body)
{
    return head("content-length: " + std::to_string(body.size()), "application/json") + body;
}

inline std::string stream_answer(std::size_t chunks, std::size_t size)
{
    std::string all = head("transfer-encoding: chunked", "text/event-stream");
    for (std::size_t i = 1; i < chunks; ++i)
        all += piece(event(words(size, i * size), false));
    return all + piece(event({}, true)) + piece("data: [DONE]\n\n") + "0\r\n\r\n";
}

inline std::string answer(std::string_view name)
{
    std::vector<std::string> parts;
    while (!name.empty()) {
        auto const end = std::min(name.find('.'), name.size());
        parts.emplace_back(name.substr(0, end));
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    parts.resize(3);
    if (parts[0] == "complete")
        return with_head(completion_body(91));
    if (parts[0] == "closing") {
        std::string const body = completion_body(91);
        return head("connection: close\r\ncontent-length: " + std::to_string(body.size()), "application/json") + body;
    }
    if (parts[0] == "large")
        return with_head(completion_body(1'000'000));
    if (parts[0] == "stream")
        return stream_answer(std::stoul(parts[1]), std::stoul(parts[2]));
    if (parts[0] == "embed")
        return with_head(embeddings_body(std::stoul(parts[1]), parts[2] == "base64"));
    if (parts[0] == "hold")
        return head("transfer-encoding: chunked", "text/event-stream") + piece(event(words(20, 0), false));
    throw std::runtime_error("no such answer: " + parts[0]);
}

} // namespace benchmark
