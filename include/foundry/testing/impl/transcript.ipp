// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/schema.ipp>
#include <foundry/testing/impl/sound.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// What was spoken, and when: each word takes the same time.
class transcript
{
public:
    transcript(std::string text, double temperature);

    std::string const& text() const { return text_; }
    double duration() const { return time_of(words_.size()); }
    json::array segments() const;
    json::array words() const;
    std::string subtitles(bool as_vtt) const;
    json::object token_usage() const;
    json::object duration_usage() const;
    std::vector<std::string> events() const; ///< As they are streamed.

private:
    class sentence
    {
    public:
        std::string text;
        std::size_t first = 0; ///< The number of its first word.
        std::size_t end = 0;
    };

    static double time_of(std::size_t word)
    {
        return static_cast<double>(word) / static_cast<double>(words_per_second_of_speech);
    }
    std::vector<sentence> sentences() const;

    std::string text_;
    double temperature_;
    std::vector<std::string> words_;
};

FOUNDRY_DECL transcript::transcript(std::string text, double temperature)
    : text_(std::move(text)),
      temperature_(temperature),
      words_(pieces_of(text_))
{}

FOUNDRY_DECL std::vector<transcript::sentence> transcript::sentences() const
{
    std::vector<sentence> made;
    bool ended = true;
    for (std::size_t i = 0; i < words_.size(); ++i) {
        if (ended)
            made.push_back({std::string(), i, i});
        made.back().text += words_[i];
        made.back().end = i + 1;
        ended = std::string_view(".!?").find(words_[i].back()) != std::string_view::npos;
    }
    for (auto& one : made)
        one.text = std::string(trim_left(one.text));
    return made;
}

FOUNDRY_DECL json::array transcript::segments() const
{
    json::array made;
    for (auto const& said : sentences()) {
        json::array tokens;
        for (std::size_t i = said.first; i < said.end; ++i)
            tokens.push_back(hash_of(words_[i]) % 50000);
        json::object one;
        one["id"] = made.size();
        one["seek"] = 0;
        one["start"] = time_of(said.first);
        one["end"] = time_of(said.end);
        one["text"] = " " + said.text;
        one["tokens"] = std::move(tokens);
        one["temperature"] = temperature_;
        one["avg_logprob"] = -0.25;
        one["compression_ratio"] = 0.875;
        one["no_speech_prob"] = 0.0078125;
        made.push_back(std::move(one));
    }
    return made;
}

FOUNDRY_DECL json::array transcript::words() const
{
    json::array made;
    for (std::size_t i = 0; i < words_.size(); ++i) {
        std::string_view word = trim_left(words_[i]);
        while (!word.empty() && !is_word_byte(word.back()))
            word.remove_suffix(1);
        json::object one;
        one["word"] = word;
        one["start"] = time_of(i);
        one["end"] = time_of(i + 1);
        made.push_back(std::move(one));
    }
    return made;
}

/// A time such as `00:00:02,000`.
FOUNDRY_DECL std::string clock_time(double seconds, char point)
{
    auto const thousandths = static_cast<std::uint64_t>(std::llround(seconds * 1000));
    auto const digits = [](std::uint64_t number, std::size_t count) {
        auto const text = std::to_string(number);
        return std::string(count - (std::min)(count, text.size()), '0') + text;
    };
    return digits(thousandths / 3600000, 2) + ":" + digits(thousandths / 60000 % 60, 2) + ":" +
           digits(thousandths / 1000 % 60, 2) + point + digits(thousandths % 1000, 3);
}

FOUNDRY_DECL std::string transcript::subtitles(bool as_vtt) const
{
    std::string made = as_vtt ? "WEBVTT\n\n" : "";
    std::size_t number = 0;
    char const point = as_vtt ? '.' : ',';
    for (auto const& said : sentences()) {
        if (!as_vtt)
            made += std::to_string(++number) + "\n";
        made += clock_time(time_of(said.first), point) + " --> " + clock_time(time_of(said.end), point) + "\n" +
                said.text + "\n\n";
    }
    return as_vtt ? made : made + "\n";
}

FOUNDRY_DECL json::object transcript::token_usage() const
{
    auto const heard = words_.size() * 2;
    json::object detail;
    detail["text_tokens"] = 0;
    detail["audio_tokens"] = heard;
    json::object made;
    made["type"] = "tokens";
    made["total_tokens"] = heard + words_.size();
    made["input_tokens"] = heard;
    made["input_token_details"] = std::move(detail);
    made["output_tokens"] = words_.size();
    return made;
}

FOUNDRY_DECL json::object transcript::duration_usage() const
{
    json::object made;
    made["type"] = "duration";
    made["seconds"] = static_cast<std::int64_t>(std::ceil(duration()));
    return made;
}

/// An event of an audio stream: lines end with CRLF, and there is no line `event:`.
FOUNDRY_DECL std::string audio_event(std::string const& data) { return "data: " + data + "\r\n\r\n"; }

FOUNDRY_DECL std::vector<std::string> transcript::events() const
{
    std::vector<std::string> made;
    for (auto const& word : words_) {
        json::object event;
        event["type"] = "transcript.text.delta";
        event["delta"] = word;
        made.push_back(audio_event(json_text(event)));
    }
    json::object done;
    done["type"] = "transcript.text.done";
    done["text"] = text_;
    done["usage"] = token_usage();
    made.push_back(audio_event(json_text(done)) + audio_event("[DONE]"));
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
