// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/parse_double.hpp>
#include <foundry/testing/impl/schema.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The places in a question: capitalised words after in, for, at, of or near. `Seattle` if there is none.
FOUNDRY_DECL std::vector<std::string> places_in(std::string_view question)
{
    static constexpr std::array<std::string_view, 6> before = {"in", "for", "at", "of", "near", "and"};
    std::vector<std::string> places;
    auto const words = words_of(question);
    bool after = false;
    bool inside_name = false;
    for (auto const& word : words) {
        bool const capital = is_upper(word.front()) && word != "I";
        if (capital && inside_name)
            places.back() += " " + word;
        else if (capital && after)
            places.push_back(word);
        inside_name = capital && (inside_name || after);
        after = !inside_name && contains(before, lower(word)) && (lower(word) != "and" || !places.empty());
    }
    if (places.empty())
        places.emplace_back("Seattle");
    return places;
}

/// The first number in a text; a comma may separate thousands: 5,280.
FOUNDRY_DECL std::optional<double> number_in(std::string_view text)
{
    auto const begin = std::find_if(text.begin(), text.end(), is_digit);
    std::string digits;
    for (auto at = begin; at != text.end(); ++at) {
        bool const digit_follows = at + 1 != text.end() && is_digit(at[1]);
        if (is_digit(*at) || (*at == '.' && digit_follows && digits.find('.') == std::string::npos))
            digits += *at;
        else if (*at != ',' || !digit_follows)
            break;
    }
    double number = 0;
    if (digits.empty() || foundry::detail::parse_double(digits, number) != std::errc())
        return std::nullopt;
    return number;
}

/// Makes values that satisfy a JSON Schema and use words of the question. Keeps a reference to the schema.
class schema_sampler
{
public:
    schema_sampler(json::object const& schema, std::string question, std::string answer, std::string position)
        : root_(schema),
          question_(std::move(question)),
          answer_(std::move(answer)),
          place_(std::move(position))
    {}

    json::value value() const { return of(root_, "value", 0); }

private:
    json::value of(json::object const& schema, std::string_view name, int depth) const;
    json::value object(json::object const& schema, int depth) const;
    json::value text(std::string_view name) const;
    json::value number(json::object const& schema, bool whole) const;
    json::value one_of(json::array const& values) const;
    json::object resolve(json::object const& schema) const;

    json::object const& root_;
    mutable int left_ = 1000; ///< Number of values that may still be made, because a schema can refer to itself.
    std::string question_;
    std::string answer_;
    std::string place_;
};

/// The schema that `$ref` or the first usable alternative refers to.
FOUNDRY_DECL json::object schema_sampler::resolve(json::object const& schema) const
{
    if (auto const reference = text_of(schema, "$ref")) {
        auto const name = reference->substr(reference->rfind('/') + 1);
        for (std::string_view const position : {"$defs", "definitions"}) {
            auto const defined = object_of(root_, position);
            if (defined.contains(name))
                return object_of(defined, name);
        }
        return *reference == "#" ? root_ : json::object();
    }
    for (std::string_view const choice : {"anyOf", "oneOf"}) {
        for (auto const& alternative : array_of(schema, choice)) {
            if (alternative.is_object() && text_of(alternative.get_object(), "type") != "null")
                return alternative.get_object();
        }
    }
    return schema;
}

FOUNDRY_DECL json::value schema_sampler::of(json::object const& unresolved, std::string_view name, int depth) const
{
    if (depth > 16 || --left_ < 0)
        return nullptr;
    auto const schema = resolve(unresolved);
    if (schema.contains("$ref") || schema.contains("anyOf") || schema.contains("oneOf"))
        return of(schema, name, depth + 1);
    if (schema.contains("const"))
        return schema.at("const");
    if (auto const values = array_of(schema, "enum"); !values.empty())
        return one_of(values);
    std::string kind(text_of(schema, "type").value_or(schema.contains("properties") ? "object" : "string"));
    for (auto const& one : array_of(schema, "type")) {
        if (one.is_string() && one.get_string() != "null")
            kind = std::string(one.get_string());
    }
    if (kind == "object")
        return object(schema, depth);
    if (kind == "array") {
        json::array items;
        items.push_back(of(object_of(schema, "items"), name, depth + 1));
        return items;
    }
    if (kind == "boolean")
        return true;
    if (kind == "null")
        return nullptr;
    return kind == "integer" || kind == "number" ? number(schema, kind == "integer") : text(name);
}

/// An object with the required properties, or with all properties if none is required.
FOUNDRY_DECL json::value schema_sampler::object(json::object const& schema, int depth) const
{
    auto const required = array_of(schema, "required");
    json::object made;
    for (auto const& [name, property] : object_of(schema, "properties")) {
        json::value const key(name);
        bool const wanted = required.empty() || std::find(required.begin(), required.end(), key) != required.end();
        if (wanted && property.is_object())
            made[name] = of(property.get_object(), name, depth + 1);
    }
    return made;
}

/// The first value that the question mentions, otherwise the first value.
FOUNDRY_DECL json::value schema_sampler::one_of(json::array const& values) const
{
    auto const asked = lower(question_);
    for (auto const& one : values) {
        if (one.is_string() && asked.find(lower(one.get_string())) != std::string::npos)
            return one;
    }
    return values.front();
}

FOUNDRY_DECL json::value schema_sampler::number(json::object const& schema, bool whole) const
{
    double made = number_in(question_).value_or(number_in(answer_).value_or(1));
    if (auto const* const least = schema.if_contains("minimum"); least && least->is_number())
        made = (std::max)(made, least->to_number<double>());
    if (auto const* const most = schema.if_contains("maximum"); most && most->is_number())
        made = (std::min)(made, most->to_number<double>());
    auto const rounded = static_cast<std::int64_t>(std::clamp(made, -9.0e15, 9.0e15));
    if (whole || static_cast<double>(rounded) == made)
        return rounded;
    return made;
}

FOUNDRY_DECL json::value schema_sampler::text(std::string_view name) const
{
    static constexpr std::array<std::string_view, 7> places = {"city",  "location", "place", "town",
                                                               "where", "country",  "region"};
    static constexpr std::array<std::string_view, 5> times = {"date", "day", "when", "time", "datetime"};
    static constexpr std::array<std::string_view, 6> questions = {"query",  "question", "q",
                                                                  "prompt", "input",    "search"};
    auto const small = lower(name);
    if (contains(places, small))
        return json::string(place_);
    if (contains(times, small))
        return "today";
    if (contains(questions, small))
        return json::string(question_);
    if (small.find("unit") != std::string::npos)
        return "celsius";
    auto const keys = key_words_of(question_, 3);
    if (small == "name" || small == "title" || small == "topic" || small == "subject" || small == "keywords")
        return json::string(keys.empty() ? "answer" : join_words(keys));
    return json::string(answer_);
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
