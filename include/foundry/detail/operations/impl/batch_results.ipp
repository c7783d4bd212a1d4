// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/operations/batch_results.hpp>
#include <foundry/detail/operations/content_lines.hpp>

#include <boost/describe/class.hpp>

#include <optional>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// A JSON object as its text.
struct raw_object
{
    std::string text;
};

struct row_answer
{
    row_answer() = default;

    unsigned status_code = 0;
    std::string request_id;
    raw_object body;
};

struct row_line
{
    row_line() = default;

    std::string custom_id;
    std::optional<row_answer> response;
    std::optional<batch_error> error;
};

} // namespace detail

template <>
struct json::type_of<detail::raw_object>
{
    static bool assign(void* self, std::string_view text)
    {
        static_cast<foundry::detail::raw_object*>(self)->text = text;
        return true;
    }
    static std::string_view view(void const* self)
    {
        return static_cast<foundry::detail::raw_object const*>(self)->text;
    }

    static constexpr text_functions names{&assign, &view};
    static constexpr type value{.what = kind::verbatim, .names = &names};
};

namespace detail {

BOOST_DESCRIBE_STRUCT(row_answer, (), (status_code, request_id, body))
BOOST_DESCRIBE_STRUCT(row_line, (), (custom_id, response, error))

/// The error of a request that was never run.
inline foundry::error never_run(batch_error const& why)
{
    failure f;
    f.service_code = why.code;
    f.service_message = why.message;
    f.advice = "the request was not run; submit it again";
    return foundry::error(make_error_code(errc::service_error), std::move(f));
}

/// The error of an answer, as of a direct call.
inline foundry::error failed_answer(client_state const& state, std::string_view endpoint, row_answer const& answer)
{
    endpoint.remove_prefix(endpoint.starts_with("/v1/") ? 4 : endpoint.starts_with('/') ? 1 : 0);
    error_context what;
    what.endpoint = &state.target.endpoint;
    what.what = &find_operation(endpoint);
    what.path = endpoint;
    response_info const info(answer.status_code, response_headers{{"x-request-id", answer.request_id}}, {});
    return make_service_error(what, info, answer.body.text);
}

inline batch_row make_row(client_state const& state, std::string_view endpoint, std::string line)
{
    row_line read;
    json::reader reader;
    batch_row row;
    if (!reader.read(read, line)) {
        row.failure =
            foundry::error(errc::unexpected_reply, "a line of the results cannot be read: " + reader.problem());
        row.body = std::move(line);
        return row;
    }
    row.custom_id = std::move(read.custom_id);
    if (read.response) {
        row.status = read.response->status_code;
        row.request_id = read.response->request_id;
        row.body = read.response->body.text;
    }
    if (read.error && !read.error->code.empty())
        row.failure = never_run(*read.error);
    else if (!read.response)
        row.failure =
            foundry::error(errc::unexpected_reply, "a line of the results has neither an answer nor an error");
    else if (row.status < 200 || row.status > 299)
        row.failure = failed_answer(state, endpoint, *read.response);
    return row;
}

FOUNDRY_DECL FOUNDRY_CORO async_generator<batch_row>
read_results(std::shared_ptr<client_state> state, std::string endpoint, std::vector<std::string> ids, call_options with)
{
    for (std::string const& id : ids) {
        content_lines lines(state, id, with);
        for (;;) {
            std::optional<std::string> line = co_await lines.next();
            if (!line)
                break;
            if (line->find_first_not_of(" \t\r") == line->npos)
                continue;
            batch_row row = make_row(*state, endpoint, std::move(*line));
            co_yield std::move(row);
        }
    }
}

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI
