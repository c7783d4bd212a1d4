// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type.hpp>

#include <boost/json/object.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace foundry::inline FOUNDRY_ABI::json {

/// An object, array or map that is being read.
struct reader_frame
{
    void begin(object_ref p)
    {
        of = p;
        current = nullptr;
        seen = 0;
        odd = 0;
        next_index = 0;
        index = p.described->what == kind::object ? predicted() : 0;
        entry = 0;
        repeats = 0;
        key_waits = false;
    }

    void select(std::size_t i)
    {
        current = &of.described->members[i];
        seen |= std::uint64_t{1} << i;
        if ((odd & std::uint64_t{1} << i) != 0)
            forget_odd(i);
        next_index = i + 1;
        index = predicted();
    }

    /// Selects a member that came where another was predicted.
    void update_prediction(std::size_t i)
    {
        learned[next_index] = static_cast<std::int8_t>(static_cast<int>(i) - static_cast<int>(next_index));
        select(i);
    }

    /// Discards an earlier value of this name that had another shape.
    void forget_odd(std::size_t i)
    {
        odd &= ~(std::uint64_t{1} << i);
        extra().erase(of.described->members[i].name);
    }

    boost::json::object& extra() const
    {
        member const& m = of.described->members[of.described->extra];
        return *static_cast<boost::json::object*>(m.reach(of.object, access::get_or_create));
    }

    /// The member that came at this position in the last object of the same depth; at first the next described one. The chunks of a
    /// stream have their members in one order, which can differ from the described order.
    std::size_t predicted() const { return next_index + static_cast<std::size_t>(learned[next_index]); }

    object_ref of;
    member const* current = nullptr; // kind::object: the member whose value comes next; null if it is not described
    std::uint64_t seen = 0;
    std::uint64_t odd = 0;                 // members whose value is in `extra` because of its shape
    std::size_t index = 0;                 // kind::array, kind::map: number of elements; kind::object: predicted member
    std::size_t next_index = 0;            // kind::object: index after the last member; 0 before the first
    std::size_t entry = 0;                 // kind::map: element with the last name
    std::size_t repeats = 0;               // kind::map: number of repeated names
    bool key_waits = false;                // kind::map, kind::associative: whether the last name has no entry yet
    std::array<std::int8_t, 65> learned{}; // difference between next_index and the predicted member
};

} // namespace foundry::inline FOUNDRY_ABI::json
