// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/detail/core/secret_parameter.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/route.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL route::route(std::string_view verb, std::string_view path) : verb_(verb), path_(path)
{
    auto const verbs = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    if (std::none_of(verbs.begin(), verbs.end(), [verb](std::string_view known) { return known == verb; }))
        detail::throw_invalid_argument("the verb of a route is GET, POST, PUT, PATCH or DELETE, in capitals");
    while (path_.starts_with('/'))
        path_.erase(0, 1);
}

FOUNDRY_DECL route& route::segment(std::string_view name)
{
    path_ += '/' + http::percent_encode_segment(name);
    return *this;
}

FOUNDRY_DECL route& route::query(std::string_view name, std::string_view value)
{
    detail::check_parameter(name);
    if (!query_.empty())
        query_ += '&';
    query_ += http::percent_encode_query(name) + '=' + http::percent_encode_query(value);
    return *this;
}

FOUNDRY_DECL route& route::deployment(std::string name)
{
    deployment_ = std::move(name);
    return *this;
}

FOUNDRY_DECL route& route::skip_route_check()
{
    skips_check_ = true;
    return *this;
}

namespace detail {

inline std::string make_boundary()
{
    static constexpr char hex[] = "0123456789abcdef";
    std::array<unsigned char, 24> bytes{};
    RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
    std::string made = "foundry-";
    for (unsigned char const b : bytes) {
        made += hex[b >> 4];
        made += hex[b & 15];
    }
    return made;
}

/// A name in a Content-Disposition field, as HTML forms write it.
inline std::string quoted(std::string_view name)
{
    std::string made = "\"";
    for (char const c : name) {
        if (c == '"')
            made += "%22";
        else if (c == '\r')
            made += "%0D";
        else if (c == '\n')
            made += "%0A";
        else
            made += c;
    }
    return made + '"';
}

inline constexpr std::size_t form_end_size = 64;

inline std::string with_end(std::string parts, std::string_view boundary)
{
    parts.append("--").append(boundary).append("--\r\n");
    return parts;
}

} // namespace detail

FOUNDRY_DECL multipart::multipart() : boundary_(detail::make_boundary()) {}

FOUNDRY_DECL void multipart::begin_part(std::string_view name)
{
    parts_ += "--" + boundary_ + "\r\nContent-Disposition: form-data; name=" + detail::quoted(name);
}

FOUNDRY_DECL void multipart::begin_file(std::string_view name, std::string_view file_name, std::string_view media_type)
{
    if (media_type.empty() || !http::valid_field_value(media_type))
        detail::throw_invalid_argument("a file needs a media type such as application/octet-stream");
    begin_part(name);
    parts_ += "; filename=" + detail::quoted(file_name);
    parts_.append("\r\nContent-Type: ").append(media_type).append("\r\n\r\n");
}

FOUNDRY_DECL multipart& multipart::add(std::string_view name, std::string_view value)
{
    begin_part(name);
    parts_.append("\r\n\r\n").append(value).append("\r\n");
    return *this;
}

FOUNDRY_DECL multipart& multipart::add_file(std::string_view name, std::string_view file_name,
                                            std::string_view media_type, std::string_view bytes)
{
    // One allocation, also for what follows: a file may be large.
    std::size_t const size =
        parts_.size() + bytes.size() + 512 + name.size() + file_name.size() + detail::form_end_size;
    if (size > parts_.capacity())
        parts_.reserve(std::max(size, parts_.size() == 0 ? size : 2 * parts_.capacity()));
    begin_file(name, file_name, media_type);
    parts_.append(bytes).append("\r\n");
    return *this;
}

FOUNDRY_DECL multipart& multipart::add_source(std::string_view name, std::string_view file_name,
                                              std::string_view media_type, std::shared_ptr<http::byte_source> source)
{
    begin_file(name, file_name, media_type);
    sent_before_.emplace_back(std::exchange(parts_, "\r\n"));
    sent_before_.emplace_back(std::move(source));
    return *this;
}

FOUNDRY_DECL multipart& multipart::load_file(std::string_view name, std::filesystem::path const& file,
                                             std::string_view media_type)
{
    static constexpr std::size_t max_size = std::size_t{512} << 20; // what Azure takes
    return add_file(name, detail::path_text(file.filename()), media_type, detail::load_bytes(file, max_size));
}

FOUNDRY_DECL std::string multipart::content_type() const { return "multipart/form-data; boundary=" + boundary_; }

FOUNDRY_DECL void multipart::check_in_memory() const
{
    if (!sent_before_.empty())
        detail::throw_invalid_argument("the form has a file that is read as it is sent; pass the form to a call");
}

FOUNDRY_DECL std::string multipart::body() const&
{
    check_in_memory();
    std::string whole;
    whole.reserve(parts_.size() + detail::form_end_size);
    whole.append(parts_);
    return detail::with_end(std::move(whole), boundary_);
}

FOUNDRY_DECL std::string multipart::body() &&
{
    check_in_memory();
    return detail::with_end(std::move(parts_), boundary_);
}

FOUNDRY_DECL http::request_body multipart::from_sources() const
{
    http::request_body made;
    made.content_type = content_type();
    if (sent_before_.empty())
        return made;
    std::vector<http::form_piece> pieces = sent_before_;
    pieces.emplace_back(detail::with_end(parts_, boundary_));
    made.source = std::make_shared<http::form_body>(std::move(pieces));
    return made;
}

FOUNDRY_DECL http::request_body multipart::as_request() const&
{
    http::request_body made = from_sources();
    if (made.source == nullptr)
        made.bytes = body();
    return made;
}

FOUNDRY_DECL http::request_body multipart::as_request() &&
{
    http::request_body made = from_sources();
    if (made.source == nullptr)
        made.bytes = std::move(*this).body();
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI
