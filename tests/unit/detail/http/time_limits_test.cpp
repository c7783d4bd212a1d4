// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/http/time_limits.hpp>

#include <doctest/doctest.h>

#include <string>

namespace foundry_test::time_limits_test {

using foundry::errc;
using foundry::http::never;
using foundry::http::time_limits;
using namespace std::chrono_literals;

foundry::http::clock::time_point const start{};

TEST_CASE("time limits: none holds at first")
{
    time_limits t;
    CHECK(t.next().at == never);
    CHECK_FALSE(t.check(start + 1000h));
    CHECK(t.expired().code == errc());
}

TEST_CASE("time limits: the earliest of the total, the step and the stall passes first")
{
    struct order
    {
        std::chrono::milliseconds total, step, stall;
        errc first;
    };
    for (order const& o : {order{1s, 2s, 3s, errc::total_timeout}, order{3s, 1s, 2s, errc::silence_timeout},
                           order{3s, 2s, 1s, errc::stall_timeout}, order{2s, 1s, 3s, errc::silence_timeout}}) {
        time_limits t;
        t.set_total(start + o.total, o.total, false);
        t.set_step(start, o.step, errc::silence_timeout);
        t.set_stall(start, o.stall, 10s);
        CHECK(t.next().at == start + 1s);
        CHECK(t.next().code == o.first);
        CHECK_FALSE(t.check(start + 999ms));
        CHECK(t.check(start + 1s));
        CHECK(t.expired().code == o.first);
    }
}

TEST_CASE("time limits: zero, or less, is no limit")
{
    time_limits t;
    t.set_step(start, 0ms, errc::write_timeout);
    t.set_stall(start, -1ms, 0ms);
    CHECK(t.next().at == never);
}

TEST_CASE("time limits: a step ends, the total goes on")
{
    time_limits t;
    t.set_total(start + 10s, 10s, false);
    t.set_step(start, 1s, errc::connect_timeout);
    t.set_stall(start, 1s, 1s);
    t.clear_step();
    CHECK(t.next().at == start + 10s);
    t.set_step(start + 5s, 1s, errc::tls_timeout);
    CHECK(t.check(start + 6s));
    CHECK(t.expired().code == errc::tls_timeout);
    CHECK(t.expired().span == 1s);
}

TEST_CASE("time limits: what remains of a stall counts, the error names all of it")
{
    time_limits t;
    t.set_stall(start, 2s, 10s);
    CHECK(t.check(start + 2s));
    CHECK(t.expired().span == 10s);
}

TEST_CASE("time limits: the error says what is late, for how long, where, and which option to set")
{
    auto const said = [](errc code, bool of_stream) {
        foundry::error const e = foundry::http::limit_error({start, code, 1500ms, of_stream}, "contoso.example");
        CHECK(e.code() == code);
        return e.message() + "; " + e.advice();
    };
    for (auto const& [code, words, option] :
         {std::tuple(errc::token_timeout, "no token for contoso.example within 1.5 s", "options.timeouts.token"),
          std::tuple(errc::connect_timeout, "no connection to contoso.example within 1.5 s",
                     "options.timeouts.connect"),
          std::tuple(errc::tls_timeout, "no TLS handshake with contoso.example within 1.5 s", "options.timeouts.tls"),
          std::tuple(errc::pool_timeout, "no free connection to contoso.example within 1.5 s", "options.timeouts.pool"),
          std::tuple(errc::write_timeout, "contoso.example has taken no byte of the request for 1.5 s",
                     "options.timeouts.write"),
          std::tuple(errc::first_byte_timeout, "no answer from contoso.example within 1.5 s",
                     "options.timeouts.first_byte"),
          std::tuple(errc::silence_timeout, "no byte from contoso.example for 1.5 s", "options.timeouts.silence"),
          std::tuple(errc::stall_timeout, "no content from contoso.example for 1.5 s", "options.timeouts.stall"),
          std::tuple(errc::total_timeout, "the call to contoso.example has taken longer than 1.5 s",
                     "options.timeouts.total")}) {
        std::string const text = said(code, false);
        CAPTURE(text);
        CHECK(text.find(words) != text.npos);
        CHECK(text.find(option) != text.npos);
    }
    CHECK(said(errc::total_timeout, true).find("options.timeouts.stream_total") != std::string::npos);
}

} // namespace foundry_test::time_limits_test
