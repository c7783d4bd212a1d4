// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/json/reader.hpp>
#include <foundry/json/scanner.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

inline std::string print_number(numeral const& n)
{
    if (n.form == numeral::is_signed)
        return std::to_string(n.i);
    if (n.form == numeral::is_unsigned)
        return std::to_string(n.u);
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, n.d).ptr};
}

inline double as_double(numeral const& n) noexcept
{
    return n.form == numeral::is_signed     ? static_cast<double>(n.i)
           : n.form == numeral::is_unsigned ? static_cast<double>(n.u)
                                            : n.d;
}

inline bool as_integer(numeral const& n, std::int64_t& out) noexcept
{
    if (n.form == numeral::is_unsigned)
        return false; // beyond the signed range
    if (n.form == numeral::is_double) {
        if (!(n.d >= -9.2e18 && n.d <= 9.2e18) || std::trunc(n.d) != n.d)
            return false;
        out = static_cast<std::int64_t>(n.d);
        return true;
    }
    out = n.i;
    return true;
}

inline boost::json::value as_value(numeral const& n)
{
    return n.form == numeral::is_signed     ? boost::json::value(n.i)
           : n.form == numeral::is_unsigned ? boost::json::value(n.u)
                                            : boost::json::value(n.d);
}

} // namespace detail

/// Walks the tables and puts each value where it belongs.
struct reader::state final : scanner
{
    state() = default;

    void start(place root)
    {
        reset();
        root_ = root;
        top_ = -1;
        captured_depth_ = 0;
    }

private:
    using text_type = boost::json::string_view;

    struct frame
    {
        place of;
        member const* current = nullptr; // kind::object: the member whose value comes next; null: not one of ours
        std::uint64_t seen = 0;
        std::size_t index = 0; // kind::array and kind::map: how many elements; kind::object: where to look first
    };

    bool on_begin(shape of) override
    {
        if (captured_depth_ != 0) {
            ++captured_depth_;
            return true;
        }
        place const to = next_value(of);
        bool const described = to.object != nullptr && takes(to.described->what, of) &&
                               to.described->what != kind::any && to.described->what != kind::members;
        if (!described || static_cast<std::size_t>(top_ + 1) == frames_.size()) {
            if (!capture_to(to, of))
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

    bool on_end(shape of, std::size_t count) override
    {
        if (captured_depth_ != 0) {
            if (of == shape::object)
                stack_.push_object(count);
            else
                stack_.push_array(count);
            if (--captured_depth_ == 0)
                store(stack_.release());
            return true;
        }
        frame& f = frames_[static_cast<std::size_t>(top_)];
        if (f.of.described->what == kind::object)
            clear_unseen(f);
        else
            f.of.described->items(f.of.object, f.index, access::drop);
        --top_;
        return true;
    }

    bool on_key(std::string_view name) override
    {
        if (captured_depth_ != 0)
            stack_.push_key(text_type(name.data(), name.size()));
        else
            select(name);
        return true;
    }

    /// Text goes where it belongs at once, or is collected where it has to be looked at as a whole.
    std::string& on_string() override
    {
        text_.clear();
        pending_ = captured_depth_ != 0 ? place() : next_value(shape::string);
        if (pending_.object == nullptr || pending_.described->what != kind::string)
            return text_;
        auto& target = *static_cast<std::string*>(pending_.object);
        target.clear();
        return target;
    }

    bool on_string_end() override
    {
        if (captured_depth_ != 0) {
            stack_.push_string(text_type(text_));
            return true;
        }
        if (pending_.object != nullptr) {
            switch (pending_.described->what) {
            case kind::string:
                return true;
            case kind::text:
                return pending_.described->names->assign(pending_.object, text_) || refuse("a text is malformed");
            case kind::integer:
            case kind::number:
                if (numeral n; parse_numeral(text_, n) && set_number(n, pending_))
                    return true;
                break;
            default:
                break;
            }
        }
        return keep(boost::json::value(text_type(text_)), pending_);
    }

    bool on_number(numeral const& n) override
    {
        if (captured_depth_ != 0) {
            if (n.form == numeral::is_signed)
                stack_.push_int64(n.i);
            else if (n.form == numeral::is_unsigned)
                stack_.push_uint64(n.u);
            else
                stack_.push_double(n.d);
            return true;
        }
        place const to = next_value(shape::number);
        if (to.object != nullptr) {
            switch (to.described->what) {
            case kind::integer:
            case kind::number:
            case kind::single:
                if (set_number(n, to))
                    return true;
                break;
            case kind::string:
            case kind::text:
                return take_number_as_text(n, to);
            default:
                break;
            }
        }
        return keep(detail::as_value(n), to);
    }

    bool on_bool(bool v) override
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
        return keep(boost::json::value(v), to);
    }

    bool on_null() override
    {
        if (captured_depth_ != 0) {
            stack_.push_null();
            return true;
        }
        if (top_ < 0)
            return root_.described->what == kind::any ? keep(nullptr, root_) : refuse("null where an object should be");
        frame& f = frames_[static_cast<std::size_t>(top_)];
        if (f.of.described->what != kind::object) {
            place const element = next_element(f);
            clear(element.object, *element.described);
        } else if (f.current == nullptr) {
            return keep(nullptr, {});
        } else {
            f.seen &= ~(std::uint64_t{1} << (f.current - f.of.described->members));
        }
        return true;
    }

    void select(std::string_view name)
    {
        frame& f = frames_[static_cast<std::size_t>(top_)];
        type const& t = *f.of.described;
        if (t.what == kind::map) {
            *t.items(f.of.object, f.index, access::make).key = name;
            return;
        }
        // Members mostly come in the order in which they are described.
        if (!select_from(f, name, f.index, t.size) && !select_from(f, name, 0, f.index)) {
            f.current = nullptr;
            name_ = name;
        }
    }

    static bool select_from(frame& f, std::string_view name, std::size_t first, std::size_t last)
    {
        type const& t = *f.of.described;
        for (std::size_t i = first; i != last; ++i) {
            member const& m = t.members[i];
            bool const same = m.name.size() == name.size() && std::memcmp(m.name.data(), name.data(), name.size()) == 0;
            if (!same || static_cast<int>(i) == t.extra)
                continue;
            f.current = &m;
            f.seen |= std::uint64_t{1} << i;
            f.index = i + 1 < t.size ? i + 1 : 0;
            return true;
        }
        return false;
    }

    static place next_element(frame& f)
    {
        return {f.of.described->items(f.of.object, f.index++, access::make).value, f.of.described->element};
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

    /// Decides where a value goes that is kept as JSON.
    bool capture_to(place to, shape of)
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
            return refuse("the value has another shape");
        frame& f = frames_[static_cast<std::size_t>(top_)];
        type const& t = *f.of.described;
        if (t.what != kind::object) {
            if (to.described->what != kind::object || to.described->extra < 0)
                return refuse("an element of an array or map has another shape");
            clear(to.object, *to.described);
            member const& extra = to.described->members[to.described->extra];
            captured_object_ = static_cast<boost::json::object*>(extra.reach(to.object, access::make));
            name_.clear();
            return true;
        }
        if (f.current != nullptr) {
            name_ = f.current->name;
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
            captured_object_->insert_or_assign(name_, std::move(v));
    }

    /// A scalar that is kept as JSON.
    bool keep(boost::json::value v, place to)
    {
        if (!capture_to(to, shape::null))
            return false;
        store(std::move(v));
        return true;
    }

    /// False where it does not fit.
    static bool set_number(numeral const& n, place to)
    {
        double const d = detail::as_double(n);
        switch (to.described->what) {
        case kind::integer:
            return detail::as_integer(n, *static_cast<std::int64_t*>(to.object));
        case kind::single:
            *static_cast<float*>(to.object) = static_cast<float>(d);
            break;
        default:
            *static_cast<double*>(to.object) = d;
            break;
        }
        return std::isfinite(d);
    }

    bool take_number_as_text(numeral const& n, place to)
    {
        std::string const text = detail::print_number(n);
        if (to.described->what == kind::string) {
            static_cast<std::string*>(to.object)->assign(text);
            return true;
        }
        return to.described->names->assign(to.object, text) || refuse("a text is malformed");
    }

    static void clear_unseen(frame const& f)
    {
        type const& t = *f.of.described;
        std::uint64_t const all = t.size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << t.size) - 1;
        for (std::uint64_t unseen = all & ~f.seen; unseen != 0; unseen &= unseen - 1) {
            member const& m = t.members[std::countr_zero(unseen)];
            if (m.reach_optional != nullptr)
                m.reach(f.of.object, access::drop);
            else
                clear(m.reach(f.of.object, access::look), *m.described);
        }
    }

    // What is described nests no deeper than this; anything deeper is kept as JSON.
    std::array<frame, 16> frames_;
    int top_ = -1;
    place root_;
    place pending_;
    std::string text_; // the string that is being read, where it has no place of its own
    std::string name_; // of a member that is kept as JSON
    std::size_t captured_depth_ = 0;
    boost::json::value_stack stack_;
    boost::json::value* captured_value_ = nullptr;
    boost::json::object* captured_object_ = nullptr;
    boost::json::object* captured_members_ = nullptr;
};

FOUNDRY_DECL reader::reader() : state_(std::make_unique<state>()) {}
FOUNDRY_DECL reader::reader(reader&&) noexcept = default;
FOUNDRY_DECL reader& reader::operator=(reader&&) noexcept = default;
FOUNDRY_DECL reader::~reader() = default;

FOUNDRY_DECL void reader::start(place value) { state_->start(value); }
FOUNDRY_DECL bool reader::feed(std::string_view bytes) { return state_->feed(bytes); }
FOUNDRY_DECL bool reader::whole(std::string_view text) { return state_->feed(text) && state_->finish(); }
FOUNDRY_DECL bool reader::finish() { return state_->finish(); }
FOUNDRY_DECL std::string const& reader::problem() const noexcept { return state_->problem(); }

} // namespace foundry::inline FOUNDRY_ABI::json
