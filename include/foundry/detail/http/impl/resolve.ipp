// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/duration_text.hpp>
#include <foundry/detail/http/resolve.hpp>

#include <boost/asio/error.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// State of a lookup; may outlive the operation.
struct resolve_op::lookup : boost::intrusive_ref_counter<lookup>
{
    lookup(boost::asio::any_io_executor const& executor, clock::time_point until)
        : resolver(executor),
          done(executor, until)
    {}

    boost::asio::ip::tcp::resolver resolver;
    boost::asio::steady_timer done;
    bool finished = false;
    boost::system::error_code ec;
    boost::asio::ip::tcp::resolver::results_type found;
};

FOUNDRY_DECL resolve_op::resolve_op(std::string const& host, std::uint16_t port, deadline const& limits) : host_(host)
{
    boost::system::error_code not_literal;
    literal_ = boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address(host, not_literal), port);
    if (!not_literal)
        return;
    last_ = limits.next();
    flight_.reset(new lookup(limits.executor(), last_.at));
    flight_->resolver.async_resolve(
        host, std::to_string(port),
        [flight = flight_](boost::system::error_code ec, boost::asio::ip::tcp::resolver::results_type found) {
            flight->finished = true;
            flight->ec = ec;
            flight->found = std::move(found);
            flight->done.cancel();
        });
}

FOUNDRY_DECL resolve_op::~resolve_op() = default;

FOUNDRY_DECL bool resolve_op::must_wait() const noexcept { return flight_ != nullptr; }
FOUNDRY_DECL boost::asio::steady_timer& resolve_op::done() noexcept { return flight_->done; }

FOUNDRY_DECL boost::asio::ip::tcp::resolver::results_type resolve_op::addresses(std::exception_ptr interrupted)
{
    if (!flight_)
        return boost::asio::ip::tcp::resolver::results_type::create(literal_, host_, {});
    if (!flight_->finished && interrupted)
        std::rethrow_exception(std::move(interrupted));
    if (!flight_->finished) {
        failure f;
        f.service_message =
            "the address of " + host_ + " was not found within " + foundry::detail::in_words(last_.span);
        f.advice = "check this machine's name service";
        throw error(make_error_code(last_.code), std::move(f));
    }
    if (flight_->ec || flight_->found.empty()) {
        failure f;
        f.service_message = host_ + ": " + (flight_->ec ? flight_->ec.message() : "no address");
        f.advice = "check the endpoint's host name and this machine's name service";
        if (flight_->ec == boost::asio::error::host_not_found_try_again)
            f.should_retry = true;
        throw error(make_error_code(errc::resolve_failed), std::move(f));
    }
    return flight_->found;
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
