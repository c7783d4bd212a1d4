// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Writes what the fuzzers begin with: recorded exchanges, the cases of the parsers' tests, URLs, dates, WebSocket frames, and keys that
// are made here.

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class seed_writer
{
public:
    explicit seed_writer(fs::path to) : to_(std::move(to)) {}

    /// The text with the two bytes behind it that say what is done with it.
    void add(char const* target, std::string_view text, unsigned mode = 0)
    {
        constexpr std::size_t most = 4000;
        if (text.size() > most && text.starts_with('{'))
            return; // of no use if it is cut
        fs::create_directories(to_ / target);
        std::ofstream out(to_ / target / std::to_string(count_++), std::ios::binary);
        out << text.substr(0, most) << static_cast<char>(mode) << static_cast<char>(7);
    }

private:
    fs::path to_;
    int count_ = 0;
};

json::value load(fs::path const& file)
{
    std::ifstream in(file, std::ios::binary);
    return json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

std::string text_of(json::value const& v) { return v.is_string() ? std::string(v.get_string()) : std::string(); }

/// Empty where there is no such text.
std::string text_of(json::value const& object, char const* name)
{
    json::value const* const v = object.as_object().if_contains(name);
    return v != nullptr ? text_of(*v) : std::string();
}

/// The data of the events, a line each.
std::string lines_of(std::string body)
{
    for (std::string_view const noise : {"data: ", "\n\n"}) {
        for (std::size_t at = 0; (at = body.find(noise, at)) != body.npos;)
            body.replace(at, noise.size(), noise == "\n\n" ? "\n" : "");
    }
    return body;
}

void add_recordings(seed_writer& seeds, fs::path const& folder)
{
    for (auto const& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".json")
            continue;
        json::value const document = load(entry.path());
        for (json::value const& exchange : document.at("exchanges").as_array()) {
            std::string const sent = text_of(exchange.at_pointer("/request/body"));
            std::string const body = text_of(exchange.at_pointer("/response/body"));
            std::string head;
            for (auto const& [name, value] : exchange.at_pointer("/response/headers").as_object())
                head.append(name).append(": ").append(text_of(value)).append("\n");
            seeds.add("chat_request", sent);
            seeds.add("endpoint", text_of(exchange.at_pointer("/request/url")));
            seeds.add("service_error", head + "\n" + body, 16);
            if (!body.starts_with("data:")) {
                for (unsigned const type : {0u, 2u, 3u})
                    seeds.add("json_reader", body, type);
                continue;
            }
            seeds.add("event_parser", body);
            seeds.add("accumulator", lines_of(body));
            seeds.add("repeating_reader", lines_of(body));
            seeds.add("json_reader", lines_of(body).substr(0, lines_of(body).find('\n')), 1);
        }
    }
}

void add_cases(seed_writer& seeds, fs::path const& data)
{
    json::value const events = load(data / "sse_cases.json");
    json::value const responses = load(data / "http_cases.json");
    json::value const answers = load(data / "example_answers.json");
    for (json::value const& one : events.at("cases").as_array())
        seeds.add("event_parser", text_of(one, "body"));
    for (json::value const& one : responses.at("cases").as_array())
        seeds.add("response_parser", text_of(one, "raw"));
    for (json::value const& one : answers.at("answers").as_array())
        seeds.add("json_reader", text_of(one, "body"), 2);
}

/// A message of each type in one frame and in fragments, control frames, and frames that are refused.
void add_frames(seed_writer& seeds)
{
    using namespace std::string_view_literals;
    std::string const two_byte_length = std::string("\x82\x7e\x01\x00"sv) + std::string(256, 'x');
    for (std::string_view const frames :
         {"\x81\x05Hello\x82\x02\x00\xff\x89\x01p\x8a\x00\x88\x05\x03\xe8"
          "bye"sv,
          "\x01\x03Hel\x89\x00\x80\x02lo"sv, "\x01\x02\xe2\x82\x00\x00\x80\x01\xac\x88\x00"sv,
          "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"sv, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"sv,
          "\x88\x02\x03\xed"sv, std::string_view(two_byte_length)})
        for (unsigned const mode : {0u, 3u})
            seeds.add("websocket_parser", frames, mode);
}

void add_texts(seed_writer& seeds)
{
    for (char const* const url :
         {"https://a.services.ai.azure.com/models?api-version=2024-05-01-preview",
          "https://a.openai.azure.com/openai/v1/",
          "https://a.openai.azure.com/openai/deployments/gpt-4/chat/completions?api-version=2024-10-21",
          "https://a.services.ai.azure.com/api/projects/p/openai/v1", "http://localhost:8080/v1",
          "http://[::1]:11434/v1", "https://user:password@a.azure-api.net/x/openai", "https://a.azure-api.net//openai",
          "https://models.github.ai/inference", "http://127.0.0.1/v1/embeddings"})
        seeds.add("endpoint", url);
    for (char const* const time :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "2026-01-09T01:00:00.123+00:00", "2026-01-09 01:00:00.000000",
          "1/9/2026 1:00:00 AM +00:00", "01/09/2026 01:00:00 +00:00", "120", "1.5", "6m0s", "17ms", "1h2m"})
        seeds.add("times", time);
    for (
        char const* const answer :
        {R"({"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"refresh_in":1800,"access_token":"eyJSECRET.a.b"})",
         R"({"access_token":"eyJSECRET","expires_on":"1800003600","resource":"https://a","token_type":"Bearer"})",
         R"({"error":"invalid_client","error_description":"AADSTS7000215: wrong\r\nTrace ID: 1","trace_id":"1","correlation_id":"2"})",
         "WARNING {\n\x1b[1m{\"accessToken\":\"eyJSECRET\",\"expiresOn\":\"2026-01-09 "
         "01:00:00.000000\",\"expires_on\":1800003600}\x1b[0m\n",
         R"({"token":"eyJSECRET","expiresOn":"2026-01-09T01:00:00Z"})", "<html>a login page</html>",
         "ERROR: AADSTS50076: \"accessToken\": \"eyJSECRET\""})
        seeds.add("token_answer", answer);
    for (
        char const* const body :
        {R"({"error":{"code":"DeploymentNotFound","message":"try again in 20 seconds","innererror":{"code":"ResponsibleAIPolicyViolation",)"
         R"("content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}})",
         R"({"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error"}]})",
         R"({"error":"model not found"})", R"({"statusCode":401,"message":"Access denied"})",
         R"({"object":"error","message":"a","type":"b","param":null,"code":40303})",
         R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
         "<html><title>502 Bad Gateway</title></html>"})
        seeds.add("service_error", body);
    for (std::size_t const size : {8u, 64u, 256u})
        seeds.add("floats", std::string(size, 'Q'));
    seeds.add(
        "typed_value",
        R"({"name":"a","paint":"red","small":null,"large":18446744073709551615,"flags":[true,false],"children":[],)"
        R"("counts":{"b":1},"shape":{"kind":"square","side":0.5},"either":[1],"any":{"c":[null]}})");
    for (char const* const target : {"json_reader", "chat_request", "accumulator", "repeating_reader", "typed_value"})
        for (unsigned mode = 1; mode != 16; ++mode)
            seeds.add(target, "\1\2\3\4\5\6\1\2\3\4\5\6\1\2\3\4\5\6\1\2\3\4\5\6", mode);
}

X509* make_certificate(EVP_PKEY* key, char const* name)
{
    X509* const made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    ASN1_TIME_set_string(X509_getm_notBefore(made), "20200101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(made), "20990101000000Z");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>(name), -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_set_pubkey(made, key);
    X509_sign(made, key, EVP_sha256());
    return made;
}

std::string text_of(BIO* memory)
{
    char* bytes = nullptr;
    long const size = BIO_get_mem_data(memory, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(memory);
    return text;
}

void add_keys(seed_writer& seeds)
{
    EVP_PKEY* const key = EVP_RSA_gen(2048u);
    X509* const own = make_certificate(key, "app");
    X509* const above = make_certificate(key, "issuer");
    for (bool const chain : {false, true}) {
        BIO* const pem = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey(pem, key, nullptr, nullptr, 0, nullptr, nullptr);
        PEM_write_bio_X509(pem, own);
        if (chain)
            PEM_write_bio_X509(pem, above);
        seeds.add("signing_key", text_of(pem), chain ? 2 : 0);
    }
    BIO* const der = BIO_new(BIO_s_mem());
    i2d_X509_bio(der, above);
    seeds.add("signing_key", text_of(der), 4);
    BIO* const sealed = BIO_new(BIO_s_mem());
    char word[] = "password";
    PEM_write_bio_X509(sealed, own);
    PEM_write_bio_PKCS8PrivateKey(sealed, key, EVP_aes_256_cbc(), word, static_cast<int>(sizeof word) - 1, nullptr,
                                  nullptr);
    seeds.add("signing_key", text_of(sealed));
    STACK_OF(X509)* const others = sk_X509_new_null();
    sk_X509_push(others, above);
    for (char const* const password : {"", "password"}) {
        PKCS12* const made = PKCS12_create(password, "app", key, own, others, 0, 0, 1, 1, 0);
        BIO* const pfx = BIO_new(BIO_s_mem());
        i2d_PKCS12_bio(pfx, made);
        PKCS12_free(made);
        seeds.add("signing_key", text_of(pfx), *password == '\0' ? 0 : 1);
    }
    sk_X509_free(others);
    X509_free(above);
    X509_free(own);
    EVP_PKEY_free(key);
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 3)
        return 2;
    fs::remove_all(arguments[2]);
    seed_writer seeds(arguments[2]);
    fs::path const data = arguments[1];
    add_recordings(seeds, data / "recordings");
    add_cases(seeds, data);
    add_texts(seeds);
    add_frames(seeds);
    add_keys(seeds);
}
