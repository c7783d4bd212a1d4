// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A Foundry of your own, inside your test. It listens on 127.0.0.1, speaks the HTTP of the real service and checks
/// what it is sent as strictly, so that a test needs no network, no key and no money:
///
///     foundry::testing::emulator service;
///     service.plain_port();     // http://127.0.0.1:<port>/models/chat/completions?api-version=2024-05-01-preview
///     service.tls_port();       // https, with a certificate for *.services.ai.azure.com and its relatives
///     service.ca_certificate(); // the PEM to trust
///
/// The path says which form of address is meant, and so which rules of authentication, naming and errors hold:
///
/// - `/models/...?api-version=`: a Foundry resource; the member `model` names the deployment, in any case.
/// - `/openai/v1/...` and `/api/projects/<project>/openai/v1/...`: OpenAI v1; the member `model`, in its exact case.
/// - `/openai/deployments/<deployment>/...?api-version=`: Azure OpenAI with dated versions; the path.
/// - `/openai/...?api-version=`: the same, for what belongs to the resource and not to a deployment, such as files.
/// - `/...?api-version=` on host `*.models.ai.azure.com` or `*.inference.ml.azure.com`: serverless and managed compute,
///   which serve one model.
/// - `/inference/...` and `/orgs/<org>/inference/...`: GitHub Models; the member `model`, as `publisher/name`.
/// - `/v1/...`: any compatible server, without what is Azure's own; the member `model`. See `local_server`.
///
/// It answers `chat/completions` and `completions` (also streamed), `embeddings`, `images/embeddings`,
/// `images/generations` (with one pixel), `audio/speech` (with silence), `info`, `models`, `deployments`, `files`,
/// `responses` (also streamed and in the background, with functions and structured output) and `threads`, each if the
/// real form has it. It refuses what it cannot do as the service refuses what a model cannot do; a queued `answer` does
/// that. The chat model is a small table of knowledge, not a network: equal requests get equal answers.
///
/// Browsers may use it from any origin. It answers their preflight requests (`OPTIONS`) itself: these take no queued
/// answer.
///
/// This header needs no client: it can test any.
namespace foundry::inline FOUNDRY_ABI::testing {

namespace detail {
class answer_reader;
class server;
} // namespace detail

/// What a server on one's own machine does differently from OpenAI's API, which is what a default one speaks. Take a named
/// server, or set members:
///
///     emulator_options options;
///     options.local = local_server::llama_cpp();
///     options.local.done_event = false;
///
/// The named ones do what releases of these servers did; other releases may do less of it.
struct local_server
{
    /// Where a stream says `"role":"assistant"`.
    enum class role_place
    {
        first_delta,
        every_delta,
        nowhere
    };

    /// Where a stream tells the usage.
    enum class usage_place
    {
        if_asked,   ///< In an event of its own, without choices, where `stream_options` asks for it.
        own_event,  ///< The same, asked for or not.
        last_event, ///< In the one with the finish reason, asked for or not.
        nowhere     ///< And no whole answer tells it.
    };

    /// The body of an error.
    enum class error_shape
    {
        openai, ///< `{"error":{"message","type","param","code":"a word or null"}}`
        bare,   ///< `{"object":"error","message","type":"BadRequestError","param":null,"code":400}`
        coded,  ///< `{"error":{"code":400,"message","type"}}`
        text    ///< `{"error":"the message"}`
    };

    local_server();

    /// Empty tool call ids; usage and `timings` in the last event, unasked; errors with a number.
    static local_server llama_cpp();
    /// The last text beside the finish reason; reasoning under both names; bare errors.
    static local_server vllm();
    /// The role in every delta; reasoning as `reasoning`; tool calls whole; errors as text.
    static local_server ollama();
    /// Before 1.0: the role and `tool_calls: []` in every delta, `message` and `delta` side by side, streams without finish
    /// reason, no usage, and members of its own, one of them `"error":null`.
    static local_server foundry_local();

    role_place role;         ///< Default first_delta.
    usage_place usage;       ///< Default if_asked.
    bool timings;            ///< Whether `timings` stand beside the usage. Default false.
    bool reasoning_content;  ///< Whether reasoning is called so. Default true.
    bool reasoning;          ///< Whether reasoning is called so, too. Default false.
    bool text_in_last_event; ///< Whether the last text comes with the finish reason. Default false.
    bool finish_reason;      ///< Whether a stream tells it. Default true.
    bool call_ids;           ///< Whether tool calls have ids; else they are empty. Default true.
    bool whole_calls;        ///< Whether a stream has each tool call in one piece. Default false.
    bool own_members;        ///< Foundry Local's, and `message` and `delta` side by side. Default false.
    bool blank_after_data;   ///< `data: {`; else `data:{`. Default true.
    bool done_event;         ///< Whether a stream ends with `data: [DONE]`. Default true.
    error_shape errors;      ///< Default openai.
};

/// The application, and the machine, that the emulator's authority knows. It answers for every authority host: at
/// `/{tenant}/oauth2/v2.0/token`, at the endpoint of IMDS, and at `/msi/token` as App Service does. Clients that look for
/// the endpoints first find them at `/{tenant}/v2.0/.well-known/openid-configuration`.
struct directory
{
    directory();

    std::string tenant;        ///< Default `contoso-tenant`.
    std::string client_id;     ///< Default `contoso-application`.
    std::string client_secret; ///< Default `contoso-secret`.
    std::string certificate;   ///< The registered certificate (PEM): assertions are checked with its key. Default none.
    std::string
        federated_token; ///< The one accepted assertion that the certificate has not signed. Default `federated-token`.
    std::string identity_header;   ///< What App Service wants to see. Default `identity-header`.
    bool own_identity;             ///< Whether the machine has an identity of its own. Default true.
    std::string identity_id;       ///< The client id of the one that is assigned to it. Default `assigned-identity`.
    std::chrono::seconds lifetime; ///< Of tokens. Default an hour.
};

/// How an emulator behaves. Change members before the emulator is made; it keeps a copy.
struct emulator_options
{
    emulator_options();

    std::string api_key; ///< The one accepted key. Default `emulator-key`.
    std::string
        bearer_token; ///< An accepted Entra token, besides those that the directory gives. Default `emulator-token`.
    foundry::testing::directory directory; ///< Who is given tokens.

    /// Deployments that chat. Default gpt-4o-mini, gpt-4o, Mistral-Large-2411, DeepSeek-R1. The name decides the
    /// manner: one that starts with `Mistral` streams as Mistral does, `DeepSeek-R` reasons aloud, `o1`, `o3`, `o4` and
    /// `gpt-5` refuse `max_tokens`.
    std::vector<std::string> chat_deployments;
    std::vector<std::string> completion_deployments; ///< Deployments that complete text. Default gpt-35-turbo-instruct.
    std::vector<std::string> embedding_deployments;  ///< Deployments that embed. Default text-embedding-3-small.
    std::vector<std::string> image_deployments;      ///< Deployments that draw. Default gpt-image-1.
    std::vector<std::string> speech_deployments;     ///< Deployments that speak. Default gpt-4o-mini-tts and tts-1.
    std::string serverless_model;                    ///< The model of the serverless form. Default mistral-large-2411.

    std::size_t embedding_dimensions; ///< Length of a vector when the request does not say. Default 256.
    double words_per_second;          ///< Pace of a streamed answer; 0, the default, is as fast as possible.
    bool require_key_on_compatible;   ///< Whether `/v1/...` wants the key too. Default false: any or none will do.
    local_server local;               ///< Which server `/v1/...` behaves like. Default one that does all as OpenAI.

    bool tls;                 ///< Whether to listen with TLS. Default true.
    bool plain;               ///< Whether to listen without. Default true.
    std::uint16_t tls_port;   ///< Port to listen on; 0, the default, takes a free one.
    std::uint16_t plain_port; ///< Port to listen on; 0, the default, takes a free one.

    /// Further DNS names for the certificate, such as `*.internal.example`. It already has every Azure name in use.
    std::vector<std::string> certificate_names;

    /// How many requests the journal holds; if more come, it forgets the oldest. Default 10,000.
    std::size_t journal_limit;

    /// A file to append every request to, as a line of JSON: `method`, `target`, `host`, `headers` (an array of name and
    /// value; null for those of `api-key` and `authorization`), `body` (or `body_base64` where it is not UTF-8), and
    /// `status`, that of the emulator's reply or null where a queued answer is sent. Several emulators may share it.
    /// Default: what the environment variable `FOUNDRY_JOURNAL` names; empty for none.
    std::string journal_file;
};

/// A request as it arrived.
struct recorded_request
{
    recorded_request();

    /// The value of the first header of this name, in any case; nothing if there is none. Valid as long as this object.
    std::optional<std::string_view> header(std::string_view name) const;

    std::size_t connection; ///< Which connection brought it: 1 for the first that was accepted.
    bool tls;               ///< Whether it came through TLS.
    bool resumed;           ///< Whether the TLS session was one of an earlier connection.
    std::string sni;        ///< The server name of the TLS handshake; empty if the client sent none.
    std::string method;     ///< `POST`.
    std::string target;     ///< Path and query, still percent-encoded.
    std::string host;       ///< The `Host` header.
    std::string body;       ///< After transfer decoding.

    /// Names as they were spelt, in order, but several of one name stand together.
    std::vector<std::pair<std::string, std::string>> headers;
};

/// What to answer to one request instead of what the emulator would say itself; see `emulator::queue`. The functions
/// that change it return it, so they can be chained:
///
///     service.queue(answer::json(429, R"({"error":{"code":"429"}})").header("Retry-After", "1"));
class answer
{
public:
    /// A reply of this status with `Content-Type: application/json` and a Content-Length.
    static answer json(unsigned status, std::string body);

    /// A 200 of `Content-Type: text/event-stream`, with chunked transfer coding, one chunk for each event. The text is
    /// sent as it is, so it needs its own `data: [DONE]`.
    static answer events(std::string body);

    /// These bytes and nothing else, status line included; then the connection is closed unless `keep_open()` is
    /// called.
    static answer raw(std::string bytes);

    /// A whole chat completion with this text.
    static answer chat(std::string text);

    /// A whole chat completion that calls functions, each given by its name and its arguments (JSON text). The ids of the
    /// calls are `call_1`, `call_2` and so on.
    ///
    ///     service.queue(answer::tool_calls({{"get_weather", R"({"city":"Paris"})"}}));
    static answer tool_calls(std::vector<std::pair<std::string, std::string>> functions);

    /// A chat stream: an event with the role, one for each piece of the text, one with the finish reason `stop`, and
    /// `data: [DONE]`.
    static answer pieces(std::vector<std::string> texts);

    /// Adds a header, or replaces the one the emulator would send.
    answer& header(std::string name, std::string value);
    answer& remove_default_headers(); ///< Sends no header but framing and those that were added.
    answer& chunked(bool on);         ///< Chunked transfer coding, or a Content-Length.

    /// Sizes of successive writes to the socket, over the bytes of the whole message, head included; the last one
    /// repeats. A size of 0 counts as 1.
    answer& chunking(std::vector<std::size_t> sizes);

    /// Closes the socket, without TLS goodbye, after so many bytes of the message, head included. Throws
    /// `std::invalid_argument` if these are more than the bytes of a raw answer; if they are more than those of another,
    /// which has its head added when it is sent, a 500 that says so is sent instead.
    answer& cut_after(std::size_t bytes);

    /// Closes the socket, without TLS goodbye, after the n-th event of a stream was sent whole; 0 is after the head. Throws
    /// `std::invalid_argument` if the answer has fewer events.
    answer& cut_after_event(std::size_t n);

    answer& hang();      ///< Stays silent after the last byte until the client closes.
    answer& keep_open(); ///< After `raw`: the connection goes on to the next request.
    answer& close();     ///< Closes in good order after the message, as a server that restarts does.
    answer& delay(std::chrono::milliseconds time); ///< Waits before the first byte.
    answer& pace(std::chrono::milliseconds time);  ///< Waits between the writes, which are those of the events.

private:
    friend class detail::answer_reader;
    answer(unsigned status, std::string body);

    unsigned status_;
    std::string body_;
    std::string content_type_;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::vector<std::size_t> sizes_;
    std::optional<std::size_t> cut_;
    std::optional<std::size_t> cut_event_;
    std::chrono::milliseconds delay_;
    std::chrono::milliseconds pace_;
    bool is_raw_;
    bool chunked_;
    bool default_headers_;
    bool hang_;
    bool close_;
};

/// The emulator. It runs on one thread of its own from construction to destruction. Every function may be called from
/// any thread.
class emulator
{
public:
    /// Listens from here on. Throws `boost::system::system_error` when a port cannot be had and `std::runtime_error`
    /// when no certificate can be made.
    explicit emulator(emulator_options options = {});

    /// Closes every connection at once, whatever it is doing, and waits for the thread.
    ~emulator();

    emulator(emulator const&) = delete;
    emulator& operator=(emulator const&) = delete;

    std::uint16_t tls_port() const noexcept;   ///< 0 if it does not listen with TLS.
    std::uint16_t plain_port() const noexcept; ///< 0 if it does not listen without TLS.
    std::string const& api_key() const noexcept;
    std::string const& bearer_token() const noexcept;

    /// The certificate authority that signed the server's certificate, as PEM. Made anew for each emulator; its private
    /// key is gone by the time the constructor returns.
    std::string const& ca_certificate() const noexcept;

    /// Answers the next request that has no answer yet with this one, on whatever connection it arrives. The request is
    /// read to its end and journaled first, but not checked. Several queued answers are used in order.
    void queue(answer next);

    std::size_t queued() const; ///< How many queued answers have not been used.

    /// Answers every request from now on for which the predicate holds with this answer; such a request takes no queued
    /// answer. If several predicates hold, the one that was given last decides. They are called on the emulator's thread,
    /// for the request as it is journaled; if one throws, the answer is a 500 with its words.
    ///
    ///     service.reply_when([](recorded_request const& r) { return r.target.find("/embeddings") != r.target.npos; },
    ///                        answer::json(503, "{}"));
    void reply_when(std::function<bool(recorded_request const&)> predicate, answer reply);

    /// The latest requests, in order of arrival: all of them unless they are more than `emulator_options::journal_limit`.
    std::vector<recorded_request> journal() const;
    std::size_t requests() const; ///< How many requests have come, also those that the journal has forgotten.
    void clear_journal();         ///< Forgets the requests so far and counts from 0. Connections stay counted.

    std::size_t connections() const;      ///< How many connections were accepted so far.
    std::size_t open_connections() const; ///< How many of them are still open.

    /// Waits until `requests()` is at least this. Returns whether it is; false after `most`.
    bool wait_for_requests(std::size_t count, std::chrono::milliseconds timeout) const;

    /// Waits until at least this many replies were sent to their last byte. Returns whether they were; false after `most`.
    bool wait_for_replies(std::size_t count, std::chrono::milliseconds timeout) const;

    /// Waits until at most this many connections are open. Returns whether that is so; false after `most`.
    bool wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const;

private:
    std::unique_ptr<detail::server> server_;
};

} // namespace foundry::inline FOUNDRY_ABI::testing

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/testing/impl/emulator.ipp>
#endif
