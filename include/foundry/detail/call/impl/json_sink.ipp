// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/call/error_body.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/service_error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void throw_incomplete(std::string what)
{
    failure f;
    f.service_message = std::move(what);
    f.advice = "check that the endpoint serves this operation for this model";
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

/// Whether a text is nothing but an error, and not an object of the service with a member `error` of its own.
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

/// Whether a text has a member `error` that says something, or may be an error of another shape.
inline bool may_report_error(std::string_view text)
{
    if (text.find("\"error\"") == text.npos)
        return false;
    boost::json::value const document = parse_error_text(text);
    auto const* const object = document.if_object();
    auto const* const reported = object != nullptr ? object->if_contains("error") : nullptr;
    return reported == nullptr || says_anything(*reported);
}

/// The members of a response that its class does not describe; null if the class does not collect them.
inline boost::json::object const* unknown_members(json::object_ref response)
{
    json::type const& t = *response.described;
    if (t.what != json::kind::object || t.extra < 0)
        return nullptr;
    return static_cast<boost::json::object const*>(t.members[t.extra].reach(response.object, json::access::peek));
}

/// The one rule for an error under a status of 2xx: a member `error` that says something, unless objects of this operation have one of
/// their own; of those, only what is nothing but an error.
inline void throw_error_in_response(pending_request const& request, response_info const& info, std::string_view text,
                                    boost::json::object const* unknown)
{
    if (request.what->has_error_member) {
        if (is_bare_error(text))
            throw_service_error_in(text, request.context(), info);
        return;
    }
    if (unknown == nullptr) {
        if (may_report_error(text))
            throw_service_error_in(text, request.context(), info);
        return;
    }
    if (auto const* const reported = unknown->if_contains("error"); reported != nullptr && says_anything(*reported)) {
        throw_service_error_in(text, request.context(), info);
        throw_service_error_in(boost::json::serialize(*unknown), request.context(),
                               info); // the text may not be all there
    }
}

FOUNDRY_DECL bool has_json(response_info const& info)
{
    return to_lower(info.header("content-type")).find("json") != std::string::npos;
}

FOUNDRY_DECL void throw_error_in_bytes(pending_request const& request, response_info const& info, std::string_view text)
{
    if (!has_json(info))
        return;
    throw_error_in_response(request, info, text, nullptr);
    if (request.is_media) {
        throw_any_error_in(text, request.context(), info);
        throw_incomplete("the answer is JSON instead of what was asked for");
    }
}

FOUNDRY_DECL void json_sink::start(pending_request const&, response_info const&)
{
    reader_.start(into_, std::exchange(how_, json::reading::reused)); // only the first response finds a new value
    kept_.clear();
    if (raw_ != nullptr)
        raw_->clear();
}

FOUNDRY_DECL void json_sink::on_body(std::string_view bytes)
{
    if (raw_ != nullptr)
        raw_->append(bytes);
    else
        kept_.append(bytes.substr(0, max_kept_body - (std::min)(kept_.size(), max_kept_body)));
    reader_.feed(bytes); // after a failure this does nothing, and finish() reports it
}

FOUNDRY_DECL void json_sink::finish(pending_request const& request, response_info const& info)
{
    bool const is_read = reader_.finish();
    throw_error_in_response(request, info, text(), is_read ? unknown_members(into_) : nullptr);
    std::string absent = missing();
    bool const is_rightly_empty = text().empty() && absent.empty(); // as the response to DELETE
    if (!is_read && !is_rightly_empty) {
        failure f;
        f.service_message = "the answer is not JSON of the expected shape: " + reader_.problem();
        f.advice = "check that the endpoint's URL is the API's and not that of a web page or proxy";
        throw error(make_error_code(errc::unexpected_reply), std::move(f));
    }
    if (!absent.empty()) {
        throw_any_error_in(text(), request.context(), info);
        throw_incomplete(std::move(absent));
    }
}

FOUNDRY_DECL void bytes_sink::finish(pending_request const& request, response_info const& info)
{
    throw_error_in_bytes(request, info, bytes);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
