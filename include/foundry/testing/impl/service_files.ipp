// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// When an uploaded file expires. OpenAI's clients write `expires_after[seconds]`, Azure's documents `expires_after.seconds`.
FOUNDRY_DECL std::optional<std::int64_t> expiry_of(form_data const& fields, stored_file const& file,
                                                   error_writer const& say)
{
    auto const field = [&fields](std::string const& name) {
        auto const found = fields.text("expires_after[" + name + "]");
        return found ? found : fields.text("expires_after." + name);
    };
    auto const anchor = field("anchor");
    auto const seconds = field("seconds");
    bool const is_batch = file.purpose == "batch";
    bool const on_azure = say.kind() != form::compatible;
    constexpr std::int64_t thirty_days = 2592000;
    if (!anchor && !seconds)
        return is_batch && !on_azure ? std::optional(file.created_at + thirty_days) : std::nullopt;
    return file.created_at + expiry_of("expires_after", anchor, seconds, is_batch && on_azure ? 1209600 : 3600, say);
}

FOUNDRY_DECL void check_purpose(std::string_view purpose, form kind)
{
    static constexpr std::array<std::string_view, 4> azure = {"assistants", "batch", "fine-tune", "evals"};
    static constexpr std::array<std::string_view, 6> openai = {"fine-tune", "assistants", "batch",
                                                               "user_data", "vision",     "evals"};
    if (kind != form::compatible && !contains(azure, purpose))
        throw refusal(400, error_body("invalidPayload", "Invalid value for purpose."));
    if (kind == form::compatible && !contains(openai, purpose))
        refuse_file(400,
                    "'" + std::string(purpose) +
                        "' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - "
                        "'purpose'",
                    "purpose", kind);
}

FOUNDRY_DECL std::string service::new_file_id(std::string_view purpose, form kind)
{
    auto const uuid = new_uuid();
    if (kind == form::compatible)
        return "file-" + in_one_piece(uuid).substr(0, 22);
    if (purpose == "batch_output")
        return "file-" + uuid;
    return is_for_jobs(purpose) ? "file-" + in_one_piece(uuid) : "assistant-" + in_one_piece(uuid).substr(0, 24);
}

FOUNDRY_DECL stored_file const& service::keep_file(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    form_data const fields(request, say);
    auto const purpose = fields.text("purpose");
    if (!purpose)
        say.missing(inside(json_path(), "purpose"));
    check_purpose(*purpose, target.kind);
    auto const& file = fields.file("file", say);
    if (target.kind != form::compatible && file.type.empty())
        throw refusal(400, error_body("invalidPayload", "The file has no or an empty content type specified."));
    stored_file made;
    made.purpose = *purpose;
    made.name = file.file_name;
    made.created_at = seconds_now();
    made.expires_at = expiry_of(fields, made, say);
    made.gets_left = options_.gets_until_processed;
    made.id = new_file_id(made.purpose, target.kind);
    made.content = std::make_shared<std::string const>(file.content);
    auto const id = made.id;
    files_.add(std::move(made));
    return files_.get(id, target.kind);
}

/// The URL of a new file. On a project it is in the resource of the project.
FOUNDRY_DECL std::string location_of(std::string const& id, recorded_request const& request, route const& target)
{
    auto const scheme = request.tls ? std::string("https://") : std::string("http://");
    if (target.kind == form::project) {
        auto const resource = request.host.substr(0, request.host.find_first_of(".:"));
        return scheme + resource + ".openai.azure.com/openai/files/" + id + "?api-version=2025-03-01-preview";
    }
    auto const question = (std::min)(request.target.find('?'), request.target.size());
    return scheme + request.host + request.target.substr(0, question) + "/" + id + request.target.substr(question);
}

FOUNDRY_DECL reply service::upload(recorded_request const& request, route const& target)
{
    auto const& file = keep_file(request, target);
    reply made(200, json_text(file.object(target.kind)));
    if (target.kind == form::compatible || !is_for_jobs(file.purpose))
        return made;
    made.status = 201;
    made.set_header("location", location_of(file.id, request, target));
    std::string versions;
    for (auto const version : dated_versions())
        versions.append(versions.empty() ? "" : ",").append(version);
    made.set_header("api-supported-versions", versions);
    return made;
}

/// The dated form has no pages, and gives all files unless the query sets a limit.
FOUNDRY_DECL reply service::list_files(route const& target) const
{
    constexpr std::size_t max_size = 10000;
    auto const all = files_.list(target.parameter("purpose").value_or(""), target.kind);
    auto const page = page_query(target, error_writer(target.kind), max_size, max_size).apply(all);
    json::object made;
    made["object"] = "list";
    made["data"] = page.at("data");
    if (target.kind != form::dated) {
        for (char const* const name : {"has_more", "first_id", "last_id"})
            made[name] = page.at(name);
    }
    return reply(200, json_text(made));
}

FOUNDRY_DECL std::string percent_encode(std::string_view text)
{
    std::string made;
    for (char const letter : text) {
        auto const byte = static_cast<unsigned char>(letter);
        bool const is_plain = byte < 0x80 && (is_word_byte(letter) || letter == '-' || letter == '.' || letter == '_');
        if (is_plain)
            made += letter;
        else
            made.append(byte < 16 ? "%0" : "%").append(in_hex(byte));
    }
    return made;
}

/// Azure writes a name twice; OpenAI writes it in quotes.
FOUNDRY_DECL std::string disposition_of(std::string const& name, form kind)
{
    auto const encoded = percent_encode(name);
    std::string quoted;
    for (char const letter : name) {
        bool const is_printable = letter >= ' ' && letter <= '~';
        quoted.append(letter == '"' || letter == '\\' ? "\\" : "").append(1, is_printable ? letter : '_');
    }
    quoted = "\"" + quoted + "\"";
    if (kind == form::compatible)
        return "attachment; filename=" + quoted;
    return "attachment; filename=" + (encoded == name ? name : quoted) + "; filename*=UTF-8''" + encoded;
}

FOUNDRY_DECL reply service::content_of(stored_file const& file, form kind) const
{
    reply made(200, std::string()); // the content is a part of its own: it is not copied together with the head
    made.parts.push_back(*file.content);
    made.set_header("content-type", "application/octet-stream");
    made.set_header("content-disposition", disposition_of(file.name, kind));
    return made;
}

FOUNDRY_DECL reply service::files(recorded_request const& request, route const& target)
{
    auto const path = segments_of(target.operation);
    if (path.size() == 1)
        return request.method == "POST" ? upload(request, target) : list_files(target);
    if (request.method == "DELETE")
        return reply(200, json_text(files_.remove(path[1], target.kind)));
    auto& file = files_.get(path[1], target.kind);
    if (path.size() == 3)
        return content_of(file, target.kind);
    file.gets_left -= file.is_processed() ? 0U : 1U;
    return reply(200, json_text(file.object(target.kind)));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
