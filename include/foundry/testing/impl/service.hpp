// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/authority.ipp>
#include <foundry/testing/impl/chat_reply.ipp>
#include <foundry/testing/impl/chat_rules.ipp>
#include <foundry/testing/impl/embedding_model.ipp>
#include <foundry/testing/impl/objects.ipp>
#include <foundry/testing/impl/response_request.ipp>
#include <foundry/testing/impl/responses.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Answers requests as the service does. Knows nothing of sockets. Used by one thread.
class service
{
public:
    explicit service(emulator_options const& options) : options_(options), authority_(options.directory) {}

    reply answer(received const& request);

    /// The headers that every reply of this form has.
    void add_headers(reply& r, received const& request);

private:
    reply dispatch(received const& request, route const& where);
    reply options(received const& request, route const& where) const;
    reply chat(received const& request, route const& where);
    reply completions(received const& request, route const& where);
    reply embeddings(received const& request, route const& where) const;
    reply image_embeddings(received const& request, route const& where) const;
    reply images(received const& request, route const& where) const;
    reply speech(received const& request, route const& where) const;
    reply files(received const& request, route const& where);
    reply responses(received const& request, route const& where);
    reply response_by_id(received const& request, route const& where);
    reply threads(received const& request, route const& where);
    reply info(route const& where) const;
    reply models(route const& where) const;
    reply deployments() const;
    std::vector<std::string> all_deployments() const;
    json::object model_object(std::string const& name, route const& where) const;
    reply stream_of(std::vector<std::string> events) const;

    void check_method(received const& request, route const& where) const;
    void check_headers(received const& request) const;
    void check_key(received const& request, route const& where) const;
    void check_version(route const& where) const;
    json::object read_body(received const& request, route const& where, members known) const;
    void check_extras(json::object& body, received const& request, members known, complaints const& say) const;
    std::string find_model(json::object const& body, received const& request, route const& where,
                           std::vector<std::string> const& deployments) const;
    void check_operation(std::string const& name, route const& where) const;
    void check_model_takes(json::object const& body, std::string const& model) const;
    manner manner_of(json::object const& body, std::string const& model, route const& where);
    std::string new_uuid();

    emulator_options const& options_;
    authority authority_;
    std::uint64_t replies_ = 0;
    std::uint64_t ids_ = 0;
    object_store store_;
    std::map<std::string, std::string> thread_questions_; ///< The last message of each thread.
};

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
