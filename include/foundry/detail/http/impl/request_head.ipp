// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/field_text.hpp>
#include <foundry/detail/http/request_head.hpp>
#include <foundry/error.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Whether the text consists of lines that are not empty, end with CRLF and have no other control characters than tabs.
inline bool whole_lines(std::string_view text) noexcept
{
    while (!text.empty()) {
        std::size_t const end = text.find('\n');
        if (end == text.npos || end < 2 || text[end - 1] != '\r' || has_control(text.substr(0, end - 1)))
            return false;
        text.remove_prefix(end + 1);
    }
    return true;
}

} // namespace detail

FOUNDRY_DECL void append_field(std::string& out, std::string_view name, std::string_view value)
{
    if (!valid_field_name(name))
        throw error(errc::invalid_argument,
                    "a header name has a character that HTTP does not allow; use letters, digits and -");
    if (!valid_field_value(value)) {
        throw error(errc::invalid_argument,
                    "the value of header " + std::string{name} +
                        " has a control character or a blank at its end; a key read from a file "
                        "often has a line break to trim");
    }
    out.append(name).append(": ").append(value).append("\r\n");
}

FOUNDRY_DECL std::string start_head(std::string_view method, std::string_view target, std::string_view host,
                                    bool is_absolute)
{
    bool const sound = target.starts_with('/') && foundry::detail::all_of(target, foundry::detail::is_graphic);
    if (!sound)
        throw error(errc::invalid_argument,
                    "the request's path has a character that HTTP does not allow; percent-encode it");
    std::string head;
    head.reserve(512);
    head.append(method).append(" ").append(is_absolute ? "http://" : "").append(is_absolute ? host : "");
    head.append(target).append(" HTTP/1.1\r\n");
    append_field(head, "Host", host);
    return head;
}

FOUNDRY_DECL std::string assemble(std::string_view head, std::string_view credential_fields, std::string_view body)
{
    if (!detail::whole_lines(head) || !detail::whole_lines(credential_fields))
        throw error(errc::invalid_argument, "the request's head is not made of whole lines; nothing was sent");
    std::string message;
    message.reserve(head.size() + credential_fields.size() + 2 + body.size());
    message.append(head).append(credential_fields).append("\r\n").append(body);
    return message;
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
