// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/ids.ipp>
#include <foundry/testing/impl/realtime_answer.ipp>
#include <foundry/testing/impl/realtime_backend.hpp>
#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A realtime session without its connection: takes the client's events and makes the server's. Independent of sockets and clocks. Used by
/// one thread.
class realtime_session
{
public:
    using time_point = running_answer::time_point;
    using answer_source = std::function<std::optional<answer>()>;

    realtime_session(realtime_opening const& opening, emulator_options const& emulator, realtime_options const& options,
                     std::uint64_t number, answer_source scripted);

    void begin(std::int64_t expires_at);                  ///< The first events.
    void receive(std::string_view event, time_point now); ///< An event of the client.
    void refuse_binary();                                 ///< A message that is not text.
    void run(time_point now);                             ///< The steps of responses that are due.
    std::optional<time_point> next_step() const;          ///< Time of the next one.
    std::deque<std::string>& outbox() { return outbox_; } ///< Events to send.
    bool has_events() const { return !outbox_.empty(); }

private:
    using handler = void (realtime_session::*)(json::object const&, time_point);

    void dispatch(json::object const& event, time_point now);
    void update_session(json::object const& event, time_point now);
    void append_audio(json::object const& event, time_point now);
    void commit_audio(json::object const& event, time_point now);
    void clear_audio(json::object const& event, time_point now);
    void create_item(json::object const& event, time_point now);
    void retrieve_item(json::object const& event, time_point now);
    void delete_item(json::object const& event, time_point now);
    void truncate_item(json::object const& event, time_point now);
    void create_response(json::object const& event, time_point now);
    void cancel_response(json::object const& event, time_point now);

    void detect(time_point now);
    void keep_speech(std::string audio, bool answers, time_point now);
    void transcribe(std::string const& item_id);
    void start(running_answer made, std::optional<std::string> transcribed, time_point now);
    void think(running_answer& made, answer_pace& pace);
    void add_parts(running_answer& made, completion said);
    std::deque<realtime_item> items_for(running_answer& made);
    void step(running_answer& made);
    void add_part(running_answer& made, answer_part& part, std::size_t index);
    void send_text(running_answer& made, answer_part& part, std::size_t index);
    void send_audio(running_answer& made, answer_part& part, std::size_t index, std::size_t size);
    void finish_part(running_answer& made, answer_part& part, std::size_t index);
    void finish(running_answer& made);
    void cancel(running_answer& made, std::string_view reason);
    void forget_finished();
    running_answer* active();

    json::object event(std::string_view type);
    json::object part_event(std::string_view type, running_answer const& made, answer_part const& part,
                            std::size_t index);
    json::object item_of(running_answer const& made, answer_part const& part) const;
    json::object part_content(running_answer const& made, answer_part const& part) const;
    json::object response_object(running_answer const& made, bool ended) const;
    json::object usage_of(running_answer const& made) const;
    void add_item(realtime_item item, std::optional<std::string> const& previous, bool at_end);
    void send(json::object const& event);
    void send_item(std::string_view type, json::object const& item, json::value const& previous);
    void send_obfuscated(json::object event, std::string const& delta);
    void send_error(json::object error, json::value event_id);
    std::string new_id(std::string_view lead);
    realtime_item& known_item(json::object const& event, std::string_view verb);

    emulator_options const& emulator_;
    realtime_options const& options_;
    answer_source scripted_;
    std::uint64_t ids_;
    bool wrong_key_;
    realtime_config config_;
    std::string id_;
    std::string conversation_id_;
    std::string speech_item_id_; ///< Of the speech that has begun.
    std::int64_t expires_at_ = 0;
    realtime_items items_;
    speech_detector input_;
    std::deque<running_answer> answers_;
    std::deque<std::string> outbox_;
};

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
