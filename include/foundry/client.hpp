// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/chat_stream.hpp>
#include <foundry/credential.hpp>
#include <foundry/embedding.hpp>
#include <foundry/endpoint.hpp>
#include <foundry/error.hpp>
#include <foundry/limits.hpp>
#include <foundry/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

class basic_client;
class endpoints;
class multipart;
class route;
class toolbox;
struct image_embedding_request;
struct tool_event;
struct tool_options;
struct tool_run;
template <class T>
struct structured;
template <class T>
class structured_stream;

namespace detail {

struct client_state;

FOUNDRY_DECL std::shared_ptr<client_state> make_client_state(boost::asio::any_io_executor executor,
                                                             foundry::endpoint endpoint,
                                                             std::shared_ptr<credential_source> credential,
                                                             options settings);
FOUNDRY_DECL std::shared_ptr<client_state> make_client_state(boost::asio::any_io_executor executor,
                                                             endpoints const& all, options const& settings);
FOUNDRY_DECL std::shared_ptr<client_state> state_at(client_state const& state, std::size_t index);
FOUNDRY_DECL std::shared_ptr<client_state> with_credential(client_state const& state,
                                                           std::shared_ptr<credential_source> credential);

/// For handles such as `images` and `models`.
std::shared_ptr<client_state> const& state_of(basic_client const& client) noexcept;

template <class T>
inline constexpr bool is_text = std::convertible_to<T const&, std::string_view>;

} // namespace detail

/// The operations of `client`, independent of the type of its credential. Programs use `client`.
///
/// Each is a plain function that checks and serialises the request at once and returns a coroutine that owns what it needs: the
/// request and the client may be temporaries, or gone, before the coroutine starts. An error in the request is thrown by the
/// coroutine, like every other error.
///
/// Executor: the coroutine's own. It must be serial: a context that one thread runs, or a strand. A `thread_pool` of more than one thread and
/// the `system_executor` are refused (`errc::invalid_argument`).
/// Cancellation: prompt in every state, for each of Asio's three types (by default a coroutine reacts to `terminal` only). The call throws
/// `boost::system::system_error` with `boost::asio::error::operation_aborted`, which is no `foundry::error`. Its connection is closed,
/// and the client stays usable.
/// Thread safety: copies of a client may be used from several executors and threads at once.
class basic_client
{
public:
    /// Opens a connection, with its TLS handshake, and keeps it for the next call. Use it, for example, before the first frame of a game,
    /// or before a server takes its first request. Does nothing if a connection is idle; concurrent calls open one each. Sends nothing to
    /// the service, fetches no token and does not retry: if it fails, calls may still succeed. Of several endpoints, only to the first.
    ///
    /// @throws foundry::error with a code of `errc`.
    boost::asio::awaitable<void> warm_up() const;

    /// The completion of a chat request.
    ///
    /// @throws foundry::error with a code of `errc`.
    boost::asio::awaitable<chat_completion> complete(chat_request const& request) const;
    boost::asio::awaitable<chat_completion> complete(chat_request const& request, call_options const& with) const;
    /// One question, one completion.
    boost::asio::awaitable<chat_completion> complete(std::string_view model, std::string_view prompt) const;

    /// The completion in chunks, as the model writes it. Returns when the head of the response has arrived: an error that the service
    /// reports by its status has been thrown by then.
    ///
    /// @throws foundry::error with a code of `errc`.
    boost::asio::awaitable<chat_stream> stream(chat_request const& request) const;
    boost::asio::awaitable<chat_stream> stream(chat_request const& request, call_options const& with) const;
    boost::asio::awaitable<chat_stream> stream(std::string_view model, std::string_view prompt) const;

    /// The answer as a described class of the program, and the same in chunks; include <foundry/structured.hpp>.
    ///
    ///     auto answer = co_await client.complete<recipe>(request);
    ///
    /// @throws foundry::error with a code of `errc`, among them `errc::refused`, `errc::answer_cut_off` and `errc::answer_misfit`.
    template <class T>
    boost::asio::awaitable<structured<T>> complete(chat_request const& request) const;
    template <class T>
    boost::asio::awaitable<structured<T>> complete(chat_request const& request, call_options const& with) const;
    template <class T>
    boost::asio::awaitable<structured_stream<T>> stream(chat_request const& request) const;
    template <class T>
    boost::asio::awaitable<structured_stream<T>> stream(chat_request const& request, call_options const& with) const;

    /// The model's answer after the functions of a toolbox that it calls, and what happens meanwhile; include <foundry/tools.hpp>. A run
    /// that is passed by reference must outlive the call; its messages are valid whatever ends it.
    ///
    /// @throws foundry::error with a code of `errc`, among them `errc::too_many_rounds`, and `errc::invalid_argument` if the request has
    /// tools of its own; without a run of the caller's own it is a `tool_run_error`, which has the messages so far. Other exceptions of a
    /// function, and a cancellation, pass unchanged.
    boost::asio::awaitable<tool_run> complete(chat_request const& request, toolbox const& tools) const;
    boost::asio::awaitable<tool_run> complete(chat_request const& request, toolbox const& tools,
                                              tool_options const& how) const;
    boost::asio::awaitable<void> complete(tool_run& run, toolbox const& tools) const;
    boost::asio::awaitable<void> complete(tool_run& run, toolbox const& tools, tool_options const& how) const;
    async_generator<tool_event> stream(chat_request const& request, toolbox const& tools) const;
    async_generator<tool_event> stream(chat_request const& request, toolbox const& tools,
                                       tool_options const& how) const;
    async_generator<tool_event> stream(tool_run& run, toolbox const& tools) const;
    async_generator<tool_event> stream(tool_run& run, toolbox const& tools, tool_options const& how) const;
    /// The last answer as a described class.
    template <class T>
    boost::asio::awaitable<structured<T>> complete(chat_request const& request, toolbox const& tools) const;
    template <class T>
    boost::asio::awaitable<structured<T>> complete(chat_request const& request, toolbox const& tools,
                                                   tool_options const& how) const;

    /// The embeddings of texts.
    ///
    /// @throws foundry::error with a code of `errc`.
    boost::asio::awaitable<embeddings> embed(embedding_request const& request) const;
    boost::asio::awaitable<embeddings> embed(embedding_request const& request, call_options const& with) const;

    /// The embeddings of images, on Foundry Models endpoints only; include <foundry/image_embedding.hpp>.
    ///
    /// @throws foundry::error with a code of `errc`.
    boost::asio::awaitable<embeddings> embed(image_embedding_request const& request) const;
    boost::asio::awaitable<embeddings> embed(image_embedding_request const& request, call_options const& with) const;

    /// Any other route: sends `body`, if there is one, and reads the response as `Answer`; include <foundry/call.hpp>.
    ///
    ///     auto poll = co_await client.call<poll_result>(foundry::route{"POST", "polls"}, vote);
    ///
    /// @throws foundry::error with a code of `errc`.
    template <class Answer>
    boost::asio::awaitable<Answer> call(foundry::route const& route, call_options const& with) const;
    template <class Answer>
    boost::asio::awaitable<Answer> call(foundry::route const& route) const;
    template <class Answer, class Body>
    boost::asio::awaitable<Answer> call(foundry::route const& route, Body const& body, call_options const& with) const;
    template <class Answer, class Body>
    boost::asio::awaitable<Answer> call(foundry::route const& route, Body const& body) const;
    /// A form that is moved is sent without a copy.
    template <class Answer>
    boost::asio::awaitable<Answer> call(foundry::route const& route, multipart&& form, call_options const& with) const;
    template <class Answer>
    boost::asio::awaitable<Answer> call(foundry::route const& route, multipart&& form) const;

    /// Closes the connections that no call uses, for example before a long pause. The client stays usable.
    void close_idle() const noexcept;
    /// Ends the client and its copies: calls in progress throw `errc::client_closed`, each on its own executor, streams on their next
    /// read; further calls throw it, too. A credential that fetches a token finishes that.
    void close() const noexcept;
    /// Takes no more calls, waits until those in progress and their streams have ended, at most for `within`, and then closes the client: for
    /// a server that is asked to stop. A call between two attempts counts as in progress, and so does a run with tools between its rounds.
    ///
    /// Cancellation: ends the wait; the client takes no calls, and is not closed.
    boost::asio::awaitable<void> drain(std::chrono::milliseconds within) const;
    /// The connections that this client and its copies have now, to all endpoints.
    connection_counts connections() const;

    /// The endpoint, of several the first. Inside a class derived from this one, write `foundry::endpoint` for the type.
    foundry::endpoint const& endpoint() const noexcept;
    /// The options that the client was made with, valid while it or a copy of it lives; times longer than a hundred years are shortened.
    options const& settings() const noexcept;

protected:
    explicit basic_client(std::shared_ptr<detail::client_state> state) noexcept : state_(std::move(state)) {}

private:
    friend std::shared_ptr<detail::client_state> const& detail::state_of(basic_client const& client) noexcept;

    std::shared_ptr<detail::client_state> state_;
};

inline std::shared_ptr<detail::client_state> const& detail::state_of(basic_client const& client) noexcept
{
    return client.state_;
}

/// A client of one endpoint with one credential.
///
///     foundry::client client{co_await asio::this_coro::executor,
///                            foundry::endpoint{"https://contoso.services.ai.azure.com/models"},
///                            foundry::api_key{"..."}};
///
/// A cheap handle: copies share connections, tokens and settings. A call runs, its socket included, on the executor of the coroutine
/// that awaits it. What outlives a call runs on the executor that the client is made from: idle connections, the last bytes of a
/// stream, the fetch of a token. That context must not be destroyed before the client: a class that has both as members declares the
/// context first. If that context is not running, no token is fetched, and the connections of finished streams stay open and unused.
///
/// `client<>` can hold a client with any credential; use it for a class member.
///
/// @throws foundry::error (`errc::invalid_argument`) if the credential would be sent in plain text to another machine;
/// if `pool.max_connections` is 0, a certificate or key in `options.tls` cannot be read, or a proxy variable is malformed;
/// (`errc::no_ca_store`) if there is no certificate store to verify a server with.
template <class Credential = any_credential>
class client : public basic_client
{
    static_assert(credential<Credential>,
                  "a credential is api_key, bearer_token, no_credential, any_credential or a type with "
                  "awaitable<access_token> get_token(token_request)");

public:
    client(boost::asio::any_io_executor executor, foundry::endpoint endpoint, Credential credential,
           options settings = {})
        : basic_client(detail::make_client_state(std::move(executor), std::move(endpoint),
                                                 source(std::move(credential)), std::move(settings)))
    {}

    template <class ExecutionContext>
    requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    client(ExecutionContext& context, foundry::endpoint endpoint, Credential credential, options settings = {})
        : client(boost::asio::any_io_executor{context.get_executor()}, std::move(endpoint), std::move(credential),
                 std::move(settings))
    {}

    /// With a key of the resource: `foundry::client client{executor, "https://contoso.services.ai.azure.com/models", "..."};`
    template <class Executor, class Key,
              class = std::enable_if_t<detail::is_text<Key> && std::constructible_from<Credential, api_key>>>
    client(Executor&& executor, foundry::endpoint endpoint, Key const& key, options settings = {})
        : client(std::forward<Executor>(executor), std::move(endpoint), Credential(api_key{key}), std::move(settings))
    {}

    /// A client of several endpoints; include <foundry/endpoints.hpp>.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) for an empty list, too.
    client(boost::asio::any_io_executor executor, endpoints const& all,
           options const& settings = {}) requires std::same_as<Credential, any_credential>
        : basic_client(detail::make_client_state(std::move(executor), all, settings))
    {}

    template <class ExecutionContext>
    requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&> &&
        std::same_as<Credential, any_credential>
        client(ExecutionContext& context, endpoints const& all, options const& settings = {})
        : client(boost::asio::any_io_executor{context.get_executor()}, all, settings)
    {}

    /// A client of one endpoint of several, for what keeps state there: `foundry::files files{client.at(1)};`. It shares connections and
    /// tokens with this one, and is closed and drained with it.
    ///
    /// @param index in the order of the list, from 0.
    /// @throws foundry::error (`errc::invalid_argument`) if there are not so many.
    client at(std::size_t index) const { return client(detail::state_at(*detail::state_of(*this), index)); }

    /// Every client is also a client of any credential.
    template <class Other>
    requires(std::same_as<Credential, any_credential> && !std::same_as<Other, any_credential>)
        client(client<Other> const& other)
    noexcept : basic_client(other) {}

    /// A client with another credential, which shares this one's connections and options, but no token: for a server that acts for
    /// each of its users. Of several endpoints, each gets it: a token, not the key of one of them.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) if the credential would be sent in plain text to another machine.
    template <class Other>
    client<Other> with_credential(Other credential) const
    {
        return client<Other>(
            detail::with_credential(*detail::state_of(*this), client<Other>::source(std::move(credential))));
    }

private:
    template <class Other>
    friend class client;

    explicit client(std::shared_ptr<detail::client_state> state) noexcept : basic_client(std::move(state)) {}

    static std::shared_ptr<detail::credential_source> source(Credential credential)
    {
        if constexpr (std::same_as<Credential, any_credential>)
            return credential.source();
        else
            return detail::make_source(std::move(credential));
    }
};

// A guide for each constructor: clang 16 forgets the constraints of those that it makes itself.
// clang-format off
template <class Key>
requires detail::is_text<Key>
client(boost::asio::any_io_executor, endpoint, Key, options = {}) -> client<api_key>;
template <class ExecutionContext, class Key>
requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&> && detail::is_text<Key>
client(ExecutionContext&, endpoint, Key, options = {}) -> client<api_key>;
template <class Executor, class Key>
requires detail::is_text<Key>
client(Executor&&, endpoint, Key const&, options = {}) -> client<api_key>;
client(boost::asio::any_io_executor, endpoints const&, options const& = {}) -> client<any_credential>;
template <class ExecutionContext>
requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
client(ExecutionContext&, endpoints const&, options const& = {}) -> client<any_credential>;
// clang-format on

/// @name For a program of ten lines: a client for one call, on the executor of the coroutine that awaits it.
/// @{

template <credential Credential>
FOUNDRY_CORO boost::asio::awaitable<chat_completion> complete(foundry::endpoint endpoint, Credential credential,
                                                              chat_request request)
{
    auto const executor = co_await boost::asio::this_coro::executor;
    client<Credential> const once(executor, std::move(endpoint), std::move(credential));
    co_return co_await once.complete(request);
}
template <credential Credential>
FOUNDRY_CORO boost::asio::awaitable<embeddings> embed(foundry::endpoint endpoint, Credential credential,
                                                      embedding_request request)
{
    auto const executor = co_await boost::asio::this_coro::executor;
    client<Credential> const once(executor, std::move(endpoint), std::move(credential));
    co_return co_await once.embed(request);
}

/// @}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/client.ipp>
#endif
