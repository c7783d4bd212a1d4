// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/body.hpp>
#include <foundry/detail/base/config.hpp>
#include <foundry/detail/http/form_body.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// A verb and a path below the endpoint's base URL, for operations that have no function of their own here.
///
///     foundry::route list = foundry::route{"GET", "files"}.query("purpose", "batch");
///     foundry::route speak = foundry::route{"POST", "audio/speech"}.deployment("tts-1");
///
/// On the dated form, operations with a deployment (`chat/completions`, `embeddings`, `audio/...`, `images/...`, `completions`) lie
/// below `/openai/deployments/{deployment}`, all others below `/openai`.
///
/// An operation that the endpoint's form of the API lacks is refused before anything is sent, with the URL to use instead, unless
/// skip_route_check() was called.
class route
{
public:
    /// @param verb GET, POST, PUT, PATCH or DELETE
    /// @param path without a leading slash, percent-encoded, as segment() does it.
    /// @throws foundry::error (`errc::invalid_argument`) for any other verb.
    route(std::string_view verb, std::string_view path);

    /// Adds `/name`, percent-encoded.
    route& segment(std::string_view name);
    /// Adds a query parameter; encoded here. Refuses parameter names that carry an API key, because servers log queries.
    route& query(std::string_view name, std::string_view value);
    /// For the dated form, which has the deployment in the URL; the other forms find it in the body.
    route& deployment(std::string name);
    /// Sends the request even if the endpoint's form is known to lack the operation.
    route& skip_route_check();

    std::string const& verb() const noexcept { return verb_; }
    std::string const& path() const noexcept { return path_; }
    std::string const& query() const noexcept { return query_; }
    std::string const& deployment() const noexcept { return deployment_; }
    bool skips_route_check() const noexcept { return skips_check_; }

private:
    std::string verb_;
    std::string path_;
    std::string query_; // encoded
    std::string deployment_;
    bool skips_check_ = false;
};

/// A form of fields and files (`multipart/form-data`, RFC 7578), as `POST files` takes it.
///
///     foundry::multipart form;
///     form.add("purpose", "batch").add_file("file", "questions.jsonl", "application/jsonl", lines);
class multipart
{
public:
    explicit multipart();

    multipart& add(std::string_view name, std::string_view value);

    /// @param media_type the part's own Content-Type: Azure refuses a file without one.
    /// @throws foundry::error (`errc::invalid_argument`) if the media type cannot be a header's value.
    multipart& add_file(std::string_view name, std::string_view file_name, std::string_view media_type,
                        std::string_view bytes);

    /// As add_file(), with bytes that are read as the form is sent. A form with such bytes is for one call at a time.
    /// @throws foundry::error (`errc::invalid_argument`), too, if the source does not know its size.
    template <body_source S>
    multipart& add_file(std::string_view name, std::string_view file_name, std::string_view media_type, S source)
    {
        return add_source(name, file_name, media_type, detail::hold_source(std::move(source)));
    }

    /// As add_file(), with the bytes and the name of a file. Blocks while it reads.
    /// @throws foundry::error (`errc::invalid_argument`), naming the file, if it cannot be read.
    multipart& load_file(std::string_view name, std::filesystem::path const& file, std::string_view media_type);

    /// `multipart/form-data; boundary=...`
    std::string content_type() const;
    /// The whole body; a form that is moved gives it without a copy.
    /// @throws foundry::error (`errc::invalid_argument`) if the form has bytes that are read as it is sent.
    std::string body() const&;
    std::string body() &&;

    /// @name For the library
    /// @{
    http::request_body as_request() const&;
    http::request_body as_request() &&;
    multipart& add_source(std::string_view name, std::string_view file_name, std::string_view media_type,
                          std::shared_ptr<http::byte_source> source);
    /// @}

private:
    void begin_part(std::string_view name);
    void begin_file(std::string_view name, std::string_view file_name, std::string_view media_type);
    void check_in_memory() const;
    http::request_body from_sources() const;

    std::string boundary_;                      // random, so that no content can hold it
    std::vector<http::form_piece> sent_before_; // up to the last source
    std::string parts_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/route.ipp>
#endif
