// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A request that is read is written as it came, and read again as equal.

#include "fuzz.hpp"

#include <foundry/chat.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

using foundry::chat_request;
using foundry_fuzz::check;

namespace {

bool is_member(std::string_view name)
{
    auto const& members = foundry::json::members_of<chat_request>;
    return std::any_of(members.begin(), members.end(), [&](auto const& m) { return m.name == name; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    foundry_fuzz::choices from(in.text);
    std::string const text = in.mode % 2 == 0
                                 ? std::string(in.text)
                                 : foundry_fuzz::make_json(foundry::json::type_of<chat_request>::value, from);
    chat_request request;
    try {
        request = chat_request::from_json(text);
    } catch (foundry::error const& e) {
        check(e.code() == foundry::errc::invalid_argument, "another error", e.what());
        return 0;
    }
    std::string const written = request.to_json();
    chat_request const again = chat_request::from_json(written);
    std::string const rewritten = again.to_json();
    foundry_fuzz::check_kept(written, rewritten);
    check(chat_request::from_json(rewritten) == again, "read again", rewritten);
    boost::json::value came, now;
    bool undecided = false;
    if (!foundry_fuzz::parse_json(text, came, undecided) || undecided)
        return 0;
    came.as_object().erase("stream");
    check(foundry_fuzz::parse_json(written, now, undecided), "is no JSON", written);
    check(foundry_fuzz::is_kept(came, now), "is not kept", text, written);
    for (auto const& [name, value] : request.extra) { // to the letter, but for lists that were read in part
        bool const is_list = value.is_array() || value.is_object();
        check((is_list && is_member(name)) || foundry_fuzz::is_same(came.at(name), now.at(name)), "an unknown member",
              text, written);
    }
    return 0;
}
