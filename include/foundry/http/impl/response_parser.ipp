// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/http/field.hpp>
#include <foundry/http/response_parser.hpp>

#include <boost/beast/http/basic_parser.hpp>

#include <limits>
#include <optional>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Beast's parser without its containers.
class message_parser final : public boost::beast::http::basic_parser<false>
{
    using text = boost::beast::string_view;
    using ec_type = boost::system::error_code;
    using optional_size = boost::optional<std::uint64_t>;

public:
    response_head head;
    std::size_t body_left = 0;
    body_sink* sink = nullptr;
    char const* refused = nullptr; // why, where it was this class that refused
    bool too_large = false;

private:
    static constexpr std::size_t max_fields = 256;

    void refuse(char const* why, ec_type& ec)
    {
        refused = why;
        ec = boost::beast::http::error::bad_field;
    }

    void on_request_impl(boost::beast::http::verb, text, text, int, ec_type&) override {}

    void on_response_impl(int code, text, int, ec_type& ec) override
    {
        if (code < 100 || code > 599)
            refuse("the status is not one of HTTP", ec);
        else if (code == 101)
            refuse("the server switches to a protocol that was not asked for", ec);
        head.status = static_cast<unsigned>(code);
    }

    void on_field_impl(boost::beast::http::field id, text name, text value, ec_type& ec) override
    {
        using boost::beast::http::field;
        if (is_header_done())
            return; // a trailer
        if (head.headers.size() == max_fields) {
            too_large = true;
            refuse("the response has too many header fields", ec);
            return;
        }
        std::string_view const v{value.data(), value.size()};
        if (id == field::transfer_encoding && !iequals(v, "chunked"))
            refuse("the body has a transfer coding that was not asked for", ec);
        else if (id == field::content_encoding && !iequals(v, "identity"))
            refuse("the body is compressed, which was not asked for; look for a proxy that does it", ec);
        head.headers.emplace_back(std::string{name.data(), name.size()}, std::string{v});
    }

    void on_header_impl(ec_type&) override {}
    void on_body_init_impl(optional_size const&, ec_type&) override {}

    std::size_t take(text bytes, ec_type& ec)
    {
        if (bytes.size() > body_left) {
            too_large = true;
            refuse("the response's body is larger than the limit", ec);
            return 0;
        }
        body_left -= bytes.size();
        if (sink != nullptr)
            sink->on_body({bytes.data(), bytes.size()});
        return bytes.size();
    }

    std::size_t on_body_impl(text bytes, ec_type& ec) override { return take(bytes, ec); }
    void on_chunk_header_impl(std::uint64_t, text, ec_type&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text bytes, ec_type& ec) override { return take(bytes, ec); }
    void on_finish_impl(ec_type&) override {}
};

/// Whether a response may begin like this. Beast itself waits for the end of a line before it looks.
inline bool may_be_http(std::string_view bytes) noexcept
{
    constexpr std::string_view lead = "HTTP/1.";
    return bytes.substr(0, lead.size()) == lead.substr(0, bytes.size());
}

} // namespace detail

struct response_parser::state
{
    explicit state(std::size_t head) : head_limit(head) { restart(); }

    void restart()
    {
        parser.emplace();
        parser->body_limit(boost::none); // counted in on_body
        parser->header_limit(
            static_cast<std::uint32_t>(std::min<std::size_t>(head_limit, std::numeric_limits<std::uint32_t>::max())));
    }

    [[noreturn]] void fail(boost::system::error_code ec) const
    {
        namespace http = boost::beast::http;
        bool const too_large = parser->too_large || ec == http::error::header_limit || ec == http::error::body_limit ||
                               ec == http::error::buffer_overflow;
        failure f;
        f.status = parser->head.status;
        f.service_message = parser->refused != nullptr ? parser->refused : "the answer is not HTTP: " + ec.message();
        f.advice = too_large ? "raise options.limits if such answers are expected"
                             : "check that the endpoint's host and port speak HTTP/1.1";
        throw error(make_error_code(too_large ? errc::limit_exceeded : errc::unexpected_reply), std::move(f));
    }

    std::size_t head_limit;
    std::optional<detail::message_parser> parser;
    int interim = 0;
    bool midway = false; // in the head of a chunk, or in a trailer
};

FOUNDRY_DECL response_parser::response_parser(std::size_t head_limit) : state_(std::make_unique<state>(head_limit)) {}
FOUNDRY_DECL response_parser::response_parser(response_parser&&) noexcept = default;
FOUNDRY_DECL response_parser& response_parser::operator=(response_parser&&) noexcept = default;
FOUNDRY_DECL response_parser::~response_parser() = default;

FOUNDRY_DECL std::size_t response_parser::feed(std::string_view bytes)
{
    static constexpr int max_interim = 8;
    static constexpr std::size_t shortest_end = 5; // "0", CRLF, CRLF: with less of it left over, Beast asserts
    if (state_->midway && bytes.size() < shortest_end)
        return 0;
    state_->midway = false;
    std::size_t used = 0;
    for (;;) {
        detail::message_parser& p = *state_->parser;
        if (p.head.status == 0 && !detail::may_be_http(bytes.substr(used))) {
            p.refused = "the answer is not HTTP";
            state_->fail(boost::beast::http::error::bad_version);
        }
        boost::system::error_code ec;
        std::size_t const n = p.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
        used += n;
        if (ec == boost::beast::http::error::need_more) {
            state_->midway = p.is_header_done() && used != bytes.size();
            return used;
        }
        if (ec)
            state_->fail(ec);
        if (p.is_header_done() && p.head.status < 200) {
            if (++state_->interim > max_interim) {
                p.refused = "the server sends interim responses without end";
                state_->fail(boost::beast::http::error::bad_status);
            }
            state_->restart();
            if (used == bytes.size())
                return used;
            continue;
        }
        if (p.is_done() || !p.eager() || used == bytes.size() || n == 0)
            return used;
    }
}

FOUNDRY_DECL void response_parser::end()
{
    boost::system::error_code ec = boost::beast::http::error::partial_message;
    if (state_->parser->got_some())
        state_->parser->put_eof(ec);
    if (ec == boost::beast::http::error::partial_message)
        throw error(errc::stream_truncated, "the connection ended before the answer was complete; ask again");
    if (ec)
        state_->fail(ec);
}

FOUNDRY_DECL bool response_parser::has_head() const noexcept { return state_->parser->is_header_done(); }
FOUNDRY_DECL response_head& response_parser::head() noexcept { return state_->parser->head; }

FOUNDRY_DECL void response_parser::deliver_to(body_sink* sink, std::size_t body_limit)
{
    detail::message_parser& p = *state_->parser;
    p.sink = sink;
    p.body_left = body_limit;
    p.eager(true); // from here on one call of put() takes all there is
}

FOUNDRY_DECL bool response_parser::done() const noexcept { return state_->parser->is_done(); }
FOUNDRY_DECL bool response_parser::keep_alive() const { return state_->parser->keep_alive(); }

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
