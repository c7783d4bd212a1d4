// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/entra/http_request.hpp>
#include <foundry/detail/http/exchange.hpp>
#include <foundry/detail/http/request_head.hpp>

#include <boost/asio/this_coro.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

inline std::string host_field(http::url const& to)
{
    std::string field = to.host.find(':') == std::string::npos ? to.host : '[' + to.host + ']';
    if (to.port != (to.secure ? 443 : 80))
        field += ':' + std::to_string(to.port);
    return field;
}

FOUNDRY_DECL http_request::http_request(std::string_view verb, http::url url) : to(std::move(url))
{
    std::string const target = (to.path.empty() ? "/" : to.path) + (to.query.empty() ? "" : '?' + to.query);
    head = http::start_head(verb, target, host_field(to));
    add_field("Accept", "application/json");
    add_field("User-Agent", options().user_agent);
}

FOUNDRY_DECL http_request::~http_request()
{
    foundry::detail::cleanse(head.data(), head.size());
    foundry::detail::cleanse(body.data(), body.size());
}

FOUNDRY_DECL void http_request::add_field(std::string_view name, std::string_view value)
{
    head.reserve(head.size() + name.size() + value.size() + 4); // so that no reallocation leaves a copy of a secret
    http::append_field(head, name, value);
}

FOUNDRY_DECL http_answer::~http_answer() { foundry::detail::cleanse(body.data(), body.size()); }

class answer_sink final : public http::body_sink
{
public:
    explicit answer_sink(std::string& into) : into_(into) {}
    ~answer_sink() = default;

    void on_body(std::string_view bytes) override
    {
        if (into_.capacity() - into_.size() < bytes.size()) { // so that no reallocation leaves a copy
            std::string larger;
            larger.reserve(2 * (into_.size() + bytes.size()));
            larger.append(into_);
            foundry::detail::cleanse(into_.data(), into_.size());
            into_.swap(larger);
        }
        into_.append(bytes);
    }

private:
    std::string& into_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<http_answer> send(transport const& how, http_request const& request)
{
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    http::origin to;
    to.host = request.to.host;
    to.connect_address = how.connect_address.empty() ? request.to.host : how.connect_address;
    to.connect_port = how.connect_address.empty() ? request.to.port : how.connect_port;
    if (request.to.secure)
        to.tls = how.tls;
    to.proxy = how.proxy;
    std::chrono::milliseconds const timeout = foundry::detail::bounded(how.timeout);
    timeouts within;
    within.connect = within.tls = foundry::detail::bounded(how.connect);
    within.pool = within.write = within.first_byte = within.silence = within.stall = timeout;
    boost::intrusive_ptr<http::pool> const connections(new http::pool(executor, std::move(to), pool_options()));
    http::exchange exchange(connections, executor, within, 64 * 1024);
    if (timeout.count() > 0)
        exchange.limits().set_total(http::clock::now() + timeout, timeout);

    std::string message = http::assemble(request.head, {}, request.body);
    foundry::detail::scoped_wipe const clean(message);
    co_await exchange.send(message);
    http_answer answer;
    answer.status = exchange.head().status;
    answer.headers = std::move(exchange.head().headers);
    answer_sink sink(answer.body);
    exchange.deliver_to(sink, how.body_limit);
    for (bool more = true; more;)
        more = co_await exchange.read_more();
    exchange.close();
    co_return answer;
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
