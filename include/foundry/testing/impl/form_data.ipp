// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/schema.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A received form of fields and files (RFC 7578). Its contents are views of the request, which may be large.
class form_data
{
public:
    class part
    {
    public:
        std::string name;
        std::string file_name;
        std::string type; ///< Its Content-Type; empty if it has none.
        std::string_view content;
    };

    /// Refuses a request that is not such a form.
    form_data(recorded_request const& request, error_writer const& say);

    part const* find(std::string_view name) const;
    std::optional<std::string> text(std::string_view name) const;           ///< The field with this name.
    std::vector<std::string> texts(std::string_view name) const;            ///< Every field with this name.
    part const& file(std::string_view name, error_writer const& say) const; ///< Refuses if there is no such file.

private:
    void add(std::string_view head, std::string_view content);

    std::vector<part> parts_;
};

/// The value of a parameter such as `name="..."` in a header field.
FOUNDRY_DECL std::string parameter_in(std::string_view field, std::string_view name)
{
    auto const lead = " " + std::string(name) + "=";
    auto const found = field.find(lead);
    if (found == std::string_view::npos)
        return {};
    auto value = field.substr(found + lead.size());
    if (!value.starts_with('"'))
        return std::string(value.substr(0, value.find(';')));
    value.remove_prefix(1);
    return percent_decode(value.substr(0, value.find('"')));
}

FOUNDRY_DECL form_data::form_data(recorded_request const& request, error_writer const& say)
{
    auto const type = request.header("content-type").value_or("");
    auto const boundary = parameter_in(type, "boundary");
    if (!lower(type).starts_with("multipart/form-data") || boundary.empty())
        say.bad_request("The Content-Type must be multipart/form-data with a boundary.", "invalid_content_type",
                        nullptr);
    auto const mark = "--" + boundary;
    std::string_view rest = request.body;
    while (consume(rest, mark) && !rest.starts_with("--")) {
        auto const head_end = rest.find("\r\n\r\n");
        auto const end = rest.find("\r\n" + mark);
        if (head_end == std::string_view::npos || end == std::string_view::npos || end < head_end + 2)
            break;
        bool const is_empty = end == head_end + 2;
        add(rest.substr(2, head_end), is_empty ? std::string_view() : rest.substr(head_end + 4, end - head_end - 4));
        rest.remove_prefix(end + 2);
    }
    if (parts_.empty() || !rest.starts_with("--"))
        say.bad_request("The form cannot be read.", "invalid_form", nullptr);
}

FOUNDRY_DECL void form_data::add(std::string_view head, std::string_view content)
{
    part made;
    made.content = content;
    while (!head.empty()) {
        auto const line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(line.size() + 2, head.size()));
        if (lower(line).starts_with("content-disposition:")) {
            made.name = parameter_in(line, "name");
            made.file_name = parameter_in(line, "filename");
        } else if (lower(line).starts_with("content-type:")) {
            made.type = std::string(trim_left(line.substr(std::string_view("content-type:").size())));
        }
    }
    parts_.push_back(std::move(made));
}

FOUNDRY_DECL form_data::part const* form_data::find(std::string_view name) const
{
    auto const found = std::find_if(parts_.begin(), parts_.end(), [&](part const& p) { return p.name == name; });
    return found == parts_.end() ? nullptr : &*found;
}

FOUNDRY_DECL std::optional<std::string> form_data::text(std::string_view name) const
{
    auto const* const found = find(name);
    return found ? std::optional(std::string(found->content)) : std::nullopt;
}

FOUNDRY_DECL std::vector<std::string> form_data::texts(std::string_view name) const
{
    std::vector<std::string> made;
    for (auto const& one : parts_) {
        if (one.name == name)
            made.emplace_back(one.content);
    }
    return made;
}

FOUNDRY_DECL form_data::part const& form_data::file(std::string_view name, error_writer const& say) const
{
    auto const* const found = find(name);
    if (!found || found->file_name.empty())
        say.missing(inside(json_path(), json::string(name)));
    return *found;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
