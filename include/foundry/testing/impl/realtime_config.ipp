// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/schema.ipp>
#include <foundry/testing/impl/speech_detector.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The dialects of a realtime session: the names of its events and the shape of its configuration.
enum class realtime_dialect
{
    azure,   ///< General availability, on Azure.
    openai,  ///< General availability, on any compatible server.
    preview, ///< The preview on Azure: a flat configuration, and older names.
};

/// The dialect of a form of address.
FOUNDRY_DECL realtime_dialect dialect_of(form kind)
{
    return kind == form::dated        ? realtime_dialect::preview
           : kind == form::compatible ? realtime_dialect::openai
                                      : realtime_dialect::azure;
}

/// What a client can set.
enum class setting
{
    modalities,
    instructions,
    tools,
    tool_choice,
    max_tokens,
    tracing,
    truncation,
    prompt,
    include,
    model,
    input_format,
    transcription,
    noise_reduction,
    turn_detection,
    output_format,
    voice,
    speed,
    temperature,
    ignored
};

class named_setting
{
public:
    std::string_view name;
    setting what;
    type expected;
};

using named_settings = std::span<named_setting const>;

/// The configuration of a session, or of one response.
class realtime_config
{
public:
    realtime_config(realtime_dialect spoken, bool transcribes, std::string deployment);

    /// Changes what `wanted` has, or nothing: throws `refusal` if a value is wrong. `at` is the name of `wanted` in the event.
    void update(json::object const& wanted, json_path const& at);
    void update_response(json::object const& wanted, json_path const& at); ///< The same for one response.

    json::object session_object(std::string const& id, std::int64_t expires_at) const;
    void add_to_response(json::object& response) const; ///< The members that a response has of them.
    std::optional<detection_settings> detection() const;
    bool detects(std::string_view name) const; ///< A flag of `turn_detection`; false without detection.

    bool is_preview() const { return dialect_ == realtime_dialect::preview; }
    realtime_dialect dialect() const { return dialect_; }
    bool only_transcribes() const { return only_transcribes_; }
    bool speaks() const { return speaks_; }
    std::string const& instructions() const { return instructions_; }
    json::array const& tools() const { return tools_; }
    json::value const& tool_choice() const { return tool_choice_; }
    json::value const& max_tokens() const { return max_tokens_; }
    json::value const& transcription() const { return transcription_; }

private:
    void apply(json::object const& wanted, named_settings known, json_path const& at);
    void apply_audio(json::object const& audio, json_path const& at);
    void set(setting what, json::value const& value, json_path const& at);
    void set_modalities(json::value const& value, json_path const& at);
    void set_tools(json::value const& value, json_path const& at);
    void set_tool_choice(json::value const& value, json_path const& at);
    void set_max_tokens(json::value const& value, json_path const& at);
    void set_transcription(json::value const& value, json_path const& at);
    void set_turn_detection(json::value const& value, json_path const& at);
    void check_format(json::value const& value, json_path const& at) const;
    json::object flat_session() const;
    json::object audio_object() const;

    realtime_dialect dialect_;
    bool only_transcribes_;
    bool speaks_ = true;
    std::string model_;
    std::string instructions_;
    json::array tools_;
    json::value tool_choice_ = json::value(json::string("auto"));
    json::value max_tokens_ = json::value(json::string("inf"));
    json::value tracing_;
    json::value truncation_ = json::value(json::string("auto"));
    json::value prompt_;
    json::value include_;
    json::value transcription_;
    json::value noise_reduction_;
    json::value turn_detection_;
    json::value voice_;
    double speed_ = 1;
    double temperature_ = 0.8;
};

inline constexpr std::string_view default_instructions =
    "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI. Talk quickly.";

FOUNDRY_DECL named_settings session_settings()
{
    static constexpr std::array<named_setting, 10> list = {{
        {"output_modalities", setting::modalities, type::array},
        {"instructions", setting::instructions, type::string},
        {"tools", setting::tools, type::array},
        {"tool_choice", setting::tool_choice, type::string_or_object},
        {"max_output_tokens", setting::max_tokens, type::anything},
        {"tracing", setting::tracing, type::anything},
        {"truncation", setting::truncation, type::string_or_object},
        {"prompt", setting::prompt, type::object},
        {"include", setting::include, type::array},
        {"model", setting::model, type::string},
    }};
    return list;
}

FOUNDRY_DECL named_settings audio_input_settings()
{
    static constexpr std::array<named_setting, 4> list = {{
        {"format", setting::input_format, type::object},
        {"transcription", setting::transcription, type::object},
        {"noise_reduction", setting::noise_reduction, type::object},
        {"turn_detection", setting::turn_detection, type::object},
    }};
    return list;
}

FOUNDRY_DECL named_settings audio_output_settings()
{
    static constexpr std::array<named_setting, 3> list = {{
        {"format", setting::output_format, type::object},
        {"voice", setting::voice, type::string_or_object},
        {"speed", setting::speed, type::number},
    }};
    return list;
}

FOUNDRY_DECL named_settings preview_settings()
{
    static constexpr std::array<named_setting, 18> list = {{
        {"modalities", setting::modalities, type::array},
        {"instructions", setting::instructions, type::string},
        {"voice", setting::voice, type::string_or_object},
        {"input_audio_format", setting::input_format, type::string},
        {"output_audio_format", setting::output_format, type::string},
        {"input_audio_sampling_rate", setting::ignored, type::integer},
        {"input_audio_transcription", setting::transcription, type::object},
        {"input_audio_noise_reduction", setting::noise_reduction, type::object},
        {"turn_detection", setting::turn_detection, type::object},
        {"tools", setting::tools, type::array},
        {"tool_choice", setting::tool_choice, type::string_or_object},
        {"temperature", setting::temperature, type::number},
        {"max_response_output_tokens", setting::max_tokens, type::anything},
        {"max_output_tokens", setting::max_tokens, type::anything},
        {"speed", setting::speed, type::number},
        {"tracing", setting::tracing, type::anything},
        {"include", setting::include, type::array},
        {"model", setting::model, type::string},
    }};
    return list;
}

/// The errors of realtime events are those of OpenAI's other operations.
FOUNDRY_DECL error_writer realtime_errors() { return error_writer(form::v1); }

FOUNDRY_DECL json_path path_to(std::string_view name)
{
    json_path made;
    made.push_back(json::string(name));
    return made;
}

/// Refuses a text that is none of the choices.
FOUNDRY_DECL void check_choice(json::value const& value, std::span<std::string_view const> choices, json_path const& at)
{
    if (value.is_string() && contains(choices, value.get_string()))
        return;
    std::vector<std::string> quoted;
    for (auto const choice : choices)
        quoted.push_back("'" + std::string(choice) + "'");
    auto const given = value.is_string() ? "'" + std::string(value.get_string()) + "'" : json_text(value);
    realtime_errors().bad_request("Invalid value: " + given + ". Supported values are: " + join_words(quoted) + ".",
                                  "invalid_value", json::string(in_words(at)));
}

FOUNDRY_DECL void check_number(json::value const& value, double min, double max, json_path const& at)
{
    if (value.to_number<double>() >= min && value.to_number<double>() <= max)
        return;
    std::string range = "expected a value >= ";
    append_number(range, min);
    range += " and <= ";
    append_number(range, max);
    realtime_errors().bad_value(at, range + ".", value);
}

FOUNDRY_DECL realtime_config::realtime_config(realtime_dialect spoken, bool transcribes, std::string deployment)
    : dialect_(spoken),
      only_transcribes_(transcribes),
      model_(std::move(deployment)),
      instructions_(default_instructions),
      voice_(json::string(spoken == realtime_dialect::openai ? "marin" : "alloy"))
{
    json::object detection;
    detection["type"] = "server_vad";
    set_turn_detection(detection, json_path());
}

FOUNDRY_DECL void realtime_config::update(json::object const& wanted, json_path const& at)
{
    auto changed = *this;
    auto rest = wanted;
    if (!is_preview()) {
        auto const kind_at = inside(at, "type");
        std::array<std::string_view, 1> const kinds = {only_transcribes_ ? "transcription" : "realtime"};
        check_choice(require(wanted, "type", at, realtime_errors()), kinds, kind_at);
        if (auto const* const audio = rest.if_contains("audio"))
            changed.apply_audio(require_object(*audio, inside(at, "audio"), realtime_errors()), inside(at, "audio"));
        rest.erase("type");
        rest.erase("audio");
    }
    changed.apply(rest, is_preview() ? preview_settings() : session_settings(), at);
    *this = std::move(changed);
}

FOUNDRY_DECL void realtime_config::update_response(json::object const& wanted, json_path const& at)
{
    auto changed = *this;
    auto rest = wanted;
    for (char const* const own : {"conversation", "metadata", "input"})
        rest.erase(own);
    if (auto const* const audio = rest.if_contains("audio"); audio && !is_preview()) {
        changed.apply_audio(require_object(*audio, inside(at, "audio"), realtime_errors()), inside(at, "audio"));
        rest.erase("audio");
    }
    changed.apply(rest, is_preview() ? preview_settings() : session_settings(), at);
    *this = std::move(changed);
}

FOUNDRY_DECL void realtime_config::apply(json::object const& wanted, named_settings known, json_path const& at)
{
    for (auto const& entry : wanted) {
        auto const place = inside(at, json::string(entry.key()));
        auto const found =
            std::find_if(known.begin(), known.end(), [&](named_setting const& one) { return one.name == entry.key(); });
        if (found == known.end())
            realtime_errors().unknown_member(place, entry.value());
        if (!entry.value().is_null() && !fits(entry.value(), found->expected))
            realtime_errors().wrong_type(place, name_of(found->expected), entry.value());
        set(found->what, entry.value(), place);
    }
}

FOUNDRY_DECL void realtime_config::apply_audio(json::object const& audio, json_path const& at)
{
    static constexpr std::array<member, 2> known = {{{"input", type::object}, {"output", type::object}}};
    check_members(audio, known, at, realtime_errors());
    apply(object_of(audio, "input"), audio_input_settings(), inside(at, "input"));
    apply(object_of(audio, "output"), audio_output_settings(), inside(at, "output"));
}

FOUNDRY_DECL void realtime_config::set(setting what, json::value const& value, json_path const& at)
{
    switch (what) {
    case setting::modalities:
        return set_modalities(value, at);
    case setting::instructions: // an empty text is none
        instructions_ = value.is_string() && !value.get_string().empty() ? std::string(value.get_string())
                                                                         : std::string(default_instructions);
        return;
    case setting::tools:
        return set_tools(value, at);
    case setting::tool_choice:
        return set_tool_choice(value, at);
    case setting::max_tokens:
        return set_max_tokens(value, at);
    case setting::tracing:
        tracing_ = value;
        return;
    case setting::truncation:
        truncation_ = value;
        return;
    case setting::prompt:
        prompt_ = value;
        return;
    case setting::include:
        include_ = value;
        return;
    case setting::model:
        if (value != json::value(json::string(model_)))
            realtime_errors().bad_value(at, "the model of a session cannot change.", value);
        return;
    case setting::input_format:
    case setting::output_format:
        return check_format(value, at);
    case setting::transcription:
        return set_transcription(value, at);
    case setting::noise_reduction:
        noise_reduction_ = value;
        return;
    case setting::turn_detection:
        return set_turn_detection(value, at);
    case setting::voice:
        voice_ = value;
        return;
    case setting::speed:
        if (value.is_number())
            check_number(value, 0.25, 1.5, at);
        speed_ = value.is_number() ? value.to_number<double>() : 1;
        return;
    case setting::temperature:
        if (value.is_number())
            check_number(value, 0.6, 1.2, at);
        temperature_ = value.is_number() ? value.to_number<double>() : 0.8;
        return;
    case setting::ignored:
        return;
    }
}

/// One modality; the preview's speech has both.
FOUNDRY_DECL void realtime_config::set_modalities(json::value const& value, json_path const& at)
{
    static constexpr std::array<std::string_view, 2> known = {"text", "audio"};
    bool text = false;
    bool audio = false;
    for (auto const& one : value.is_array() ? value.get_array() : json::array()) {
        check_choice(one, known, at);
        text = text || one == "text";
        audio = audio || one == "audio";
    }
    if ((!is_preview() && text == audio) || (!text && !audio))
        realtime_errors().bad_request("Invalid modalities: " + json_text(value) +
                                          ". Supported combinations are: ['text'] and ['audio'].",
                                      "invalid_value", json::string(in_words(at)));
    speaks_ = audio;
}

FOUNDRY_DECL void realtime_config::set_tools(json::value const& value, json_path const& at)
{
    static constexpr std::array<std::string_view, 1> kinds = {"function"};
    static constexpr std::array<member, 4> known = {
        {{"type", type::string}, {"name", type::string}, {"description", type::string}, {"parameters", type::object}}};
    auto const say = realtime_errors();
    tools_.clear();
    auto const list = value.is_array() ? value.get_array() : json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const place = inside(at, i);
        auto const& given = require_object(list[i], place, say);
        check_choice(require(given, "type", place, say), kinds, inside(place, "type"));
        check_members(given, known, place, say);
        require(given, "name", place, say);
        json::object tool;
        for (auto const& one : known) {
            if (auto const* const found = given.if_contains(one.name))
                tool[one.name] = *found;
        }
        tools_.push_back(std::move(tool));
    }
}

FOUNDRY_DECL void realtime_config::set_tool_choice(json::value const& value, json_path const& at)
{
    static constexpr std::array<std::string_view, 3> modes = {"auto", "none", "required"};
    if (value.is_object())
        require(value.get_object(), "name", at, realtime_errors());
    else if (!value.is_null())
        check_choice(value, modes, at);
    tool_choice_ = value.is_null() ? json::value(json::string("auto")) : value;
}

FOUNDRY_DECL void realtime_config::set_max_tokens(json::value const& value, json_path const& at)
{
    bool const is_count = value.is_int64() && value.get_int64() >= 1 && value.get_int64() <= 4096;
    if (!is_count && value != "inf" && !value.is_null())
        realtime_errors().bad_value(at, "expected an integer between 1 and 4096, or 'inf'.", value);
    max_tokens_ = is_count ? value : json::value(json::string("inf"));
}

FOUNDRY_DECL void realtime_config::set_transcription(json::value const& value, json_path const& at)
{
    static constexpr std::array<member, 3> known = {
        {{"model", type::string}, {"language", type::string}, {"prompt", type::string}}};
    transcription_ = nullptr;
    if (value.is_null())
        return;
    auto const& given = value.get_object();
    check_members(given, known, at, realtime_errors());
    json::object made;
    made["model"] = require(given, "model", at, realtime_errors());
    for (char const* const name : {"language", "prompt"})
        made[name] = given.contains(name) ? given.at(name) : json::value();
    transcription_ = std::move(made);
}

/// Members that are not given have their defaults, whatever they were before.
FOUNDRY_DECL void realtime_config::set_turn_detection(json::value const& value, json_path const& at)
{
    static constexpr std::array<std::string_view, 2> kinds = {"server_vad", "semantic_vad"};
    static constexpr std::array<member, 7> server = {{{"type", type::string},
                                                      {"threshold", type::number},
                                                      {"prefix_padding_ms", type::integer},
                                                      {"silence_duration_ms", type::integer},
                                                      {"idle_timeout_ms", type::integer},
                                                      {"create_response", type::boolean},
                                                      {"interrupt_response", type::boolean}}};
    static constexpr std::array<member, 4> semantic = {{{"type", type::string},
                                                        {"eagerness", type::string},
                                                        {"create_response", type::boolean},
                                                        {"interrupt_response", type::boolean}}};
    turn_detection_ = nullptr;
    if (value.is_null())
        return;
    auto const& given = value.get_object();
    check_choice(require(given, "type", at, realtime_errors()), kinds, inside(at, "type"));
    bool const by_level = given.at("type") == "server_vad";
    check_members(given, by_level ? members(server) : members(semantic), at, realtime_errors());
    json::object made;
    made["type"] = given.at("type");
    if (by_level) {
        made["threshold"] = 0.5;
        made["prefix_padding_ms"] = 300;
        made["silence_duration_ms"] = dialect_ == realtime_dialect::openai ? 500 : 200;
        made["idle_timeout_ms"] = nullptr;
    } else {
        made["eagerness"] = "auto";
    }
    made["create_response"] = !only_transcribes_;
    made["interrupt_response"] = !only_transcribes_;
    for (auto const& entry : given) {
        if (!entry.value().is_null())
            made[entry.key()] = entry.value();
    }
    if (by_level) {
        check_number(made["threshold"], 0, 1, inside(at, "threshold"));
        check_number(made["prefix_padding_ms"], 0, 10000, inside(at, "prefix_padding_ms"));
        check_number(made["silence_duration_ms"], 0, 10000, inside(at, "silence_duration_ms"));
        if (!made["idle_timeout_ms"].is_null())
            check_number(made["idle_timeout_ms"], 5000, 30000, inside(at, "idle_timeout_ms"));
    }
    turn_detection_ = std::move(made);
}

FOUNDRY_DECL void realtime_config::check_format(json::value const& value, json_path const& at) const
{
    static constexpr std::array<std::string_view, 1> flat = {"pcm16"};
    static constexpr std::array<std::string_view, 1> nested = {"audio/pcm"};
    if (is_preview() && !value.is_null())
        return check_choice(value, flat, at);
    if (value.is_null())
        return;
    check_choice(require(value.get_object(), "type", at, realtime_errors()), nested, inside(at, "type"));
    if (auto const rate = count_of(value.get_object(), "rate"); rate && *rate != 24000)
        realtime_errors().bad_value(inside(at, "rate"), "expected 24000.", value.at("rate"));
}

FOUNDRY_DECL std::optional<detection_settings> realtime_config::detection() const
{
    if (turn_detection_.is_null())
        return std::nullopt;
    auto const& given = turn_detection_.get_object();
    detection_settings made;
    if (auto const* const threshold = given.if_contains("threshold"))
        made.threshold = threshold->to_number<double>();
    made.prefix_padding_ms = count_of(given, "prefix_padding_ms").value_or(made.prefix_padding_ms);
    made.silence_duration_ms = count_of(given, "silence_duration_ms").value_or(made.silence_duration_ms);
    return made;
}

FOUNDRY_DECL bool realtime_config::detects(std::string_view name) const
{
    return turn_detection_.is_object() && flag_of(turn_detection_.get_object(), name, false);
}

FOUNDRY_DECL json::object pcm_format()
{
    json::object made;
    made["type"] = "audio/pcm";
    made["rate"] = 24000;
    return made;
}

FOUNDRY_DECL json::object realtime_config::audio_object() const
{
    json::object input;
    input["format"] = pcm_format();
    input["transcription"] = transcription_;
    input["noise_reduction"] = noise_reduction_;
    input["turn_detection"] = turn_detection_;
    json::object made;
    made["input"] = std::move(input);
    if (only_transcribes_)
        return made;
    json::object output;
    output["format"] = pcm_format();
    output["voice"] = voice_;
    output["speed"] = speed_;
    made["output"] = std::move(output);
    return made;
}

/// The modalities as an array; the preview's speech has both.
FOUNDRY_DECL json::array modality_list(bool speaks, bool is_preview)
{
    json::array made;
    if (speaks)
        made.push_back("audio");
    if (!speaks || is_preview)
        made.push_back("text");
    return made;
}

FOUNDRY_DECL json::object realtime_config::flat_session() const
{
    json::object made;
    made["modalities"] = modality_list(speaks_, true);
    made["instructions"] = instructions_;
    made["voice"] = voice_;
    made["input_audio_format"] = "pcm16";
    made["output_audio_format"] = "pcm16";
    made["input_audio_transcription"] = transcription_;
    made["input_audio_noise_reduction"] = noise_reduction_;
    made["turn_detection"] = turn_detection_;
    made["tools"] = tools_;
    made["tool_choice"] = tool_choice_;
    made["temperature"] = temperature_;
    made["max_response_output_tokens"] = max_tokens_;
    made["speed"] = speed_;
    made["tracing"] = tracing_;
    made["include"] = include_;
    return made;
}

FOUNDRY_DECL json::object realtime_config::session_object(std::string const& id, std::int64_t expires_at) const
{
    json::object made;
    if (!is_preview())
        made["type"] = only_transcribes_ ? "transcription" : "realtime";
    made["object"] = only_transcribes_ ? "realtime.transcription_session" : "realtime.session";
    made["id"] = id;
    if (!only_transcribes_)
        made["model"] = model_;
    if (is_preview()) {
        made["expires_at"] = expires_at;
        for (auto const& entry : flat_session())
            made[entry.key()] = entry.value();
        return made;
    }
    if (!only_transcribes_) {
        made["output_modalities"] = modality_list(speaks_, false);
        made["instructions"] = instructions_;
        made["tools"] = tools_;
        made["tool_choice"] = tool_choice_;
        made["max_output_tokens"] = max_tokens_;
        made["tracing"] = tracing_;
        made["truncation"] = truncation_;
        made["prompt"] = prompt_;
    }
    made["expires_at"] = expires_at;
    made["audio"] = audio_object();
    made["include"] = include_;
    return made;
}

FOUNDRY_DECL void realtime_config::add_to_response(json::object& response) const
{
    if (is_preview()) {
        response["modalities"] = modality_list(speaks_, true);
        response["voice"] = voice_;
        response["output_audio_format"] = "pcm16";
        response["temperature"] = temperature_;
        response["max_output_tokens"] = max_tokens_;
        return;
    }
    json::object output;
    output["format"] = pcm_format();
    output["voice"] = voice_;
    json::object audio;
    audio["output"] = std::move(output);
    response["output_modalities"] = modality_list(speaks_, false);
    response["max_output_tokens"] = max_tokens_;
    response["audio"] = std::move(audio);
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
