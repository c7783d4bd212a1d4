// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/response_sink.hpp>
#include <foundry/detail/json/reader.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Throws `errc::unexpected_reply` for a response without a required member.
[[noreturn]] FOUNDRY_DECL void throw_incomplete(std::string what);

/// Whether the content type of a response says JSON.
FOUNDRY_DECL bool has_json(response_info const& info);

/// Throws the error that a body of another kind is after all, if its content type says JSON.
FOUNDRY_DECL void throw_error_in_bytes(pending_request const& request, response_info const& info,
                                       std::string_view text);

/// Decodes the body of a JSON response as it arrives. A response with status 2xx that is an error is thrown as one.
class json_sink : public response_sink
{
public:
    /// @param raw receives the text; if null, only its first 64 KiB are kept, for an error.
    json_sink(json::object_ref into, std::string* raw, json::reading how = json::reading::reused)
        : into_(into),
          raw_(raw),
          how_(how)
    {}

    void start(pending_request const& request, response_info const& info) override;
    void on_body(std::string_view bytes) override;
    void finish(pending_request const& request, response_info const& info) override;
    std::string_view text() const override { return raw_ != nullptr ? *raw_ : kept_; }

protected:
    ~json_sink() = default;

    /// Says which required member is missing; empty if none is.
    virtual std::string missing() const { return {}; }

private:
    json::object_ref into_;
    std::string* raw_;
    json::reading how_;
    std::string kept_;
    json::reader reader_;
};

/// Keeps a body as it comes.
class bytes_sink final : public response_sink
{
public:
    void start(pending_request const&, response_info const&) override { bytes.clear(); }
    http::exchange::progress progress() const override { return http::exchange::progress::on_bytes; }
    void on_body(std::string_view more) override { bytes.append(more); }
    void finish(pending_request const& request, response_info const& info) override;
    std::string_view text() const override { return bytes; }

    std::string bytes;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/json_sink.ipp>
#endif
