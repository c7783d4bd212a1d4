// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What a model writes for a class of the program: strict reading, in one piece and in several, and lenient reading of the same.

#include "fuzz.hpp"

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/schema.hpp>

#include <boost/json/value.hpp>

#include <array>
#include <map>

namespace {

namespace json = foundry::json;
using foundry_fuzz::check;

enum class colour
{
    red,
    green
};
BOOST_DESCRIBE_ENUM(colour, red, green)

struct circle
{
    foundry::constant<"circle"> kind;
    double radius = 1;
};
BOOST_DESCRIBE_STRUCT(circle, (), (kind, radius))

struct square
{
    foundry::constant<"square"> kind;
    float side = 1;
};
BOOST_DESCRIBE_STRUCT(square, (), (kind, side))

struct node
{
    std::string name = "none";
    colour paint = colour::green;
    std::optional<std::int8_t> small;
    std::uint64_t large = 7;
    std::array<bool, 2> flags{};
    std::vector<node> children;
    std::map<std::string, int> counts;
    std::variant<circle, square> shape;
    std::variant<std::monostate, std::string, std::vector<int>> either;
    boost::json::value any;
};
BOOST_DESCRIBE_STRUCT(node, (), (name, paint, small, large, flags, children, counts, shape, either, any))

std::string read(node& value, std::string_view text, unsigned split, json::reading how)
{
    json::reader reader;
    reader.start({&value, &json::type_of<node>::value}, how);
    for (auto const& part : foundry_fuzz::pieces(text, split))
        reader.feed(foundry_fuzz::view(part));
    return reader.finish() ? "" : reader.problem();
}

std::string write(node const& value)
{
    std::string text;
    json::write(text, {&value, &json::type_of<node>::value}, json::writing::all);
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    foundry_fuzz::choices from(in.text);
    std::string const text =
        in.mode % 2 == 0 ? std::string(in.text) : foundry_fuzz::make_json(json::type_of<node>::value, from);
    node whole, parts, lenient, again;
    constexpr unsigned one_piece = 1U << 20;
    std::string const problem = read(whole, text, one_piece, json::reading::strict);
    std::string const other = read(parts, text, in.split, json::reading::strict);
    check(problem.empty() == other.empty(), "problems", problem, other);
    std::string const also = read(lenient, text, one_piece, json::reading::created);
    if (!problem.empty())
        return 0;
    std::string const written = write(whole);
    check(written == write(parts), "in pieces", written, write(parts));
    check(also.empty(), "strict takes what lenient refuses", text, also);
    check(written == write(lenient), "lenient reads otherwise", written, write(lenient));
    check(read(again, written, one_piece, json::reading::strict).empty(), "cannot be read again", written);
    check(write(again) == written, "read again", written, write(again));
    return 0;
}
