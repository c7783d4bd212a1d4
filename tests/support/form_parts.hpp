// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace foundry_test {

/// A part of a form, read by other means than those of the library.
struct form_part
{
    std::string file_name;
    std::string content_type;
    std::string bytes;

    friend bool operator==(form_part const&, form_part const&) = default;
};

inline std::string between(std::string_view text, std::string_view begin, std::string_view end)
{
    std::size_t const at = text.find(begin);
    if (at == text.npos)
        return {};
    std::string found(text.substr(at + begin.size(), text.find(end, at + begin.size()) - at - begin.size()));
    std::erase(found, '"');
    return found;
}

/// The parts of a `multipart/form-data` body by their names.
inline std::map<std::string, form_part> parts_of(std::string_view body)
{
    std::map<std::string, form_part> parts;
    std::string const mark = "\r\n" + std::string(body.substr(0, body.find("\r\n")));
    std::size_t at = mark.size() - 2;
    for (std::size_t end = 0; (end = body.find(mark, at)) != body.npos; at = end + mark.size()) {
        std::string_view const part = body.substr(at + 2, end - at - 2);
        std::size_t const head = part.find("\r\n\r\n");
        std::string const fields = std::string(part.substr(0, head)) + "\r\n";
        std::string const disposition = between(fields, "form-data;", "\r\n") + ";";
        form_part& made = parts[between(disposition, " name=", ";")];
        made.file_name = between(disposition, "filename=", ";");
        made.content_type = between(fields, "Content-Type: ", "\r\n");
        made.bytes = part.substr(head + 4);
    }
    return parts;
}

} // namespace foundry_test
