// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/json/reader.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

template <class Number>
bool parse_number(std::string_view text, Number& out)
{
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{} && end == text.data() + text.size();
}

template <class Number>
std::string_view print_number(Number value, std::array<char, 32>& buffer)
{
    auto const [end, ec] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

/// A number as the parser gave it.
struct numeral
{
    enum
    {
        is_signed,
        is_unsigned,
        is_double
    } form = is_signed;
    std::int64_t i = 0;
    std::uint64_t u = 0;
    double d = 0;

    double as_double() const noexcept
    {
        return form == is_signed ? static_cast<double>(i) : form == is_unsigned ? static_cast<double>(u) : d;
    }

    bool as_integer(std::int64_t& out) const noexcept
    {
        if (form == is_unsigned)
            return false; // the parser says "unsigned" only beyond the signed range
        if (form == is_double) {
            if (!(d >= -9.2e18 && d <= 9.2e18) || std::trunc(d) != d)
                return false;
            out = static_cast<std::int64_t>(d);
            return true;
        }
        out = i;
        return true;
    }
};

/// The handler of Boost.JSON's parser: walks the tables and puts each value where it belongs.
class read_handler
{
    using ec_type = boost::system::error_code;
    using text_type = boost::json::string_view;

public:
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    std::string problem;

    void start(place root)
    {
        root_ = root;
        top_ = -1;
        captured_depth_ = 0;
        in_string_ = false;
        text_.clear();
        problem.clear();
    }

    bool on_document_begin(ec_type&) { return true; }
    bool on_document_end(ec_type&) { return true; }
    bool on_comment_part(text_type, ec_type&) { return true; }
    bool on_comment(text_type, ec_type&) { return true; }

    bool on_object_begin(ec_type& ec) { return begin(shape::object, ec); }
    bool on_array_begin(ec_type& ec) { return begin(shape::array, ec); }

    bool on_object_end(std::size_t n, ec_type&)
    {
        if (captured_depth_ != 0) {
            stack_.push_object(n);
            end_captured();
            return true;
        }
        frame& f = frames_[static_cast<std::size_t>(top_)];
        if (f.of.described->what == kind::map)
            f.of.described->elements->resize(f.of.object, f.index);
        else
            clear_unseen(f);
        --top_;
        return true;
    }

    bool on_array_end(std::size_t n, ec_type&)
    {
        if (captured_depth_ != 0) {
            stack_.push_array(n);
            end_captured();
            return true;
        }
        frame& f = frames_[static_cast<std::size_t>(top_)];
        f.of.described->elements->resize(f.of.object, f.index);
        --top_;
        return true;
    }

    bool on_key_part(text_type part, std::size_t, ec_type&)
    {
        if (captured_depth_ != 0)
            stack_.push_chars(part);
        else
            text_.append(part.data(), part.size());
        return true;
    }

    bool on_key(text_type part, std::size_t, ec_type&)
    {
        if (captured_depth_ != 0) {
            stack_.push_key(part);
            return true;
        }
        if (text_.empty()) {
            select({part.data(), part.size()});
        } else {
            text_.append(part.data(), part.size());
            select(text_);
            text_.clear();
        }
        return true;
    }

    bool on_string_part(text_type part, std::size_t, ec_type&)
    {
        if (captured_depth_ != 0) {
            stack_.push_chars(part);
            return true;
        }
        if (!in_string_) {
            in_string_ = true;
            target_ = open_string();
        }
        (target_ ? *target_ : text_).append(part.data(), part.size());
        return true;
    }

    bool on_string(text_type part, std::size_t, ec_type& ec)
    {
        if (captured_depth_ != 0) {
            stack_.push_string(part);
            return true;
        }
        if (!in_string_) {
            target_ = open_string();
            if (target_ == nullptr)
                return take_text({part.data(), part.size()}, ec);
        }
        in_string_ = false;
        if (target_ != nullptr) {
            target_->append(part.data(), part.size());
            return true;
        }
        text_.append(part.data(), part.size());
        bool const ok = take_text(text_, ec);
        text_.clear();
        return ok;
    }

    bool on_number_part(text_type, ec_type&) { return true; }

    bool on_int64(std::int64_t v, text_type, ec_type& ec)
    {
        if (captured_depth_ != 0) {
            stack_.push_int64(v);
            return true;
        }
        numeral n;
        n.i = v;
        return take_number(n, ec);
    }

    bool on_uint64(std::uint64_t v, text_type, ec_type& ec)
    {
        if (captured_depth_ != 0) {
            stack_.push_uint64(v);
            return true;
        }
        numeral n;
        n.form = numeral::is_unsigned;
        n.u = v;
        return take_number(n, ec);
    }

    bool on_double(double v, text_type, ec_type& ec)
    {
        if (!std::isfinite(v))
            return fail("a number is too large", ec);
        if (captured_depth_ != 0) {
            stack_.push_double(v);
            return true;
        }
        numeral n;
        n.form = numeral::is_double;
        n.d = v;
        return take_number(n, ec);
    }

    bool on_bool(bool v, ec_type& ec)
    {
        if (captured_depth_ != 0) {
            stack_.push_bool(v);
            return true;
        }
        place const to = next_value(shape::boolean);
        if (to.object != nullptr && to.described->what == kind::boolean) {
            *static_cast<bool*>(to.object) = v;
            return true;
        }
        return keep(boost::json::value(v), to, ec);
    }

    bool on_null(ec_type& ec)
    {
        if (captured_depth_ != 0) {
            stack_.push_null();
            return true;
        }
        if (top_ < 0)
            return fail("null where an object should be", ec);
        frame& f = frames_[static_cast<std::size_t>(top_)];
        if (f.of.described->what != kind::object) {
            place const element = next_element(f);
            clear(element.object, *element.described);
        } else if (f.current == nullptr) {
            return keep(boost::json::value(nullptr), {}, ec);
        } else {
            f.seen &= ~(std::uint64_t{1} << (f.current - f.of.described->members));
        }
        return true;
    }

private:
    struct frame
    {
        place of;
        member const* current = nullptr; // kind::object: the member whose value comes next; null: not one of ours
        std::uint64_t seen = 0;
        std::size_t index = 0; // kind::array and kind::map: how many elements; kind::object: where to look first
    };

    bool fail(std::string_view what, ec_type& ec)
    {
        if (problem.empty())
            problem = what;
        ec = boost::json::error::exception;
        return false;
    }

    void select(std::string_view name)
    {
        frame& f = frames_[static_cast<std::size_t>(top_)];
        type const& t = *f.of.described;
        if (t.what == kind::map) {
            t.elements->at(f.of.object, f.index);
            t.elements->key(f.of.object, f.index) = name;
            return;
        }
        for (std::size_t n = 0; n != t.size; ++n) {
            std::size_t const i = f.index + n < t.size ? f.index + n : f.index + n - t.size;
            if (t.members[i].name == name && static_cast<int>(i) != t.extra) {
                f.current = &t.members[i];
                f.seen |= std::uint64_t{1} << i;
                f.index = i + 1 < t.size ? i + 1 : 0;
                return;
            }
        }
        f.current = nullptr;
        key_ = name;
    }

    static place next_element(frame& f)
    {
        return {f.of.described->elements->at(f.of.object, f.index++), f.of.described->element};
    }

    /// Where the value goes that comes next; nothing where it is not described.
    place next_value(shape of)
    {
        place to;
        if (top_ < 0) {
            to = root_;
        } else if (frame& f = frames_[static_cast<std::size_t>(top_)]; f.of.described->what != kind::object) {
            to = next_element(f);
        } else if (f.current != nullptr) {
            to = {f.current->reach(f.of.object, access::make), f.current->described};
        }
        if (to.object != nullptr && to.described->what == kind::choice) {
            if (place const chosen = to.described->choices->choose(to.object, of); chosen.object != nullptr)
                return chosen;
        }
        return to;
    }

    bool begin(shape of, ec_type& ec)
    {
        if (captured_depth_ != 0) {
            ++captured_depth_;
            return true;
        }
        place const to = next_value(of);
        bool const described = to.object != nullptr && takes(to.described->what, of) &&
                               to.described->what != kind::any && to.described->what != kind::members;
        if (!described || static_cast<std::size_t>(top_ + 1) == frames_.size()) {
            if (!capture_to(to, of, ec))
                return false;
            stack_.reset({});
            captured_depth_ = 1;
            return true;
        }
        frame& f = frames_[static_cast<std::size_t>(++top_)];
        f = frame{};
        f.of = to;
        return true;
    }

    /// Decides where a value goes that is kept as JSON.
    bool capture_to(place to, shape of, ec_type& ec)
    {
        captured_value_ = nullptr;
        captured_object_ = nullptr;
        captured_members_ = nullptr;
        if (to.object != nullptr && to.described->what == kind::any) {
            captured_value_ = static_cast<boost::json::value*>(to.object);
            return true;
        }
        if (to.object != nullptr && to.described->what == kind::members && of == shape::object) {
            captured_members_ = static_cast<boost::json::object*>(to.object);
            return true;
        }
        if (top_ < 0)
            return fail("the value has another shape", ec);
        frame& f = frames_[static_cast<std::size_t>(top_)];
        type const& t = *f.of.described;
        if (t.what != kind::object) {
            if (to.described->what != kind::object || to.described->extra < 0)
                return fail("an element of an array or map has another shape", ec);
            clear(to.object, *to.described);
            member const& extra = to.described->members[to.described->extra];
            captured_object_ = static_cast<boost::json::object*>(extra.reach(to.object, access::make));
            key_.clear();
            return true;
        }
        if (f.current != nullptr) {
            key_ = f.current->name;
            f.seen &= ~(std::uint64_t{1} << (f.current - t.members));
        }
        if (t.extra >= 0) {
            auto const i = static_cast<std::size_t>(t.extra);
            captured_object_ = static_cast<boost::json::object*>(t.members[i].reach(f.of.object, access::make));
            if ((f.seen & (std::uint64_t{1} << i)) == 0)
                captured_object_->clear();
            f.seen |= std::uint64_t{1} << i;
        }
        return true;
    }

    void store(boost::json::value&& v)
    {
        if (captured_value_ != nullptr)
            *captured_value_ = std::move(v);
        else if (captured_members_ != nullptr)
            *captured_members_ = std::move(v.as_object());
        else if (captured_object_ != nullptr)
            captured_object_->insert_or_assign(key_, std::move(v));
    }

    void end_captured()
    {
        if (--captured_depth_ == 0)
            store(stack_.release());
    }

    /// A scalar that is kept as JSON.
    bool keep(boost::json::value v, place to, ec_type& ec)
    {
        if (!capture_to(to, shape::null, ec))
            return false;
        store(std::move(v));
        return true;
    }

    /// The string that a JSON string can be appended to directly; nullptr where it has to be looked at as a whole.
    std::string* open_string()
    {
        pending_ = next_value(shape::string);
        if (pending_.object == nullptr || pending_.described->what != kind::string)
            return nullptr;
        auto* const s = static_cast<std::string*>(pending_.object);
        s->clear();
        return s;
    }

    bool take_text(std::string_view text, ec_type& ec)
    {
        place const to = pending_;
        if (to.object != nullptr) {
            switch (to.described->what) {
            case kind::text:
                return to.described->names->assign(to.object, text) || fail("a text is malformed", ec);
            case kind::integer:
                if (parse_number(text, *static_cast<std::int64_t*>(to.object)))
                    return true;
                break;
            case kind::number:
                if (double d = 0; parse_number(text, d) && std::isfinite(d)) {
                    *static_cast<double*>(to.object) = d;
                    return true;
                }
                break;
            default:
                break;
            }
        }
        return keep(boost::json::value(text_type(text.data(), text.size())), to, ec);
    }

    bool take_number(numeral n, ec_type& ec)
    {
        place const to = next_value(shape::number);
        if (to.object != nullptr) {
            switch (to.described->what) {
            case kind::integer:
                if (n.as_integer(*static_cast<std::int64_t*>(to.object)))
                    return true;
                break;
            case kind::number:
                *static_cast<double*>(to.object) = n.as_double();
                return true;
            case kind::single:
                *static_cast<float*>(to.object) = static_cast<float>(n.as_double());
                return true;
            case kind::string:
            case kind::text:
                return take_number_as_text(n, to, ec);
            default:
                break;
            }
        }
        return keep(n.form == numeral::is_signed     ? boost::json::value(n.i)
                    : n.form == numeral::is_unsigned ? boost::json::value(n.u)
                                                     : boost::json::value(n.d),
                    to, ec);
    }

    bool take_number_as_text(numeral n, place to, ec_type& ec)
    {
        std::array<char, 32> buffer;
        std::string_view const text = n.form == numeral::is_signed     ? print_number(n.i, buffer)
                                      : n.form == numeral::is_unsigned ? print_number(n.u, buffer)
                                                                       : print_number(n.d, buffer);
        if (to.described->what == kind::string) {
            static_cast<std::string*>(to.object)->assign(text);
            return true;
        }
        return to.described->names->assign(to.object, text) || fail("a text is malformed", ec);
    }

    static void clear_unseen(frame const& f)
    {
        type const& t = *f.of.described;
        for (std::size_t i = 0; i != t.size; ++i) {
            if ((f.seen & (std::uint64_t{1} << i)) != 0)
                continue;
            t.members[i].reach(f.of.object, access::drop);
            if (void* const value = t.members[i].reach(f.of.object, access::look))
                clear(value, *t.members[i].described);
        }
    }

    // What is described nests no deeper than this; anything deeper is kept as JSON.
    std::array<frame, 16> frames_;
    int top_ = -1;
    place root_;
    place pending_;
    bool in_string_ = false;
    std::string* target_ = nullptr; // the string that is being read, or null where text_ collects it
    std::string text_;              // of a key or string that comes in parts
    std::string key_;               // of a member that is kept as JSON
    std::size_t captured_depth_ = 0;
    boost::json::value_stack stack_;
    boost::json::value* captured_value_ = nullptr;
    boost::json::object* captured_object_ = nullptr;
    boost::json::object* captured_members_ = nullptr;
};

} // namespace detail

struct reader::state
{
    state() : parser(options()) {}

    static boost::json::parse_options options()
    {
        boost::json::parse_options o;
        o.max_depth = 64;
        return o;
    }

    bool check(boost::system::error_code ec)
    {
        if (!ec)
            return true;
        std::string& problem = parser.handler().problem;
        if (problem.empty())
            problem = ec.message();
        problem += " at byte " + std::to_string(consumed);
        failed = true;
        return false;
    }

    boost::json::basic_parser<detail::read_handler> parser;
    std::size_t consumed = 0;
    bool failed = false;
};

FOUNDRY_DECL reader::reader() : state_(std::make_unique<state>()) {}
FOUNDRY_DECL reader::reader(reader&&) noexcept = default;
FOUNDRY_DECL reader& reader::operator=(reader&&) noexcept = default;
FOUNDRY_DECL reader::~reader() = default;

FOUNDRY_DECL void reader::start(place value)
{
    state_->parser.reset();
    state_->parser.handler().start(value);
    state_->consumed = 0;
    state_->failed = false;
}

FOUNDRY_DECL bool reader::feed(std::string_view bytes)
{
    if (state_->failed)
        return false;
    boost::system::error_code ec;
    std::size_t const n = state_->parser.write_some(true, bytes.data(), bytes.size(), ec);
    state_->consumed += n;
    if (!ec && n != bytes.size())
        ec = boost::json::error::extra_data;
    return state_->check(ec);
}

FOUNDRY_DECL bool reader::whole(std::string_view text)
{
    boost::system::error_code ec;
    std::size_t const n = state_->parser.write_some(false, text.data(), text.size(), ec);
    state_->consumed = n;
    if (!ec && n != text.size())
        ec = boost::json::error::extra_data;
    return state_->check(ec);
}

FOUNDRY_DECL bool reader::finish()
{
    if (state_->failed)
        return false;
    boost::system::error_code ec;
    state_->parser.write_some(false, nullptr, 0, ec);
    if (!ec && !state_->parser.done())
        ec = boost::json::error::incomplete;
    return state_->check(ec);
}

FOUNDRY_DECL std::string const& reader::problem() const noexcept { return state_->parser.handler().problem; }

} // namespace foundry::inline FOUNDRY_ABI::json
