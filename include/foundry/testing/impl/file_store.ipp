// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/ids.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A file that was uploaded, or made by a batch.
class stored_file
{
public:
    bool is_processed() const { return gets_left == 0; }
    json::object object(form kind) const;

    std::string id;
    std::string purpose;
    std::string name;
    std::int64_t created_at = 0;
    std::optional<std::int64_t> expires_at;
    std::size_t gets_left = 0; ///< Until it is processed.
    std::shared_ptr<std::string const> content;
};

/// The files, in the order in which they were created.
class file_store
{
public:
    void add(stored_file file) { files_.push_back(std::move(file)); }
    stored_file* find(std::string_view id);           ///< Null if there is none.
    stored_file& get(std::string_view id, form kind); ///< Refuses if there is none.
    json::object remove(std::string_view id, form kind);
    json::array list(std::string_view purpose, form kind) const; ///< Of every purpose if it is empty.

private:
    std::vector<stored_file> files_;
};

/// Whether Azure's own store has the files of this purpose; the others are in a store of another make.
FOUNDRY_DECL bool is_for_jobs(std::string_view purpose)
{
    return purpose == "batch" || purpose == "fine-tune" || purpose == "batch_output";
}

/// Azure has two kinds of file objects, and OpenAI a third.
FOUNDRY_DECL json::object stored_file::object(form kind) const
{
    auto const status = is_processed() ? "processed" : "pending";
    json::object made;
    if (kind != form::compatible && is_for_jobs(purpose)) {
        made["status"] = status;
        made["bytes"] = content->size();
        made["purpose"] = purpose;
        made["filename"] = name;
        made["id"] = id;
        made["created_at"] = created_at;
        made["object"] = "file";
        if (expires_at)
            made["expires_at"] = *expires_at;
        return made;
    }
    made["object"] = "file";
    made["id"] = id;
    made["purpose"] = purpose;
    made["filename"] = name;
    made["bytes"] = content->size();
    made["created_at"] = created_at;
    if (kind == form::compatible || expires_at)
        made["expires_at"] = expires_at ? json::value(*expires_at) : json::value();
    made["status"] = status;
    made["status_details"] = nullptr;
    return made;
}

/// OpenAI repeats the error of a file outside it.
[[noreturn]] FOUNDRY_DECL void refuse_file(unsigned status, std::string const& message, std::string_view param,
                                           form kind)
{
    auto body = openai_error(message, "invalid_request_error", json::string(param), nullptr);
    if (kind == form::compatible) {
        json::object detail;
        detail["message"] = message;
        detail["code"] = nullptr;
        body.as_object()["detail"] = std::move(detail);
    }
    throw refusal(status, body);
}

FOUNDRY_DECL stored_file* file_store::find(std::string_view id)
{
    auto const found = std::find_if(files_.begin(), files_.end(), [&](stored_file const& f) { return f.id == id; });
    return found == files_.end() ? nullptr : &*found;
}

FOUNDRY_DECL stored_file& file_store::get(std::string_view id, form kind)
{
    auto* const found = find(id);
    if (!found)
        refuse_file(404, "No such File object: " + std::string(id), "id", kind);
    return *found;
}

FOUNDRY_DECL json::object file_store::remove(std::string_view id, form kind)
{
    json::object made;
    made["object"] = "file";
    made["deleted"] = true;
    made["id"] = get(id, kind).id;
    std::erase_if(files_, [&](stored_file const& f) { return f.id == id; });
    return made;
}

FOUNDRY_DECL json::array file_store::list(std::string_view purpose, form kind) const
{
    json::array made;
    for (auto const& one : files_) {
        if (purpose.empty() || one.purpose == purpose)
            made.push_back(one.object(kind));
    }
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
