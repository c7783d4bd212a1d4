// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/response_request.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// What the service's own tools did for a response.
class tool_work
{
public:
    json::array listed;          ///< The items before the reasoning: the tools of MCP servers.
    json::array calls;           ///< The items between the reasoning and the message.
    json::object source;         ///< A page that the message cites; empty if there is none.
    std::string result;          ///< What an MCP server answered; empty if none was asked.
    bool needs_approval = false; ///< Whether the response ends here, for the user to decide.
};

/// The service's own tools: a web search, an interpreter of code, and MCP servers. Each MCP server has one tool, which answers questions.
class server_tools
{
public:
    /// `question` is the text of the last user message.
    server_tools(response_request const& asked, response_store& ids, std::string question)
        : asked_(asked),
          ids_(ids),
          question_(std::move(question))
    {}

    /// Runs the tools that `tool_choice` demands or, if it leaves the choice, those that the question is about; MCP servers are asked
    /// every question.
    tool_work run();

private:
    bool uses(json::object const& tool) const;
    void search();
    void interpret(json::object const& tool);
    void ask(json::object const& tool);
    void call(json::object const& request, json::value approval_id);
    std::string fact() const { return compose_answer(question_, true, 0); }

    response_request const& asked_;
    response_store& ids_;
    std::string question_;
    tool_work done_;
};

FOUNDRY_DECL tool_work server_tools::run()
{
    for (auto const& decision : asked_.approvals()) {
        if (decision.approved)
            call(decision.request, decision.request.at("id"));
    }
    bool const answers_user = asked_.input().back().at("type") == "message";
    if (asked_.approvals().empty() && answers_user) {
        for (auto const& one : asked_.server_tools()) {
            auto const& tool = one.get_object();
            if (!uses(tool))
                continue;
            if (tool.at("type") == "mcp")
                ask(tool);
            else if (tool.at("type") == "code_interpreter")
                interpret(tool);
            else
                search();
        }
    }
    return std::move(done_);
}

FOUNDRY_DECL bool server_tools::uses(json::object const& tool) const
{
    std::string_view const kind = tool.at("type").as_string();
    if (!asked_.leaves_choice() || kind == "mcp")
        return asked_.leaves_choice() || asked_.forces(kind);
    constexpr std::string_view of_code = "code python program calculate random plot";
    constexpr std::string_view of_search = "web internet online search news today latest";
    auto const meanings = meanings_of(question_);
    auto const wanted = meanings_of(kind == "code_interpreter" ? of_code : of_search);
    return std::any_of(wanted.begin(), wanted.end(), [&](auto const& one) { return contains(meanings, one); });
}

/// Azure leaves the status of a finished search at `searching`.
FOUNDRY_DECL void server_tools::search()
{
    json::object action;
    action["type"] = "search";
    action["query"] = question_;
    auto made = ids_.new_item("web_search_call");
    made["status"] = asked_.is_azure() ? "searching" : "completed";
    made["action"] = std::move(action);
    done_.calls.push_back(std::move(made));
    std::string page;
    for (auto const& word : key_words_of(question_, 4))
        page += (page.empty() ? "" : "-") + lower(word);
    done_.source["title"] = question_;
    done_.source["url"] = "https://example.com/" + page;
}

FOUNDRY_DECL void server_tools::interpret(json::object const& tool)
{
    auto made = ids_.new_item("code_interpreter_call");
    made["status"] = "completed";
    made["code"] = "print(" + json_text(json::string(fact())) + ")";
    auto const& container = tool.at("container");
    made["container_id"] = container.is_string() ? container : json::value(json::string(ids_.new_id("cntr_")));
    made["outputs"] = nullptr;
    if (asked_.includes("code_interpreter_call.outputs")) {
        json::object logs;
        logs["type"] = "logs";
        logs["logs"] = fact() + "\n";
        made["outputs"] = json::array(1, std::move(logs));
    }
    done_.calls.push_back(std::move(made));
}

/// The name of an MCP server's tool: the first that the request allows.
FOUNDRY_DECL std::string mcp_tool_name(json::object const& tool)
{
    auto const& allowed = tool.at("allowed_tools");
    auto const names =
        allowed.is_object() ? array_of(allowed.get_object(), "tool_names") : array_of(tool, "allowed_tools");
    return !names.empty() && names.front().is_string() ? std::string(names.front().get_string()) : "ask";
}

FOUNDRY_DECL bool needs_approval(json::object const& tool, std::string const& name)
{
    auto const& rule = tool.at("require_approval");
    if (rule.is_string())
        return rule != "never";
    auto const exempt = array_of(object_of(rule.get_object(), "never"), "tool_names");
    return std::find(exempt.begin(), exempt.end(), json::value(json::string(name))) == exempt.end();
}

/// The schema of an object with one text member.
FOUNDRY_DECL json::object question_schema()
{
    json::object text;
    text["type"] = "string";
    json::object properties;
    properties["question"] = std::move(text);
    json::object made;
    made["type"] = "object";
    made["properties"] = std::move(properties);
    made["required"] = json::array(1, "question");
    made["additionalProperties"] = false;
    return made;
}

FOUNDRY_DECL void server_tools::ask(json::object const& tool)
{
    auto const name = mcp_tool_name(tool);
    auto const& label = tool.at("server_label");
    if (!asked_.lists_tools_of(label)) {
        json::object annotations;
        annotations["read_only"] = false;
        json::object described;
        described["annotations"] = std::move(annotations);
        described["description"] = "Answers a question.";
        described["input_schema"] = question_schema();
        described["name"] = name;
        auto list = ids_.new_item("mcp_list_tools");
        list["server_label"] = label;
        list["tools"] = json::array(1, std::move(described));
        done_.listed.push_back(std::move(list));
    }
    json::object arguments;
    arguments["question"] = question_;
    auto request = ids_.new_item("mcp_approval_request");
    request["arguments"] = json_text(arguments);
    request["name"] = name;
    request["server_label"] = label;
    if (needs_approval(tool, name)) {
        done_.calls.push_back(std::move(request));
        done_.needs_approval = true;
    } else {
        call(request, nullptr);
    }
}

FOUNDRY_DECL void server_tools::call(json::object const& request, json::value approval_id)
{
    auto made = ids_.new_item("mcp_call");
    made["status"] = "completed";
    made["approval_request_id"] = std::move(approval_id);
    made["arguments"] = request.at("arguments");
    made["error"] = nullptr;
    made["name"] = request.at("name");
    made["output"] = fact();
    made["server_label"] = request.at("server_label");
    done_.calls.push_back(std::move(made));
    done_.result = fact();
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
