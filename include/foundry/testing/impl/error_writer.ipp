// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/json_text.ipp>
#include <foundry/testing/impl/route.ipp>

#include <exception>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Thrown to refuse a request; holds the response that says why.
class refusal : public std::exception
{
public:
    refusal(unsigned status, json::value const& body) : reply_(status, json_text(body)) {}

    char const* what() const noexcept override { return "refused"; }
    reply const& as_reply() const { return reply_; }

private:
    reply reply_;
};

/// A position in the body: the names and indexes on the path to it.
using json_path = json::array;

/// Writes errors in the style of one form.
class error_writer
{
public:
    explicit error_writer(form f) : form_(f) {}

    [[noreturn]] void missing(json_path const& at) const;
    [[noreturn]] void unknown_member(json_path const& at, json::value const& value) const;
    [[noreturn]] void wrong_type(json_path const& at, std::string_view expected, json::value const& value) const;
    [[noreturn]] void bad_value(json_path const& at, std::string const& message, json::value const& value) const;
    [[noreturn]] void bad_request(std::string const& message, std::string_view code, json::value param) const;

    /// For features that other models may have, but not the emulator's.
    [[noreturn]] void unsupported(std::string const& name) const;
    [[noreturn]] void unsupported(std::string const& name, json::value const& value, std::string const& choice) const;

    /// The body of an error that no part of the request has caused. OpenAI's has a code of its own.
    json::value service_error(std::string_view code, std::string const& message, std::string_view openai_type,
                              json::value openai_code) const;

    bool openai() const { return speaks_openai(form_); }
    bool strict() const { return form_ != form::compatible && form_ != form::github; }
    form kind() const { return form_; }

private:
    [[noreturn]] void invalid_request(std::string const& message, std::string_view code, json_path const& at) const;
    [[noreturn]] void unprocessable(std::string_view type, json_path const& at, std::string const& message,
                                    json::value const& value) const;

    form form_;
};

/// A path as text, such as `messages[0].content`.
FOUNDRY_DECL std::string in_words(json_path const& at)
{
    std::string made;
    for (auto const& step : at) {
        if (step.is_string())
            made.append(made.empty() ? "" : ".").append(step.get_string());
        else
            made.append("[").append(json_text(step)).append("]");
    }
    return made;
}

FOUNDRY_DECL json_path inside(json_path const& at, json::value step)
{
    json_path made(at);
    made.push_back(std::move(step));
    return made;
}

FOUNDRY_DECL json::value error_body(std::string_view code, std::string_view message)
{
    json::object inner;
    inner["code"] = code;
    inner["message"] = message;
    json::object outer;
    outer["error"] = std::move(inner);
    return outer;
}

FOUNDRY_DECL json::value openai_error(std::string_view message, std::string_view type, json::value param,
                                      json::value code)
{
    json::object inner;
    inner["message"] = message;
    inner["type"] = type;
    inner["param"] = std::move(param);
    inner["code"] = std::move(code);
    json::object outer;
    outer["error"] = std::move(inner);
    return outer;
}

FOUNDRY_DECL std::string kind_of(json::value const& value)
{
    switch (value.kind()) {
    case json::kind::null:
        return "null";
    case json::kind::bool_:
        return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
        return "an integer";
    case json::kind::double_:
        return "a decimal number";
    case json::kind::string:
        return "a string";
    case json::kind::array:
        return "an array";
    case json::kind::object:
        return "an object";
    }
    return "something";
}

FOUNDRY_DECL void error_writer::invalid_request(std::string const& message, std::string_view code,
                                                json_path const& at) const
{
    throw refusal(400, openai_error(message, "invalid_request_error", json::string(in_words(at)), json::string(code)));
}

FOUNDRY_DECL void error_writer::unprocessable(std::string_view type, json_path const& at, std::string const& message,
                                              json::value const& value) const
{
    json_path location;
    location.push_back("body");
    location.insert(location.end(), at.begin(), at.end());
    json::object detail;
    detail["type"] = type;
    detail["loc"] = std::move(location);
    detail["msg"] = message;
    detail["input"] = value;
    json::array details;
    details.push_back(std::move(detail));
    json::object body;
    body["detail"] = std::move(details);
    throw refusal(422, body);
}

FOUNDRY_DECL void error_writer::missing(json_path const& at) const
{
    if (openai())
        invalid_request("Missing required parameter: '" + in_words(at) + "'.", "missing_required_parameter", at);
    unprocessable("missing", at, "Field required", nullptr);
}

FOUNDRY_DECL void error_writer::unknown_member(json_path const& at, json::value const& value) const
{
    if (openai())
        invalid_request("Unknown parameter: '" + in_words(at) + "'.", "unknown_parameter", at);
    unprocessable("extra_forbidden", at, "Extra inputs are not permitted", value);
}

FOUNDRY_DECL void error_writer::wrong_type(json_path const& at, std::string_view expected,
                                           json::value const& value) const
{
    std::string const wanted(expected);
    if (openai())
        invalid_request("Invalid type for '" + in_words(at) + "': expected " + wanted + ", but got " + kind_of(value) +
                            " instead.",
                        "invalid_type", at);
    unprocessable("type_error", at, "Input should be " + wanted, value);
}

FOUNDRY_DECL void error_writer::bad_value(json_path const& at, std::string const& message,
                                          json::value const& value) const
{
    if (openai())
        invalid_request("Invalid value for '" + in_words(at) + "': " + message, "invalid_value", at);
    unprocessable("value_error", at, message, value);
}

FOUNDRY_DECL void error_writer::unsupported(std::string const& name) const
{
    bad_request("Unsupported parameter: '" + name + "' is not supported with this model.", "unsupported_parameter",
                json::string(name));
}

FOUNDRY_DECL void error_writer::unsupported(std::string const& name, json::value const& value,
                                            std::string const& choice) const
{
    auto const given = value.is_string() ? "'" + std::string(value.get_string()) + "'" : json_text(value);
    bad_request("Unsupported value: '" + name + "' does not support " + given +
                    " with this model. Supported values are: " + choice + ".",
                "unsupported_value", json::string(name));
}

FOUNDRY_DECL void error_writer::bad_request(std::string const& message, std::string_view code, json::value param) const
{
    if (!openai())
        throw refusal(400, error_body(code, message));
    throw refusal(400, openai_error(message, "invalid_request_error", std::move(param), json::string(code)));
}

FOUNDRY_DECL json::value error_writer::service_error(std::string_view code, std::string const& message,
                                                     std::string_view openai_type, json::value openai_code) const
{
    if (form_ == form::compatible)
        return openai_error(message, openai_type, nullptr, std::move(openai_code));
    auto body = error_body(code, message);
    if (!openai())
        body.at("error").as_object()["details"] = message;
    return body;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
