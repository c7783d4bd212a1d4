// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/temporary_file.hpp"

#include <foundry/detail/base/base64.hpp>
#include <foundry/error.hpp>
#include <foundry/media.hpp>
#include <foundry/route.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <span>

namespace foundry_test::media_test {

using namespace foundry;

std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

template <class Make>
std::string refusal_of(Make const& make)
{
    try {
        make();
    } catch (error const& e) {
        CHECK(e.code() == errc::invalid_argument);
        return e.what();
    }
    return {};
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

TEST_CASE("image: the first bytes tell the media type")
{
    auto const lead_of = [](std::string_view bytes) {
        std::string const url = image::from_bytes(bytes_of(bytes)).url();
        return url.substr(0, url.find(','));
    };
    CHECK(lead_of("\x89PNG\r\n\x1a\n...") == "data:image/png;base64");
    CHECK(lead_of("\xff\xd8\xff\xe0") == "data:image/jpeg;base64");
    CHECK(lead_of("GIF89a...") == "data:image/gif;base64");
    CHECK(lead_of("RIFF....WEBPVP8 ") == "data:image/webp;base64");
    CHECK(image::from_bytes(bytes_of("BM......"), "image/bmp").url() == "data:image/bmp;base64,Qk0uLi4uLi4=");
    CHECK(contains(refusal_of([] { image::from_bytes(bytes_of("BM......")); }), "media type"));
    CHECK(contains(refusal_of([] { image::from_bytes(bytes_of("RIFF")); }), "media type"));
}

TEST_CASE("image: a picture that no service accepts is rejected")
{
    CHECK(contains(refusal_of([] { image::from_bytes({}); }), "empty"));
    std::string const large(image::max_size + 1, 'x');
    CHECK(contains(refusal_of([&] { image::from_bytes(bytes_of(large), "image/png"); }), "20971520"));
    CHECK(contains(refusal_of([] { image::from_bytes(bytes_of("x"), "text/plain"); }), "image/png"));
    CHECK(contains(refusal_of([] { image::from_bytes(bytes_of("x"), "image/png;base64,AAAA"); }), "image/png"));
    CHECK(contains(refusal_of([] { image::from_url("cat.png"); }), "load_file()"));
    CHECK(contains(refusal_of([] { image::from_url("file:///etc/passwd"); }), "https://"));
}

TEST_CASE("image: becomes a part of a message, by its address or by its bytes")
{
    content_part const distant = image::from_url("HTTPS://example.com/cat.png").part(image_detail::low);
    CHECK(distant.type == part_type::image_url);
    CHECK(distant.image_url->url == "HTTPS://example.com/cat.png");
    CHECK(distant.image_url->detail == image_detail::low);
    CHECK(image::from_url("data:image/png;base64,iVBORw0KGgo=").url() == "data:image/png;base64,iVBORw0KGgo=");
}

TEST_CASE("audio: becomes a part of a message, by its address or by its bytes")
{
    content_part const wave = audio::from_bytes(bytes_of("RIFF....WAVEfmt ")).part();
    CHECK(wave.type == part_type::input_audio);
    CHECK(wave.input_audio->format == "wav");
    CHECK(wave.input_audio->data == "UklGRi4uLi5XQVZFZm10IA==");
    CHECK(audio::from_bytes(bytes_of("ID3...")).part().input_audio->format == "mp3");
    CHECK(audio::from_bytes(bytes_of("\xff\xfb\x90")).part().input_audio->format == "mp3");
    CHECK(audio::from_bytes(bytes_of("\xff\xfb\x90"), "flac").part().input_audio->format == "flac");
    CHECK(audio::from_url("https://example.com/a.mp3").part().audio_url->url == "https://example.com/a.mp3");
    CHECK(contains(refusal_of([] { audio::from_bytes(bytes_of("OggS")); }), "format"));
    CHECK(contains(refusal_of([] { audio::from_bytes({}); }), "empty"));
    std::string const large(audio::max_size + 1, 'x');
    CHECK(contains(refusal_of([&] { audio::from_bytes(bytes_of(large), "wav"); }), "26214400"));
    CHECK(contains(refusal_of([] { audio::from_url("a.mp3"); }), "https://"));
}

TEST_CASE("load_file: files are read whole, and the error names a file that cannot be read")
{
    temporary_file const file{"GIF89a and the rest"};
    CHECK(image::load_file(file.path).url() == "data:image/gif;base64,R0lGODlhIGFuZCB0aGUgcmVzdA==");
    CHECK(contains(refusal_of([&] { audio::load_file(file.path); }), "format"));
    CHECK(contains(refusal_of([] { image::load_file("/nowhere/cat.png"); }), "/nowhere/cat.png"));
    CHECK(contains(refusal_of([] { audio::load_file("/nowhere/cat.wav"); }), "/nowhere/cat.wav"));
    CHECK(!refusal_of([] { image::load_file(std::filesystem::temp_directory_path()); }).empty());
}

TEST_CASE("load_file: a name may have blanks, quotes and any letters, and the error has it in UTF-8")
{
#if defined(_WIN32)
    std::u8string const name = u8"foundry Gr\u00fc\u00dfe \u732b 'x' ^%1.gif";
#else
    std::u8string const name = u8"foundry Gr\u00fc\u00dfe \u732b 'x' \"y\" ^%1.gif";
#endif
    std::filesystem::path const folder = std::filesystem::temp_directory_path();
    CHECK(contains(refusal_of([&] { image::load_file(folder / name); }), std::string(name.begin(), name.end())));
    std::ofstream(folder / name, std::ios::binary) << "GIF89a and the rest";
    CHECK(image::load_file(folder / name).url() == "data:image/gif;base64,R0lGODlhIGFuZCB0aGUgcmVzdA==");
    multipart form;
    form.load_file("file", folder / name, "image/gif");
    std::filesystem::remove(folder / name);
}

TEST_CASE("load_file: a path of more than 260 characters is read, or its error names it")
{
    std::filesystem::path folder = std::filesystem::temp_directory_path() / "foundry_long";
    std::filesystem::path const all = folder;
    for (int i = 0; i != 3; ++i)
        folder /= std::string(100, static_cast<char>('a' + i));
    std::error_code too_long; // for Windows, unless its policy or the program's manifest allows such paths
    std::filesystem::create_directories(folder, too_long);
    std::ofstream(folder / "cat.gif", std::ios::binary) << "GIF89a and the rest";
    if (too_long || !std::filesystem::exists(folder / "cat.gif", too_long))
        CHECK(contains(refusal_of([&] { image::load_file(folder / "cat.gif"); }), "cat.gif"));
    else
        CHECK(image::load_file(folder / "cat.gif").url() == "data:image/gif;base64,R0lGODlhIGFuZCB0aGUgcmVzdA==");
    std::filesystem::remove_all(all, too_long);
}

TEST_CASE("base64: encoding and decoding follow RFC 4648")
{
    std::pair<std::string_view, std::string_view> const cases[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (auto const& c : cases) {
        CHECK(detail::to_base64(c.first) == c.second);
        CHECK(detail::from_base64(c.second) == c.first);
    }
    for (std::string_view const wrong : {"Zg=", "Z", "Zg=a", "=AAA", "Zm 9", "Zm9v\n\n\n\n", "Zm-_", "A=B="}) {
        CAPTURE(std::string(wrong));
        CHECK(!detail::from_base64(wrong));
    }
    std::string const long_text((std::size_t{3} << 20) + 2, '\xfe');
    CHECK(detail::from_base64(detail::to_base64(long_text)) == long_text);
}

TEST_CASE("multipart form: fields and files are written in order")
{
    multipart form;
    form.add("purpose", "batch").add_file("file", "a\"b\r\n.txt", "text/plain", "hello");
    std::string const type = form.content_type();
    std::string const mark = "--" + type.substr(type.find('=') + 1);
    CHECK(form.body() == mark + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n" + mark +
                             "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b%0D%0A.txt\"\r\n"
                             "Content-Type: text/plain\r\n\r\nhello\r\n" +
                             mark + "--\r\n");
    multipart moved = form;
    CHECK(std::move(moved).body() == form.body());
    CHECK(multipart{}.content_type() != type);
    CHECK(!refusal_of([&] { form.add_file("f", "n", "", "x"); }).empty());
    CHECK(!refusal_of([&] { form.add_file("f", "n", "text/plain\r\nX: y", "x"); }).empty());

    temporary_file const file{"content"};
    multipart loaded;
    loaded.load_file("file", file.path, "text/plain");
    CHECK(contains(loaded.body(), "filename=\"" + file.path.filename().string() + "\""));
    CHECK(contains(loaded.body(), "\r\n\r\ncontent\r\n"));
}

TEST_CASE("route: its segments and parameters are kept apart")
{
    route const r = route{"GET", "/files"}.segment("a/b ?").query("order by", "a&b");
    CHECK(r.path() == "files/a%2Fb%20%3F");
    CHECK(contains(r.query(), "a%26b"));
    CHECK(!refusal_of([] { route{"get", "files"}; }).empty());
    CHECK(!refusal_of([] { route{"GET / HTTP/1.1\r\n", "files"}; }).empty());
    CHECK(!refusal_of([] { route{"GET", "files"}.query("api-key", "secret"); }).empty());
}

} // namespace foundry_test::media_test
