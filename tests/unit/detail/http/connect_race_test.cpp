// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/http/connect_race.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace foundry_test::connect_race_test {

using foundry::http::address_list;
using foundry::http::interleave_families;

using names = std::vector<std::string>;

/// The order in which these addresses are tried.
names ordered(names const& found)
{
    address_list list;
    for (std::string const& text : found)
        list.emplace_back(boost::asio::ip::make_address(text), 443);
    names result;
    for (auto const& each : interleave_families(list)) {
        CHECK(each.port() == 443);
        result.push_back(each.address().to_string());
    }
    return result;
}

TEST_CASE("connect race: the families of addresses alternate, beginning with that of the first one")
{
    CHECK(ordered({"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"}) ==
          names{"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"});
    CHECK(ordered({"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"}) ==
          names{"192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"});
    CHECK(ordered({"192.0.2.1", "2001:db8::1"}) == names{"192.0.2.1", "2001:db8::1"});
}

TEST_CASE("connect race: if one family has more addresses, the others of it come last, in their order")
{
    CHECK(ordered({"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"}) ==
          names{"2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"});
    CHECK(ordered({"2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"}) ==
          names{"2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"});
}

TEST_CASE("connect race: the addresses of a single family keep their order, and an empty list stays empty")
{
    CHECK(ordered({"192.0.2.3", "192.0.2.1", "192.0.2.2"}) == names{"192.0.2.3", "192.0.2.1", "192.0.2.2"});
    CHECK(ordered({"2001:db8::1"}) == names{"2001:db8::1"});
    CHECK(ordered({}).empty());
}

} // namespace foundry_test::connect_race_test
