// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/url.hpp>
#include <foundry/detail/http/proxy_rules.hpp>
#include <foundry/options.hpp>
#include <foundry/response_headers.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// A request of a credential. It contains no API key or token of the service, and follows no redirect.
class http_request
{
public:
    http_request(std::string_view verb, http::url to);
    ~http_request();
    http_request(http_request const&) = delete;
    http_request& operator=(http_request const&) = delete;

    /// @throws foundry::error (`errc::invalid_argument`) if the field cannot be sent as it is.
    void add_field(std::string_view name, std::string_view value);

    http::url to;
    std::string head;
    std::string body; // erased by the destructor
};

/// The whole response; the destructor erases its body.
class http_answer
{
public:
    http_answer() = default;
    http_answer(http_answer&&) noexcept = default;
    http_answer& operator=(http_answer&&) noexcept = default;
    ~http_answer();

    unsigned status = 0;
    response_headers headers;
    std::string body;
};

/// Connection settings for requests.
struct transport
{
    transport() = default;

    http::context_ptr tls;
    std::shared_ptr<http::proxy_server const> proxy; ///< Null: direct.
    std::string connect_address;                     ///< Empty: the host of the URL.
    std::uint16_t connect_port = 0;
    std::chrono::milliseconds connect{std::chrono::seconds{10}};
    std::chrono::milliseconds timeout{std::chrono::seconds{30}};
    std::size_t body_limit = std::size_t{1} << 20;
};

/// Sends a request over a new connection.
///
/// @throws foundry::error with the code of a time limit or of the transport's cause, `errc::unexpected_reply` or `errc::limit_exceeded`. An
/// error status does not throw.
FOUNDRY_DECL boost::asio::awaitable<http_answer> send(transport const& how, http_request const& request);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/http_request.ipp>
#endif
