// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/call.hpp>
#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/impl/event_stream.ipp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Whether a text of status 200 is nothing but an error. Objects of the service such as a batch may have a member `error`, too.
inline bool is_bare_error(std::string_view text)
{
    if (text.find("\"error\"") == text.npos)
        return false;
    boost::system::error_code ec;
    auto const document = boost::json::parse(boost::json::string_view(text.data(), text.size()), ec);
    auto const* const object = document.if_object();
    if (ec || object == nullptr || object->contains("id"))
        return false;
    if (auto const* const said = object->if_contains("error");
        said != nullptr && !says_anything(*said) && object->size() > 1)
        return false;
    auto const* const kind = object->if_contains("object");
    return kind == nullptr || *kind == "error";
}

inline void throw_if_bare_error(pending_request const& call, response_info const& info, std::string_view text)
{
    if (is_bare_error(text))
        throw_service_error_in(text, call.context(), info);
}

/// Keeps the text, and gives its pieces to a reader.
class kept_json_sink final : public response_sink
{
public:
    explicit kept_json_sink(json::object_ref into) : into_(into) {}

    void start() override
    {
        json.clear();
        reader_.start(into_);
    }

    void on_body(std::string_view bytes) override
    {
        json.append(bytes);
        reader_.feed(bytes);
    }

    void finish(pending_request const& call, response_info const& info) override
    {
        throw_if_bare_error(call, info, json);
        if (!reader_.finish() && !json.empty()) // DELETE may answer with nothing
            throw_incomplete("the answer is not JSON of the expected shape: " + reader_.problem());
    }

    std::string_view text() const override { return json; }

    std::string json;

private:
    json::object_ref into_;
    json::reader reader_;
};

class bytes_sink final : public response_sink
{
public:
    void start() override { bytes.clear(); }
    http::exchange::progress content() const override { return http::exchange::progress::on_bytes; }
    void on_body(std::string_view more) override { bytes.append(more); }

    void finish(pending_request const& call, response_info const& info) override
    {
        if (info.header("content-type").starts_with("application/json"))
            throw_if_bare_error(call, info, bytes);
    }

    std::string_view text() const override { return bytes; }

    std::string bytes;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_info> fetch_any(std::shared_ptr<pending_request> call,
                                                                          json::object_ref into, std::string* raw)
{
    kept_json_sink sink(into);
    open_response opened;
    co_await send_with_retries(*call, &sink, call->state->settings.limits.body, opened);
    if (raw != nullptr)
        *raw = std::move(sink.json);
    co_return std::move(opened.info);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<binary_content> fetch_bytes(std::shared_ptr<pending_request> call)
{
    bytes_sink sink;
    open_response opened;
    co_await send_with_retries(*call, &sink, call->state->settings.limits.body, opened);
    binary_content reply;
    reply.bytes = std::move(sink.bytes);
    reply.set_info(std::move(opened.info));
    co_return reply;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<event_stream> open_events(std::shared_ptr<pending_request> call)
{
    open_response opened;
    co_await send_with_retries(*call, nullptr, 0, opened);
    co_return event_stream(std::make_unique<event_stream_state>(std::move(*call), std::move(opened)));
}

/// The deployment that a body names, where the route does not.
inline std::string named_model(json::const_object_ref body)
{
    if (body.object == nullptr)
        return {};
    if (body.described->what == json::kind::object) {
        for (json::member const* m = body.described->members; m != body.described->members + body.described->size;
             ++m) {
            if (m->name == "model" && m->described->what == json::kind::string && json::is_set(body.object, *m))
                return *static_cast<std::string const*>(m->reach(const_cast<void*>(body.object), json::access::peek));
        }
        return {};
    }
    boost::json::object const* object = nullptr;
    if (body.described->what == json::kind::any)
        object = static_cast<boost::json::value const*>(body.object)->if_object();
    else if (body.described->what == json::kind::members)
        object = static_cast<boost::json::object const*>(body.object);
    auto const* const model = object != nullptr ? object->if_contains("model") : nullptr;
    return model != nullptr && model->is_string() ? std::string{model->get_string()} : std::string{};
}

struct call_body
{
    std::string_view content_type;
    std::string bytes;
    std::string model;
};

/// `make_body` is called inside, so that its mistakes are kept for the coroutine, too.
template <class MakeBody>
std::shared_ptr<pending_request> prepare_route(std::shared_ptr<client_state> state, foundry::route const& route,
                                               call_options const& with, answer_form form, MakeBody const& make_body)
{
    auto call = std::make_shared<pending_request>(std::move(state), route.path());
    try {
        apply_options(*call, with);
        call_body body = make_body();
        call->deployment = route.deployment().empty() ? body.model : route.deployment();
        call->body = std::move(body.bytes);
        request_spec parts;
        parts.verb = route.verb();
        parts.query = route.query();
        parts.content_type = body.content_type;
        parts.accept = form == answer_form::json     ? "application/json"
                       : form == answer_form::events ? "text/event-stream"
                                                     : "*/*";
        parts.skip_route_check = route.skips_route_check();
        write_head(*call, with, parts);
    } catch (...) {
        call->validation_error = std::current_exception();
    }
    return call;
}

FOUNDRY_DECL std::shared_ptr<pending_request> prepare_call(std::shared_ptr<client_state> state,
                                                           foundry::route const& route, call_options const& with,
                                                           answer_form form)
{
    return prepare_route(std::move(state), route, with, form, [] { return call_body(); });
}

FOUNDRY_DECL std::shared_ptr<pending_request> prepare_call(std::shared_ptr<client_state> state,
                                                           foundry::route const& route, call_options const& with,
                                                           answer_form form, json::const_object_ref body)
{
    return prepare_route(std::move(state), route, with, form, [body] {
        call_body made;
        made.content_type = "application/json";
        json::write(made.bytes, body);
        made.model = named_model(body);
        return made;
    });
}

FOUNDRY_DECL std::shared_ptr<pending_request> prepare_call(std::shared_ptr<client_state> state,
                                                           foundry::route const& route, call_options const& with,
                                                           answer_form form, std::string_view content_type,
                                                           std::string body)
{
    return prepare_route(std::move(state), route, with, form, [&] {
        call_body made;
        made.content_type = content_type;
        made.bytes = std::move(body);
        return made;
    });
}

} // namespace foundry::inline FOUNDRY_ABI::detail
