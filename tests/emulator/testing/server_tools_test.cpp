// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The service's own tools in the emulator's Responses API: the web search, the interpreter of code, and MCP servers.

#include "support/response_bodies.hpp"

namespace foundry_test::server_tools_test {

std::string const search = R"("tools":[{"type":"web_search_preview","search_context_size":"low"}])";
std::string const interpreter = R"("tools":[{"type":"code_interpreter","container":{"type":"auto"}}])";

std::string mcp(std::string const& approval)
{
    return R"("tools":[{"type":"mcp","server_label":"almanac","server_url":"https://mcp.example.com/secret",)"
           R"("headers":{"Authorization":"Bearer secret"},"require_approval":)" +
           approval + "}]";
}

std::string const miles_question = R"("How many feet are in a mile?")";

std::string previous(std::string const& id) { return R"("previous_response_id":")" + id + '"'; }

std::string decision(std::string const& request, bool approve)
{
    return R"([{"type":"mcp_approval_response","approval_request_id":")" + request + R"(","approve":)" +
           (approve ? "true" : "false") + "}]";
}

TEST_CASE(
    "emulator: a web search comes before the message, which cites a page, with the events and the status of Azure")
{
    emulator const service;
    raw_client client(service);
    auto const question = R"("Search the web for the number of feet in a mile.")";
    auto const events = client.post(responses, about(question, search + R"(,"stream":true)")).events();
    CHECK(types_of(events) ==
          std::vector<std::string>{"response.created", "response.in_progress", "response.output_item.added",
                                   "response.web_search_call.in_progress", "response.web_search_call.searching",
                                   "response.output_item.done", "response.output_item.added",
                                   "response.content_part.added", "response.output_text.delta",
                                   "response.output_text.annotation.added", "response.output_text.done",
                                   "response.content_part.done", "response.output_item.done", "response.completed"});
    CHECK(is_numbered_from_0(events));
    CHECK(events[2].at("item") ==
          json::parse(R"({"id":")" + id_of(events[2].at("item")) +
                      R"(","type":"web_search_call","status":"in_progress","action":{"type":"search"}})"));
    CHECK(events[3].at("item_id") == events[2].at_pointer("/item/id"));
    auto const& whole = events.back().at("response");
    auto const& call = whole.at_pointer("/output/0");
    CHECK(events[5].at("item") == call);
    CHECK(call.at("status") == "searching");
    CHECK(call.at_pointer("/action/query") == "Search the web for the number of feet in a mile.");
    auto const& part = whole.at_pointer("/output/1/content/0");
    auto const& citation = part.at_pointer("/annotations/0");
    CHECK(names_of(citation.as_object()) ==
          std::vector<std::string>{"type", "end_index", "start_index", "title", "url"});
    CHECK(citation.at("end_index").to_number<std::size_t>() == part.at("text").as_string().size());
    CHECK(whole.at_pointer("/tool_usage/web_search/num_requests") == 1);
    CHECK(whole.at("tools") ==
          json::parse(R"([{"type":"web_search_preview","search_content_types":["text"],"search_context_size":"low",)"
                      R"("user_location":{"type":"approximate","city":null,"country":"US","region":null,)"
                      R"("timezone":null}}])"));

    auto const compatible = client.post("/v1/responses", about(question, search + R"(,"stream":true)"));
    CHECK(compatible.has("response.web_search_call.completed"));
    CHECK(compatible.events().back().at_pointer("/response/output/0/status") == "completed");
}

TEST_CASE("emulator: a tool of the service is used if the question is about it or tool_choice demands it")
{
    emulator const service;
    raw_client client(service);
    auto const items = [&](std::string const& question, std::string const& more) {
        return items_in(client.post(responses, about(question, more)).parsed());
    };
    std::vector<std::string> const message = {"message"};
    std::vector<std::string> const searched = {"web_search_call", "message"};
    auto const news = R"("What is in the news?")";
    CHECK(items(miles_question, search) == message);
    CHECK(items(news, search) == searched);
    CHECK(items(news, search + R"(,"tool_choice":"none")") == message);
    CHECK(items(miles_question, search + R"(,"tool_choice":"required")") == searched);
    CHECK(items(miles_question, search + R"(,"tool_choice":{"type":"web_search_preview"})") == searched);
    check_refused(client.post(responses, about(news, search + R"(,"tool_choice":{"type":"code_interpreter"})")), 400,
                  "invalid_value", "tool_choice");
    check_refused(client.post(responses, about(news, R"("tools":[{"type":"web_search_preview","size":1}])")), 400,
                  "unknown_parameter", "tools[0].size");
    check_refused(client.post(responses, about(news, R"("tools":[{"type":"code_interpreter"}])")), 400,
                  "missing_required_parameter", "tools[0].container");
    check_refused(client.post(responses, about(news, R"("tools":[{"type":"mcp","server_label":"a"}])")), 400,
                  "missing_required_parameter", "tools[0].server_url");
    check_refused(client.post(responses, about(news, R"("tools":[{"type":"file_search","vector_store_ids":[]}])")), 400,
                  nullptr, "tools");
}

TEST_CASE("emulator: the interpreter streams its code, and has outputs if the request includes them")
{
    emulator const service;
    raw_client client(service);
    auto const question = R"("Write a Python program about feet and miles.")";
    auto const events = client.post(responses, about(question, interpreter + R"(,"stream":true)")).events();
    CHECK(types_of(events) ==
          std::vector<std::string>{
              "response.created", "response.in_progress", "response.output_item.added",
              "response.code_interpreter_call.in_progress", "response.code_interpreter_call_code.delta",
              "response.code_interpreter_call_code.done", "response.code_interpreter_call.interpreting",
              "response.code_interpreter_call.completed", "response.output_item.done", "response.output_item.added",
              "response.content_part.added", "response.output_text.delta", "response.output_text.done",
              "response.content_part.done", "response.output_item.done", "response.completed"});
    auto const& call = events.back().at_pointer("/response/output/0");
    CHECK(names_of(call.as_object()) ==
          std::vector<std::string>{"id", "type", "status", "code", "container_id", "outputs"});
    CHECK(call.at("status") == "completed");
    CHECK(call.at("outputs").is_null());
    CHECK(events[2].at_pointer("/item/code") == "");
    CHECK(events[2].at_pointer("/item/container_id") == call.at("container_id"));

    auto const included = R"(,"include":["code_interpreter_call.outputs"])";
    auto const whole = client.post(responses, about(question, interpreter + included)).parsed();
    CHECK(whole.at_pointer("/output/0/outputs/0/type") == "logs");
    CHECK(whole.at_pointer("/output/0/outputs/0/logs").as_string().starts_with("A mile is 5,280 feet long."));
}

TEST_CASE("emulator: an MCP server that needs no approval lists its tools once and is called, and its answer is used")
{
    emulator const service;
    raw_client client(service);
    auto const events = client.post(responses, about(miles_question, mcp("\"never\"") + R"(,"stream":true)")).events();
    CHECK(types_of(events) ==
          std::vector<std::string>{
              "response.created", "response.in_progress", "response.output_item.added",
              "response.mcp_list_tools.in_progress", "response.mcp_list_tools.completed", "response.output_item.done",
              "response.output_item.added", "response.mcp_call.in_progress", "response.mcp_call_arguments.delta",
              "response.mcp_call_arguments.done", "response.mcp_call.completed", "response.output_item.done",
              "response.output_item.added", "response.content_part.added", "response.output_text.delta",
              "response.output_text.done", "response.content_part.done", "response.output_item.done",
              "response.completed"});
    CHECK(events[2].at_pointer("/item/tools").as_array().empty());
    CHECK(events[6].at_pointer("/item/arguments") == "");
    CHECK(events[6].at_pointer("/item/output").is_null());
    auto const& whole = events.back().at("response");
    CHECK(whole.at_pointer("/output/0/tools/0/name") == "ask");
    auto const& call = whole.at_pointer("/output/1");
    CHECK(names_of(call.as_object()) == std::vector<std::string>{"id", "type", "status", "approval_request_id",
                                                                 "arguments", "error", "name", "output",
                                                                 "server_label"});
    CHECK(events[6].at_pointer("/item/status") == "in_progress");
    CHECK(call.at("status") == "completed");
    CHECK(call.at("arguments") == R"({"question":"How many feet are in a mile?"})");
    CHECK(call.at("output") == "A mile is 5,280 feet long.");
    CHECK(text_in(whole).find("The result is: A mile is 5,280 feet long.") != std::string::npos);
    CHECK(whole.at_pointer("/tools/0/server_url") == "https://mcp.example.com/<redacted>");
    CHECK(whole.at_pointer("/tools/0/headers").is_null());

    auto const next = client.post(responses, about("\"hello\"", previous(id_of(whole)) + "," + mcp("\"never\"")));
    CHECK(items_in(next.parsed()) == std::vector<std::string>{"mcp_call", "message"});
    auto const partly = mcp(R"({"never":{"tool_names":["ask"]}})");
    CHECK(items_in(client.post(responses, about("\"hello\"", partly)).parsed()) ==
          std::vector<std::string>{"mcp_list_tools", "mcp_call", "message"});
}

TEST_CASE("emulator: an MCP server that needs approval is called after it, and not if it is denied")
{
    emulator const service;
    raw_client client(service);
    auto const tools = mcp("\"always\"");
    auto const events = client.post(responses, about(miles_question, tools + R"(,"stream":true)")).events();
    auto const& waiting = events.back().at("response");
    CHECK(waiting.at("status") == "completed");
    CHECK(items_in(waiting) == std::vector<std::string>{"mcp_list_tools", "mcp_approval_request"});
    auto const& request = waiting.at_pointer("/output/1");
    CHECK(names_of(request.as_object()) == std::vector<std::string>{"id", "type", "arguments", "name", "server_label"});
    CHECK(events[events.size() - 3].at("item") == request);
    CHECK(events[events.size() - 2].at("item") == request);

    auto const chain = previous(id_of(waiting)) + "," + tools;
    auto const approved = client.post(responses, about(decision(id_of(request), true), chain)).parsed();
    CHECK(items_in(approved) == std::vector<std::string>{"mcp_call", "message"});
    CHECK(approved.at_pointer("/output/0/approval_request_id") == request.at("id"));
    CHECK(approved.at_pointer("/output/0/arguments") == request.at("arguments"));
    CHECK(text_in(approved).find("5,280") != std::string::npos);

    auto const denied = client.post(responses, about(decision(id_of(request), false), chain)).parsed();
    CHECK(items_in(denied) == std::vector<std::string>{"message"});
    auto const asked_again = client.post(responses, about("\"hello\"", previous(id_of(denied)) + "," + tools));
    CHECK(items_in(asked_again.parsed()) == std::vector<std::string>{"mcp_approval_request"});

    auto const list = get(client, id_of(denied) + "/input_items").parsed();
    CHECK(list.at_pointer("/data/0/type") == "mcp_approval_response");
    CHECK(list.at_pointer("/data/0/approve") == false);
    check_refused(client.post(responses, about(decision("mcpr_1", true), chain)), 400, nullptr, "input");
}

TEST_CASE("emulator: items of the service's tools may be sent back instead of kept")
{
    emulator const service;
    raw_client client(service);
    auto const tools = mcp("\"always\"") + R"(,"store":false)";
    auto const begin = R"([{"role":"user","content":)" + miles_question + "}";
    auto const waiting = client.post(responses, about(miles_question, tools)).parsed();
    auto input = begin;
    for (auto const& item : waiting.at("output").as_array())
        input += "," + json::serialize(item);
    input += "," + decision(id_of(waiting.at_pointer("/output/1")), true).substr(1);
    auto const approved = client.post(responses, about(input, tools)).parsed();
    CHECK(items_in(approved) == std::vector<std::string>{"mcp_call", "message"});

    for (auto const& more :
         {search + R"(,"tool_choice":"required")", interpreter + R"(,"tool_choice":"required")", mcp("\"never\"")}) {
        auto sent = begin;
        auto const whole = client.post(responses, about(miles_question, more)).parsed();
        for (auto const& item : whole.at("output").as_array())
            sent += "," + json::serialize(item);
        CHECK(client.post(responses, about(sent + R"(,{"role":"user","content":"hello"}])")).status == 200);
    }
}

} // namespace foundry_test::server_tools_test
