// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/ids.ipp>

#include <charconv>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A number of the query or of a form, which must be within these limits.
FOUNDRY_DECL std::size_t integer_of(std::string const& text, std::string const& name, std::size_t min, std::size_t max,
                                    error_writer const& say)
{
    std::size_t number = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size())
        say.bad_request("Invalid type for '" + name + "': expected an integer.", "invalid_type", json::string(name));
    if (number < min)
        say.bad_request("Invalid '" + name + "': integer below minimum value. Expected a value >= " +
                            std::to_string(min) + ", but got " + text + " instead.",
                        "integer_below_min_value", json::string(name));
    if (number > max)
        say.bad_request("Invalid '" + name + "': integer above maximum value. Expected a value <= " +
                            std::to_string(max) + ", but got " + text + " instead.",
                        "integer_above_max_value", json::string(name));
    return number;
}

/// The seconds after which a file expires, of a form or a body, which have different names for them.
FOUNDRY_DECL std::int64_t expiry_of(std::string const& name, std::optional<std::string> const& anchor,
                                    std::optional<std::string> const& seconds, std::size_t min_seconds,
                                    error_writer const& say)
{
    json_path at;
    at.push_back(json::string(name));
    if (!anchor)
        say.missing(inside(at, "anchor"));
    if (!seconds)
        say.missing(inside(at, "seconds"));
    if (*anchor != "created_at")
        say.bad_value(inside(at, "anchor"), "expected 'created_at'.", json::string(*anchor));
    constexpr std::size_t max_seconds = 2592000;
    return static_cast<std::int64_t>(integer_of(*seconds, name + ".seconds", min_seconds, max_seconds, say));
}

/// A page of a list, as the query asks for it.
class page_query
{
public:
    /// `size` is the size of a page if the query does not say.
    page_query(route const& target, error_writer const& say, std::size_t size = 20, std::size_t max_size = 100);

    json::object apply(json::array const& oldest_first) const;

private:
    std::size_t limit_;
    bool ascending_ = false;
    std::optional<std::string> after_;
};

FOUNDRY_DECL page_query::page_query(route const& target, error_writer const& say, std::size_t size,
                                    std::size_t max_size)
    : limit_(integer_of(target.parameter("limit").value_or(std::to_string(size)), "limit", 1, max_size, say)),
      after_(target.parameter("after"))
{
    auto const order = target.parameter("order").value_or("desc");
    if (order != "asc" && order != "desc")
        say.bad_request("Invalid value: '" + order + "'. Supported values are: 'asc' and 'desc'.", "invalid_value",
                        "order");
    ascending_ = order == "asc";
    if (target.parameter("before"))
        say.unsupported("before");
}

FOUNDRY_DECL json::object page_query::apply(json::array const& oldest_first) const
{
    auto all = oldest_first;
    if (!ascending_)
        std::reverse(all.begin(), all.end());
    std::size_t first = 0;
    if (after_) {
        auto const found = std::find_if(all.begin(), all.end(), [&](json::value const& item) {
            return text_of(item.get_object(), "id") == *after_;
        });
        if (found == all.end())
            refuse_id("Item with id '" + *after_ + "' not found.", "after");
        first = static_cast<std::size_t>(found - all.begin()) + 1;
    }
    json::array data;
    for (std::size_t i = first; i < all.size() && data.size() < limit_; ++i)
        data.push_back(all[i]);
    json::object made;
    made["object"] = "list";
    made["data"] = data;
    made["first_id"] = data.empty() ? json::value(nullptr) : data.front().at("id");
    made["has_more"] = first + data.size() < all.size();
    made["last_id"] = data.empty() ? json::value(nullptr) : data.back().at("id");
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
