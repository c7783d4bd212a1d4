// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Whether an object has all that the text had from which it was read.

#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/json/writer.hpp>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace foundry_test {

/// The first place of a JSON text whose value is another one, or none, in what was written; empty if there is none. What is null may be absent.
inline std::string first_lost(boost::json::value const& wanted, boost::json::value const& written,
                              std::string const& at = "")
{
    if (wanted.is_null())
        return {};
    if (wanted.is_number() && written.is_number())
        return wanted.to_number<double>() == written.to_number<double>() ? "" : at;
    if (wanted.kind() != written.kind())
        return at + " (another kind)";
    if (wanted.is_object()) {
        for (auto const& [name, value] : wanted.get_object()) {
            auto const* const found = written.get_object().if_contains(name);
            std::string const here = at + "/" + std::string(name);
            if (found == nullptr && !value.is_null())
                return here + " (absent)";
            if (std::string lost = found == nullptr ? "" : first_lost(value, *found, here); !lost.empty())
                return lost;
        }
        return {};
    }
    if (wanted.is_array()) {
        if (wanted.get_array().size() != written.get_array().size())
            return at + " (another length)";
        for (std::size_t i = 0; i != wanted.get_array().size(); ++i) {
            if (std::string lost =
                    first_lost(wanted.get_array()[i], written.get_array()[i], at + "/" + std::to_string(i));
                !lost.empty())
                return lost;
        }
        return {};
    }
    return wanted == written ? "" : at;
}

template <class T>
void expect_kept(std::string const& text, T const& got)
{
    std::string written;
    foundry::json::write(written, {&got, &foundry::json::type_of<T>::value}, foundry::json::writing::all);
    CHECK(first_lost(boost::json::parse(text), boost::json::parse(written)) == "");
}

} // namespace foundry_test
