// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/secret.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/static_resource.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// A JSON object in memory that the destructor erases.
class secret_document
{
public:
    explicit secret_document(std::string_view text)
        : size_(text.size() * 6 + 16 * 1024),
          memory_(new unsigned char[size_]),
          resource_(memory_.get(), size_),
          value_(&resource_)
    {
        boost::system::error_code ec;
        try {
            value_ = boost::json::parse(text, ec, &resource_);
        } catch (std::bad_alloc const&) { // more members than any response has
        }
    }
    secret_document(secret_document const&) = delete;
    secret_document& operator=(secret_document const&) = delete;
    ~secret_document() { foundry::detail::cleanse(memory_.get(), size_); }

    /// Null if the text is not a JSON object.
    boost::json::object const* object() const noexcept { return value_.if_object(); }

    bool has(std::string_view name) const { return find(name) != nullptr; }

    std::string_view text(std::string_view name) const
    {
        boost::json::value const* const v = find(name);
        return v != nullptr && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
    }

    /// A number without its fraction, also as a string of decimal digits without leading zeros. Empty if it is negative or above `max`.
    std::optional<std::int64_t> number(std::string_view name, std::int64_t max) const
    {
        boost::json::value const* const v = find(name);
        if (v == nullptr)
            return std::nullopt;
        std::int64_t n = -1;
        if (v->is_int64()) {
            n = v->get_int64();
        } else if (v->is_double()) {
            n = v->get_double() >= 0 && v->get_double() <= static_cast<double>(max)
                    ? static_cast<std::int64_t>(v->get_double())
                    : -1;
        } else if (v->is_string()) {
            std::string_view digits(v->get_string());
            std::size_t const point = (std::min)(digits.find('.'), digits.size());
            bool const is_fraction = digits.find_first_not_of("0123456789", point + 1) == digits.npos;
            if (point + 1 < digits.size() && is_fraction)
                digits = digits.substr(0, point);
            auto const [last, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
            bool const canonical = digits == "0" || !digits.starts_with('0');
            if (ec != std::errc() || last != digits.data() + digits.size() || !canonical)
                n = -1;
        }
        return n >= 0 && n <= max ? std::optional(n) : std::nullopt;
    }

private:
    boost::json::value const* find(std::string_view name) const
    {
        return object() != nullptr ? object()->if_contains(name) : nullptr;
    }

    std::size_t size_;
    std::unique_ptr<unsigned char[]> memory_;
    boost::json::static_resource resource_;
    boost::json::value value_; // resource_ releases its memory
};

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
