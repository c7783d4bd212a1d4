// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/core/ip_address.hpp>

#include <doctest/doctest.h>

namespace foundry_test::ip_address_test {

using namespace foundry::detail;

TEST_CASE("IP address: four decimal numbers, or an IPv6 address")
{
    CHECK(parse_ip("127.0.0.1") == boost::asio::ip::make_address("127.0.0.1"));
    CHECK(parse_ip("255.255.255.255") == boost::asio::ip::make_address("255.255.255.255"));
    CHECK(parse_ip("0.0.0.0") == boost::asio::ip::make_address("0.0.0.0"));
    CHECK(parse_ip("::1") == boost::asio::ip::make_address("::1"));
    CHECK(parse_ip("::ffff:10.0.0.1") == boost::asio::ip::make_address("::ffff:10.0.0.1"));
}

TEST_CASE("IP address: spellings that only some systems take are none")
{
    for (char const* const text : {"",          ".",         "1",        "127.1",      "127.0.1",    "1.2.3.4.5",
                                   "1.2.3.256", "01.2.3.4",  "1.2.3.00", "0x7f.0.0.1", "0x7f000001", "1.2.3.",
                                   ".1.2.3",    "1..2.3",    "1.2.3.4 ", " 1.2.3.4",   "1.2.3.-4",   "1.2.3.4294967297",
                                   "1.2.3.a",   "localhost", "[::1]",    "[::1]:80",   "::1/128",    "::g"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_ip(text));
    }
}

} // namespace foundry_test::ip_address_test
