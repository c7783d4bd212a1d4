// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/json/integer.hpp>
#include <foundry/detail/json/plain_text.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <cmath>

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

class value_writer
{
    /// One step from a value to a value inside it: to a member if `name` is set, else to an element.
    struct step
    {
        step const* outer;
        std::string_view name;
        std::size_t index = 0;
    };

public:
    value_writer(std::string& out, writing what) : out_(out), what_(what) {}

    void write(const_object_ref v, step const* path = nullptr)
    {
        switch (v.described->what) {
        case kind::boolean:
            out_ += *static_cast<bool const*>(v.object) ? "true" : "false";
            break;
        case kind::integer:
            out_ += print_number(load_integer(v.object, *v.described));
            break;
        case kind::number:
            finite(*static_cast<double const*>(v.object), path);
            break;
        case kind::float32:
            finite(*static_cast<float const*>(v.object), path);
            break;
        case kind::string:
            string(*static_cast<std::string const*>(v.object), path);
            break;
        case kind::text:
            string(v.described->names->view(v.object), path);
            break;
        case kind::verbatim:
            verbatim(v.described->names->view(v.object));
            break;
        case kind::enumeration:
            enumeration(v.described->names->view(v.object), path);
            break;
        case kind::object:
        case kind::array:
        case kind::map:
        case kind::associative:
            if (depth_++ == max_depth)
                fail("is nested too deeply", path);
            nested(v, path);
            --depth_;
            break;
        case kind::choice:
            choice(v, path);
            break;
        case kind::any:
            any(*static_cast<boost::json::value const*>(v.object), 0, path);
            break;
        case kind::members:
            members(*static_cast<boost::json::object const*>(v.object), 0, path);
            break;
        }
    }

private:
    static constexpr int max_depth = 64;

    [[noreturn]] static void fail(std::string_view what, step const* path)
    {
        std::string path_text;
        std::string_view between; // separator between this step and the inner ones
        for (; path != nullptr; path = path->outer) {
            path_text.insert(0, between);
            path_text.insert(0, path->name.empty() ? '[' + std::to_string(path->index) + ']' : std::string(path->name));
            between = path->name.empty() ? "" : ".";
        }
        throw error(errc::invalid_argument, (path_text.empty() ? "the value" : path_text) + ' ' + std::string{what});
    }

    void verbatim(std::string_view text) { out_ += text.empty() ? "{}" : text; }

    void enumeration(std::string_view name, step const* path)
    {
        if (name.empty())
            fail("is not one of the described enumerators", path);
        string(name, path);
    }

    template <class Number>
    void finite(Number value, step const* path)
    {
        if (!std::isfinite(value))
            fail("is not a finite number", path);
        char text[32];
        out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
    }

    /// Writes a number so that it is read as a double again.
    void floating(double value, step const* path)
    {
        std::size_t const begin = out_.size();
        finite(value, path);
        if (out_.find_first_not_of("-0123456789", begin) == out_.npos)
            out_ += ".0";
    }

    void string(std::string_view text, step const* path)
    {
        std::uint64_t bits = 0;
        char const* const end = text.data() + text.size();
        out_ += '"';
        for (char const* p = text.data();; ++p) {
            char const* const stop = skip_plain(p, end, bits);
            out_.append(p, static_cast<std::size_t>(stop - p));
            if (stop == end)
                break;
            escape(static_cast<unsigned char>(*stop));
            p = stop;
        }
        out_ += '"';
        if (!is_ascii(bits) && !foundry::detail::valid_utf8(text))
            fail("is not valid UTF-8; convert it first", path);
    }

    void escape(unsigned char c)
    {
        static constexpr char hex[] = "0123456789abcdef";
        switch (c) {
        case '"':
            out_ += "\\\"";
            break;
        case '\\':
            out_ += "\\\\";
            break;
        case '\n':
            out_ += "\\n";
            break;
        case '\r':
            out_ += "\\r";
            break;
        case '\t':
            out_ += "\\t";
            break;
        default:
            out_ += "\\u00";
            out_ += hex[c >> 4];
            out_ += hex[c & 15];
        }
    }

    void name(std::string_view text, bool& first, step const* path)
    {
        if (!first)
            out_ += ',';
        first = false;
        string(text, path);
        out_ += ':';
    }

    void nested(const_object_ref v, step const* path)
    {
        if (v.described->what == kind::object)
            object(v, path);
        else if (v.described->what == kind::array)
            array(v, path);
        else if (v.described->what == kind::map)
            map(v, path);
        else
            associative(v, path);
    }

    void object(const_object_ref v, step const* path)
    {
        type const& t = *v.described;
        bool first = true;
        out_ += '{';
        for (int i = 0; i != t.size; ++i) {
            member const& m = t.members[i];
            bool const is_written = what_ == writing::all || is_set(v.object, m);
            if (i == t.extra || !is_written || is_replaced(v, m))
                continue;
            if (!first)
                out_ += ',';
            first = false;
            out_.append("\"").append(m.name).append("\":"); // a described name needs no escapes
            step const here{path, m.name};
            if (void const* const value = m.reach(const_cast<void*>(v.object), access::peek); value != nullptr)
                write({value, m.described}, &here);
            else
                out_ += "null";
        }
        if (t.extra >= 0)
            extra(v, first, path);
        out_ += '}';
    }

    /// The members that the class does not describe.
    static boost::json::object const& extra_of(const_object_ref v)
    {
        member const& m = v.described->members[v.described->extra];
        return *static_cast<boost::json::object const*>(m.reach(const_cast<void*>(v.object), access::peek));
    }

    /// Whether only `extra` holds the value of a plain member, because it came in another shape than described.
    static bool is_replaced(const_object_ref v, member const& m)
    {
        if (v.described->extra < 0 || m.reach_optional != nullptr || extra_of(v).empty())
            return false;
        return extra_of(v).contains(m.name) &&
               is_clear(m.reach(const_cast<void*>(v.object), access::peek), *m.described);
    }

    void extra(const_object_ref v, bool& first, step const* path)
    {
        type const& t = *v.described;
        for (auto const& pair : extra_of(v)) {
            std::string_view const key{pair.key().data(), pair.key().size()};
            step const here{path, key};
            for (int i = 0; i != t.size; ++i) {
                member const& m = t.members[i];
                if (i != t.extra && m.name == key && is_set(v.object, m) && !is_replaced(v, m))
                    fail("is set both as a member and in extra; set it once", &here);
            }
            name(key, first, path);
            any(pair.value(), 0, &here);
        }
    }

    void array(const_object_ref v, step const* path)
    {
        out_ += '[';
        for (std::size_t i = 0; void const* const value = look_at(v.object, i, v.described->items).value; ++i) {
            if (i != 0)
                out_ += ',';
            step const here{path, {}, i};
            element({value, v.described->element}, &here);
        }
        out_ += ']';
    }

    void map(const_object_ref v, step const* path)
    {
        bool first = true;
        out_ += '{';
        for (std::size_t i = 0;; ++i) {
            item const one = look_at(v.object, i, v.described->items);
            if (one.value == nullptr)
                break;
            name(*one.key, first, path);
            step const here{path, *one.key};
            element({one.value, v.described->element}, &here);
        }
        out_ += '}';
    }

    void associative(const_object_ref v, step const* path)
    {
        struct
        {
            value_writer& self;
            type const& element;
            step const* path;
            bool first = true;
        } context{*this, *v.described->element, path};
        out_ += '{';
        v.described->entries->visit(v.object, &context, [](void* to, std::string_view key, void const* value) {
            auto& c = *static_cast<decltype(context)*>(to);
            c.self.name(key, c.first, c.path);
            step const here{c.path, key};
            c.self.element({value, &c.element}, &here);
        });
        out_ += '}';
    }

    /// Writes an element. If it came in another shape, its own `extra` holds it under the empty name; an object under that name is a real
    /// member.
    void element(const_object_ref v, step const* path)
    {
        if (v.described->what == kind::object && v.described->extra >= 0) {
            boost::json::object const& more = extra_of(v);
            auto const* const odd = more.size() == 1 ? more.if_contains("") : nullptr;
            if (odd != nullptr && !odd->is_object() && is_clear_but_extra(v))
                return any(*odd, 0, path);
        }
        write(v, path);
    }

    static bool is_clear_but_extra(const_object_ref v)
    {
        type const& t = *v.described;
        for (int i = 0; i != t.size; ++i) {
            member const& m = t.members[i];
            void const* const value = m.reach(const_cast<void*>(v.object), access::peek);
            if (i != t.extra && value != nullptr && (m.reach_optional != nullptr || !is_clear(value, *m.described)))
                return false;
        }
        return true;
    }

    void choice(const_object_ref v, step const* path)
    {
        const_object_ref const active = v.described->choices->active(v.object);
        if (active.object == nullptr)
            out_ += "null";
        else
            write(active, path);
    }

    void members(boost::json::object const& o, int depth, step const* path)
    {
        if (depth == max_depth)
            fail("is nested too deeply", path);
        bool first = true;
        out_ += '{';
        for (auto const& pair : o) {
            name({pair.key().data(), pair.key().size()}, first, path);
            any(pair.value(), depth + 1, path);
        }
        out_ += '}';
    }

    void any(boost::json::value const& v, int depth, step const* path)
    {
        switch (v.kind()) {
        case boost::json::kind::null:
            out_ += "null";
            break;
        case boost::json::kind::bool_:
            out_ += v.get_bool() ? "true" : "false";
            break;
        case boost::json::kind::int64:
            out_ += std::to_string(v.get_int64());
            break;
        case boost::json::kind::uint64:
            out_ += std::to_string(v.get_uint64());
            break;
        case boost::json::kind::double_:
            floating(v.get_double(), path);
            break;
        case boost::json::kind::string:
            string({v.get_string().data(), v.get_string().size()}, path);
            break;
        case boost::json::kind::object:
            members(v.get_object(), depth, path);
            break;
        case boost::json::kind::array: {
            if (depth == max_depth)
                fail("is nested too deeply", path);
            bool first = true;
            out_ += '[';
            for (boost::json::value const& element : v.get_array()) {
                if (!first)
                    out_ += ',';
                first = false;
                any(element, depth + 1, path);
            }
            out_ += ']';
        }
        }
    }

    std::string& out_;
    writing const what_;
    int depth_ = 0; // number of described objects and lists around the current value
};

} // namespace detail

FOUNDRY_DECL void write(std::string& out, const_object_ref value, writing what)
{
    detail::value_writer(out, what).write(value);
}

} // namespace foundry::inline FOUNDRY_ABI::json
