// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/detail/operations/fetch_object.hpp>
#include <foundry/detail/operations/list_pages.hpp>
#include <foundry/detail/operations/poll.hpp>
#include <foundry/files.hpp>

#include <exception>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// The most that the services take.
inline constexpr std::uint64_t max_file_size = std::uint64_t{512} << 20;

inline void check_upload(file_upload const& what, std::uint64_t size)
{
    if (what.purpose.empty())
        throw error(errc::invalid_argument, "the purpose of a file is empty; say what it is for, such as batch");
    if (size == 0)
        throw error(errc::invalid_argument,
                    "the file " + what.file_name + " is empty; the service takes none of these");
    if (size > max_file_size) {
        throw error(errc::invalid_argument, "the file " + what.file_name + " has " + std::to_string(size) +
                                                " bytes; the service takes at most " + std::to_string(max_file_size) +
                                                "; divide it");
    }
}

inline multipart make_form(file_upload const& what, std::shared_ptr<http::byte_source> source)
{
    multipart form;
    form.add("purpose", what.purpose);
    if (what.expires_after) {
        form.add("expires_after[anchor]", "created_at");
        form.add("expires_after[seconds]", std::to_string(what.expires_after->count()));
    }
    form.add_source("file", what.file_name, what.media_type, std::move(source));
    return form;
}

/// A page of files.
struct file_page
{
    file_page() = default;

    std::vector<file> data;
    bool has_more = false; // the dated form does not say it
    std::string last_id;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(file_page, (), (data, has_more, last_id, extra))

inline route list_route(file_query const& which)
{
    route page{"GET", "files"};
    if (!which.purpose.empty())
        page.query("purpose", which.purpose);
    if (which.limit)
        page.query("limit", std::to_string(*which.limit));
    if (!which.order.empty())
        page.query("order", which.order);
    if (!which.after.empty())
        page.query("after", which.after);
    return page;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<file_page> fetch_files(std::shared_ptr<client_state> state,
                                                                        file_query which, call_options with)
{
    file_page page;
    std::shared_ptr<pending_request> request =
        prepare_call(std::move(state), list_route(which), with, response_form::json);
    co_await fetch_json(std::move(request), {&page, &json::type_of<file_page>::value}, nullptr);
    if (page.last_id.empty() && !page.data.empty())
        page.last_id = page.data.back().id;
    co_return page;
}

inline bool is_in_process(file const& one)
{
    return one.status == file_status::uploaded || one.status == file_status::pending ||
           one.status == file_status::running;
}

inline constexpr poll_rules<file> file_polls{&fetch_object<file>, &is_in_process,
                                             "the file is still being processed; wait for it by its id"};

/// `files/{id}`.
inline route file_route(std::string_view verb, std::string_view id) { return route{verb, "files"}.segment(id); }

/// An error found here is kept for the coroutine to throw.
inline std::shared_ptr<pending_request> prepare_upload(std::shared_ptr<client_state> state, file_upload const& what,
                                                       std::shared_ptr<http::byte_source> source,
                                                       call_options const& with)
{
    http::request_body body;
    std::exception_ptr failed;
    try {
        check_upload(what, source->size());
        body = make_form(what, std::move(source)).as_request();
    } catch (...) {
        failed = std::current_exception();
    }
    std::shared_ptr<pending_request> request =
        prepare_call(std::move(state), route{"POST", "files"}, with, response_form::json, std::move(body));
    if (failed)
        request->validation_error = failed;
    return request;
}

} // namespace detail

FOUNDRY_DECL file_upload::file_upload(std::filesystem::path const& path, std::string purpose_)
    : file_upload(file_source{path}, detail::path_text(path.filename()), std::move(purpose_))
{}

FOUNDRY_DECL boost::asio::awaitable<file> files::upload(file_upload what, call_options const& with) const
{
    return detail::fetch_object<file>(detail::prepare_upload(state_, what, what.source_, with));
}
FOUNDRY_DECL boost::asio::awaitable<file> files::upload(file_upload what) const
{
    return upload(std::move(what), call_options());
}

FOUNDRY_DECL async_generator<file> files::list(file_query which, call_options with) const
{
    return detail::list_pages<file>(state_, std::move(which), std::move(with), &detail::fetch_files);
}
FOUNDRY_DECL async_generator<file> files::list(file_query which) const
{
    return list(std::move(which), call_options());
}
FOUNDRY_DECL async_generator<file> files::list() const { return list(file_query()); }

FOUNDRY_DECL boost::asio::awaitable<file> files::get(std::string_view id, call_options const& with) const
{
    return detail::fetch_object<file>(
        detail::prepare_stored(state_, id, detail::file_route("GET", id), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<file> files::get(std::string_view id) const { return get(id, call_options()); }

FOUNDRY_DECL boost::asio::awaitable<file> files::wait(std::string_view id, wait_options const& how) const
{
    return detail::wait_for(state_, std::string(id), detail::file_route("GET", id), how, detail::file_polls);
}
FOUNDRY_DECL boost::asio::awaitable<file> files::wait(std::string_view id) const { return wait(id, wait_options()); }

FOUNDRY_DECL std::shared_ptr<detail::pending_request> files::prepare_content(std::string_view id,
                                                                             call_options const& with) const
{
    return detail::prepare_stored(state_, id, detail::file_route("GET", id).segment("content"), with,
                                  detail::response_form::bytes);
}

FOUNDRY_DECL boost::asio::awaitable<binary_content> files::content(std::string_view id, call_options const& with) const
{
    return detail::fetch_bytes(prepare_content(id, with));
}
FOUNDRY_DECL boost::asio::awaitable<binary_content> files::content(std::string_view id) const
{
    return content(id, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> files::download(std::string_view id, std::filesystem::path const& path,
                                                          call_options const& with) const
{
    return detail::download(prepare_content(id, with), path);
}
FOUNDRY_DECL boost::asio::awaitable<void> files::download(std::string_view id, std::filesystem::path const& path) const
{
    return download(id, path, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> files::remove(std::string_view id, call_options const& with) const
{
    return detail::fetch_nothing(
        detail::prepare_stored(state_, id, detail::file_route("DELETE", id), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<void> files::remove(std::string_view id) const
{
    return remove(id, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
