// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_model.ipp>
#include <foundry/testing/impl/realtime_items.ipp>
#include <foundry/testing/realtime.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// One item that a response makes: a message, or a call.
class answer_part
{
public:
    std::string item_id;
    std::string text; ///< Of a message.
    std::vector<std::string> pieces;
    std::optional<tool_call> call;
    std::string phase;             ///< Of a message, if the dialect has phases.
    std::string sent_text;         ///< What deltas have sent so far, of the text or of the arguments.
    std::size_t sent_audio = 0;    ///< Bytes.
    std::vector<std::string> todo; ///< Deltas of the text or of the arguments, the next one last.
    std::string audio;             ///< All of it; PCM16.
    bool is_added = false;
    std::string status = "in_progress";

    bool is_done() const { return status != "in_progress"; }
    bool is_complete() const { return todo.empty() && sent_audio == audio.size(); }
};

/// A step of a response that is in progress.
class answer_step
{
public:
    enum class kind
    {
        transcription, ///< That of the user's speech.
        add,           ///< The beginning of an item.
        text,          ///< A delta of text, of a transcript or of arguments.
        audio,         ///< A delta of audio.
        finish,        ///< The end of an item.
        done           ///< The end of the response.
    };

    kind what = kind::done;
    std::size_t part = 0;
    std::size_t size = 0;                ///< Of a delta of audio, in bytes.
    std::chrono::nanoseconds after = {}; ///< Time before it.
};

/// A response that is in progress.
class running_answer
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit running_answer(realtime_config chosen) : how(std::move(chosen)) {}

    realtime_config how;
    std::string id;
    std::string transcribed; ///< The item of the user's speech, if its transcription comes with the response.
    bool in_conversation = true;
    bool hangs = false; ///< Whether it stops before its end.
    json::value metadata;
    json::value input; ///< Items that are used instead of the conversation; null if it is not.
    std::string status = "completed";
    json::value status_details;
    std::vector<answer_part> parts;
    std::deque<answer_step> steps;
    time_point next; ///< Time of the next step.
    std::size_t input_text_tokens = 0;
    std::size_t input_audio_tokens = 0;
};

/// How deltas follow each other.
class answer_pace
{
public:
    std::size_t audio_bytes = 0;          ///< Of a delta of audio.
    double audio_speed = 0;               ///< 1 is real time; 0 is at once.
    std::chrono::nanoseconds text = {};   ///< Time between deltas of text.
    std::chrono::nanoseconds every = {};  ///< Time before each delta, if the test has set one.
    std::chrono::nanoseconds before = {}; ///< Time before the first event.
    bool transcribes = false;             ///< Whether the transcription of the user's speech is a step.
    bool late_transcription = false;      ///< Whether it is the last one.
};

FOUNDRY_DECL answer_step make_step(answer_step::kind what, std::size_t part, std::size_t size = 0,
                                   std::chrono::nanoseconds after = {})
{
    answer_step step;
    step.what = what;
    step.part = part;
    step.size = size;
    step.after = after;
    return step;
}

/// The deltas of a part. A transcript is ahead of the audio by what is being said.
FOUNDRY_DECL std::deque<answer_step> deltas_of(answer_part const& one, std::size_t part, answer_pace const& pace)
{
    std::deque<answer_step> made;
    auto texts = one.todo.size();
    std::size_t said = 0;
    std::chrono::nanoseconds spoken{0}; // by the delta before
    for (std::size_t begin = 0; begin < one.audio.size(); begin += pace.audio_bytes) {
        auto const size = (std::min)(pace.audio_bytes, one.audio.size() - begin);
        for (; texts > 0 && said * samples_per_tone * 2 < begin + size; --texts) {
            said += one.todo[texts - 1].size();
            made.push_back(make_step(answer_step::kind::text, part, 0, pace.every));
        }
        made.push_back(make_step(answer_step::kind::audio, part, size, (std::max)(spoken, pace.every)));
        auto const ms = static_cast<double>(size) / static_cast<double>(bytes_per_ms);
        spoken =
            std::chrono::nanoseconds(pace.audio_speed > 0 ? static_cast<std::int64_t>(ms * 1e6 / pace.audio_speed) : 0);
    }
    auto const after = (std::max)(one.audio.empty() ? pace.text : std::chrono::nanoseconds(0), pace.every);
    for (; texts > 0; --texts)
        made.push_back(make_step(answer_step::kind::text, part, 0, after));
    return made;
}

/// The steps of two parts, in turns.
FOUNDRY_DECL std::deque<answer_step> in_turns(std::deque<answer_step> first, std::deque<answer_step> second)
{
    std::deque<answer_step> made;
    while (!first.empty() || !second.empty()) {
        for (auto* const one : {&first, &second}) {
            if (one->empty())
                continue;
            made.push_back(one->front());
            one->pop_front();
        }
    }
    return made;
}

/// Plans the steps of a response whose parts are known. The deltas of a message and of the call after it alternate.
FOUNDRY_DECL void plan_steps(running_answer& made, answer_pace const& pace)
{
    using kind = answer_step::kind;
    auto& steps = made.steps;
    if (pace.transcribes && !pace.late_transcription)
        steps.push_back(make_step(kind::transcription, 0));
    for (std::size_t i = 0; i < made.parts.size(); ++i) {
        steps.push_back(make_step(kind::add, i));
        auto deltas = deltas_of(made.parts[i], i, pace);
        auto last = i;
        if (!made.parts[i].call && i + 1 < made.parts.size()) {
            last = i + 1;
            auto call = deltas_of(made.parts[last], last, pace);
            call.push_front(make_step(kind::add, last));
            deltas = in_turns(std::move(deltas), std::move(call));
        }
        steps.insert(steps.end(), deltas.begin(), deltas.end());
        for (; i < last; ++i)
            steps.push_back(make_step(kind::finish, i));
        steps.push_back(make_step(kind::finish, last));
    }
    steps.push_back(make_step(kind::done, 0));
    if (made.hangs)
        std::erase_if(steps, [](answer_step const& one) { return one.what == kind::finish || one.what == kind::done; });
    if (pace.transcribes && pace.late_transcription)
        steps.push_back(make_step(kind::transcription, 0));
    if (!steps.empty())
        steps.front().after = pace.before;
}

/// A chat completion that a test has defined.
FOUNDRY_DECL completion scripted_completion(answer_reader const& given)
{
    completion made;
    std::map<std::int64_t, tool_call> calls;
    auto const read = [&](json::value const& body, char const* member) {
        auto const* const choices = body.as_object().if_contains("choices");
        for (auto const& choice : choices ? choices->as_array() : json::array()) {
            auto const message = object_of(choice.as_object(), member);
            if (auto const text = text_of(message, "content"); text && !text->empty()) {
                made.content += *text;
                made.pieces.emplace_back(*text);
            }
            made.refusal += text_of(message, "refusal").value_or("");
            for (auto const& one : array_of(message, "tool_calls")) {
                auto const* const index = one.as_object().if_contains("index");
                auto const key = index ? index->to_number<std::int64_t>() : static_cast<std::int64_t>(calls.size());
                auto& call = calls.try_emplace(key, std::string(), std::string()).first->second;
                auto const function = object_of(one.as_object(), "function");
                call.id += text_of(one.as_object(), "id").value_or("");
                call.name += text_of(function, "name").value_or("");
                call.arguments += text_of(function, "arguments").value_or("");
            }
        }
    };
    if (!given.is_stream()) {
        read(json::parse(given.body()), "message");
        made.pieces.clear();
    }
    for (auto const& event : given.is_stream() ? split_events(given.body()) : std::vector<std::string>()) {
        auto const text = std::string_view(event).substr((std::min)(event.find(':') + 1, event.size()));
        if (text.find("[DONE]") == std::string_view::npos)
            read(json::parse(text), "delta");
    }
    for (auto& [index, call] : calls)
        made.calls.push_back(std::move(call));
    if (made.content.empty())
        made.content = made.refusal;
    return made;
}

/// The conversation as a request for a chat.
FOUNDRY_DECL json::object chat_request_of(running_answer const& made, std::deque<realtime_item> const& items)
{
    json::array messages;
    json::object system;
    system["role"] = "system";
    system["content"] = made.how.instructions();
    messages.push_back(system);
    bool asked = false;
    for (auto const& item : items) {
        messages.push_back(message_of_item(item));
        asked = asked || text_of(item.body, "role") == "user";
    }
    if (!asked) { // it answers its instructions
        system["role"] = "user";
        messages.push_back(std::move(system));
    }
    json::object request;
    request["messages"] = std::move(messages);
    json::array tools;
    for (auto const& one : made.how.tools()) {
        json::object function = one.as_object();
        function.erase("type");
        json::object tool;
        tool["type"] = "function";
        tool["function"] = std::move(function);
        tools.push_back(std::move(tool));
    }
    if (!tools.empty())
        request["tools"] = std::move(tools);
    if (made.how.tool_choice().is_object()) {
        json::object chosen;
        chosen["function"] = made.how.tool_choice();
        request["tool_choice"] = std::move(chosen);
    } else {
        request["tool_choice"] = made.how.tool_choice();
    }
    if (made.how.max_tokens().is_int64())
        request["max_completion_tokens"] = made.how.max_tokens();
    return request;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
