// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/ids.ipp>

#include <map>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A response that the request asked to store.
class stored_response
{
public:
    json::array conversation() const; ///< The items before it, its input and its output.

    json::object object;             ///< Its present state.
    std::vector<json::object> later; ///< The states to come, if it runs in the background.
    json::array before;              ///< The conversation before it.
    json::array input;               ///< The items of the request.
    std::vector<std::string> events; ///< For a later read; only if it was streamed in the background.
};

/// The responses that requests have stored.
class response_store
{
public:
    void keep(stored_response response);
    stored_response const* find(std::string_view id) const; ///< Null if there is none.
    stored_response const& get(std::string_view id) const;  ///< Refuses if there is none.
    json::object poll(std::string_view id);                 ///< Its state after one more step.
    void finish(std::string_view id);                       ///< Takes every step that is left.
    json::object cancel(std::string_view id);               ///< Refuses unless it still runs in the background.
    json::object remove(std::string_view id);
    json::object item(std::string_view id) const; ///< An item of a conversation; refuses if there is none.

    std::string new_id(std::string_view lead) { return make_id(lead, ++ids_); }
    json::object new_item(std::string_view kind); ///< With an id and the type, and nothing else.

private:
    stored_response& change(std::string_view id);

    std::map<std::string, stored_response, std::less<>> responses_;
    std::uint64_t ids_ = 0;
};

FOUNDRY_DECL json::array stored_response::conversation() const
{
    auto made = before;
    made.insert(made.end(), input.begin(), input.end());
    auto const& output = object.at("output").as_array();
    made.insert(made.end(), output.begin(), output.end());
    return made;
}

FOUNDRY_DECL std::string_view id_lead_of(std::string_view kind)
{
    return kind == "message"                 ? "msg_"
           : kind == "function_call"         ? "fc_"
           : kind == "function_call_output"  ? "fco_"
           : kind == "reasoning"             ? "rs_"
           : kind == "web_search_call"       ? "ws_"
           : kind == "code_interpreter_call" ? "ci_"
           : kind == "mcp_list_tools"        ? "mcpl_"
           : kind == "mcp_call"              ? "mcp_"
           : kind == "mcp_approval_request"  ? "mcpr_"
                                             : "mcpa_";
}

FOUNDRY_DECL json::object response_store::new_item(std::string_view kind)
{
    json::object made;
    made["id"] = new_id(id_lead_of(kind));
    made["type"] = kind;
    return made;
}

FOUNDRY_DECL void response_store::keep(stored_response response)
{
    std::string id(response.object.at("id").as_string());
    responses_.insert_or_assign(std::move(id), std::move(response));
}

FOUNDRY_DECL stored_response const* response_store::find(std::string_view id) const
{
    auto const found = responses_.find(id);
    return found == responses_.end() ? nullptr : &found->second;
}

FOUNDRY_DECL stored_response const& response_store::get(std::string_view id) const
{
    auto const* const found = find(id);
    if (!found)
        refuse_id("Response with id '" + std::string(id) + "' not found.", nullptr);
    return *found;
}

FOUNDRY_DECL stored_response& response_store::change(std::string_view id)
{
    get(id);
    return responses_.find(id)->second;
}

FOUNDRY_DECL json::object response_store::poll(std::string_view id)
{
    auto& one = change(id);
    if (!one.later.empty()) {
        one.object = one.later.front();
        one.later.erase(one.later.begin());
    }
    return one.object;
}

FOUNDRY_DECL void response_store::finish(std::string_view id)
{
    auto const found = responses_.find(id);
    if (found == responses_.end() || found->second.later.empty())
        return;
    found->second.object = found->second.later.back();
    found->second.later.clear();
}

FOUNDRY_DECL json::object response_store::cancel(std::string_view id)
{
    auto& one = change(id);
    auto const refuse = [](std::string const& text) {
        throw refusal(400, openai_error(text, "invalid_request_error", nullptr, nullptr));
    };
    if (!flag_of(one.object, "background", false))
        refuse("Cannot cancel a synchronous response.");
    if (one.later.empty() && one.object.at("status") != "cancelled")
        refuse("Cannot cancel a completed response.");
    one.object["status"] = "cancelled";
    one.later.clear();
    return one.object;
}

FOUNDRY_DECL json::object response_store::remove(std::string_view id)
{
    change(id);
    responses_.erase(responses_.find(id));
    json::object made;
    made["id"] = id;
    made["object"] = "response.deleted";
    made["deleted"] = true;
    return made;
}

FOUNDRY_DECL json::object response_store::item(std::string_view id) const
{
    for (auto const& [name, one] : responses_) {
        for (auto const& item : one.conversation()) {
            if (text_of(item.get_object(), "id") == id)
                return item.get_object();
        }
    }
    refuse_id("Item with id '" + std::string(id) + "' not found.", "input");
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
