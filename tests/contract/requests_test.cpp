// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Every request that the library can produce, for each form of the API. The emulator writes them to its journal file, and the test
// `contract` checks them there against the services' OpenAPI documents; what is checked here is that nothing was left out.

#include "support/fixture.hpp"
#include "support/report.hpp"

#include <foundry/call.hpp>
#include <foundry/image_embedding.hpp>
#include <foundry/images.hpp>
#include <foundry/model_info.hpp>

#include <boost/core/demangle.hpp>
#include <boost/describe/members.hpp>
#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <type_traits>
#include <typeinfo>
#include <variant>
#include <vector>

namespace foundry_test::requests_test {

namespace json = boost::json;
using foundry::testing::emulator;

// ---- The forms, and which of them have a member

using forms = unsigned;
constexpr forms models = 1;
constexpr forms v1 = 2;
constexpr forms dated = 4;
constexpr forms compatible = 8;
constexpr forms openai = v1 | dated | compatible;
constexpr forms all = models | openai;

struct address
{
    char const* url;
    forms form;
};

constexpr address addresses[] = {
    {urls[0], models},
    {urls[1], v1},
    {urls[2], dated},
    {urls[3], compatible},
    {"https://m.eastus2.models.ai.azure.com", models},
    {"https://contoso.services.ai.azure.com/api/projects/p/openai/v1", v1},
    {"https://models.github.ai/inference", compatible},
};

template <class Request>
struct variation
{
    std::string name;
    forms legal;
    std::function<void(Request&)> set;
};

// ---- Chat

using chat_variations = std::vector<variation<foundry::chat_request>>;
using foundry::chat_request;
using foundry::chat_role;
using foundry::content_part;

chat_request question()
{
    chat_request request{"gpt-4o-mini"};
    request.user("How many feet are in a mile?");
    return request;
}

foundry::tool_call call_of_a_tool()
{
    foundry::tool_call call;
    call.id = "call_1";
    call.type = "function";
    call.function.name = "get_weather";
    call.function.arguments = R"({"city":"Seattle"})";
    return call;
}

foundry::tool_definition tool()
{
    json::object schema{{"type", "object"}, {"properties", {{"city", {{"type", "string"}}}}}};
    return foundry::tool_definition("get_weather", "The weather in a city", std::move(schema));
}

std::vector<content_part> texts()
{
    std::vector<content_part> parts;
    parts.push_back(content_part::from_text("one"));
    parts.push_back(content_part::from_text("two"));
    return parts;
}

void add_part(chat_request& request, content_part part)
{
    std::vector<content_part> parts;
    parts.push_back(std::move(part));
    request.user(std::move(parts));
}

/// A message with a member that not every role has.
template <class Set>
void add_message(chat_request& request, chat_role role, Set set)
{
    foundry::chat_message message(role, "text");
    set(message);
    request.add(std::move(message));
}

json::object data_source()
{
    return {{"type", "azure_search"},
            {"parameters",
             {{"endpoint", "https://contoso.search.windows.net"},
              {"index_name", "books"},
              {"authentication", {{"type", "system_assigned_managed_identity"}}}}}};
}

void add_messages(chat_variations& list)
{
    list.push_back({"system", all, [](chat_request& r) { r.system("Be terse."); }});
    list.push_back({"developer", all, [](chat_request& r) { r.developer("Be terse."); }});
    list.push_back({"assistant", all, [](chat_request& r) { r.assistant("5,280."); }});
    list.push_back({"tool", all, [](chat_request& r) {
                        foundry::chat_message asked;
                        asked.role = chat_role::assistant;
                        asked.tool_calls.push_back(call_of_a_tool());
                        r.add(std::move(asked)).tool("call_1", "Rain.");
                    }});
    static_assert(std::size(foundry::chat_role_names) == 5, "and the new role?");
    for (chat_role const role : {chat_role::system, chat_role::developer, chat_role::user, chat_role::assistant}) {
        std::string const name(wire_names(role)[static_cast<std::size_t>(role)]);
        list.push_back({"name of " + name, openai, [role](chat_request& r) {
                            add_message(r, role, [](foundry::chat_message& m) { m.name = "Ada"; });
                        }});
        list.push_back({"parts of " + name, role == chat_role::user ? all : openai,
                        [role](chat_request& r) { r.add(foundry::chat_message(role, texts())); }});
    }
    list.push_back({"refusal", openai, [](chat_request& r) {
                        add_message(r, chat_role::assistant, [](foundry::chat_message& m) { m.refusal = "No."; });
                    }});
    list.push_back({"reasoning_content", models | v1 | compatible, [](chat_request& r) {
                        add_message(r, chat_role::assistant,
                                    [](foundry::chat_message& m) { m.reasoning_content = "Well ..."; });
                    }});
    list.push_back({"spoken answer", models | v1 | compatible, [](chat_request& r) {
                        add_message(r, chat_role::assistant,
                                    [](foundry::chat_message& m) { m.audio.emplace().id = "audio_1"; });
                    }});
}

void add_parts(chat_variations& list)
{
    for (auto const detail :
         {foundry::image_detail::automatic, foundry::image_detail::low, foundry::image_detail::high}) {
        list.push_back({"image_url", all, [detail](chat_request& r) {
                            add_part(r, content_part::from_image_url("data:image/png;base64,iVBORw0KGgo=", detail));
                        }});
    }
    list.push_back({"image_url without detail", all,
                    [](chat_request& r) { add_part(r, content_part::from_image_url("https://contoso.com/a.png")); }});
    list.push_back(
        {"input_audio wav", all, [](chat_request& r) { add_part(r, content_part::from_audio("AAAA", "wav")); }});
    list.push_back(
        {"input_audio mp3", all, [](chat_request& r) { add_part(r, content_part::from_audio("AAAA", "mp3")); }});
    list.push_back({"audio_url", models,
                    [](chat_request& r) { add_part(r, content_part::from_audio_url("https://contoso.com/a.mp3")); }});
    list.push_back({"part refusal", openai, [](chat_request& r) {
                        content_part part;
                        part.type = foundry::part_type::refusal;
                        part.refusal = "No.";
                        std::vector<content_part> parts(1, part);
                        r.add(foundry::chat_message(chat_role::assistant, std::move(parts)));
                    }});
    static_assert(std::size(foundry::part_type_names) == 5 && std::size(foundry::image_detail_names) == 3);
}

void add_tools(chat_variations& list)
{
    list.push_back({"tools", all, [](chat_request& r) { r.tools.push_back(tool()); }});
    list.push_back(
        {"tools without parameters", all, [](chat_request& r) { r.tools.emplace_back("now", "", nullptr); }});
    list.push_back({"strict tool", openai, [](chat_request& r) {
                        r.tools.push_back(tool());
                        r.tools.back().function.strict = true;
                    }});
    for (auto const mode : {foundry::tool_mode::automatic, foundry::tool_mode::none, foundry::tool_mode::required}) {
        list.push_back({"tool_choice", all, [mode](chat_request& r) {
                            r.tools.push_back(tool());
                            r.tool_choice = mode;
                        }});
    }
    list.push_back({"named tool_choice", all, [](chat_request& r) {
                        r.tools.push_back(tool());
                        r.tool_choice = foundry::named_tool("get_weather");
                    }});
    static_assert(std::size(foundry::tool_mode_names) == 3);
}

void add_formats(chat_variations& list)
{
    list.push_back({"format text", all, [](chat_request& r) { r.response_format = foundry::format_type::text; }});
    list.push_back(
        {"format json_object", all, [](chat_request& r) { r.response_format = foundry::format_type::json_object; }});
    list.push_back({"format json_schema", all, [](chat_request& r) {
                        r.response_format = foundry::response_format::from_schema("a", {{"type", "object"}});
                        r.response_format->json_schema->description = "An object";
                    }});
    static_assert(std::size(foundry::format_type_names) == 3);
}

void add_members(chat_variations& list)
{
    auto const add = [&list](char const* name, void (*set)(chat_request&)) { list.push_back({name, all, set}); };
    add("temperature", [](chat_request& r) { r.temperature = 1.5; });
    add("top_p", [](chat_request& r) { r.top_p = 0.5; });
    add("frequency_penalty", [](chat_request& r) { r.frequency_penalty = -2; });
    add("presence_penalty", [](chat_request& r) { r.presence_penalty = 2; });
    add("max_tokens", [](chat_request& r) { r.max_tokens = 100; });
    add("max_completion_tokens", [](chat_request& r) { r.max_completion_tokens = 100; });
    add("stop", [](chat_request& r) { r.stop = {"a", "b"}; });
    add("seed", [](chat_request& r) { r.seed = -42; });
    add("modalities", [](chat_request& r) { r.modalities = {"text", "audio"}; });
    add("parallel_tool_calls", [](chat_request& r) { r.parallel_tool_calls = false; });
    add("n", [](chat_request& r) { r.n = 2; });
    add("logprobs", [](chat_request& r) { r.logprobs = true; });
    add("top_logprobs", [](chat_request& r) { r.top_logprobs = 20; });
    add("logit_bias", [](chat_request& r) { r.logit_bias["1734"] = -100; });
    add("user", [](chat_request& r) { r.user_ = "user-1234"; });
    add("audio", [](chat_request& r) {
        r.audio.emplace().voice = "alloy";
        r.audio->format = "pcm16";
    });
    add("prediction", [](chat_request& r) { r.prediction.emplace("5,280 feet"); });
    add("prediction of parts", [](chat_request& r) { r.prediction.emplace().content = texts(); });
    add("store", [](chat_request& r) { r.store = true; });
    add("metadata", [](chat_request& r) { r.metadata["a"] = "b"; });
    add("data_sources", [](chat_request& r) { r.data_sources.emplace_back(data_source()); });
    add("user_security_context", [](chat_request& r) {
        r.user_security_context.emplace().application_name = "a";
        r.user_security_context->end_user_id = "b";
        r.user_security_context->end_user_tenant_id = "c";
        r.user_security_context->source_ip = "192.0.2.1";
    });
    add("verbosity", [](chat_request& r) { r.verbosity = "low"; });
    add("service_tier", [](chat_request& r) { r.service_tier = "default"; });
    add("prompt_cache_key", [](chat_request& r) { r.prompt_cache_key = "a"; });
    add("safety_identifier", [](chat_request& r) { r.safety_identifier = "a"; });
    for (std::string_view const name : foundry::reasoning_effort_names) {
        list.push_back({"reasoning_effort " + std::string(name), all,
                        [name](chat_request& r) { r.reasoning_effort.assign(name); }});
    }
    list.push_back({"extra", models, [](chat_request& r) { r.extra["safe_prompt"] = true; }});
}

chat_variations every_chat_variation()
{
    chat_variations list;
    list.push_back({"plain", all, [](chat_request&) {}});
    add_messages(list);
    add_parts(list);
    add_tools(list);
    add_formats(list);
    add_members(list);
    return list;
}

/// What only a streamed request may have.
chat_variations every_stream_variation()
{
    chat_variations list;
    list.push_back({"include_usage", all, [](chat_request& r) { r.stream_options.emplace().include_usage = true; }});
    list.push_back({"include_obfuscation", models | v1 | compatible,
                    [](chat_request& r) { r.stream_options.emplace().include_obfuscation = false; }});
    return list;
}

// ---- Embeddings

using foundry::embedding_request;

std::vector<variation<embedding_request>> every_embedding_variation()
{
    std::vector<variation<embedding_request>> list;
    auto const add = [&list](std::string name, forms legal, std::function<void(embedding_request&)> set) {
        list.push_back({std::move(name), legal, std::move(set)});
    };
    add("plain", all, [](embedding_request&) {});
    add("dimensions", all, [](embedding_request& r) { r.dimensions = 256; });
    for (std::string_view const name : foundry::embedding_encoding_names) {
        bool const everywhere = name == "float" || name == "base64";
        add("encoding_format " + std::string(name), everywhere ? all : models,
            [name](embedding_request& r) { r.encoding_format.assign(name); });
    }
    add("user", all, [](embedding_request& r) { r.user_ = "user-1234"; });
    for (std::string_view const name : foundry::embedding_purpose_names) {
        add("input_type " + std::string(name), models | dated | compatible,
            [name](embedding_request& r) { r.input_type.assign(name); });
    }
    add("extra", models, [](embedding_request& r) { r.extra["top_k"] = 1; });
    return list;
}

foundry::image_embedding_request two_pictures()
{
    foundry::image_embedding_request request("text-embedding-3-small");
    std::string const pixel = "data:image/png;base64,iVBORw0KGgo=";
    request.add(pixel).add(pixel, "a cat");
    return request;
}

std::vector<variation<foundry::image_embedding_request>> every_image_embedding_variation()
{
    using request = foundry::image_embedding_request;
    std::vector<variation<request>> list;
    list.push_back({"plain", models, [](request&) {}});
    list.push_back({"dimensions", models, [](request& r) { r.dimensions = 256; }});
    for (std::string_view const name : foundry::embedding_encoding_names)
        list.push_back({std::string(name), models, [name](request& r) { r.encoding_format.assign(name); }});
    for (std::string_view const name : foundry::embedding_purpose_names)
        list.push_back({std::string(name), models, [name](request& r) { r.input_type.assign(name); }});
    list.push_back({"extra", models, [](request& r) { r.extra["top_k"] = 1; }});
    return list;
}

// ---- Pictures

foundry::image_request picture()
{
    foundry::image_request request("gpt-image-1", "a lighthouse");
    request.n = 1;
    request.size = "1024x1024";
    return request;
}

std::vector<variation<foundry::image_request>> every_image_variation()
{
    using request = foundry::image_request;
    std::vector<variation<request>> list;
    auto const add = [&list](std::string name, forms legal, std::function<void(request&)> set) {
        list.push_back({std::move(name), legal, std::move(set)});
    };
    add("plain", all, [](request&) {});
    add("width and height", models, [](request& r) { r.size = foundry::image_size(512, 256); });
    add("quality", all, [](request& r) { r.quality = "hd"; });
    add("output_format", models | v1 | compatible, [](request& r) { r.output_format = "png"; });
    add("seed", models, [](request& r) { r.seed = 42; });
    add("negative_prompt", models, [](request& r) { r.negative_prompt = "fog"; });
    add("image_prompt", models,
        [](request& r) { r.image_prompt.emplace("data:image/png;base64,iVBORw0KGgo=").strength = 0.5; });
    add("style", openai, [](request& r) { r.style = "vivid"; });
    add("response_format", openai, [](request& r) { r.response_format = "b64_json"; });
    add("background", v1 | compatible, [](request& r) { r.background = "transparent"; });
    add("output_compression", v1 | compatible, [](request& r) { r.output_compression = 80; });
    add("user", openai, [](request& r) { r.user_ = "user-1234"; });
    return list;
}

// ---- What becomes calls

/// A call as it is made in every form where it is legal.
struct planned_call
{
    std::string name;
    forms legal;
    foundry::testing::answer reply;
    std::function<asio::awaitable<void>(foundry::client<>, foundry::call_options)> make;
};

using plan = std::vector<planned_call>;

foundry::testing::answer completion()
{
    return foundry::testing::answer::json(
        200, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"5,280."},"finish_reason":"stop"}]})");
}

foundry::testing::answer chunks()
{
    return foundry::testing::answer::events(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"5,280.\"},\"finish_reason\":\"stop\"}]}\n\n"
        "data: [DONE]\n\n");
}

foundry::testing::answer vectors()
{
    return foundry::testing::answer::json(200, R"({"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}]})");
}

asio::awaitable<void> complete(foundry::client<> client, chat_request request, foundry::call_options call)
{
    foundry::chat_completion const reply = co_await client.complete(request, call);
    CHECK(reply.text() == "5,280.");
}

asio::awaitable<void> stream(foundry::client<> client, chat_request request, foundry::call_options call)
{
    foundry::chat_stream chunks = co_await client.stream(request, call);
    foundry::chat_completion const reply = co_await chunks.collect();
    CHECK(reply.text() == "5,280.");
}

/// Of texts or of pictures.
template <class Request>
asio::awaitable<void> embed(foundry::client<> client, Request request, foundry::call_options call)
{
    foundry::embeddings const reply = co_await client.embed(request, call);
    CHECK(reply.size() == 2);
}

void add_complete(plan& calls, std::string const& name, forms legal, chat_request const& request)
{
    calls.push_back({"complete, " + name, legal, completion(), [request](foundry::client<> c, foundry::call_options o) {
                         return complete(std::move(c), request, std::move(o));
                     }});
}

void add_stream(plan& calls, std::string const& name, forms legal, chat_request const& request)
{
    calls.push_back({"stream, " + name, legal, chunks(), [request](foundry::client<> c, foundry::call_options o) {
                         return stream(std::move(c), request, std::move(o));
                     }});
}

void add_embed(plan& calls, std::string const& name, forms legal, embedding_request const& request)
{
    calls.push_back({"embed, " + name, legal, vectors(), [request](foundry::client<> c, foundry::call_options o) {
                         return embed(std::move(c), request, std::move(o));
                     }});
}

template <class Request>
Request varied(Request request, variation<Request> const& by)
{
    by.set(request);
    return request;
}

/// All that is legal in one form, in one request.
template <class Request>
Request everything(Request request, std::vector<variation<Request>> const& list, forms form)
{
    for (variation<Request> const& one : list) {
        if ((one.legal & form) != 0)
            one.set(request);
    }
    return request;
}

embedding_request two_texts()
{
    embedding_request request("text-embedding-3-small");
    request.add("a mile").add("a foot");
    return request;
}

void plan_chat(plan& calls)
{
    chat_variations const list = every_chat_variation();
    chat_variations const streamed = every_stream_variation();
    for (auto const& one : list) {
        add_complete(calls, one.name, one.legal, varied(question(), one));
        add_stream(calls, one.name, one.legal, varied(question(), one));
    }
    for (auto const& one : streamed)
        add_stream(calls, one.name, one.legal, varied(question(), one));
    for (forms const form : {models, v1, dated, compatible}) {
        chat_request const full = everything(question(), list, form);
        add_complete(calls, "everything", form, full);
        add_stream(calls, "everything", form, everything(full, streamed, form));
    }
}

void plan_embeddings(plan& calls)
{
    auto const list = every_embedding_variation();
    for (auto const& one : list)
        add_embed(calls, one.name, one.legal, varied(two_texts(), one));
    for (forms const form : {models, v1, dated, compatible})
        add_embed(calls, "everything", form, everything(two_texts(), list, form));
}

asio::awaitable<void> embed_tokens(foundry::client<> client, foundry::call_options call)
{
    embedding_request request("text-embedding-3-small");
    request.add(std::vector<std::int64_t>{1, 22}).add(std::vector<std::int64_t>{333});
    co_await embed(std::move(client), std::move(request), std::move(call));
}

asio::awaitable<void> draw(foundry::client<> client, foundry::image_request request, foundry::call_options call)
{
    foundry::generated_images const reply = co_await foundry::images(client).generate(request, call);
    CHECK(reply.data.size() == 1);
}

asio::awaitable<void> ask_info(foundry::client<> client, foundry::call_options call)
{
    // model_info() takes no options; the same request with them
    auto const where = foundry::route{"GET", "info"}.query("model", "gpt-4o-mini");
    foundry::model_info const reply = co_await client.call<foundry::model_info>(where, call);
    CHECK(reply.model_name == "gpt-4o-mini");
}

asio::awaitable<void> keep_file(foundry::client<> client, foundry::call_options call)
{
    foundry::multipart form;
    form.add("purpose", "batch").add_file("file", "a.jsonl", "application/jsonl", "{}\n");
    auto const reply = co_await client.call<json::value>(foundry::route{"POST", "files"}, form, call);
    CHECK(reply.is_object());
}

asio::awaitable<void> respond(foundry::client<> client, foundry::call_options call)
{
    json::object const request{{"model", "gpt-4o-mini"}, {"input", "Hello."}, {"stream", true}};
    auto events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"}, request, call);
    CHECK(!co_await events.next());
}

void plan_pictures(plan& calls)
{
    auto const pictures = foundry::testing::answer::json(200, R"({"data":[{"b64_json":"iVBORw0KGgo="}]})");
    auto const add = [&](std::string const& name, forms legal, foundry::image_request const& request) {
        calls.push_back({"draw, " + name, legal, pictures, [request](foundry::client<> c, foundry::call_options o) {
                             return draw(std::move(c), request, std::move(o));
                         }});
    };
    auto const list = every_image_variation();
    for (auto const& one : list)
        add(one.name, one.legal, varied(picture(), one));
    for (forms const form : {models, v1, dated, compatible})
        add("everything", form, everything(picture(), list, form));
    for (auto const& one : every_image_embedding_variation()) {
        auto const request = varied(two_pictures(), one);
        calls.push_back(
            {"embed pictures, " + one.name, models, vectors(), [request](foundry::client<> c, foundry::call_options o) {
                 return embed(std::move(c), request, std::move(o));
             }});
    }
}

/// Another operation is planned here, with its name, the forms that have it, an answer, and the call.
void plan_the_rest(plan& calls)
{
    using foundry::testing::answer;
    calls.push_back({"embed tokens", openai, vectors(), &embed_tokens});
    calls.push_back({"info", models, answer::json(200, R"({"model_name":"gpt-4o-mini"})"), &ask_info});
    calls.push_back({"files", openai, answer::json(200, "{}"), &keep_file});
    calls.push_back({"responses", openai, answer::events("data: [DONE]\n\n"), &respond});
    chat_request request = question();
    request.n = 1;
    for (auto const choice :
         {foundry::extra_parameters::error, foundry::extra_parameters::drop, foundry::extra_parameters::pass_through}) {
        calls.push_back({"complete, extra parameters", models, completion(),
                         [request, choice](foundry::client<> c, foundry::call_options o) {
                             o.extra_parameters = choice;
                             return complete(std::move(c), request, std::move(o));
                         }});
    }
}

plan every_call()
{
    plan calls;
    plan_chat(calls);
    plan_embeddings(calls);
    plan_pictures(calls);
    plan_the_rest(calls);
    return calls;
}

asio::awaitable<std::size_t> make_all(emulator& service, address where, plan const& calls)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> const client = client_of(executor, service, where.url);
    std::size_t made = 0;
    for (planned_call const& one : calls) {
        if ((one.legal & where.form) == 0)
            continue;
        CAPTURE(one.name);
        service.queue(one.reply);
        foundry::call_options call;
        call.client_request_id = "contract-" + std::to_string(made++) + ": " + one.name;
        co_await one.make(client, std::move(call));
    }
    co_return made;
}

asio::awaitable<void> make_all(emulator& service, plan const& calls, std::size_t& made)
{
    for (address const& where : addresses) {
        CAPTURE(std::string(where.url));
        made += co_await make_all(service, where, calls);
    }
}

// ---- That nothing was left out

/// Which members of which classes were set somewhere. What an object holds is looked at in turn.
class member_census
{
public:
    template <class T>
    void add(T const& value)
    {
        if constexpr (boost::describe::has_describe_members<T>::value)
            add_object(value);
    }
    template <class T>
    void add(std::optional<T> const& value)
    {
        if (value)
            add(*value);
    }
    template <class T>
    void add(std::vector<T> const& values)
    {
        for (T const& value : values)
            add(value);
    }
    template <class... T>
    void add(std::variant<T...> const& value)
    {
        std::visit([this](auto const& held) { this->add(held); }, value);
    }

    /// As `class::member`.
    std::vector<std::string> never_set() const
    {
        std::vector<std::string> left;
        std::set_difference(known_.begin(), known_.end(), set_.begin(), set_.end(), std::back_inserter(left));
        return left;
    }

private:
    template <class T>
    void add_object(T const& value)
    {
        using members = boost::describe::describe_members<T, boost::describe::mod_public>;
        boost::mp11::mp_for_each<members>([&](auto const& member) {
            std::string const name = boost::core::demangle(typeid(T).name()) + "::" + member.name;
            auto const& held = value.*member.pointer;
            known_.insert(name);
            if (!(held == T().*member.pointer) || is_text(held))
                set_.insert(name);
            add(held);
        });
    }
    /// A text with a value of its own, such as the type of a tool.
    static bool is_text(std::string const& value) { return !value.empty(); }
    template <class T>
    static bool is_text(T const&)
    {
        return false;
    }

    std::set<std::string> known_;
    std::set<std::string> set_;
};

/// Not of requests: `extra` within them, and what an answer's audio has beside its id.
bool is_sent(std::string const& member)
{
    for (char const* const end : {"::extra", "message_audio::data", "message_audio::format",
                                  "message_audio::transcript", "message_audio::expires_at"}) {
        if (member.ends_with(end))
            return false;
    }
    return true;
}

TEST_CASE("contract: it is checked with every member of every request set")
{
    member_census census;
    for (auto const& one : every_chat_variation())
        census.add(varied(question(), one));
    for (auto const& one : every_stream_variation())
        census.add(varied(question(), one));
    for (auto const& one : every_embedding_variation())
        census.add(varied(two_texts(), one));
    for (auto const& one : every_image_embedding_variation())
        census.add(varied(two_pictures(), one));
    for (auto const& one : every_image_variation())
        census.add(varied(picture(), one));
    for (std::string const& member : census.never_set()) {
        CAPTURE(member);
        CHECK(!is_sent(member));
    }
}

TEST_CASE("contract: every request that the library can produce is sent, for each form of the API")
{
    emulator service;
    plan const calls = every_call();
    std::size_t made = 0;
    run(make_all(service, calls, made));
    CHECK(service.journal().size() == made);
    CHECK(service.queued() == 0);
    CHECK(made > 400);
    foundry_test::report("requests that the library can produce", made);
}

} // namespace foundry_test::requests_test
