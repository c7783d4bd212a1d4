// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>
#include <foundry/testing/impl/certificate.ipp>
#include <foundry/testing/impl/connection.ipp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <thread>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Selects HTTP/1.1 if the client offers it, otherwise no protocol.
FOUNDRY_DECL int choose_protocol(SSL*, unsigned char const** chosen, unsigned char* size, unsigned char const* offered,
                                 unsigned int offered_size, void*)
{
    constexpr std::string_view wanted = "http/1.1";
    for (unsigned int i = 0; i < offered_size; i += 1U + offered[i]) {
        std::string_view const name(reinterpret_cast<char const*>(offered + i + 1),
                                    std::min<std::size_t>(offered[i], offered_size - i - 1));
        if (name == wanted) {
            *chosen = offered + i + 1;
            *size = offered[i];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

/// The two listeners and the thread that serves them.
class server
{
public:
    explicit server(emulator_options chosen);
    ~server();
    server(server const&) = delete;
    server& operator=(server const&) = delete;

    emulator_options const options;
    shared_state shared;
    journal_file file;
    std::string ca_pem;
    std::uint16_t tls_port = 0;
    std::uint16_t plain_port = 0;

private:
    asio::awaitable<void> accept(tcp::acceptor& acceptor, asio::ssl::context* tls);
    asio::awaitable<void> serve(std::shared_ptr<wire> socket);
    std::uint16_t listen(tcp::acceptor& acceptor, std::uint16_t port);
    void configure_tls();
    void run();

    service service_;
    asio::ssl::context tls_;
    asio::io_context io_; // Declared last: the members above must outlive the coroutines in it.
    tcp::acceptor tls_acceptor_;
    tcp::acceptor plain_acceptor_;
    std::thread thread_;
};

FOUNDRY_DECL server::server(emulator_options chosen)
    : options(std::move(chosen)),
      shared(options.journal_limit, limits_of(options)),
      file(options.journal_file),
      service_(options, shared),
      tls_(asio::ssl::context::tls_server),
      io_(1),
      tls_acceptor_(io_),
      plain_acceptor_(io_)
{
    configure_tls();
    if (options.tls) {
        tls_port = listen(tls_acceptor_, options.tls_port);
        asio::co_spawn(io_, accept(tls_acceptor_, &tls_), asio::detached);
    }
    if (options.plain) {
        plain_port = listen(plain_acceptor_, options.plain_port);
        asio::co_spawn(io_, accept(plain_acceptor_, nullptr), asio::detached);
    }
    thread_ = std::thread([this] { run(); });
}

FOUNDRY_DECL server::~server()
{
    io_.stop();
    thread_.join();
}

FOUNDRY_DECL void server::run()
{
    auto const work = asio::make_work_guard(io_);
    io_.run();
}

FOUNDRY_DECL void server::configure_tls()
{
    auto const made = make_identity(options.certificate_names);
    ca_pem = made.ca_pem;
    tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                     asio::ssl::context::no_tlsv1_1);
    auto* const native = tls_.native_handle();
    require_openssl(SSL_CTX_use_certificate(native, made.leaf.get()) == 1 &&
                        SSL_CTX_use_PrivateKey(native, made.key.get()) == 1,
                    "use its certificate");
    SSL_CTX_set_alpn_select_cb(native, &choose_protocol, nullptr);
}

FOUNDRY_DECL std::uint16_t server::listen(tcp::acceptor& acceptor, std::uint16_t port)
{
    tcp::endpoint const here(asio::ip::address_v4::loopback(), port);
    acceptor.open(here.protocol());
#if !defined(_WIN32) // there, two listeners could have the same port
    acceptor.set_option(tcp::acceptor::reuse_address(true));
#endif
    acceptor.bind(here);
    acceptor.listen();
    return acceptor.local_endpoint().port();
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> server::accept(tcp::acceptor& acceptor, asio::ssl::context* tls)
{
    asio::steady_timer pause(io_);
    while (acceptor.is_open()) {
        boost::system::error_code failed;
        tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
        if (failed) { // Probably no file descriptor is left: wait until other connections end.
            pause.expires_after(std::chrono::milliseconds(10));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
            continue;
        }
        auto const failure = shared.current_outage();
        if (failure && outage_reader(*failure).refuses()) {
            open_mark const counted(shared);
            socket.close(failed);
            continue;
        }
        auto accepted = std::make_shared<wire>(std::move(socket), tls);
        asio::co_spawn(io_, serve(std::move(accepted)), asio::detached);
    }
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> server::serve(std::shared_ptr<wire> socket)
{
    connection one(std::move(socket), shared, file, service_);
    co_await one.serve();
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail

namespace foundry::inline FOUNDRY_ABI::testing {

FOUNDRY_DECL local_server::local_server()
    : role(role_place::first_delta),
      usage(usage_place::if_asked),
      timings(false),
      reasoning_content(true),
      reasoning(false),
      text_in_last_event(false),
      finish_reason(true),
      call_ids(true),
      whole_calls(false),
      own_members(false),
      blank_after_data(true),
      done_event(true),
      errors(error_shape::openai)
{}

FOUNDRY_DECL local_server local_server::llama_cpp()
{
    local_server made;
    made.usage = usage_place::last_event;
    made.timings = true;
    made.call_ids = false;
    made.errors = error_shape::coded;
    return made;
}

FOUNDRY_DECL local_server local_server::vllm()
{
    local_server made;
    made.text_in_last_event = true;
    made.reasoning = true;
    made.errors = error_shape::bare;
    return made;
}

FOUNDRY_DECL local_server local_server::ollama()
{
    local_server made;
    made.role = role_place::every_delta;
    made.reasoning_content = false;
    made.reasoning = true;
    made.whole_calls = true;
    made.errors = error_shape::text;
    return made;
}

FOUNDRY_DECL local_server local_server::foundry_local()
{
    local_server made;
    made.role = role_place::every_delta;
    made.usage = usage_place::nowhere;
    made.finish_reason = false;
    made.own_members = true;
    return made;
}

FOUNDRY_DECL directory::directory()
    : tenant("contoso-tenant"),
      client_id("contoso-application"),
      client_secret("contoso-secret"),
      federated_token("federated-token"),
      identity_header("identity-header"),
      own_identity(true),
      identity_id("assigned-identity"),
      lifetime(std::chrono::hours{1})
{}

FOUNDRY_DECL emulator_options::emulator_options()
    : api_key("emulator-key"),
      bearer_token("emulator-token"),
      chat_deployments({"gpt-4o-mini", "gpt-4o", "Mistral-Large-2411", "DeepSeek-R1"}),
      completion_deployments({"gpt-35-turbo-instruct"}),
      embedding_deployments({"text-embedding-3-small"}),
      image_deployments({"gpt-image-1"}),
      speech_deployments({"gpt-4o-mini-tts", "tts-1"}),
      transcription_deployments({"whisper", "whisper-1", "gpt-4o-mini-transcribe"}),
      realtime_deployments({"gpt-realtime", "gpt-4o-realtime-preview"}),
      serverless_model("mistral-large-2411"),
      embedding_dimensions(256),
      words_per_second(0),
      require_key_on_compatible(false),
      gets_until_processed(0),
      batch_state_time(0),
      batch_row_limit(100000),
      enqueued_token_limit(5000000000),
      requests_per_minute(0),
      tokens_per_minute(0),
      rate_window(std::chrono::minutes(1)),
      body_limit(std::uint64_t{2} * 1024 * 1024 * 1024),
      tls(true),
      plain(true),
      tls_port(0),
      plain_port(0),
      journal_limit(10000)
{
    if (char const* const file = std::getenv("FOUNDRY_JOURNAL"))
        journal_file = file;
}

FOUNDRY_DECL recorded_request::recorded_request() : connection(0), tls(false), resumed(false) {}

FOUNDRY_DECL std::optional<std::string_view> recorded_request::header(std::string_view name) const
{
    for (auto const& header : headers) {
        if (detail::same_name(header.first, name))
            return header.second;
    }
    return std::nullopt;
}

FOUNDRY_DECL emulator::emulator(emulator_options options)
    : server_(std::make_unique<detail::server>(std::move(options)))
{}

FOUNDRY_DECL emulator::~emulator() = default;

FOUNDRY_DECL std::uint16_t emulator::tls_port() const noexcept { return server_->tls_port; }
FOUNDRY_DECL std::uint16_t emulator::plain_port() const noexcept { return server_->plain_port; }
FOUNDRY_DECL std::string const& emulator::api_key() const noexcept { return server_->options.api_key; }
FOUNDRY_DECL std::string const& emulator::bearer_token() const noexcept { return server_->options.bearer_token; }
FOUNDRY_DECL std::string const& emulator::ca_certificate() const noexcept { return server_->ca_pem; }

FOUNDRY_DECL void emulator::queue(answer next) { server_->shared.queue(std::move(next)); }
FOUNDRY_DECL std::size_t emulator::queued() const { return server_->shared.queued(); }
FOUNDRY_DECL void emulator::reply_when(std::function<bool(recorded_request const&)> predicate, answer reply)
{
    server_->shared.reply_when(std::move(predicate), std::move(reply));
}

FOUNDRY_DECL void emulator::fail_with(outage failure) { server_->shared.fail_with(failure); }
FOUNDRY_DECL void emulator::recover() { server_->shared.recover(); }

FOUNDRY_DECL std::size_t emulator::requests() const { return server_->shared.requests(); }
FOUNDRY_DECL std::vector<recorded_request> emulator::journal() const { return server_->shared.journal(); }
FOUNDRY_DECL void emulator::clear_journal() { server_->shared.clear_journal(); }
FOUNDRY_DECL std::size_t emulator::connections() const { return server_->shared.connections(); }
FOUNDRY_DECL std::size_t emulator::open_connections() const { return server_->shared.open_connections(); }

FOUNDRY_DECL bool emulator::wait_for_requests(std::size_t count, std::chrono::milliseconds timeout) const
{
    return server_->shared.wait_for_requests(count, timeout);
}

FOUNDRY_DECL bool emulator::wait_for_replies(std::size_t count, std::chrono::milliseconds timeout) const
{
    return server_->shared.wait_for_replies(count, timeout);
}

FOUNDRY_DECL bool emulator::wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const
{
    return server_->shared.wait_for_open_at_most(count, timeout);
}

} // namespace foundry::inline FOUNDRY_ABI::testing
