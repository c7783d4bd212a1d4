// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/embedding_model.ipp>
#include <foundry/testing/impl/schema.ipp>

#include <map>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A received form of fields and files (RFC 7578).
class form_data
{
public:
    class part
    {
    public:
        std::string name;
        std::string file_name;
        std::string type; ///< Its Content-Type; empty if it has none.
        std::string content;
    };

    /// Refuses a request that is not such a form.
    form_data(recorded_request const& request, error_writer const& say);

    part const* find(std::string_view name) const;

private:
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
        part one;
        for (std::string_view head = rest.substr(2, head_end); !head.empty();) {
            auto const line = head.substr(0, head.find("\r\n"));
            head.remove_prefix(std::min(line.size() + 2, head.size()));
            if (lower(line).starts_with("content-disposition:")) {
                one.name = parameter_in(line, "name");
                one.file_name = parameter_in(line, "filename");
            } else if (lower(line).starts_with("content-type:")) {
                one.type = std::string(line.substr(14));
            }
        }
        one.content = end == head_end + 2 ? std::string() : std::string(rest.substr(head_end + 4, end - head_end - 4));
        parts_.push_back(std::move(one));
        rest.remove_prefix(end + 2);
    }
    if (parts_.empty() || !rest.starts_with("--"))
        say.bad_request("The form cannot be read.", "invalid_form", nullptr);
}

FOUNDRY_DECL form_data::part const* form_data::find(std::string_view name) const
{
    auto const found = std::find_if(parts_.begin(), parts_.end(), [&](part const& p) { return p.name == name; });
    return found == parts_.end() ? nullptr : &*found;
}

/// An uploaded file.
class stored_file
{
public:
    json::object object;
    std::string content;
};

/// The files that requests have created, and a source of ids.
class object_store
{
public:
    json::object add_file(form_data const& form, error_writer const& say);
    json::object list_files(std::string_view purpose) const;
    json::object const& file(std::string_view id) const { return find_file(id).object; }
    std::string const& content(std::string_view id) const { return find_file(id).content; }
    json::object remove_file(std::string_view id);

    std::string new_id(std::string_view lead);

private:
    stored_file const& find_file(std::string_view id) const;

    std::map<std::string, stored_file, std::less<>> files_;
    std::uint64_t ids_ = 0;
};

FOUNDRY_DECL std::string make_id(std::string_view lead, std::uint64_t number)
{
    return std::string(lead) + in_hex(hash_of(std::string(lead) + std::to_string(number)));
}

FOUNDRY_DECL std::string object_store::new_id(std::string_view lead) { return make_id(lead, ++ids_); }

[[noreturn]] FOUNDRY_DECL void refuse_id(std::string const& message, json::value param)
{
    throw refusal(404, openai_error(message, "invalid_request_error", std::move(param), nullptr));
}

FOUNDRY_DECL json::object object_store::add_file(form_data const& form, error_writer const& say)
{
    auto const* const purpose = form.find("purpose");
    auto const* const file = form.find("file");
    if (!purpose)
        say.bad_request("Missing required parameter: 'purpose'.", "missing_required_parameter", "purpose");
    if (!file || file->file_name.empty())
        say.bad_request("Missing required parameter: 'file'.", "missing_required_parameter", "file");
    if (file->type.empty())
        say.bad_request("The file has no Content-Type.", "invalidPayload", "file");
    stored_file made;
    made.object["id"] = new_id("file-");
    made.object["object"] = "file";
    made.object["bytes"] = file->content.size();
    made.object["created_at"] = 1741369938;
    made.object["filename"] = file->file_name;
    made.object["purpose"] = purpose->content;
    made.object["status"] = "processed";
    if (purpose->content == "assistants")
        made.object["status_details"] = nullptr;
    made.content = file->content;
    auto const object = made.object;
    files_.emplace(std::string(object.at("id").as_string()), std::move(made));
    return object;
}

FOUNDRY_DECL stored_file const& object_store::find_file(std::string_view id) const
{
    auto const found = files_.find(id);
    if (found == files_.end())
        refuse_id("No such File object: " + std::string(id), "id");
    return found->second;
}

FOUNDRY_DECL json::object object_store::list_files(std::string_view purpose) const
{
    json::array data;
    for (auto const& [id, one] : files_) {
        if (purpose.empty() || text_of(one.object, "purpose") == purpose)
            data.push_back(one.object);
    }
    json::object made;
    made["object"] = "list";
    made["data"] = std::move(data);
    made["has_more"] = false;
    return made;
}

FOUNDRY_DECL json::object object_store::remove_file(std::string_view id)
{
    find_file(id);
    files_.erase(files_.find(id));
    json::object made;
    made["object"] = "file";
    made["deleted"] = true;
    made["id"] = id;
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
