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

/// An emulator of Foundry for tests, inside the test program. It listens on 127.0.0.1, speaks the HTTP of the real service and checks
/// requests as strictly, so that a test needs no network, no key and no money:
///
///     foundry::testing::emulator service;
///     service.plain_port();     // http://127.0.0.1:<port>/models/chat/completions?api-version=2024-05-01-preview
///     service.tls_port();       // https, with a certificate for *.services.ai.azure.com and its relatives
///     service.ca_certificate(); // the PEM to trust
///
/// The path selects the form of address, and with it the rules of authentication, naming and errors:
///
/// - `/models/...?api-version=`: a Foundry resource; the member `model` names the deployment, in any case.
/// - `/openai/v1/...` and `/api/projects/<project>/openai/v1/...`: OpenAI v1; the member `model`, in its exact case.
/// - `/openai/deployments/<deployment>/...?api-version=`: Azure OpenAI with dated versions; the path names the deployment.
/// - `/openai/...?api-version=`: the same, for operations of the resource instead of a deployment, such as files.
/// - `/...?api-version=` on host `*.models.ai.azure.com` or `*.inference.ml.azure.com`: serverless and managed compute, which serve one
///   model.
/// - `/inference/...` and `/orgs/<org>/inference/...`: GitHub Models; the member `model`, as `publisher/name`.
/// - `/v1/...`: any compatible server, without Azure's additions; the member `model`. See `local_server`.
///
/// It serves `chat/completions` and `completions` (also streamed), `embeddings`, `images/embeddings`, `images/generations` (with one
/// pixel), `audio/speech`, `audio/transcriptions`, `audio/translations`, `info`, `models`, `deployments`, `files`, `batches`, `responses`
/// and `threads`, each if the real form has it. It refuses other features as the service refuses a feature that a model does not have; a
/// queued `answer` can provide them. Realtime sessions are in a header of their own, `<foundry/testing/realtime.hpp>`. The chat model is a
/// small table of knowledge, not a network: equal requests get equal responses.
///
/// The Responses API has functions, structured output, reasoning, `web_search_preview`, `code_interpreter` and `mcp` with approvals. The web
/// search and the interpreter are used if the question is about them or `tool_choice` demands it; an MCP server is asked every question. A
/// response in the background is queued, in progress at the first GET and complete at the second, or when its last event is sent.
///
/// Files are kept in memory, byte for byte, until they are deleted; every form sees all of them, each in its own shape. A batch is
/// validated when it leaves `validating`, and its rows are answered when it leaves `finalizing`, each as a direct call would be: what
/// such a call refuses is in the error file. Rules of `reply_when` hold for rows, too.
///
/// Speech is silence, a fifth of a second for each word, that carries its text: a transcription of it gives the text back, also if
/// several sounds follow each other in one file. In the samples of `pcm` and `wav` the text is in the low bytes, in `mp3` and `aac` in a
/// tag; `opus` and `flac` only begin like such files. The transcription of a file of plain text is that text, and that of any other sound
/// is always the same. A translation is a transcription.
///
/// Several emulators in one program are several resources: each can have limits of its own (`emulator_options::requests_per_minute`) and
/// outages (`emulator::fail_with`).
///
/// Browsers may use it from any origin. It responds to their preflight requests (`OPTIONS`) itself: these take no queued answer.
///
/// This header does not include the client, so it can test any client.
namespace foundry::inline FOUNDRY_ABI::testing {

namespace detail {
class answer_reader;
class outage_reader;
class realtime_backend;
class server;
} // namespace detail

/// The differences between a server on the local machine and OpenAI's API; the default has none. Start from a named server, or set members:
///
///     emulator_options options;
///     options.local = local_server::llama_cpp();
///     options.local.done_event = false;
///
/// The named servers behave like certain releases; other releases may have fewer of the differences.
struct local_server
{
    /// The events of a stream that have `"role":"assistant"`.
    enum class role_place
    {
        first_delta,
        every_delta,
        nowhere
    };

    /// The event of a stream that has the usage.
    enum class usage_place
    {
        if_asked,   ///< A separate event without choices, if `stream_options` asks for it.
        own_event,  ///< A separate event, always.
        last_event, ///< The event with the finish reason, always.
        nowhere     ///< No event; whole responses have no usage either.
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

    /// Empty tool call ids; usage and `timings` in the last event, always; errors with a number.
    static local_server llama_cpp();
    /// The last text together with the finish reason; reasoning under both names; bare errors.
    static local_server vllm();
    /// The role in every delta; reasoning as `reasoning`; each tool call in one piece; errors as text.
    static local_server ollama();
    /// Before 1.0: the role and `tool_calls: []` in every delta, both `message` and `delta`, streams without a finish reason, no usage, and
    /// additional members, one of them `"error":null`.
    static local_server foundry_local();

    role_place role;         ///< Default first_delta.
    usage_place usage;       ///< Default if_asked.
    bool timings;            ///< Whether `timings` accompany the usage. Default false.
    bool reasoning_content;  ///< Whether reasoning has this name. Default true.
    bool reasoning;          ///< Whether reasoning has this name, too. Default false.
    bool text_in_last_event; ///< Whether the last text comes with the finish reason. Default false.
    bool finish_reason;      ///< Whether a stream has a finish reason. Default true.
    bool call_ids;           ///< Whether tool calls have ids; otherwise these are empty. Default true.
    bool whole_calls;        ///< Whether a stream has each tool call in one piece. Default false.
    bool own_members;        ///< Foundry Local's members, and both `message` and `delta`. Default false.
    bool blank_after_data;   ///< Whether a stream has `data: {` instead of `data:{`. Default true.
    bool done_event;         ///< Whether a stream ends with `data: [DONE]`. Default true.
    error_shape errors;      ///< Default openai.
};

/// The application and the machine that the emulator's authority knows. The authority responds for every authority host: at
/// `/{tenant}/oauth2/v2.0/token`, at the endpoint of IMDS, and at `/msi/token` as App Service does. Clients that look up the endpoints
/// first find them at `/{tenant}/v2.0/.well-known/openid-configuration`.
struct directory
{
    directory();

    std::string tenant;            ///< Default `contoso-tenant`.
    std::string client_id;         ///< Default `contoso-application`.
    std::string client_secret;     ///< Default `contoso-secret`.
    std::string certificate;       ///< The registered certificate (PEM), whose key checks assertions. Default none.
    std::string federated_token;   ///< The one assertion accepted without the certificate. Default `federated-token`.
    std::string identity_header;   ///< The header value that App Service requires. Default `identity-header`.
    bool own_identity;             ///< Whether the machine has a system-assigned identity. Default true.
    std::string identity_id;       ///< Client id of the machine's assigned identity. Default `assigned-identity`.
    std::chrono::seconds lifetime; ///< Lifetime of tokens. Default one hour.
};

/// How an emulator behaves. Change members before the construction of the emulator, which keeps a copy.
struct emulator_options
{
    emulator_options();

    std::string api_key;      ///< The one accepted key. Default `emulator-key`.
    std::string bearer_token; ///< An accepted Entra token, besides those of the directory. Default `emulator-token`.
    foundry::testing::directory directory; ///< The identities that get tokens.

    /// Deployments for chat. Default gpt-4o-mini, gpt-4o, Mistral-Large-2411, DeepSeek-R1. The name decides the behaviour: a deployment
    /// that starts with `Mistral` streams as Mistral does, `DeepSeek-R` sends its reasoning, `o1`, `o3`, `o4` and `gpt-5` refuse
    /// `max_tokens` and reason in the Responses API.
    std::vector<std::string> chat_deployments;
    std::vector<std::string> completion_deployments; ///< Deployments for completions. Default gpt-35-turbo-instruct.
    std::vector<std::string> embedding_deployments;  ///< Deployments for embeddings. Default text-embedding-3-small.
    std::vector<std::string> image_deployments;      ///< Deployments for images. Default gpt-image-1.
    std::vector<std::string> speech_deployments;     ///< Deployments for speech. Default gpt-4o-mini-tts and tts-1.
    /// Deployments for transcriptions; those that start with `whisper` also translate. Default whisper, whisper-1 and
    /// gpt-4o-mini-transcribe.
    std::vector<std::string> transcription_deployments;
    std::vector<std::string>
        realtime_deployments;     ///< Deployments for realtime. Default gpt-realtime and gpt-4o-realtime-preview.
    std::string serverless_model; ///< The model of the serverless form. Default mistral-large-2411.

    std::size_t embedding_dimensions; ///< Length of a vector if the request does not say. Default 256.
    double words_per_second;          ///< Pace of a streamed response; 0, the default, is as fast as possible.
    bool require_key_on_compatible;   ///< Whether `/v1/...` requires the key. Default false: accepts any or none.
    /// Realtime sessions, from a `foundry::testing::realtime`. Default none: their addresses get a 404.
    std::shared_ptr<detail::realtime_backend> realtime;

    local_server local; ///< The server that `/v1/...` behaves like. Default: like OpenAI's API.

    /// Number of GETs of an uploaded file after which its status is `processed`; until then it is `pending`. Default 0: it is processed at
    /// once.
    std::size_t gets_until_processed;

    /// Time that a batch spends in each of its states. Default 0: each GET of the batch moves it one state forward.
    std::chrono::milliseconds batch_state_time;

    std::size_t batch_row_limit; ///< Maximum number of rows of a batch. Default 100,000.

    /// Maximum number of tokens in the batches of one deployment that have not ended; a quarter of the bytes of their input. Default 5
    /// billion. A batch beyond it fails with `token_limit_exceeded`.
    std::uint64_t enqueued_token_limit;

    /// Number of rows after which a batch expires; the others did not run. Default: none, a batch runs to its end.
    std::optional<std::size_t> batch_expires_after;

    /// Maximum number of requests to each deployment in a `rate_window`; 0, the default, is no limit. A request beyond it gets a 429 in
    /// the shape of its form, with `retry-after` and `retry-after-ms`; other responses say in `x-ratelimit-*` what is left. Such a refused
    /// request, a row of a batch and a request that gets an `answer` do not count.
    std::uint64_t requests_per_minute;

    /// Maximum number of tokens in the requests to each deployment in a `rate_window`; 0, the default, is no limit. A request has a
    /// quarter of the bytes of its text, and `max_tokens` or its successors if given. If it has more than the limit, it is told to wait a
    /// day.
    std::uint64_t tokens_per_minute;

    /// Length of the minute of both limits, so that tests need not wait so long. It begins with the first request to the deployment after
    /// the end of the last one. If it is shorter than a second, a 429 has no `retry-after`, which counts seconds. Default one minute.
    std::chrono::milliseconds rate_window;

    std::uint64_t body_limit; ///< Maximum size of a request's body; a longer one gets a 413. Default 2 GiB.

    bool tls;                 ///< Whether to listen with TLS. Default true.
    bool plain;               ///< Whether to listen without TLS. Default true.
    std::uint16_t tls_port;   ///< Port to listen on; 0, the default, takes a free one.
    std::uint16_t plain_port; ///< Port to listen on; 0, the default, takes a free one.

    /// Additional DNS names for the certificate, such as `*.internal.example`. It already has every Azure name in use.
    std::vector<std::string> certificate_names;

    /// Maximum number of requests in the journal, which then drops the oldest. Default 10,000.
    std::size_t journal_limit;

    /// A file to which every request is appended as a line of JSON: `method`, `target`, `host`, `headers` (an array of name and value; the
    /// value is null for `api-key` and `authorization`), `body` (or `body_base64` if it is not UTF-8), and `status`: that of the emulator's
    /// response, or null for a queued answer and in an outage. Several emulators may share the file. Default: the value of the environment
    /// variable `FOUNDRY_JOURNAL`; empty for none.
    std::string journal_file;
};

/// A request as it arrived.
struct recorded_request
{
    recorded_request();

    /// The value of the first header with this name, in any case; empty if there is none. Valid as long as this object.
    std::optional<std::string_view> header(std::string_view name) const;

    std::size_t connection; ///< The number of its connection: 1 for the first one accepted, 0 for a row of a batch.
    bool tls;               ///< Whether it came over TLS.
    bool resumed;           ///< Whether its TLS session was resumed from an earlier connection.
    std::string sni;        ///< The server name of the TLS handshake; empty if the client sent none.
    std::string method;     ///< The method, such as `POST`.
    std::string target;     ///< Path and query, still percent-encoded.
    std::string host;       ///< The `Host` header.
    std::string body;       ///< The body after transfer decoding.

    /// Names in their original spelling and order, but headers with the same name stand together.
    std::vector<std::pair<std::string, std::string>> headers;
};

/// A response that a test defines, in place of the emulator's own; see `emulator::queue`. The functions that change it return it, so that
/// calls can be chained:
///
///     service.queue(answer::json(429, R"({"error":{"code":"429"}})").header("Retry-After", "1"));
class answer
{
public:
    /// A response with this status, `Content-Type: application/json` and a Content-Length.
    static answer json(unsigned status, std::string body);

    /// A 200 with `Content-Type: text/event-stream` and chunked transfer coding, one chunk for each event. The text is sent as it is, so it
    /// needs its own `data: [DONE]`.
    static answer events(std::string body);

    /// These bytes and nothing else, status line included. Then the connection is closed unless `keep_open()` was called.
    static answer raw(std::string bytes);

    /// A whole chat completion with this text.
    static answer chat(std::string text);

    /// A whole chat completion that calls functions, each given by its name and its arguments (JSON text). The ids of the calls are
    /// `call_1`, `call_2` and so on.
    ///
    ///     service.queue(answer::tool_calls({{"get_weather", R"({"city":"Paris"})"}}));
    static answer tool_calls(std::vector<std::pair<std::string, std::string>> functions);

    /// The same as a stream, each call in several pieces. Scripted rounds of a run with tools are some of these and a last text.
    static answer tool_call_pieces(std::vector<std::pair<std::string, std::string>> functions);

    /// A whole chat completion in which the model refuses to answer, with these words.
    static answer refusal(std::string text);

    /// A chat stream: an event with the role, one for each piece of the text, one with the finish reason `stop`, and
    /// `data: [DONE]`.
    static answer pieces(std::vector<std::string> texts);

    /// The emulator's own realtime session, for faults: sizes, bytes and pauses count over all that its connection sends, the response to
    /// the opening request included, and events are those of the server. A request that cannot open a session gets its ordinary response.
    ///
    ///     service.queue(answer::realtime().cut_after_event(3));
    static answer realtime();

    /// Adds a header. It replaces the emulator's own header with this name.
    answer& header(std::string name, std::string value);
    answer& remove_default_headers(); ///< Sends only the framing headers and those that were added.
    answer& chunked(bool on);         ///< Chunked transfer coding if on, a Content-Length if off.

    /// Sizes of successive writes to the socket, over the bytes of the whole message, head included. The last size repeats. A size of 0
    /// counts as 1.
    answer& chunking(std::vector<std::size_t> sizes);

    /// Closes the socket, without a TLS close_notify, after this many bytes of the message, head included. If a raw answer has fewer bytes,
    /// throws `std::invalid_argument`. If another answer has fewer bytes, once its head is added, a 500 that says so is sent instead.
    answer& cut_after(std::size_t bytes);

    /// Closes the socket, without a TLS close_notify, after the n-th whole event of a stream; 0 means after the head. Throws
    /// `std::invalid_argument` if the answer has fewer events. If the answer also hangs, the connection stays open, but no more events come.
    answer& cut_after_event(std::size_t n);

    /// For `realtime`: closes the WebSocket with this code and reason after the n-th event. A code of 1005 sends none.
    answer& close_after_event(std::size_t n, std::uint16_t code, std::string reason = {});

    answer& hang();      ///< Sends nothing after the last byte, and waits until the client closes.
    answer& keep_open(); ///< After `raw`: the connection takes the next request.
    answer& close();     ///< Closes the connection cleanly after the message, as a server does that restarts.
    answer& delay(std::chrono::milliseconds time); ///< Time before the first byte.
    answer& pace(std::chrono::milliseconds time);  ///< Time between writes; each event is one write.

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
    std::optional<std::size_t> close_event_;
    std::uint16_t close_code_;
    std::string close_reason_;
    std::chrono::milliseconds delay_;
    std::chrono::milliseconds pace_;
    bool is_raw_;
    bool is_realtime_;
    bool chunked_;
    bool default_headers_;
    bool hang_;
    bool close_;
};

/// A failure of the whole service, for `emulator::fail_with`.
class outage
{
public:
    /// Each request gets this status, an error in the shape of its form, and `retry-after` if a time is given. Throws
    /// `std::invalid_argument` unless the status is one of 400 to 599.
    static outage status(unsigned code, std::optional<std::chrono::seconds> retry_after = std::nullopt);

    static outage hang();  ///< Each request is read and never answered; `emulator::recover` closes its connection.
    static outage reset(); ///< Each request is read, then its connection is closed with a TCP reset.

    /// New connections are closed at once, open ones as soon as their next request has arrived.
    static outage refuse();

private:
    friend class detail::outage_reader;
    enum class effect
    {
        respond,
        hang,
        reset,
        refuse
    };
    explicit outage(effect what);

    effect effect_;
    unsigned status_;
    std::optional<std::chrono::seconds> retry_after_;
};

/// The emulator. It runs on its own thread from construction to destruction.
///
/// Thread safety: every function may be called from any thread.
class emulator
{
public:
    /// Starts to listen. Throws `boost::system::system_error` if a port is not available, and `std::runtime_error` if the certificate
    /// cannot be made.
    explicit emulator(emulator_options options = {});

    /// Closes every connection at once, whatever its state, and joins the thread.
    ~emulator();

    emulator(emulator const&) = delete;
    emulator& operator=(emulator const&) = delete;

    std::uint16_t tls_port() const noexcept;   ///< 0 if it does not listen with TLS.
    std::uint16_t plain_port() const noexcept; ///< 0 if it does not listen without TLS.
    std::string const& api_key() const noexcept;
    std::string const& bearer_token() const noexcept;

    /// The certificate authority that signed the server's certificate, as PEM. Each emulator makes its own; the authority's private key is
    /// destroyed before the constructor returns.
    std::string const& ca_certificate() const noexcept;

    /// Queues an answer for the next request, on any connection. That request is read completely and journaled first, but not checked.
    /// Several queued answers are used in order.
    void queue(answer next);

    std::size_t queued() const; ///< Number of queued answers that are still unused.

    /// Sends this answer to every request from now on for which the predicate is true; such a request takes no queued answer. If several
    /// predicates are true, the latest rule decides. Predicates run on the emulator's thread, on the journaled request; if one throws, the
    /// response is a 500 with the text of the exception.
    ///
    /// A row of a batch is such a request, too, with its `url` as the target: the status and the body of the answer are its result. A raw
    /// answer is the whole line of the output file, which then need not be JSON.
    ///
    ///     service.reply_when([](recorded_request const& r) { return r.target.find("/embeddings") != r.target.npos; },
    ///                        answer::json(503, "{}"));
    void reply_when(std::function<bool(recorded_request const&)> predicate, answer reply);

    /// Lets every request from now on fail in this way until `recover()`, also requests for tokens. Such a request is journaled; it takes
    /// no queued answer, and no rule holds for it. Responses that have begun are completed. A second outage replaces the first.
    ///
    ///     service.fail_with(outage::status(503, 2s));
    void fail_with(outage failure);

    void recover(); ///< Ends the outage, if any, and closes the connections that hang in it.

    /// The latest requests in order of arrival, at most `emulator_options::journal_limit`.
    std::vector<recorded_request> journal() const;
    std::size_t requests() const; ///< Number of requests so far, including those that the journal has dropped.
    void clear_journal();         ///< Clears the journal and counts requests from 0. Connections stay counted.

    std::size_t connections() const;      ///< Number of connections accepted so far.
    std::size_t open_connections() const; ///< Number of connections that are still open.

    /// Waits until `requests()` is at least `count`. Returns false if that takes longer than `timeout`.
    bool wait_for_requests(std::size_t count, std::chrono::milliseconds timeout) const;

    /// Waits until at least `count` responses are sent to their last byte. Returns false if that takes longer than `timeout`.
    bool wait_for_replies(std::size_t count, std::chrono::milliseconds timeout) const;

    /// Waits until at most `count` connections are open. Returns false if that takes longer than `timeout`.
    bool wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const;

private:
    std::unique_ptr<detail::server> server_;
};

} // namespace foundry::inline FOUNDRY_ABI::testing

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/testing/impl/emulator.ipp>
#endif
