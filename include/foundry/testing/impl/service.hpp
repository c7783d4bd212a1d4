// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/authority.ipp>
#include <foundry/testing/impl/batch_input.ipp>
#include <foundry/testing/impl/batch_output.ipp>
#include <foundry/testing/impl/batch_store.ipp>
#include <foundry/testing/impl/chat_reply.ipp>
#include <foundry/testing/impl/chat_rules.ipp>
#include <foundry/testing/impl/embedding_model.ipp>
#include <foundry/testing/impl/file_store.ipp>
#include <foundry/testing/impl/form_data.ipp>
#include <foundry/testing/impl/outage.ipp>
#include <foundry/testing/impl/page_query.ipp>
#include <foundry/testing/impl/rate_limiter.ipp>
#include <foundry/testing/impl/realtime_backend.hpp>
#include <foundry/testing/impl/response_request.ipp>
#include <foundry/testing/impl/response_store.ipp>
#include <foundry/testing/impl/response_tools.ipp>
#include <foundry/testing/impl/responses.ipp>
#include <foundry/testing/impl/shared_state.ipp>
#include <foundry/testing/impl/transcript.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The region of the resource.
inline constexpr std::string_view region_name = "East US 2";

/// A key that opens realtime sessions until it expires.
class realtime_secret
{
public:
    std::chrono::system_clock::time_point expires_at;
    std::string deployment;
    bool only_transcribes = false;
    json::object configuration; ///< As the client has given it.
};

/// Serves requests as the service does. Independent of sockets. Used by one thread.
class service
{
public:
    service(emulator_options const& options, shared_state& shared)
        : options_(options),
          limits_(limits_of(options)),
          shared_(shared),
          authority_(options.directory)
    {}

    reply answer(recorded_request const& request);

    /// The response in an outage that has one.
    reply fail(recorded_request const& request, outage_reader const& failure);

    std::shared_ptr<realtime_backend> realtime_sessions() const { return options_.realtime; }
    emulator_options const& settings() const { return options_; }
    std::uint64_t body_limit() const { return options_.body_limit; }

    /// Adds the headers that every response of this form has.
    void add_headers(reply& r, recorded_request const& request);

private:
    reply dispatch(recorded_request const& request, route const& target);
    reply options(recorded_request const& request, route const& target) const;
    reply chat(recorded_request const& request, route const& target);
    reply completions(recorded_request const& request, route const& target);
    reply embeddings(recorded_request const& request, route const& target);
    reply image_embeddings(recorded_request const& request, route const& target);
    reply images(recorded_request const& request, route const& target);
    reply speech(recorded_request const& request, route const& target);
    reply transcription(recorded_request const& request, route const& target);
    reply files(recorded_request const& request, route const& target);
    reply upload(recorded_request const& request, route const& target);
    stored_file const& keep_file(recorded_request const& request, route const& target);
    reply list_files(route const& target) const;
    reply content_of(stored_file const& file, form kind) const;
    reply batches(recorded_request const& request, route const& target);
    reply create_batch(recorded_request const& request, route const& target);
    reply cancel_batch(stored_batch& job, form kind);
    reply list_batches(route const& target);
    void catch_up(stored_batch& job);
    void advance(stored_batch& job, std::chrono::system_clock::time_point now);
    void begin_batch(stored_batch& job, std::chrono::system_clock::time_point now);
    void finish_batch(stored_batch& job, std::chrono::system_clock::time_point now);
    void run_row(batch_row const& row, stored_batch& job, batch_output& output);
    reply answer_row(recorded_request const& request, route const& target);
    std::string keep_output(stored_batch const& job, std::string const& kind, std::string content);
    std::vector<std::string> const& deployments_for(std::string_view operation) const;
    std::string new_file_id(std::string_view purpose, form kind);
    reply responses(recorded_request const& request, route const& target);
    void keep_response(response_request const& asked, response_writer const& writer, bool background,
                       std::vector<std::string> const& events);
    reply response_by_id(recorded_request const& request, route const& target);
    reply response_stream(std::string const& id, std::vector<std::string> events);
    reply stream_again(std::string const& id, route const& target);
    reply realtime(recorded_request const& request, route const& target);
    reply realtime_client_secret(recorded_request const& request, route const& target);
    realtime_secret const* secret_of(recorded_request const& request, route const& target) const;
    reply threads(recorded_request const& request, route const& target);
    reply info(route const& target) const;
    reply models(route const& target) const;
    reply deployments() const;
    std::vector<std::string> all_deployments() const;
    json::object model_object(std::string const& name, route const& target) const;
    reply stream_of(std::vector<std::string> events) const;
    reply reply_to(refusal const& refused, form kind) const;

    void check_method(recorded_request const& request, route const& target) const;
    void check_headers(recorded_request const& request) const;
    void check_key(recorded_request const& request, route const& target) const;
    void check_realtime_key(recorded_request const& request, route const& target) const;
    void check_version(route const& target) const;
    json::object read_body(recorded_request const& request, route const& target, members known) const;
    void check_extras(json::object& body, recorded_request const& request, members known,
                      error_writer const& say) const;
    std::string admit(json::object const& body, recorded_request const& request, route const& target,
                      std::vector<std::string> const& deployments);
    void add_rate_headers(reply& r, form kind) const;
    std::string find_model(json::object const& body, recorded_request const& request, route const& target,
                           std::vector<std::string> const& deployments) const;
    void check_operation(std::string const& name, route const& target) const;
    void check_model_takes(json::object const& body, std::string const& model) const;
    response_style response_style_of(json::object const& body, std::string const& model, route const& target);
    std::string new_uuid();

    emulator_options const& options_;
    rate_limits limits_;
    shared_state& shared_;
    authority authority_;
    std::optional<rate_decision> rate_; ///< For the request in progress, if its deployment has limits.
    std::uint64_t replies_ = 0;
    std::uint64_t ids_ = 0;
    file_store files_;
    batch_store batches_;
    response_store responses_;
    std::map<std::string, realtime_secret> realtime_secrets_; ///< By their values.
    std::map<std::string, std::string> thread_questions_;     ///< The last message of each thread.
};

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
