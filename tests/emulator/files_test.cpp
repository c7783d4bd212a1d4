// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Files of a resource: recorded exchanges are gone through again, and what uploads and downloads send and leave behind.

#include "support/form_parts.hpp"
#include "support/kept_members.hpp"
#include "support/plain_calls.hpp"
#include "support/recordings.hpp"
#include "support/report.hpp"
#include "support/temporary_file.hpp"

#include <foundry/files.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdlib>
#include <random>

namespace foundry_test::files_test {

using foundry::errc;
using foundry::file_status;
using foundry::testing::recorded_request;

std::string bytes_of(std::size_t count)
{
    std::mt19937 random(1);
    std::string bytes(count, '\0');
    for (char& each : bytes)
        each = static_cast<char>(random());
    return bytes;
}

std::string const stored =
    R"({"status":"processed","bytes":3,"purpose":"batch","filename":"a","id":"file-1","created_at":1,)"
    R"("object":"file"})";

/// A test with an emulator and a client of it.
template <class Body>
void with_service(Body body, foundry::options (*how)(emulator const&) = &trusting)
{
    run([](Body test, foundry::options (*options)(emulator const&)) -> asio::awaitable<void> {
        emulator service(unchecked());
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, local_url, options(service));
        co_await test(service, client);
    }(std::move(body), how));
}

// Recordings

foundry::file_upload recorded_upload(exchange const& e)
{
    std::map<std::string, form_part> parts = parts_of(e.sent);
    form_part const& file = parts["file"];
    std::string const answered = e.status < 300 ? e.body : R"({"filename":"f","purpose":"world_domination"})";
    json::value const said = json::parse(answered);
    foundry::file_upload what(foundry::memory_source(file.bytes.empty() ? "a body that was not kept" : file.bytes),
                              text_of(said.at("filename")), text_of(said.at("purpose")));
    if (!file.content_type.empty())
        what.media_type = file.content_type;
    return what;
}

/// Goes through an exchange again; returns the target that it must have had.
asio::awaitable<void> repeat(foundry::files const& files, exchange const& e)
{
    std::string path = e.url.substr(0, e.url.find('?'));
    path = path.substr(path.find("/files") + 6);
    std::string const id = path.empty() ? "" : path.substr(1, path.find('/', 1) - 1);
    if (e.method == "POST") {
        expect_kept(e.body, co_await files.upload(recorded_upload(e)));
    } else if (e.method == "DELETE") {
        co_await files.remove(id);
    } else if (path.ends_with("/content")) {
        foundry::binary_content const content = co_await files.content(id);
        CHECK(content.bytes == e.body);
    } else if (!id.empty()) {
        foundry::file const got = co_await files.get(id);
        expect_kept(e.body, got);
        CHECK(got.raw() == e.body);
    } else {
        foundry::async_generator<foundry::file> all = files.list();
        json::value const page = json::parse(e.body);
        for (json::value const& each : page.at("data").as_array()) {
            std::optional<foundry::file> const next = co_await all.next();
            REQUIRE(next);
            expect_kept(json::serialize(each), *next);
        }
        CHECK(!co_await all.next());
    }
}

TEST_CASE("files: each recorded exchange decodes to what it holds, and its request is the recorded one")
{
    int requests = 0;
    int refused = 0;
    for (auto const& entry : std::filesystem::directory_iterator(FOUNDRY_TEST_DATA "/job_recordings")) {
        if (!entry.path().filename().string().starts_with("files_"))
            continue;
        for (exchange const& e : load(entry.path())) {
            CAPTURE(e.name);
            with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
                service.queue(answer::json(e.status, e.body).header("Content-Type", e.header("content-type")));
                std::optional<foundry::error> failed;
                try {
                    co_await repeat(foundry::files{client}, e);
                } catch (foundry::error const& thrown) {
                    failed = thrown;
                }
                CHECK(failed.has_value() == (e.status >= 300));
                recorded_request const got = service.journal().at(0);
                CHECK(got.method == e.method);
                std::string const target = e.url.substr(0, e.url.find('?'));
                CHECK(got.target == "/v1" + target.substr(target.find("/files")));
                if (e.method == "POST" && e.sent.starts_with("--")) {
                    std::map<std::string, form_part> const wanted = parts_of(e.sent);
                    for (auto const& [name, part] : wanted) {
                        form_part const mine = parts_of(got.body)[name];
                        CHECK(mine.bytes == part.bytes);
                        CHECK(mine.file_name == part.file_name);
                    }
                }
                requests += 1;
                refused += failed ? 1 : 0;
            });
        }
    }
    CHECK(requests == 21);
    MESSAGE("report: recorded exchanges with files: " << requests << ", " << refused << " of them refused");
}

/// Whether the list has a file; all pages are read.
asio::awaitable<bool> is_listed(foundry::files const& files, std::string const& id, bool has_pages)
{
    bool found = false;
    foundry::file_query which;
    if (has_pages)
        which.limit = 2;
    foundry::async_generator<foundry::file> all = files.list(which);
    while (std::optional<foundry::file> const each = co_await all.next())
        found = found || each->id == id;
    co_return found;
}

asio::awaitable<void> keep_a_file(char const* url, std::string const& content, std::filesystem::path const& path)
{
    emulator service;
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, url);
    foundry::files const files{client};
    bool const has_pages = url != dated_url; // which lists all at once
    std::vector<std::string> ids;
    for (char const* const purpose : {"batch", "fine-tune", "assistants"}) {
        foundry::file_upload const what(path, purpose);
        foundry::file const got = co_await files.upload(what);
        CHECK(got.filename == path.filename().string());
        CHECK(got.purpose == purpose);
        ids.push_back(got.id);
    }
    foundry::wait_options how;
    how.interval = 1ms;
    for (std::string const& id : ids) {
        foundry::file const got = co_await files.wait(id, how);
        CHECK(got.status == file_status::processed);
        CHECK(got.bytes == static_cast<std::int64_t>(content.size()));
        CHECK(co_await is_listed(files, id, has_pages));
        foundry::binary_content const whole = co_await files.content(id);
        CHECK(whole.bytes == content);
        temporary_file const copy("older");
        co_await files.download(id, copy.path);
        CHECK(read_file(copy.path) == content);
        co_await files.remove(id);
        CHECK(!co_await is_listed(files, id, has_pages));
        foundry::error const gone = co_await failure_of(files.get(id));
        CHECK(gone.status() == 404);
    }
}

TEST_CASE("files: what is uploaded is listed and comes back until it is removed, on each form")
{
    std::string const content = bytes_of(200'000);
    temporary_file const source(content, ".jsonl");
    for (char const* const url :
         {v1_url, dated_url, local_url, "https://contoso.services.ai.azure.com/api/projects/p/openai/v1"}) {
        CAPTURE(std::string(url));
        run(keep_a_file(url, content, source.path));
    }
}

// Uploads

TEST_CASE("upload: a file goes as it is, with its name, a type and the time until it expires")
{
    std::string const content = bytes_of(300'000);
    temporary_file const source(content, ".jsonl");
    for (char const* const url : {v1_url, dated_url, local_url}) {
        run([](std::string const& wanted, std::filesystem::path path, char const* where) -> asio::awaitable<void> {
            emulator service(unchecked());
            service.queue(answer::json(201, stored));
            foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, where);
            foundry::file_upload what(path, "batch");
            what.media_type = "application/jsonl";
            what.expires_after = std::chrono::hours(24 * 14);
            foundry::file const got = co_await foundry::files{client}.upload(what);
            CHECK(got.id == "file-1");
            CHECK(got.status == file_status::processed);
            CHECK(got.bytes == 3);
            CHECK(got.info().status() == 201);
            recorded_request const sent = service.journal().at(0);
            CHECK(sent.header("content-length") == std::to_string(sent.body.size()));
            std::map<std::string, form_part> parts = parts_of(sent.body);
            CHECK(parts.size() == 4);
            CHECK(parts["purpose"].bytes == "batch");
            CHECK(parts["expires_after[anchor]"].bytes == "created_at");
            CHECK(parts["expires_after[seconds]"].bytes == "1209600");
            CHECK(parts["file"].file_name == path.filename().string());
            CHECK(parts["file"].content_type == "application/jsonl");
            CHECK(parts["file"].bytes == wanted);
        }(content, source.path, url));
    }
}

TEST_CASE("upload: what cannot work is refused before anything is sent")
{
    temporary_file const empty("");
    std::string const missing = "/no/such/file.jsonl";
    std::string what;
    try {
        foundry::file_upload const upload(missing, "batch");
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::invalid_argument);
        what = e.what();
    }
    CHECK(what.find(missing) != std::string::npos);
    CHECK_THROWS_AS(foundry::file_source{std::filesystem::temp_directory_path()}, foundry::error); // a directory

    with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::files const files{client};
        foundry::file_upload const nothing(empty.path, "batch");
        CHECK((co_await failure_of(files.upload(nothing))).code() == errc::invalid_argument);
        foundry::file_upload const aimless(foundry::memory_source("a"), "a", "");
        CHECK((co_await failure_of(files.upload(aimless))).code() == errc::invalid_argument);
        CHECK((co_await failure_of(files.get(""))).code() == errc::invalid_argument);
        CHECK(service.journal().empty());
    });
}

/// A source with a size that need not be true.
class odd_source
{
public:
    odd_source(std::uint64_t said, std::uint64_t has) : said_(said), left_(has) {}

    std::optional<std::uint64_t> size() const { return said_; }
    asio::awaitable<std::size_t> read(std::span<char> into)
    {
        if (fails && left_ < 100'000)
            throw std::runtime_error("the archive is broken");
        std::size_t const count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
        std::fill_n(into.data(), count, 'x');
        left_ -= count;
        co_return count;
    }
    bool rewind() { return false; }

    bool fails = false;

private:
    std::uint64_t said_;
    std::uint64_t left_;
};

TEST_CASE("upload: more than 512 MiB are refused, with the limit")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::file_upload const large(odd_source((std::uint64_t{512} << 20) + 1, 0), "large.jsonl", "batch");
        foundry::error const e = co_await failure_of(foundry::files{client}.upload(large));
        CHECK(e.code() == errc::invalid_argument);
        CHECK(std::string(e.what()).find("536870912") != std::string::npos);
        CHECK(service.journal().empty());
    });
}

TEST_CASE("upload: a source that does not know its size is refused")
{
    struct nameless : odd_source
    {
        nameless() : odd_source(0, 0) {}
        std::optional<std::uint64_t> size() const { return std::nullopt; }
    };
    CHECK_THROWS_AS(foundry::file_upload(nameless(), "a", "batch"), foundry::error);
}

TEST_CASE("upload: a source that changes meanwhile ends the call, and the service does not get a whole request")
{
    for (unsigned const has : {199'999U, 200'001U, 400'000U, 0U}) {
        CAPTURE(has);
        with_service(
            [&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
                foundry::file_upload const what(odd_source(200'000, has), "a", "batch");
                foundry::error const e = co_await failure_of(foundry::files{client}.upload(what));
                CHECK(e.code() == errc::source_failed);
                CHECK(std::string(e.what()).find("200000") != std::string::npos);
                CHECK(service.journal().empty());
                service.queue(answer::json(201, stored)); // the client stays usable
                foundry::file_upload const good(foundry::memory_source("abc"), "a", "batch");
                CHECK((co_await foundry::files{client}.upload(good)).id == "file-1");
            },
            &with_retries);
    }
}

TEST_CASE("upload: what a source throws ends the call as it is")
{
    with_service(
        [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            odd_source source(200'000, 200'000);
            source.fails = true;
            foundry::file_upload const what(std::move(source), "a", "batch");
            std::string thrown;
            try {
                static_cast<void>(co_await foundry::files{client}.upload(what));
            } catch (std::runtime_error const& e) {
                thrown = e.what();
            }
            CHECK(thrown == "the archive is broken");
            CHECK(service.journal().empty());
        },
        &with_retries);
}

TEST_CASE("upload: a request that is sent again begins at the beginning")
{
    std::string const content = bytes_of(200'000);
    temporary_file const source(content);
    with_service(
        [&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.queue(answer::json(503, "{}"));
            service.queue(answer::json(429, "{}").header("retry-after-ms", "1"));
            service.queue(answer::json(201, stored));
            foundry::file_upload const what(source.path, "batch");
            CHECK((co_await foundry::files{client}.upload(what)).id == "file-1");
            auto const sent = service.journal();
            REQUIRE(sent.size() == 3);
            for (recorded_request const& each : sent)
                CHECK(parts_of(each.body)["file"].bytes == content);
        },
        &with_retries);
}

TEST_CASE("upload: a source that cannot go back is sent once, and the error says why")
{
    with_service(
        [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.queue(answer::json(503, "{}"));
            foundry::file_upload const what(odd_source(100, 100), "a", "batch");
            foundry::error const e = co_await failure_of(foundry::files{client}.upload(what));
            CHECK(e.code() == errc::service_error);
            CHECK(e.status() == 503);
            CHECK(e.attempts().size() == 1);
            CHECK(e.advice().find("cannot go back") != std::string::npos);
            CHECK(service.journal().size() == 1);
        },
        &with_retries);
}

TEST_CASE("upload: a kept connection that has died is replaced, and the file begins at the beginning")
{
    std::string const content = bytes_of(150'000);
    temporary_file const source(content);
    with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::files const files{client};
        service.queue(answer::json(200, stored).close());
        CHECK((co_await files.get("file-1")).id == "file-1");
        service.queue(answer::json(201, stored));
        foundry::file_upload const what(source.path, "batch");
        CHECK((co_await files.upload(what)).id == "file-1");
        CHECK(parts_of(service.journal().back().body)["file"].bytes == content);
    });
}

TEST_CASE("upload: a file is read on the executor that is given")
{
    std::string const content = bytes_of(200'000);
    temporary_file const source(content);
    with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        asio::thread_pool disk(1); // which is joined before the context is gone
        service.queue(answer::json(201, stored));
        foundry::file_upload const what(foundry::file_source(source.path, disk.get_executor()), "a.jsonl", "batch");
        CHECK((co_await foundry::files{client}.upload(what)).id == "file-1");
        CHECK(parts_of(service.journal().at(0).body)["file"].bytes == content);
    });
}

// Lists

std::string page_of(int from, int count, bool has_more)
{
    std::string data;
    for (int i = 0; i != count; ++i)
        data += std::string(i == 0 ? "" : ",") + R"({"object":"file","id":"file-)" + std::to_string(from + i) + "\"}";
    return R"({"object":"list","data":[)" + data + R"(],"has_more":)" + (has_more ? "true" : "false") +
           R"(,"last_id":"file-)" + std::to_string(from + count - 1) + "\"}";
}

TEST_CASE("list: page by page, the next one when the one before has been read")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::json(200, page_of(1, 3, true)));
        service.queue(answer::json(200, page_of(4, 1, false)));
        foundry::file_query which;
        which.purpose = "batch";
        which.order = "asc";
        which.limit = 3;
        foundry::async_generator<foundry::file> all = foundry::files{client}.list(which);
        CHECK(service.journal().empty());
        int count = 0;
        while (std::optional<foundry::file> const each = co_await all.next()) {
            CHECK(each->id == "file-" + std::to_string(++count));
            CHECK(service.journal().size() == (count <= 3 ? 1U : 2U));
        }
        CHECK(count == 4);
        CHECK(service.journal().at(0).target == "/v1/files?purpose=batch&limit=3&order=asc");
        CHECK(service.journal().at(1).target == "/v1/files?purpose=batch&limit=3&order=asc&after=file-3");
    });
}

TEST_CASE("list: a service that goes in a circle ends it with an error")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::json(200, page_of(1, 1, true)));
        service.queue(answer::json(200, page_of(1, 1, true)));
        foundry::async_generator<foundry::file> all = foundry::files{client}.list();
        CHECK(co_await all.next());
        CHECK(co_await all.next());
        CHECK((co_await failure_of(all.next())).code() == errc::unexpected_reply);
    });
}

// Waiting

TEST_CASE("wait: asks until the file has been processed, well or not; a word that is not known ends it, too")
{
    for (std::string const last : {"processed", "error", "quarantined"}) {
        with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            for (std::string const& status : {std::string("pending"), std::string("running"), last})
                service.queue(answer::json(200, R"({"id":"file-1","status":")" + status + "\"}"));
            foundry::wait_options how;
            how.interval = 1ms;
            foundry::file const got = co_await foundry::files{client}.wait("file-1", how);
            CHECK(got.status.name() == last);
            CHECK(service.journal().size() == 3);
        });
    }
}

// Downloads

std::size_t files_in(std::filesystem::path const& folder)
{
    auto const all = std::filesystem::directory_iterator(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A folder that is gone after the test.
class temporary_folder
{
public:
    temporary_folder() : path(std::filesystem::temp_directory_path() / ("foundry-test-" + foundry::detail::make_uuid()))
    {
        std::filesystem::create_directory(path);
    }
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    ~temporary_folder() { std::filesystem::remove_all(path); }

    std::filesystem::path const path;
};

answer content_of(std::string bytes)
{
    return answer::json(200, std::move(bytes)).header("Content-Type", "application/octet-stream");
}

TEST_CASE("download: the file has its name when it is whole, and nothing else is left")
{
    std::string const content = bytes_of(300'000);
    temporary_folder const folder;
    with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        asio::thread_pool disk(1); // which is joined before the context is gone
        service.queue(content_of(content));
        co_await foundry::files{client}.download("file-1", folder.path / "copy");
        CHECK(service.journal().at(0).target == "/v1/files/file-1/content");
        CHECK(read_file(folder.path / "copy") == content);
        service.queue(content_of("short"));
        co_await foundry::files{client}.download("file-1", folder.path / "copy"); // replaces it
        CHECK(read_file(folder.path / "copy") == "short");
        CHECK(files_in(folder.path) == 1);
        service.queue(content_of(content));
        foundry::file_sink sink(folder.path / "other", disk.get_executor());
        co_await foundry::files{client}.download("file-1", sink);
        sink.finish();
        CHECK(read_file(folder.path / "other") == content);
    });
}

TEST_CASE("download: one that breaks off is asked for again; if it does not come, an older file is as it was")
{
    std::string const content = bytes_of(300'000);
    temporary_folder const folder;
    with_service(
        [&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.queue(content_of(content).cut_after(200'000));
            service.queue(content_of(content));
            co_await foundry::files{client}.download("file-1", folder.path / "copy");
            CHECK(read_file(folder.path / "copy") == content);
            for (int i = 0; i != 4; ++i)
                service.queue(content_of(content).cut_after(100'000));
            foundry::error const e =
                co_await failure_of(foundry::files{client}.download("file-1", folder.path / "copy"));
            CHECK(e.code() == errc::stream_truncated);
            CHECK(e.attempts().size() == 4);
            CHECK(read_file(folder.path / "copy") == content);
            CHECK(files_in(folder.path) == 1);
            service.queue(answer::json(404, R"({"error":{"message":"No such File object: file-1"}})"));
            CHECK((co_await failure_of(foundry::files{client}.download("file-1", folder.path / "new"))).status() ==
                  404);
            CHECK(files_in(folder.path) == 1);
        },
        &with_retries);
}

/// Counts what it gets, and what waits for it.
struct slow_sink
{
    asio::awaitable<void> write(std::span<char const> bytes)
    {
        CHECK(bytes.size() <= 64 * 1024);
        CHECK(!is_busy);
        is_busy = true;
        for (int i = 0; i != 10; ++i)
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        is_busy = false;
        if (fails)
            throw std::runtime_error("the disk is full");
        got.append(bytes.data(), bytes.size());
    }
    bool rewind()
    {
        ++rewinds;
        got.clear();
        return can_rewind;
    }

    std::string got;
    bool is_busy = false;
    bool fails = false;
    bool can_rewind = true;
    int rewinds = 0;
};

TEST_CASE("download: a sink gets one piece after the other, and what it throws ends the call as it is")
{
    std::string const content = bytes_of(300'000);
    with_service(
        [&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.queue(content_of(content));
            slow_sink sink;
            co_await foundry::files{client}.download("file-1", sink);
            CHECK(sink.got == content);
            service.queue(content_of(content));
            sink.fails = true;
            std::string thrown;
            try {
                co_await foundry::files{client}.download("file-1", sink);
            } catch (std::runtime_error const& e) {
                thrown = e.what();
            }
            CHECK(thrown == "the disk is full");
            CHECK(service.journal().size() == 2);
        },
        &with_retries);
}

TEST_CASE("download: a sink that cannot go back gets no second beginning")
{
    std::string const content = bytes_of(300'000);
    for (bool const can_rewind : {true, false}) {
        with_service(
            [&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
                service.queue(content_of(content).cut_after(100'000));
                service.queue(content_of(content));
                slow_sink sink;
                sink.can_rewind = can_rewind;
                if (can_rewind) {
                    co_await foundry::files{client}.download("file-1", sink);
                    CHECK(sink.got == content);
                } else {
                    foundry::error const e = co_await failure_of(foundry::files{client}.download("file-1", sink));
                    CHECK(e.code() == errc::stream_truncated);
                    CHECK(e.advice().find("cannot go back") != std::string::npos);
                }
                CHECK(sink.rewinds == 1);
            },
            &with_retries);
    }
}

TEST_CASE("download: a full disk ends it, and leaves nothing" * doctest::skip()) // full_disk.sh has the disk
{
    std::filesystem::path const folder = std::getenv("FOUNDRY_TEST_SMALL_DISK");
    with_service(
        [&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.queue(content_of(bytes_of(1'000'000)));
            foundry::error const e = co_await failure_of(foundry::files{client}.download("file-1", folder / "copy"));
            CHECK(e.code() == errc::sink_failed);
            CHECK(std::string(e.what()).find("copy cannot be written: No space left") != std::string::npos);
            CHECK(files_in(folder) == 0);
            service.queue(content_of("small"));
            co_await foundry::files{client}.download("file-1", folder / "copy");
            CHECK(read_file(folder / "copy") == "small");
        },
        &with_retries);
}

TEST_CASE("download: more than size_limits::download ends it")
{
    run([]() -> asio::awaitable<void> {
        emulator service(unchecked());
        foundry::options how = trusting(service);
        how.limits.download = 100'000;
        foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, local_url, how);
        service.queue(content_of(bytes_of(100'001)));
        slow_sink sink;
        CHECK((co_await failure_of(foundry::files{client}.download("file-1", sink))).code() == errc::limit_exceeded);
        CHECK(sink.got.size() <= 100'000);
    }());
}

// Interruptions

enum class transfer
{
    upload,
    upload_from_a_pool,
    download,
    download_to_a_pool,
    waiting,
    listing
};
constexpr transfer all_transfers[] = {transfer::upload,   transfer::upload_from_a_pool,
                                      transfer::download, transfer::download_to_a_pool,
                                      transfer::waiting,  transfer::listing};

asio::awaitable<void> do_transfer(transfer what, foundry::files files, std::filesystem::path path,
                                  asio::any_io_executor disk)
{
    if (what == transfer::upload) {
        foundry::file_upload const upload(path, "batch");
        static_cast<void>(co_await files.upload(upload));
    } else if (what == transfer::upload_from_a_pool) {
        foundry::file_upload const upload(foundry::file_source(path, disk), "a", "batch");
        static_cast<void>(co_await files.upload(upload));
    } else if (what == transfer::download) {
        co_await files.download("file-1", path);
    } else if (what == transfer::download_to_a_pool) {
        foundry::file_sink sink(path, disk);
        co_await files.download("file-1", sink);
        sink.finish();
    } else if (what == transfer::waiting) {
        foundry::wait_options how;
        how.interval = 1ms;
        static_cast<void>(co_await files.wait("file-1", how));
    } else {
        foundry::async_generator<foundry::file> all = files.list();
        while (co_await all.next()) {
        }
    }
}

void queue_for(transfer what, emulator& service, std::string const& content)
{
    if (what == transfer::waiting) {
        service.queue(answer::json(200, R"({"id":"file-1","status":"pending"})"));
        service.queue(answer::json(200, stored));
    } else if (what == transfer::listing) {
        service.queue(answer::json(200, page_of(1, 2, true)));
        service.queue(answer::json(200, page_of(3, 1, false)));
    } else if (what == transfer::upload || what == transfer::upload_from_a_pool) {
        service.queue(answer::json(201, stored));
    } else {
        service.queue(content_of(content));
    }
}

/// A transfer that runs until it is interrupted.
struct begun_transfer
{
    begun_transfer(transfer what, std::string const& content, temporary_file const& source)
        : service(unchecked()),
          disk(1),
          client(client_of(context.get_executor(), service, local_url, trusting(service)))
    {
        queue_for(what, service, content);
        bool const is_upload = what == transfer::upload || what == transfer::upload_from_a_pool;
        asio::co_spawn(context,
                       do_transfer(what, foundry::files{*client}, is_upload ? source.path : folder.path / "copy",
                                   disk.get_executor()),
                       asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr e) {
                           thrown = e;
                           has_ended = true;
                       }));
    }

    ~begun_transfer() { disk.join(); } // before the context is gone

    /// Returns whether it had ended before.
    bool run_handlers(int count)
    {
        for (int i = 0; i != count && !has_ended; ++i)
            context.run_one_for(long_enough);
        return has_ended;
    }

    void run_to_end()
    {
        while (!has_ended && context.run_one_for(long_enough) != 0) {
        }
        REQUIRE(has_ended);
    }

    temporary_folder folder;
    emulator service;
    asio::thread_pool disk;
    std::optional<asio::io_context> owned{std::in_place};
    asio::io_context& context = *owned;
    std::optional<foundry::client<>> client;
    asio::cancellation_signal signal;
    std::exception_ptr thrown;
    bool has_ended = false;
};

TEST_CASE("files: a transfer that is cancelled after any handler ends, and leaves no half file")
{
    std::string const content = bytes_of(150'000);
    temporary_file const source(content);
    int moments = 0;
    for (transfer const what : all_transfers) {
        bool is_late = false;
        for (int handlers = first_cancellation; !is_late; ++handlers, ++moments) {
            CAPTURE(static_cast<int>(what));
            CAPTURE(handlers);
            begun_transfer one(what, content, source);
            is_late = one.run_handlers(handlers);
            one.signal.emit(asio::cancellation_type::terminal);
            one.run_to_end();
            CHECK((!one.thrown || is_cancellation(one.thrown)));
            if (one.thrown)
                CHECK(files_in(one.folder.path) == 0);
            REQUIRE(handlers < 5000);
        }
    }
    MESSAGE("report: transfers of files cancelled at " << moments << " moments");
}

TEST_CASE("files: a transfer ends with its client, and may end with its context, after any handler")
{
    std::string const content = bytes_of(150'000);
    temporary_file const source(content);
    for (transfer const what : all_transfers) {
        bool is_late = false;
        for (int handlers = 1; !is_late; ++handlers) {
            CAPTURE(static_cast<int>(what));
            CAPTURE(handlers);
            begun_transfer closed(what, content, source);
            is_late = closed.run_handlers(handlers);
            closed.client->close();
            closed.run_to_end();
            if (closed.thrown) {
                try {
                    std::rethrow_exception(closed.thrown);
                } catch (foundry::error const& e) {
                    CHECK(e.code() == errc::client_closed);
                }
                CHECK(files_in(closed.folder.path) == 0);
            }
            begun_transfer dropped(what, content, source);
            dropped.run_handlers(handlers);
            bool const had_ended = dropped.has_ended;
            dropped.disk.join();
            dropped.client.reset();
            dropped.owned.reset();
            CHECK((had_ended || files_in(dropped.folder.path) == 0));
        }
    }
}

TEST_CASE("files: the Foundry Models API has none, and the error names the endpoint to use")
{
    run([]() -> asio::awaitable<void> {
        emulator service;
        foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, foundry_url);
        foundry::error const e = co_await failure_of(foundry::files{client}.get("file-1"));
        CHECK(e.code() == errc::invalid_argument);
        CHECK(std::string(e.what()).find("/openai/v1") != std::string::npos);
        CHECK(service.journal().empty());
    }());
}

} // namespace foundry_test::files_test
