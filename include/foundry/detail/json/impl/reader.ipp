// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/expectation.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/reader_frame.hpp>
#include <foundry/detail/json/scanner.hpp>
#include <foundry/detail/json/store_number.hpp>
#include <foundry/detail/json/value_builder.hpp>
#include <foundry/detail/json/value_match.hpp>
#include <foundry/detail/json/writer.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::json {

/// Follows the type tables and stores each value in its member.
struct reader::state : scanner<reader::state>
{
    state() = default;

    void start(object_ref root, reading how)
    {
        reset();
        root_ = root;
        how_ = how;
        if (how != reading::reused && deep_frames_.empty())
            deep_frames_.resize(max_depth + 1);
        bool const is_deep = how != reading::reused;
        outside_ = is_deep ? deep_frames_.data() : few_frames_.data();
        deepest_ = is_deep ? &deep_frames_.back() : &few_frames_.back();
        top_ = outside_;
        built_.reset();
        is_waiting_ = false;
        pending_ = {};
        inner_path_.clear();
        scalars_ = nullptr;
    }

    void note_scalars(std::vector<scalar>& all, char const* document)
    {
        scalars_ = &all;
        document_ = document;
    }

    /// The path of the current value, such as `choices[0].logprobs`. Has described names only: other names are part of the text.
    std::string path() const
    {
        std::string text;
        bool const begun = pending_.described != nullptr || (built_.is_open() && !is_waiting_);
        for (frame const* f = outside_ + 1; f <= top_; ++f) {
            if (f->of.described->what == kind::array)
                text.append("[").append(std::to_string(f == top_ && !begun ? f->index : f->index - 1)).append("]");
            else if (f->of.described->what == kind::object && f->current != nullptr)
                text.append(text.empty() ? "" : ".").append(f->current->name);
            else if (f->of.described->what == kind::map || f->of.described->what == kind::associative)
                text.append(text.empty() ? "*" : ".*");
        }
        if (!inner_path_.empty())
            text.append(text.empty() || inner_path_.front() == '[' ? "" : ".").append(inner_path_);
        return text;
    }

private:
    friend scanner<state>;
    using frame = reader_frame;
    using text_type = boost::json::string_view;

    bool on_begin(shape of)
    {
        if (built_.is_open()) {
            built_.begin_inner();
            return true;
        }
        if (how_ != reading::reused && is_whole_value(next_type(), of)) {
            is_waiting_ = true;
            built_.begin();
            return true;
        }
        object_ref const to = next_value(of);
        bool const is_described = to.object != nullptr && takes(to.described->what, of) && !is_kept(of, *to.described);
        if (!is_described || top_ == deepest_) {
            if (breaks_list(to, of)) {
                if (!capture_list())
                    return false;
                built_.begin_inner();
                return true;
            }
            if (!capture_to(to, of))
                return false;
            built_.begin();
            return true;
        }
        bool const is_added_to = how_ != reading::reused || to.described->what == kind::associative;
        if (is_added_to && to.described->what != kind::object && to.described->size == 0)
            clear(to.object, *to.described); // what the value has at first is not what the text says
        (++top_)->begin(to);
        return true;
    }

    bool on_end(shape of, std::size_t count)
    {
        if (built_.is_open()) {
            built_.end(of, count);
            return built_.is_open() || store(built_.release());
        }
        if (how_ == reading::reused)
            clear_rest(*top_);
        else if (how_ == reading::strict && !is_whole(*top_))
            return false;
        --top_;
        return true;
    }

    /// Resets what the text does not have.
    static void clear_rest(frame& f)
    {
        if (f.of.described->what == kind::object)
            clear_members(f.of.object, *f.of.described, all_members(*f.of.described) & ~f.seen);
        else if (f.of.described->items != nullptr)
            f.of.described->items(f.of.object, f.index, access::clear);
    }

    /// Whether the text has all members that are not optional, and all elements of a std::array.
    bool is_whole(frame& f)
    {
        type const& t = *f.of.described;
        if (t.what == kind::array && f.index < t.size) {
            --top_;
            return refuse(expectation(t));
        }
        if (t.what != kind::object)
            return true;
        f.current = nullptr;
        for (std::size_t i = 0; i != t.size; ++i) {
            bool const is_seen = (f.seen & std::uint64_t{1} << i) != 0;
            if (!is_seen && t.members[i].reach_optional == nullptr && static_cast<int>(i) != t.extra)
                return fail("the member " + std::string(t.members[i].name) + " is missing");
        }
        return true;
    }

    std::string_view predicted_key() const
    {
        if (built_.is_open() || how_ != reading::reused)
            return {};
        frame const& f = *top_;
        type const& t = *f.of.described;
        bool const there = t.what == kind::object && f.index < t.size && static_cast<int>(f.index) != t.extra;
        return there ? t.members[f.index].name : std::string_view{};
    }

    void on_predicted_key()
    {
        check_repeated(*top_, top_->index);
        top_->select(top_->index);
    }

    void on_key(std::string_view name)
    {
        if (built_.is_open())
            built_.add_name(name);
        else
            select(name);
    }

    bool on_text(std::string_view text)
    {
        if (built_.is_open()) {
            built_.add_text(text);
            return true;
        }
        object_ref const to = next_value(shape::string);
        if (!is_string(to))
            return take_text(text, to);
        *static_cast<std::string*>(to.object) = text;
        if (scalars_ != nullptr)
            note_scalar(to);
        return true;
    }

    /// Returns the target for the pieces of a string: its member, or a buffer if the text must be checked as a whole.
    std::string& on_string()
    {
        text_.clear();
        type const* const next = how_ != reading::reused && !built_.is_open() ? next_type() : nullptr;
        has_target_ = how_ == reading::reused || (next != nullptr && next->what == kind::string);
        pending_ = built_.is_open() || !has_target_ ? object_ref() : next_value(shape::string);
        if (!is_string(pending_))
            return text_;
        auto& target = *static_cast<std::string*>(pending_.object);
        target.clear();
        if (scalars_ != nullptr)
            note_scalar(pending_);
        return target;
    }

    bool on_string_end()
    {
        if (built_.is_open()) {
            built_.add_text(text_);
            return true;
        }
        object_ref const begun = std::exchange(pending_, {});
        object_ref const to = has_target_ ? begun : next_value(shape::string);
        return is_string(to) || take_text(text_, to);
    }

    static bool is_string(object_ref to) { return to.object != nullptr && to.described->what == kind::string; }

    /// Stores a text in a value that is not a std::string.
    bool take_text(std::string_view text, object_ref to)
    {
        if (to.object != nullptr) {
            switch (to.described->what) {
            case kind::text:
            case kind::enumeration:
                if (how_ == reading::strict && !is_known(text, *to.described))
                    return refuse(expectation(*to.described));
                return assign_text(text, to);
            case kind::integer:
            case kind::number:
            case kind::float32:
                if (number n; how_ != reading::strict && parse_number(text, n) && store_number(n, to))
                    return true;
                break;
            default:
                break;
            }
        }
        return keep(boost::json::value(text_type(text.data(), text.size())), to);
    }

    bool on_number(number const& n)
    {
        if (built_.is_open()) {
            built_.add_number(n);
            return true;
        }
        object_ref const to = next_value(shape::number);
        if (to.object != nullptr) {
            switch (to.described->what) {
            case kind::integer:
            case kind::number:
            case kind::float32:
                if (store_number(n, to)) {
                    if (scalars_ != nullptr && to.described->what == kind::integer)
                        note_scalar(to);
                    return true;
                }
                if (how_ == reading::strict)
                    return refuse(expectation(*to.described));
                break;
            case kind::string:
            case kind::text:
            case kind::enumeration:
                if (how_ == reading::strict)
                    break;
                return take_number_as_text(n, to);
            default:
                break;
            }
        }
        return keep(detail::as_value(n), to);
    }

    /// A fast path for the long vectors of embeddings.
    char const* on_more_numbers(char const* p, char const* end, std::size_t& count)
    {
        if (built_.is_open() || top_->of.described != &type_of<std::vector<float>>::value)
            return p;
        auto& floats = *static_cast<std::vector<float>*>(top_->of.object);
        while (end - p >= 2 && *p == ',') {
            char const* stop = p + 1;
            number n;
            if (!detail::read_number(stop, end, n) || stop == end || !detail::fits_float(detail::as_double(n)))
                break; // the general path decides
            auto const value = static_cast<float>(detail::as_double(n));
            if (top_->index < floats.size())
                floats[top_->index] = value;
            else
                floats.push_back(value);
            ++top_->index;
            ++count;
            p = stop;
        }
        return p;
    }

    bool on_bool(bool v)
    {
        if (built_.is_open()) {
            built_.add_bool(v);
            return true;
        }
        object_ref const to = next_value(shape::boolean);
        if (to.object != nullptr && to.described->what == kind::boolean) {
            *static_cast<bool*>(to.object) = v;
            return true;
        }
        return keep(boost::json::value(v), to);
    }

    bool on_null()
    {
        if (built_.is_open()) {
            built_.add_null();
            return true;
        }
        if (top_ == outside_) {
            bool const decides = how_ == reading::strict || root_.described->what == kind::any;
            return decides ? keep(nullptr, root_) : fail("null where an object should be");
        }
        frame& f = *top_;
        if (f.of.described->what != kind::object) {
            object_ref const element = next_element(f);
            bool const is_strict = how_ == reading::strict && !takes_null(*element.described);
            if (element.object == nullptr || is_strict || is_never_empty(element.described->what)) // no place for null
                return keep(nullptr, element);
            clear(element.object, *element.described);
        } else if (f.current == nullptr) {
            return keep(nullptr, {});
        } else if (how_ == reading::reused) {
            f.seen &= ~bit_of(f);
        } else if (f.current->reach_optional != nullptr) {
            f.current->reach(f.of.object, access::clear);
        } else if (how_ == reading::strict) {
            if (!takes_null(*f.current->described))
                return misfit(shape::null, f.current->described);
            clear(f.current->reach(f.of.object, access::peek), *f.current->described);
        }
        return true;
    }

    /// @pre `scalars_` is not null.
    void note_scalar(object_ref target)
    {
        scalars_->push_back({static_cast<std::size_t>(value_begin() - document_), target});
    }

    void check_repeated(frame const& f, std::size_t i)
    {
        if (scalars_ != nullptr && (f.seen & std::uint64_t{1} << i) != 0)
            drop_scalars();
    }

    /// What a scalar does is not done by its target alone.
    void drop_scalars()
    {
        if (std::vector<scalar>* const all = std::exchange(scalars_, nullptr))
            all->clear();
    }

    static std::uint64_t bit_of(frame const& f) { return std::uint64_t{1} << (f.current - f.of.described->members); }

    static bool is_never_empty(kind what)
    {
        return what == kind::boolean || what == kind::integer || what == kind::number || what == kind::float32 ||
               what == kind::enumeration;
    }

    void select(std::string_view name)
    {
        frame& f = *top_;
        type const& t = *f.of.described;
        if (t.what == kind::map || t.what == kind::associative)
            return select_entry(f, name);
        for (std::size_t i = 0; i != t.size; ++i) {
            member const& m = t.members[i];
            bool const same = m.name.size() == name.size() && std::memcmp(m.name.data(), name.data(), name.size()) == 0;
            if (!same || static_cast<int>(i) == t.extra)
                continue;
            bool const is_repeated = how_ != reading::reused && (f.seen & std::uint64_t{1} << i) != 0;
            check_repeated(f, i);
            f.update_prediction(i);
            if (is_repeated)
                begin_again(f);
            return;
        }
        f.current = nullptr;
        name_ = name;
    }

    /// Of duplicate names the last one counts.
    void begin_again(frame& f)
    {
        if (how_ == reading::strict)
            fail("the member is repeated");
        else if (f.current->reach(f.of.object, access::clear) == nullptr && f.current->reach_optional == nullptr)
            clear(f.current->reach(f.of.object, access::peek), *f.current->described);
    }

    void select_entry(frame& f, std::string_view name)
    {
        if (how_ != reading::reused || f.of.described->what == kind::associative) { // the entry appears with its value
            name_ = name;
            f.key_waits = true;
            return;
        }
        f.entry = find_entry(f, name);
        if (f.entry == f.index) {
            *f.of.described->items(f.of.object, f.index++, access::get_or_create).key = name;
            return;
        }
        ++f.repeats;
        drop_scalars();
    }

    object_ref next_element(frame& f)
    {
        type const& t = *f.of.described;
        if (f.key_waits)
            return {new_entry(f), t.element};
        std::size_t const i = t.what == kind::map ? f.entry : f.index++;
        return {t.items(f.of.object, i, access::get_or_create).value, t.element};
    }

    /// The value of the name that has just come; null, and an error, if it is repeated.
    void* new_entry(frame& f)
    {
        type const& t = *f.of.described;
        f.key_waits = false;
        bool is_new = true;
        void* value = nullptr;
        if (t.what == kind::associative) {
            value = t.entries->insert(f.of.object, name_, is_new);
        } else {
            f.entry = find_entry(f, name_);
            is_new = f.entry == f.index;
            if (is_new)
                *t.items(f.of.object, f.index++, access::get_or_create).key = name_;
            value = t.items(f.of.object, f.entry, access::peek).value;
        }
        if (is_new)
            return value;
        if (how_ == reading::strict)
            return nullptr;
        clear(value, *t.element);
        ++f.repeats;
        drop_scalars();
        return value;
    }

    /// The type of the next value, which is not created; null if it is not described.
    type const* next_type() const
    {
        if (top_ == outside_)
            return root_.described;
        if (top_->of.described->what != kind::object)
            return top_->of.described->element;
        return top_->current != nullptr ? top_->current->described : nullptr;
    }

    /// Whether an object or array appears only when it is complete.
    static bool is_whole_value(type const* t, shape of)
    {
        if (t == nullptr)
            return false;
        bool const is_choice = t->what == kind::choice && !t->choices->alternatives.empty();
        return is_choice || (is_kept(of, *t) && t->what != kind::verbatim);
    }

    /// The index of the map's entry with this name; the number of entries if there is none.
    std::size_t find_entry(frame const& f, std::string_view name)
    {
        static constexpr std::size_t few = 32;
        auto const name_of = [&f](std::size_t i) -> std::string const& {
            return *look_at(f.of.object, i, f.of.described->items).key;
        };
        if (f.index < few) {
            std::size_t i = 0;
            while (i != f.index && name_of(i) != name)
                ++i;
            return i;
        }
        if (positions_.empty())
            positions_.resize(max_depth + 1);
        boost::json::object& positions = positions_[static_cast<std::size_t>(&f - outside_)];
        if (f.index == few) {
            positions.clear();
            for (std::size_t i = 0; i != few; ++i)
                positions[name_of(i)] = i;
        }
        auto const position =
            positions.emplace(text_type(name.data(), name.size()), f.index).first->value().get_uint64();
        return static_cast<std::size_t>(position);
    }

    /// Target of the next value; empty if the value is not described.
    object_ref next_value(shape of)
    {
        object_ref to;
        if (top_ == outside_) {
            to = root_;
        } else if (frame& f = *top_; f.of.described->what != kind::object) {
            to = next_element(f);
        } else if (f.current != nullptr) {
            to = {f.current->reach(f.of.object, access::get_or_create), f.current->described};
        }
        if (to.object != nullptr && to.described->what == kind::choice && !decides_when_whole(*to.described)) {
            if (object_ref const chosen = to.described->choices->choose(to.object, of); chosen.object != nullptr)
                return chosen;
        }
        return to;
    }

    /// Selects the target of a value that is kept as JSON.
    bool capture_to(object_ref to, shape of)
    {
        captured_ = {};
        captured_object_ = nullptr;
        if (to.object != nullptr && is_kept(of, *to.described)) {
            captured_ = to;
            if (to.described->what == kind::verbatim) {
                copied_.clear();
                begin_copy(copied_);
            }
            return true;
        }
        if (how_ == reading::strict && !is_extra(to))
            return misfit(of, to.described);
        if (top_ == outside_)
            return fail("the value has another shape");
        frame& f = *top_;
        type const& t = *f.of.described;
        if (t.what != kind::object) {
            clear(to.object, *to.described);
            member const& extra = to.described->members[to.described->extra];
            captured_object_ = static_cast<boost::json::object*>(extra.reach(to.object, access::get_or_create));
            name_.clear();
            return true;
        }
        if (f.current != nullptr) {
            name_ = f.current->name;
            if (how_ == reading::created)
                begin_again(f);
            f.seen &= ~bit_of(f);
            f.odd |= t.extra >= 0 ? bit_of(f) : 0;
        }
        if (t.extra >= 0) {
            auto const i = static_cast<std::size_t>(t.extra);
            captured_object_ = &f.extra();
            if ((f.seen & (std::uint64_t{1} << i)) == 0)
                captured_object_->clear();
            f.seen |= std::uint64_t{1} << i;
        }
        return true;
    }

    /// Whether a value of this shape forces the whole list to be kept as JSON, because its element cannot hold the value.
    bool breaks_list(object_ref element, shape of) const
    {
        if (top_ == outside_ || top_->of.described->what == kind::object || how_ == reading::strict)
            return false;
        type const& t = *element.described;
        return element.object == nullptr || !(is_kept(of, t) || (t.what == kind::object && t.extra >= 0));
    }

    /// Keeps a list as JSON, with all elements read so far. Called when an element has just begun.
    bool capture_list()
    {
        drop_scalars();
        frame& list = *top_;
        type const& t = *list.of.described;
        if (t.what != kind::map)
            --list.index;
        if (t.what == kind::associative)
            return fail("an element of another shape");
        if (t.element->what == kind::float32) // a vector must not have a gap
            return fail("something else than a number");
        if (top_[-1].of.described == nullptr || top_[-1].of.described->what != kind::object)
            return fail("an element of another shape");
        if (!built_.begin_with(list))
            return fail("an element of another shape");
        --top_;
        return capture_to({}, t.what == kind::map ? shape::object : shape::array);
    }

    bool store(boost::json::value&& v)
    {
        if (std::exchange(is_waiting_, false)) {
            object_ref const to = next_value(shape_of(v));
            if (how_ == reading::strict && is_choice(to) && built_.names() != number_of_names(v))
                return fail_value("a name is repeated");
            return keep(std::move(v), to);
        }
        if (captured_object_ != nullptr) {
            captured_object_->insert_or_assign(name_, std::move(v));
            return true;
        }
        if (captured_.object == nullptr)
            return true;
        switch (captured_.described->what) {
        case kind::verbatim:
            end_copy();
            return captured_.described->names->assign(captured_.object, copied_) || fail("an object of another kind");
        case kind::members:
            *static_cast<boost::json::object*>(captured_.object) = std::move(v.as_object());
            return true;
        default:
            *static_cast<boost::json::value*>(captured_.object) = std::move(v);
            return true;
        }
    }

    bool is_choice(object_ref to) const
    {
        return to.object != nullptr && to.described->what == kind::choice && decides_when_whole(*to.described);
    }

    /// Whether a variant's alternative is chosen by the whole value. Otherwise its shape chooses.
    bool decides_when_whole(type const& choice) const
    {
        return how_ != reading::reused && !choice.choices->alternatives.empty();
    }

    /// Reads a value into the first alternative of a variant that it fits. If it fits none, strict reading fails: a variant with one
    /// alternative of its shape says why.
    bool choose(boost::json::value const& v, object_ref to)
    {
        choice_functions const& choices = *to.described->choices;
        shape const of = shape_of(v);
        if (of == shape::null) {
            choices.choose(to.object, shape::null);
            return choices.has_empty || how_ != reading::strict || misfit(of, to.described);
        }
        std::string text;
        write(text, {&v, &type_of<boost::json::value>::value});
        std::vector<alternative const*> candidates;
        for (alternative const& one : choices.alternatives) {
            if (takes(one.described->what, of) && has_constants_of(v, *one.described))
                candidates.push_back(&one);
        }
        if (candidates.empty() && how_ != reading::strict)
            return false;
        if (candidates.empty())
            return is_one_of(of, *to.described) ? refuse(expectation(*to.described)) : misfit(of, to.described);
        if (inner_ == nullptr)
            inner_ = std::make_unique<reader>();
        reader& inner = *inner_;
        for (alternative const* const one : candidates) {
            // a quick look first, or variants in variants would double the time at each level
            if (candidates.size() != 1 && !has_members_of(v, *one->described))
                continue;
            if (inner.read({one->emplace(to.object), one->described}, text, reading::strict))
                return true;
        }
        alternative const& last = *candidates.back();
        if (how_ != reading::strict && inner.read({last.emplace(to.object), last.described}, text, reading::created))
            return true;
        choices.choose(to.object, shape::null);
        if (how_ != reading::strict)
            return false;
        if (candidates.size() != 1)
            return refuse(expectation(*to.described));
        inner_path_ = inner.state_->path();
        return fail_value(std::string(inner.state_->reason()));
    }

    /// Whether the value is a member that the class does not describe, but has a place for.
    bool is_extra(object_ref to) const
    {
        return to.described == nullptr && top_ != outside_ && top_->of.described->extra >= 0;
    }

    /// Says of the current value, whose place has been taken, what was expected.
    bool refuse(std::string what) { return fail_value("expected " + std::move(what)); }

    /// Says what is wrong with the current value, whose place has been taken.
    bool fail_value(std::string what)
    {
        if (top_ != outside_ && top_->of.described->what == kind::array)
            --top_->index;
        return fail(std::move(what));
    }

    /// Refuses a value in strict reading.
    bool misfit(shape of, type const* described)
    {
        static constexpr std::string_view shapes[] = {"null",   "true or false", "a number",
                                                      "a text", "an array",      "an object"};
        frame const& f = *top_;
        if (described == nullptr)
            return fail("a member that is not described; the members are " + names_of(*f.of.described));
        bool const is_entry = top_ != outside_ && f.of.described->what != kind::object;
        if (is_entry && f.of.described->size != 0 && f.index > f.of.described->size)
            return refuse(expectation(*f.of.described));
        if (is_entry && may_be(of, *described))
            return fail("the name is repeated");
        return refuse(expectation(*described) + ", got " + std::string(shapes[static_cast<int>(of)]));
    }

    static bool is_known(std::string_view text, type const& t)
    {
        return t.known.empty() || std::find(t.known.begin(), t.known.end(), text) != t.known.end();
    }

    /// Keeps a scalar as JSON.
    bool keep(boost::json::value v, object_ref to)
    {
        if (is_choice(to)) {
            bool const chosen = choose(v, to);
            if (chosen || how_ == reading::strict)
                return chosen;
        }
        if (breaks_list(to, shape_of(v))) {
            if (!capture_list())
                return false;
            built_.add_value(v);
            return true;
        }
        return capture_to(to, shape_of(v)) && store(std::move(v));
    }

    bool assign_text(std::string_view text, object_ref to)
    {
        if (to.described->names->assign(to.object, text))
            return true;
        return to.described->known.empty() ? fail_value("a text is malformed") : refuse(expectation(*to.described));
    }

    bool take_number_as_text(number const& n, object_ref to)
    {
        std::string const text = print_number(n);
        if (to.described->what == kind::string) {
            static_cast<std::string*>(to.object)->assign(text);
            return true;
        }
        return assign_text(text, to);
    }

    // The first frame is a sentinel. The types of this library nest no deeper than the other few frames; anything deeper is kept as JSON.
    static constexpr std::size_t max_depth = 64;
    std::array<frame, 17> few_frames_;
    std::vector<frame> deep_frames_; // unless a value is reused
    frame* outside_ = few_frames_.data();
    frame* deepest_ = &few_frames_.back();
    frame* top_ = outside_;
    reading how_ = reading::reused;
    object_ref root_;
    object_ref pending_;                             // target of the current string
    std::string text_;                               // current string, if it cannot go to its member directly
    std::string name_;                               // name of a member that is kept as JSON
    std::vector<boost::json::object> positions_;     // for each frame, the entries of a large map by name
    value_builder built_;                            // a value that is kept as JSON
    object_ref captured_;                            // its target, if that is described
    boost::json::object* captured_object_ = nullptr; // else the `extra` that gets it
    std::string copied_;                             // text of a kind::verbatim
    bool is_waiting_ = false;                        // whether the value that is kept as JSON has no place yet
    std::unique_ptr<reader> inner_;                  // of variants
    std::string inner_path_;                         // of a problem in a variant
    bool has_target_ = true;                         // whether the current string goes to a value that exists
    std::vector<scalar>* scalars_ = nullptr;         // for read_again()
    char const* document_ = nullptr;
};

FOUNDRY_DECL reader::reader() : state_(new state) {} // not make_unique, which would set it to zero first
FOUNDRY_DECL reader::reader(reader&&) noexcept = default;
FOUNDRY_DECL reader& reader::operator=(reader&&) noexcept = default;
FOUNDRY_DECL reader::~reader() = default;

FOUNDRY_DECL void reader::start(object_ref value, reading how) { state_->start(value, how); }
FOUNDRY_DECL bool reader::read(object_ref value, std::string_view text, reading how)
{
    start(value, how);
    return whole(text);
}
FOUNDRY_DECL std::vector<reader::scalar> reader::read_again(object_ref value, std::string_view text)
{
    std::vector<scalar> all;
    start(value, reading::reused);
    state_->note_scalars(all, text.data());
    if (!whole(text))
        all.clear();
    return all;
}
FOUNDRY_DECL bool reader::feed(std::string_view bytes) { return state_->feed(bytes); }
FOUNDRY_DECL bool reader::whole(std::string_view text) { return state_->feed(text) && state_->finish(); }
FOUNDRY_DECL bool reader::finish() { return state_->finish(); }
FOUNDRY_DECL std::string const& reader::problem() const noexcept { return state_->problem(); }

} // namespace foundry::inline FOUNDRY_ABI::json
