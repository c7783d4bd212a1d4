// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/json/integer.hpp>
#include <foundry/detail/json/schema.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/error.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

/// The name of the class in a signature, such as `f() [with T = ns::recipe]` or `f<struct ns::recipe>(void)`.
inline std::string class_name(std::string_view signature)
{
    std::size_t const begin = signature.find("T = ");
    std::string_view text = begin != signature.npos
                                ? signature.substr(begin + 4, signature.find_first_of(";]", begin) - begin - 4)
                                : signature.substr(signature.find('<') + 1);
    text = text.substr(0, text.find_first_of("<>"));
    std::string name(text.substr(text.find_last_of(": ") + 1).substr(0, 64));
    for (char& c : name) {
        bool const is_letter = (foundry::detail::to_lower(c) >= 'a' && foundry::detail::to_lower(c) <= 'z') ||
                               foundry::detail::is_digit(c);
        c = is_letter || c == '_' || c == '-' ? c : '_';
    }
    return name;
}

class schema_writer
{
public:
    explicit schema_writer(type const& root) : root_(root) { find_shared(root, "value"); }

    schema write()
    {
        object(root_, {}, 1);
        out_.text.pop_back();
        bool first = true;
        for (std::size_t i = 0; i != classes_.size(); ++i) {
            if (!is_shared(classes_[i]))
                continue;
            out_.text.append(first ? ",\"$defs\":{" : ",").append(quoted(classes_[i].name)).append(":");
            first = false;
            object(*classes_[i].described, {}, 1);
        }
        out_.text += first ? "}" : "}}";
        if (out_.text.size() > max_size || members_ > max_members || enumerators_ > max_enumerators)
            refuse("is too large for a schema");
        return std::move(out_);
    }

private:
    // The largest that any service documents (OpenAI: 10 levels, 5,000 members, 1,000 enumerators, 120,000 characters).
    static constexpr int max_depth = 10;
    static constexpr std::size_t max_members = 5'000;
    static constexpr std::size_t max_enumerators = 1'000;
    static constexpr std::size_t max_size = 240'000; // with its punctuation

    /// A class that the root contains.
    struct used_class
    {
        type const* described;
        std::string name; ///< In `$defs`: the first member of this type.
        std::size_t uses = 1;
    };

    [[noreturn]] static void refuse(std::string_view what)
    {
        throw error(errc::invalid_argument, "a class " + std::string(what) + "; give it fewer members and levels");
    }

    static std::string quoted(std::string_view text) { return to_text(std::string(text)); }

    bool is_shared(used_class const& c) const { return c.uses > 1 && c.described != &root_; }

    used_class* find(type const& t)
    {
        auto const found =
            std::find_if(classes_.begin(), classes_.end(), [&t](used_class const& c) { return c.described == &t; });
        return found != classes_.end() ? &*found : nullptr;
    }

    /// Counts how often each class is used. A class that is used more than once is written once.
    void find_shared(type const& t, std::string_view name)
    {
        if (t.element != nullptr)
            return find_shared(*t.element, name);
        if (t.what == kind::choice) {
            for (alternative const& one : t.choices->alternatives)
                find_shared(*one.described, name);
        }
        if (t.what != kind::object)
            return;
        if (used_class* const known = find(t); known != nullptr) {
            ++known->uses;
            return;
        }
        classes_.push_back({&t, unused_name(name)});
        for (int i = 0; i != t.size; ++i) {
            if (i != t.extra)
                find_shared(*t.members[i].described, t.members[i].name);
        }
    }

    std::string unused_name(std::string_view wanted) const
    {
        std::string name(wanted);
        auto const is_used = [this, &name] {
            return std::any_of(classes_.begin(), classes_.end(), [&](used_class const& c) { return c.name == name; });
        };
        for (int number = 2; is_used(); ++number)
            name = std::string(wanted) + "_" + std::to_string(number);
        return name;
    }

    static std::string_view words_about(type const& t, std::string_view member)
    {
        if (t.words == nullptr)
            return {};
        for (member_words const& one : t.words().members) {
            if (one.member == member)
                return one.words;
        }
        return {};
    }

    void object(type const& t, std::string_view words, int depth, bool or_null = false)
    {
        if (depth > max_depth)
            refuse("is nested too deeply for a schema");
        type_name("object", or_null);
        describe(t.words != nullptr && words.empty() ? t.words().words : words);
        out_.text += ",\"properties\":{";
        std::string names;
        for (int i = 0; i != t.size; ++i) {
            member const& m = t.members[i];
            if (i == t.extra)
                continue;
            ++members_;
            std::string const name = quoted(m.name);
            out_.text.append(names.empty() ? "" : ",").append(name).append(":");
            names.append(names.empty() ? "" : ",").append(name);
            value(*m.described, words_about(t, m.name), depth, m.reach_optional != nullptr);
        }
        out_.text.append("},\"required\":[").append(names).append("],\"additionalProperties\":");
        out_.text += t.extra < 0 ? "false}" : "true}";
        out_.is_strict = out_.is_strict && t.extra < 0;
    }

    void value(type const& t, std::string_view words, int depth, bool or_null)
    {
        switch (t.what) {
        case kind::boolean:
            return simple("boolean", words, or_null);
        case kind::integer:
            return simple("integer", with_range(words, t), or_null);
        case kind::number:
        case kind::float32:
            return simple("number", words, or_null);
        case kind::string:
            return simple("string", words, or_null);
        case kind::text:
        case kind::enumeration:
            return enumeration(t, words, or_null);
        case kind::object:
            return object_or_reference(t, words, depth, or_null);
        case kind::array:
            return array(t, words, depth, or_null);
        case kind::map:
        case kind::associative:
            type_name("object", or_null);
            describe(words);
            out_.text += ",\"additionalProperties\":";
            value(*t.element, {}, depth, false);
            out_.text += '}';
            out_.is_strict = false;
            return;
        case kind::choice:
            return choice(t, words, depth, or_null || t.choices->has_empty);
        case kind::members:
        case kind::verbatim:
            out_.is_strict = false;
            return simple("object", words, or_null);
        case kind::any:
            out_.is_strict = false;
            out_.text += words.empty() ? "{" : "{\"description\":" + quoted(words);
            out_.text += '}';
        }
    }

    void simple(std::string_view name, std::string_view words, bool or_null)
    {
        type_name(name, or_null);
        describe(words);
        out_.text += '}';
    }

    /// Begins a schema.
    void type_name(std::string_view name, bool or_null)
    {
        out_.text += "{\"type\":";
        out_.text.append(or_null ? "[\"" : "\"").append(name).append(or_null ? "\",\"null\"]" : "\"");
    }

    void describe(std::string_view words)
    {
        if (!words.empty())
            out_.text.append(",\"description\":").append(quoted(words));
    }

    /// Strict schemas have no bounds, so the model reads them.
    static std::string with_range(std::string_view words, type const& t)
    {
        std::string text(words);
        std::string const between = text.empty() ? "" : " ";
        if (t.size >= 4)
            return t.is_unsigned ? text + between + "0 or more." : text;
        return text + between + "From " + range_of(t) + ".";
    }

    void enumeration(type const& t, std::string_view words, bool or_null)
    {
        type_name("string", or_null);
        describe(words);
        if (!t.known.empty()) {
            out_.text += ",\"enum\":[";
            for (std::string_view const name : t.known)
                out_.text.append(quoted(name)).append(",");
            out_.text.append(or_null ? "null," : "").back() = ']';
            enumerators_ += t.known.size();
        }
        out_.text += '}';
    }

    void array(type const& t, std::string_view words, int depth, bool or_null)
    {
        std::string text(words);
        if (t.size != 0)
            text.append(text.empty() ? "" : " ").append("Exactly " + std::to_string(t.size) + " items.");
        type_name("array", or_null);
        describe(text);
        out_.text += ",\"items\":";
        value(*t.element, {}, depth, false);
        out_.text += '}';
    }

    void object_or_reference(type const& t, std::string_view words, int depth, bool or_null)
    {
        used_class const& c = *find(t);
        if (c.uses == 1)
            return object(t, words, depth + 1, or_null);
        std::string const reference =
            "{\"$ref\":" + (&t == &root_ ? std::string("\"#\"") : quoted("#/$defs/" + c.name)) + "}";
        if (words.empty() && !or_null) {
            out_.text += reference;
            return;
        }
        // Nothing may stand beside a reference.
        out_.text += words.empty() ? "{" : "{\"description\":" + quoted(words) + ",";
        out_.text.append("\"anyOf\":[").append(reference).append(or_null ? ",{\"type\":\"null\"}]}" : "]}");
    }

    void choice(type const& t, std::string_view words, int depth, bool or_null)
    {
        out_.text += words.empty() ? "{" : "{\"description\":" + quoted(words) + ",";
        out_.text += "\"anyOf\":[";
        for (alternative const& one : t.choices->alternatives) {
            value(*one.described, {}, depth, false);
            out_.text += ',';
        }
        out_.text.append(or_null ? "{\"type\":\"null\"}," : "").back() = ']';
        out_.text += '}';
    }

    type const& root_;
    std::vector<used_class> classes_;
    std::size_t members_ = 0;
    std::size_t enumerators_ = 0;
    schema out_;
};

} // namespace detail

FOUNDRY_DECL schema make_schema(type const& root, std::string_view signature)
{
    schema made = detail::schema_writer(root).write();
    made.name = detail::class_name(signature);
    return made;
}

FOUNDRY_DECL boost::json::value parse_schema(std::string const& text)
{
    boost::json::parse_options options;
    options.max_depth = 128; // more than the writer writes
    return boost::json::parse(text, {}, options);
}

} // namespace foundry::inline FOUNDRY_ABI::json
