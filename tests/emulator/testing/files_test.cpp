// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator's files: what is uploaded is kept, listed, read and deleted in the shapes of each form.

#include "support/form_body.hpp"
#include "support/recorded_shapes.hpp"

#include <doctest/doctest.h>

namespace foundry_test::testing_files_test {

using foundry::testing::emulator_options;

std::string const v1_files = "/openai/v1/files";
std::string const project_files = "/api/projects/p/openai/v1/files";
std::string const openai_files = "/v1/files";
std::string const version = "?api-version=2025-03-01-preview";
std::string const dated_files = "/openai/files";

response upload(raw_client& client, std::string const& target, std::string const& purpose = "batch")
{
    form_body form;
    form.fields = {{"purpose", purpose}};
    return post_form(client, target, form);
}

response upload_expiring(raw_client& client, std::string const& target, std::string const& purpose,
                         std::string const& seconds, bool dotted, std::string const& anchor = "created_at")
{
    std::string const before = dotted ? "." : "[";
    std::string const after = dotted ? "" : "]";
    form_body form;
    form.fields = {{"purpose", purpose},
                   {"expires_after" + before + "anchor" + after, anchor},
                   {"expires_after" + before + "seconds" + after, seconds}};
    return post_form(client, target, form);
}

std::vector<std::string> ids_in(response const& list)
{
    std::vector<std::string> ids;
    auto const parsed = list.parsed();
    for (auto const& one : parsed.at("data").as_array())
        ids.emplace_back(one.at("id").as_string());
    return ids;
}

bool is_hex(std::string const& text) { return text.find_first_not_of("0123456789abcdef") == std::string::npos; }

TEST_CASE("emulator files: an upload for a batch is created, with a Location and the versions, in the recorded shape")
{
    emulator const service;
    raw_client client(service, "contoso.openai.azure.com");
    auto const made = upload(client, dated_files + version);
    CHECK(made.status == 201);
    CHECK(difference(made.parsed(), recorded_json("files_upload_delete_404_azure_dated", 2)) == "");
    auto const id = id_in(made);
    CHECK(id.size() == 37);
    CHECK(is_hex(id.substr(5)));
    CHECK(made.header("location") == "http://contoso.openai.azure.com/openai/files/" + id + version);
    CHECK(made.header("api-supported-versions").starts_with("2022-12-01,2023-03-15-preview,"));
    CHECK(upload(client, v1_files, "fine-tune").status == 201);
}

TEST_CASE("emulator files: an upload for assistants has another shape and id, and no Location")
{
    emulator const service;
    raw_client client(service);
    auto const made = upload(client, dated_files + version, "assistants");
    CHECK(made.status == 200);
    CHECK(difference(made.parsed(), recorded_json("files_upload_delete_404_azure_dated", 0)) == "");
    CHECK(id_in(made).size() == 34);
    CHECK(id_in(made).starts_with("assistant-"));
    CHECK(made.header("location").empty());
}

TEST_CASE("emulator files: on a project, Location names the resource's own host")
{
    emulator const service;
    raw_client client(service, "contoso.services.ai.azure.com");
    auto const made = upload(client, project_files, "fine-tune");
    CHECK(made.status == 201);
    CHECK(difference(made.parsed(), recorded_json("files_upload_retrieve_foundry_project", 0)) == "");
    CHECK(made.header("location") ==
          "http://contoso.openai.azure.com/openai/files/" + id_in(made) + "?api-version=2025-03-01-preview");
}

TEST_CASE("emulator files: OpenAI's object has an expiry, of thirty days if the file is for a batch")
{
    emulator const service;
    raw_client client(service);
    auto const made = upload(client, openai_files, "fine-tune");
    CHECK(made.status == 200);
    CHECK(difference(made.parsed(), recorded_json("files_upload_list_retrieve_content_delete", 0)) == "");
    CHECK(made.parsed().at("expires_at").is_null());
    auto const batch = upload(client, openai_files).parsed();
    CHECK(batch.at("expires_at").as_int64() - batch.at("created_at").as_int64() == 2592000);
}

TEST_CASE("emulator files: the content comes back byte for byte, with its name")
{
    emulator const service;
    raw_client client(service);
    form_body form;
    form.fields = {{"purpose", "batch"}};
    form.name = "my lines%22.jsonl";
    form.content = std::string("one\r\n--\r\n--a\0\xFF\r\n", 17);
    for (auto const& base : {v1_files, project_files, openai_files}) {
        CAPTURE(base);
        auto const id = id_in(post_form(client, base, form));
        auto const content = fetch(client, base + "/" + id + "/content");
        CHECK(content.status == 200);
        CHECK(content.body == form.content);
        CHECK(content.header("content-type") == "application/octet-stream");
        auto const quoted = std::string("attachment; filename=\"my lines\\\".jsonl\"");
        CHECK(content.header("content-disposition") ==
              quoted + (base == openai_files ? "" : "; filename*=UTF-8''my%20lines%22.jsonl"));
    }
    auto const id = id_in(upload(client, v1_files));
    CHECK(fetch(client, v1_files + "/" + id + "/content").header("content-disposition") ==
          "attachment; filename=a.jsonl; filename*=UTF-8''a.jsonl");
}

TEST_CASE("emulator files: an empty file and one of several MiB are kept")
{
    emulator const service;
    raw_client client(service);
    form_body form;
    form.fields = {{"purpose", "batch"}};
    for (std::size_t const size : {std::size_t{0}, std::size_t{5} * 1024 * 1024}) {
        form.content = std::string(size, '\r');
        auto const made = post_form(client, v1_files, form);
        CHECK(made.parsed().at("bytes") == size);
        CHECK(fetch(client, v1_files + "/" + id_in(made) + "/content").body == form.content);
    }
}

TEST_CASE("emulator files: a list has pages, newest first, and the ids of its ends")
{
    emulator const service;
    raw_client client(service);
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i)
        ids.push_back(id_in(upload(client, v1_files)));
    auto const assistants = id_in(upload(client, v1_files, "assistants"));
    auto const all = fetch(client, v1_files);
    CHECK(ids_in(all) == std::vector{assistants, ids[2], ids[1], ids[0]});
    CHECK(fetch(client, v1_files + "?purpose=assistants").parsed().at("first_id") == json::string(assistants));

    auto const first = fetch(client, v1_files + "?purpose=batch&limit=2");
    CHECK(ids_in(first) == std::vector{ids[2], ids[1]});
    CHECK(first.parsed().at("has_more") == true);
    CHECK(first.parsed().at("last_id") == json::string(ids[1]));
    auto const second = fetch(client, v1_files + "?purpose=batch&limit=2&after=" + ids[1]);
    CHECK(ids_in(second) == std::vector{ids[0]});
    CHECK(second.parsed().at("has_more") == false);
    CHECK(ids_in(fetch(client, v1_files + "?purpose=batch&order=asc")) == ids);
    CHECK(fetch(client, v1_files + "?limit=0").has("integer_below_min_value"));
    CHECK(fetch(client, v1_files + "?limit=10001").has("integer_above_max_value"));
    CHECK(fetch(client, v1_files + "?order=up").status == 400);
    auto const none = fetch(client, v1_files + "?purpose=evals").parsed();
    CHECK(none.at("first_id").is_null());
    CHECK(none.at("data").as_array().empty());
}

TEST_CASE("emulator files: lists have the recorded members; the dated one has no pages unless it is asked for one")
{
    emulator const service;
    raw_client client(service);
    for (int i = 0; i < 30; ++i)
        upload(client, dated_files + version);
    auto const dated = fetch(client, dated_files + version);
    CHECK(difference(dated.parsed(), recorded_json("files_list_azure_dated", 0)) == "");
    CHECK(ids_in(dated).size() == 30);
    CHECK(ids_in(fetch(client, dated_files + version + "&limit=2")).size() == 2);
    auto const openai = fetch(client, openai_files);
    CHECK(difference(openai.parsed(), recorded_json("files_upload_list_retrieve_content_delete", 1)) == "");
    CHECK(difference(fetch(client, v1_files).parsed().at_pointer("/data/0"), dated.parsed().at_pointer("/data/0")) ==
          "");
}

TEST_CASE("emulator files: a file is pending for as many GETs as set")
{
    emulator_options options;
    CHECK(options.gets_until_processed == 0);
    options.gets_until_processed = 2;
    emulator const service(options);
    raw_client client(service);
    auto const made = upload(client, v1_files);
    CHECK(made.parsed().at("status") == "pending");
    CHECK(fetch(client, v1_files).parsed().at_pointer("/data/0/status") == "pending");
    auto const target = v1_files + "/" + id_in(made);
    CHECK(fetch(client, target).parsed().at("status") == "pending");
    CHECK(fetch(client, target).parsed().at("status") == "processed");
    CHECK(fetch(client, target).parsed().at("status") == "processed");

    emulator const quick;
    raw_client other(quick);
    CHECK(upload(other, v1_files).parsed().at("status") == "processed");
}

TEST_CASE("emulator files: the expiry is read in both spellings and must be within the limits of the form")
{
    emulator const service;
    raw_client client(service);
    for (bool const dotted : {true, false}) {
        for (auto const& base : {v1_files, openai_files}) {
            CAPTURE(base);
            auto const made = upload_expiring(client, base, "batch", "1209600", dotted).parsed();
            CHECK(made.at("expires_at").as_int64() - made.at("created_at").as_int64() == 1209600);
        }
        auto const early = upload_expiring(client, v1_files, "batch", "1209599", dotted);
        CHECK(early.status == 400);
        CHECK(early.parsed().at_pointer("/error/param") == "expires_after.seconds");
        CHECK(early.parsed().at_pointer("/error/code") == "integer_below_min_value");
    }
    CHECK(upload_expiring(client, v1_files, "assistants", "3600", true).status == 200);
    CHECK(upload_expiring(client, openai_files, "batch", "3600", false).status == 200);
    CHECK(upload_expiring(client, openai_files, "batch", "3599", false).status == 400);
    CHECK(upload_expiring(client, openai_files, "batch", "2592001", false).has("integer_above_max_value"));
    CHECK(upload_expiring(client, openai_files, "batch", "soon", false).has("invalid_type"));
    CHECK(upload_expiring(client, v1_files, "batch", "1209600", true, "now").status == 400);
    form_body half;
    half.fields = {{"purpose", "batch"}, {"expires_after[seconds]", "1209600"}};
    CHECK(post_form(client, v1_files, half).parsed().at_pointer("/error/param") == "expires_after.anchor");
}

TEST_CASE("emulator files: unknown ids and purposes are refused in the words of each service")
{
    emulator const service;
    raw_client client(service);
    auto const missing = recorded_json("files_errors", 1);
    for (std::string const end : {"/fake_id", "/fake_id/content"})
        CHECK(fetch(client, openai_files + end).parsed() == missing);
    CHECK(remove(client, openai_files + "/fake_id").parsed() == missing);
    auto const purpose = upload(client, openai_files, "world_domination");
    CHECK(purpose.status == 400);
    CHECK(purpose.parsed() == recorded_json("files_errors", 0));

    std::string const id = "assistant-VkGLbxfGJdAwXPD5BMGjLj";
    auto const azure = remove(client, dated_files + "/" + id + version);
    CHECK(azure.status == 404);
    CHECK(azure.parsed() == recorded_json("files_upload_delete_404_azure_dated", 3));
    CHECK(upload(client, v1_files, "world_domination").parsed() ==
          json::parse(R"({"error":{"code":"invalidPayload","message":"Invalid value for purpose."}})"));
}

TEST_CASE("emulator files: a deleted file is gone from every form")
{
    emulator const service;
    raw_client client(service);
    auto const id = id_in(upload(client, v1_files));
    CHECK(fetch(client, openai_files + "/" + id).status == 200);
    CHECK(remove(client, dated_files + "/" + id + version).parsed() ==
          json::parse(R"({"object":"file","deleted":true,"id":")" + id + "\"}"));
    CHECK(fetch(client, v1_files + "/" + id).status == 404);
    CHECK(ids_in(fetch(client, openai_files)).empty());
}

TEST_CASE("emulator files: a form must have a purpose, a file and, on Azure, the type of the file")
{
    emulator const service;
    raw_client client(service);
    form_body form;
    CHECK(post_form(client, v1_files, form).parsed().at_pointer("/error/param") == "purpose");
    form.fields = {{"purpose", "batch"}};
    form.type = "";
    auto const untyped = post_form(client, v1_files, form);
    CHECK(untyped.status == 400);
    CHECK(untyped.parsed().at_pointer("/error/code") == "invalidPayload");
    CHECK(untyped.has("content type"));
    CHECK(post_form(client, openai_files, form).status == 200);
    form.name = "";
    CHECK(post_form(client, openai_files, form).parsed().at_pointer("/error/param") == "file");
    auto const head = raw_client::key + "Content-Type: multipart/form-data; boundary=b\r\n";
    CHECK(client.call("POST", v1_files, head, "--b\r\ncut").status == 400);
    CHECK(client.post(v1_files, "{}").status == 400);
}

TEST_CASE("emulator files: a boundary in quotes and names without them are read")
{
    emulator const service;
    raw_client client(service);
    std::string const body = "--a=b\r\nContent-Disposition: form-data; name=file; filename=t.jsonl; "
                             "filename*=utf-8''t.jsonl\r\nContent-Type: application/octet-stream\r\n\r\n{}\r\n"
                             "--a=b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                             "Content-Disposition: form-data; name=purpose\r\n\r\nfine-tune\r\n--a=b--\r\n";
    auto const head = raw_client::key + "Content-Type: multipart/form-data; boundary=\"a=b\"\r\n";
    auto const made = client.call("POST", project_files, head, body);
    CHECK(made.status == 201);
    CHECK(made.parsed().at("filename") == "t.jsonl");
    CHECK(made.parsed().at("bytes") == 2);
}

} // namespace foundry_test::testing_files_test
