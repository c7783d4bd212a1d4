// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The scanner and the reader, against Boost.JSON and strtod(), into JSON and into the answers of the services.

#include "fuzz.hpp"

#include <foundry/chat.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/scanner.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/embedding.hpp>

#include <boost/json/value.hpp>

#include <cmath>
#include <cstdlib>

namespace {

using foundry_fuzz::check;
namespace json = foundry::json;

void check_number(std::string const& text)
{
    json::number n;
    if (!json::parse_number(text, n))
        return;
    double const read = n.form == json::number::is_signed     ? static_cast<double>(n.i)
                        : n.form == json::number::is_unsigned ? static_cast<double>(n.u)
                                                              : n.d;
    double const right = std::strtod(text.c_str(), nullptr);
    bool const same = std::isinf(read) ? std::isinf(right) : read == right && std::signbit(read) == std::signbit(right);
    check(same, "a number", text, std::to_string(read));
}

template <class T>
std::string read(T& value, std::vector<std::vector<char>> const& parts)
{
    json::reader reader;
    reader.start(value);
    for (auto const& part : parts)
        reader.feed(foundry_fuzz::view(part));
    return reader.finish() ? "" : reader.problem();
}

/// In one piece and in several; what is read is written, and read again as equal.
template <class T>
void check_type(std::string_view text, unsigned split, boost::json::value const* came)
{
    T whole, parts, again;
    std::string const problem = read(whole, foundry_fuzz::pieces(text, 1u << 20));
    std::string const other = read(parts, foundry_fuzz::pieces(text, split));
    // Which problem may differ: a number in pieces is looked at when all that may belong to it is there.
    check(problem.empty() == other.empty(), "problems", problem, other);
    if (!problem.empty()) // vectors and lists in lists are refused in another shape
        return;
    std::string const written = json::to_text(whole);
    check(written == json::to_text(parts), "in pieces", written, json::to_text(parts));
    check(read(again, foundry_fuzz::pieces(written, 1u << 20)).empty(), "cannot be read again", written);
    std::string const rewritten = json::to_text(again);
    foundry_fuzz::check_kept(written, rewritten);
    check(read(again, foundry_fuzz::pieces(rewritten, 1u << 20)).empty() && json::to_text(again) == rewritten,
          "read again", rewritten, json::to_text(again));
    check(read(parts, foundry_fuzz::pieces("{}", 0)).empty() && json::to_text(parts) == json::to_text(T()),
          "is not reset", json::to_text(parts));
    boost::json::value now;
    bool undecided = false;
    if (came != nullptr && foundry_fuzz::parse_json(written, now, undecided))
        check(foundry_fuzz::is_kept(*came, now), "is not kept", text, written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    foundry_fuzz::choices from(in.text);
    unsigned const type = in.mode % 4;
    std::string text(in.text);
    if (in.mode & 4)
        text = type == 0   ? foundry_fuzz::make_json(json::type_of<boost::json::value>::value, from)
               : type == 1 ? foundry_fuzz::make_json(json::type_of<foundry::chat_chunk>::value, from)
               : type == 2 ? foundry_fuzz::make_json(json::type_of<foundry::chat_completion>::value, from)
                           : foundry_fuzz::make_json(json::type_of<foundry::embeddings>::value, from);
    check_number(in.mode & 8 ? foundry_fuzz::make_number(from) : text);

    boost::json::value came, ours;
    bool undecided = false;
    bool const good = foundry_fuzz::parse_json(text, came, undecided);
    std::string const problem = read(ours, foundry_fuzz::pieces(text, in.split));
    bool const refused = problem.find("a number is too large") != problem.npos;
    if (!undecided && !refused) {
        check(good == problem.empty(), "only one of us reads it", text, problem);
        check(!good || foundry_fuzz::is_same(came, ours), "the values", text, json::to_text(ours));
    }
    if (problem.empty()) {
        boost::json::value again;
        std::string const written = json::to_text(ours);
        check(read(again, foundry_fuzz::pieces(written, in.split)).empty() && again == ours, "read again", text,
              written);
    }
    boost::json::value const* const known = good && !undecided && !refused && came.is_object() ? &came : nullptr;
    if (type == 1)
        check_type<foundry::chat_chunk>(text, in.split, known);
    else if (type == 2)
        check_type<foundry::chat_completion>(text, in.split, known);
    else if (type == 3)
        check_type<foundry::embeddings>(text, in.split, nullptr); // vectors come as base64
    return 0;
}
