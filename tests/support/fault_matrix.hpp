// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Recorded answers, sent through a proxy that breaks them off, holds them up or spoils them at a byte, and what the client has to
// make of each.

#include "support/connect_proxy.hpp"
#include "support/fault_proxy.hpp"
#include "support/fixture.hpp"
#include "support/recordings.hpp"

#include <foundry/detail/http/tls.hpp>

#include <boost/asio/co_spawn.hpp>

#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <cstdlib>
#include <functional>
#include <optional>

namespace foundry_test {

using foundry::errc;
using foundry::testing::emulator;

/// A recorded exchange, and where its parts are in the message.
struct subject
{
    exchange recorded;
    foundry::chat_request request;
    std::string message;
    std::vector<std::string> events;
    std::size_t head = 0;                // its size
    std::vector<std::size_t> event_ends; // where each event is whole
    std::vector<std::size_t> chunk_ends; // of the transfer coding; a chunk's header follows
    std::size_t complete = 0;            // from here on the client needs no more
    std::vector<std::size_t> writes;     // TLS records, by their plain size
};

/// Sizes of writes that share no factor with those of the recordings; the last one repeats.
inline std::vector<std::size_t> write_sizes() { return {5, 20, 300, 397}; }

inline subject subject_of(exchange e)
{
    subject s;
    s.request = chat_of(e);
    s.message = message_of(e, chunks::per_event);
    s.head = s.message.find("\r\n\r\n") + 4;
    s.complete = s.message.size();
    if (e.chunked()) {
        std::size_t at = s.head;
        for (std::string const& piece : divide(e.body, chunks::per_event)) {
            at += in_hex(piece.size()).size() + 2 + piece.size();
            s.chunk_ends.push_back(at);
            at += 2;
        }
    }
    if (e.streamed() && e.status == 200) {
        s.events = events_of(e.body);
        REQUIRE(s.chunk_ends.size() == s.events.size() + 1);
        s.event_ends.assign(s.chunk_ends.begin(), s.chunk_ends.end() - 1);
        s.complete = s.chunk_ends.back();
    }
    std::vector<std::size_t> const sizes = write_sizes();
    for (std::size_t at = 0; at < s.message.size(); at += s.writes.back()) {
        std::size_t const size = sizes[std::min(s.writes.size(), sizes.size() - 1)];
        s.writes.push_back(std::min(size, s.message.size() - at));
    }
    s.recorded = std::move(e);
    return s;
}

/// What came of a call.
struct outcome
{
    std::size_t events = 0;
    bool equal = true; // the events, or the whole answer, to what was recorded
    std::optional<foundry::error> failed;
};

/// The same, as it has to be. An error of the service has its status.
struct expected
{
    std::size_t events = 0;
    std::optional<errc> code;
    unsigned status = 0;
};

inline bool is_as(outcome const& got, expected const& wanted)
{
    if (!got.equal || got.events != wanted.events)
        return false;
    if (wanted.status != 0)
        return got.failed && got.failed->status() == wanted.status;
    return wanted.code ? got.failed && got.failed->code() == *wanted.code : !got.failed;
}

inline expected good_answer(subject const& s)
{
    expected e;
    e.events = s.events.size();
    e.status = s.recorded.status == 200 ? 0 : s.recorded.status;
    return e;
}

/// What a call comes to that has got so many bytes of the message and no more.
inline expected answer_cut_at(subject const& s, std::size_t size, bool stalled)
{
    if (size >= s.complete || (s.recorded.status != 200 && size >= s.head))
        return good_answer(s);
    expected e;
    if (size == 0) {
        e.code = stalled ? errc::first_byte_timeout : errc::connection_lost;
        return e;
    }
    e.code = stalled ? errc::silence_timeout : errc::stream_truncated;
    e.events = static_cast<std::size_t>(std::upper_bound(s.event_ends.begin(), s.event_ends.end(), size) -
                                        s.event_ends.begin());
    return e;
}

FOUNDRY_CORO inline asio::awaitable<void> ask(foundry::client<>& client, subject const& s,
                                              foundry::call_options const& with, outcome& got)
{
    try {
        if (s.recorded.streamed()) {
            foundry::chat_stream answer = co_await client.stream(s.request, with);
            foundry::chat_chunk const* chunk = co_await answer.read();
            while (chunk != nullptr) {
                got.equal = got.equal && got.events < s.events.size() && chunk->raw() == s.events[got.events];
                ++got.events;
                chunk = co_await answer.read();
            }
        } else {
            foundry::chat_completion const reply = co_await client.complete(s.request, with);
            got.equal = reply.raw() == s.recorded.body;
        }
    } catch (foundry::error const& e) {
        got.failed = e;
    }
}

/// How a client's bytes reach the emulator.
enum class transport
{
    plain,
    tls,
    tunnel ///< TLS through an HTTP proxy, whose bytes are those that fail
};

struct fault_case
{
    fault what;
    bool connect = false;  // whether it is in a proxy's answer to CONNECT
    bool again = false;    // whether retries are on
    int patience = 1;      // a factor for the time limit that is to pass
    bool followed = false; // by a good call
};

struct fault_counts
{
    std::size_t run = 0;
    std::size_t passed = 0;
    std::vector<std::string> wrong; // the first of those that did not pass
};

/// The cases of one subject, many at a time.
class fault_matrix
{
public:
    fault_matrix(subject const& s, transport by, fault_counts& counts)
        : subject_(s),
          tls_(by != transport::plain),
          preamble_(by == transport::tunnel ? connect_proxy::established.size() : 0),
          counts_(counts),
          service_(settings())
    {
        trust_.ca_certificates = service_.ca_certificate();
        foundry::http::context_ptr const made = foundry::http::make_tls_context(trust_);
        SSL_CTX_up_ref(made.get());
        trust_.context.reset(made.get(), &SSL_CTX_free);
        trust_.ca_certificates.clear();
        if (tls_)
            measure();
    }

    /// Size of what a server sends in the TLS handshake, tickets included.
    std::size_t handshake_size() const noexcept { return handshake_size_; }
    /// Where TLS records begin and end in what it sends behind.
    std::vector<std::size_t> const& record_ends() const noexcept { return record_ends_; }

    void run(std::vector<fault_case> cases, std::size_t at_once)
    {
        asio::io_context context;
        std::size_t next = 0;
        std::exception_ptr failure;
        for (std::size_t i = 0; i != at_once; ++i)
            asio::co_spawn(context, work(cases, next), [&](std::exception_ptr e) {
                if (e)
                    failure = e;
            });
        context.run();
        if (failure)
            std::rethrow_exception(failure);
    }

private:
    static constexpr std::size_t tickets = 2; // records that OpenSSL sends behind the handshake
    static constexpr std::size_t sealed = 22; // a record's header, type and tag

    static foundry::testing::emulator_options settings()
    {
        foundry::testing::emulator_options with;
        with.certificate_names.push_back("fake-recorded-host.microsoft.com");
        with.journal_file.clear(); // the URLs are the recordings', led to plain ports
        return with;
    }

    foundry::client<> client_for(asio::any_io_executor executor, fault_proxy const& proxy, fault_case const& c) const
    {
        foundry::options with;
        with.tls = trust_;
        with.retry.max_retries = c.again ? 2 : 0;
        with.retry.backoff = std::chrono::milliseconds{1};
        with.timeouts = patient();
        limit_stall(with.timeouts, c);
        foundry::endpoint where{tls_ ? subject_.recorded.url : plain(subject_.recorded.url)};
        where.set_form(endpoint_of(subject_.recorded).form());
        if (has_tunnel())
            with.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
        else
            where.connect_to("127.0.0.1", proxy.port());
        foundry::any_credential who = foundry::api_key{service_.api_key()};
        return foundry::client<>(std::move(executor), std::move(where), std::move(who), std::move(with));
    }

    static foundry::timeouts patient()
    {
        foundry::timeouts t;
        t.connect = t.tls = t.write = t.first_byte = t.silence = t.stall = std::chrono::seconds{20};
        return t;
    }

    /// Only the limit that has to pass is short, so that a busy machine does not make another one pass.
    void limit_stall(foundry::timeouts& t, fault_case const& c) const
    {
        std::chrono::milliseconds const soon{50 * c.patience};
        std::chrono::milliseconds const later{400 * c.patience};
        constexpr std::size_t about = 4; // bytes that the length of the server's signature varies by
        fault const& f = c.what;
        if (c.connect && (f.what == fault::kind::cut || f.what == fault::kind::reset))
            return;                                      // no limit has to pass
        if (c.connect && f.what != fault::kind::pause) { // after all of the answer, the handshake has begun
            bool const in_answer = f.what == fault::kind::stall && f.at < connect_proxy::established.size();
            t.connect = in_answer && !c.again ? soon : later;
            t.tls = later;
        } else if (f.what == fault::kind::garble && (!tls_ || f.records == 0)) { // may be taken for more to come
            t.tls = t.first_byte = t.silence = later;
        } else if (f.what == fault::kind::garble) {
            (f.at < record_ends_.front() ? t.first_byte : t.silence) = later;
        } else if (f.what == fault::kind::stall && tls_ && f.records == 0) {
            if (f.at < handshake_end_ + about)
                t.tls = f.at + about < handshake_end_ && !c.again ? soon : later;
            if (f.at + about >= handshake_end_)
                t.first_byte = f.at > handshake_end_ + about ? soon : later;
        } else if (f.what == fault::kind::stall) {
            std::size_t const first = tls_ ? record_ends_.front() : 1;
            (f.at < first ? t.first_byte : t.silence) = soon;
        }
    }

    /// A key is sent without TLS to the own machine only.
    static std::string plain(std::string const& url)
    {
        auto const path = url.find('/', url.find("://") + 3);
        return "http://localhost" + url.substr(path);
    }

    bool has_tunnel() const noexcept { return preamble_ != 0; }

    void feed(std::size_t at_least)
    {
        if (service_.queued() >= at_least)
            return;
        for (std::size_t i = 0; i != at_least; ++i) {
            foundry::testing::answer next = foundry::testing::answer::raw(subject_.message);
            next.chunking(tls_ ? write_sizes() : std::vector<std::size_t>{subject_.message.size()}).keep_open();
            service_.queue(std::move(next));
        }
    }

    /// One good run tells how long the parts of a TLS stream are.
    void measure()
    {
        foundry_test::run([](fault_matrix& m) -> asio::awaitable<void> {
            connect_proxy tunnels(co_await asio::this_coro::executor, m.service_.tls_port());
            fault_proxy proxy(co_await asio::this_coro::executor,
                              m.has_tunnel() ? tunnels.port() : m.service_.tls_port());
            fault_case none;
            none.what.preamble = m.preamble_;
            foundry::call_options const as_usual;
            proxy.arm(none.what);
            foundry::client<> client = m.client_for(co_await asio::this_coro::executor, proxy, none);
            m.feed(1);
            outcome got;
            co_await ask(client, m.subject_, as_usual, got);
            CHECK(is_as(got, good_answer(m.subject_)));
            // the last bytes may still be on their way
            std::vector<std::size_t> ends = proxy.faulty()->records.ends();
            std::size_t const total = m.message_records(ends);
            REQUIRE(total != 0);
            m.first_record_ = total;
            m.handshake_size_ = ends[total - 1] - m.preamble_;
            m.handshake_end_ = ends[total - tickets - 1] - m.preamble_;
        }(*this));
        for (std::size_t const size : subject_.writes)
            record_ends_.push_back((record_ends_.empty() ? 0 : record_ends_.back()) + size + sealed);
    }

    /// How many records come before those of the message, whose sizes are known; 0 where it is not there.
    std::size_t message_records(std::vector<std::size_t> const& ends) const
    {
        std::size_t const some = std::min<std::size_t>(subject_.writes.size(), 3);
        for (std::size_t first = 1; first + some <= ends.size(); ++first) {
            bool same = true;
            for (std::size_t i = 0; i != some; ++i)
                same = same && ends[first + i] - ends[first + i - 1] == subject_.writes[i] + sealed;
            if (same)
                return first;
        }
        return 0;
    }

    FOUNDRY_CORO asio::awaitable<void> work(std::vector<fault_case> const& cases, std::size_t& next)
    {
        auto const executor = co_await asio::this_coro::executor;
        std::uint16_t const service_port = tls_ ? service_.tls_port() : service_.plain_port();
        connect_proxy tunnels(executor, service_port);
        fault_proxy proxy(executor, has_tunnel() ? tunnels.port() : service_port);
        while (next != cases.size()) {
            std::size_t const number = next++;
            if (number % 1000 == 0)
                service_.clear_journal();
            std::string wrong;
            fault_case c = cases[number];
            bool const timed = c.what.what == fault::kind::stall || c.what.what == fault::kind::garble;
            bool reached = co_await try_case(proxy, c, wrong);
            while (timed && (!reached || !wrong.empty()) && c.patience < 256) {
                c.patience *= 4; // the limit may have passed because the machine is busy, and not because of the fault
                reached = co_await try_case(proxy, c, wrong);
            }
            ++counts_.run;
            if (wrong.empty())
                ++counts_.passed;
            else if (counts_.wrong.size() < 20)
                counts_.wrong.push_back(std::move(wrong));
        }
    }

    /// Whether the fault was reached.
    FOUNDRY_CORO asio::awaitable<bool> try_case(fault_proxy& proxy, fault_case c, std::string& wrong)
    {
        wrong.clear();
        if (tls_ && c.what.records != 0)
            c.what.records = first_record_;
        c.what.preamble = c.connect ? 0 : preamble_;
        c.what.at_once = !tls_ || c.what.records != 0;
        foundry::client<> client = client_for(co_await asio::this_coro::executor, proxy, c);
        feed(256);
        std::size_t const before = proxy.connections();
        proxy.arm(c.what);
        foundry::call_options with;
        outcome got;
        co_await ask(client, subject_, with, got);
        std::size_t const made = proxy.connections() - before;
        bool const struck = proxy.faulty() && proxy.faulty()->struck;
        if (c.connect && !struck)
            wrong = "not reached: " + describe(c, got, 0);
        if (wrong.empty() && !is_right(c, got, struck ? proxy.faulty().get() : nullptr, made))
            wrong = describe(c, got, struck ? proxy.faulty()->whole_records() : 0);
        if (!wrong.empty())
            co_return struck;
        if (got.failed && !c.followed)
            co_return struck;

        // The connection is not used again, and the client is not the worse for it.
        foundry::timeouts const long_ones = patient();
        with.timeouts.tls = long_ones.tls;
        with.timeouts.first_byte = long_ones.first_byte;
        with.timeouts.silence = long_ones.silence;
        outcome behind;
        co_await ask(client, subject_, with, behind);
        if (!is_as(behind, good_answer(subject_)))
            wrong = "the call behind " + describe(c, behind, 0);
        else if (struck && ends_connection(c.what.what) && proxy.connections() - before == 1)
            wrong = "used again: " + describe(c, behind, 0);
        co_return struck;
    }

    /// How much of the message the client could read; nothing where the handshake was not over.
    std::optional<std::size_t> readable(fault const& f, fault_proxy::link const& link) const
    {
        if (!tls_)
            return f.at;
        std::size_t records = link.whole_records();
        if (f.what == fault::kind::garble && f.records != 0)
            records = first_record_ +
                      static_cast<std::size_t>(std::upper_bound(record_ends_.begin(), record_ends_.end(), f.at) -
                                               record_ends_.begin());
        if (records + tickets < first_record_)
            return std::nullopt;
        std::size_t size = 0;
        for (std::size_t i = 0; i != subject_.writes.size() && first_record_ + i < records; ++i)
            size += subject_.writes[i];
        return size;
    }

    bool is_right(fault_case const& c, outcome const& got, fault_proxy::link const* link, std::size_t made) const
    {
        expected const good = good_answer(subject_);
        fault::kind const what = c.what.what;
        if (link == nullptr || what == fault::kind::pause)
            return is_as(got, good) && made == 1;
        if (c.connect)
            return is_right_after_connect(c, got, made);
        if (what == fault::kind::garble && !tls_)
            return true; // a result or an error, which is what `ask` lets pass
        if (what == fault::kind::garble && c.what.records == 0)
            return is_as(got, good) || (got.failed && got.events == 0 && is_of_tls(*got.failed));
        bool const stalled = what == fault::kind::stall;
        expected wanted;
        if (std::optional<std::size_t> const size = readable(c.what, *link))
            wanted = answer_cut_at(subject_, *size, stalled);
        else
            wanted.code = stalled ? errc::tls_timeout : errc::connection_lost;
        if (what == fault::kind::garble && wanted.code)
            return got.failed && got.equal && got.events == wanted.events && is_of_tls(*got.failed);
#if defined(_WIN32) // which drops what is not read when a reset arrives
        if (what == fault::kind::reset && got.failed && got.equal && got.events <= wanted.events)
            return got.failed->code() == errc::connection_lost || got.failed->code() == errc::stream_truncated;
        if (what == fault::kind::reset && c.again && is_as(got, good))
            return true;
#endif
        bool const passing = wanted.code == errc::connection_lost || wanted.code == errc::tls_timeout;
        if (c.again && passing)
            return is_as(got, good) && made == 2;
        return is_as(got, wanted) && made == 1;
    }

    /// Whether a spoiled byte of TLS explains the error: it breaks the connection, or a record off, or seems to announce more bytes.
    static bool is_of_tls(foundry::error const& failed)
    {
        static constexpr errc all[] = {errc::tls_failed,  errc::connection_lost,    errc::stream_truncated,
                                       errc::tls_timeout, errc::first_byte_timeout, errc::silence_timeout};
        return std::any_of(std::begin(all), std::end(all), [&](errc code) { return failed.code() == code; });
    }

    /// A fault in the answer to CONNECT. After the last byte, cut, reset and stall are those of the TLS handshake.
    bool is_right_after_connect(fault_case const& c, outcome const& got, std::size_t made) const
    {
        expected const good = good_answer(subject_);
        fault::kind const what = c.what.what;
        bool const is_whole = c.what.at == connect_proxy::established.size();
        bool const stalled = what == fault::kind::stall;
        if (what == fault::kind::garble) { // it may not matter, be no answer of HTTP, or have no end
            bool const is_known =
                got.failed && (got.failed->code() == errc::proxy_failed || got.failed->code() == errc::connect_timeout);
            return is_as(got, good) || (is_known && got.events == 0);
        }
        if (c.again)
            return is_as(got, good) && made == 2;
        expected wanted;
        if (stalled)
            wanted.code = is_whole ? errc::tls_timeout : errc::connect_timeout;
        else
            wanted.code = is_whole ? errc::connection_lost : errc::proxy_failed;
        bool const names_proxy = got.failed && std::string_view(got.failed->what()).find("proxy") != std::string::npos;
        return is_as(got, wanted) && made == 1 && names_proxy;
    }

    std::string describe(fault_case const& c, outcome const& got, std::size_t records) const
    {
        static constexpr char const* names[] = {"none", "cut", "reset", "stall", "pause", "garble"};
        return subject_.recorded.name +
               (has_tunnel() ? ", tunnel, "
                : tls_       ? ", TLS, "
                             : ", plain, ") +
               names[static_cast<int>(c.what.what)] + " at " + std::to_string(c.what.at) +
               (c.connect ? " of the answer to CONNECT" : "") + (c.what.records != 0 ? " of the message" : "") +
               (c.again ? ", with retries" : "") + ": " + std::to_string(got.events) + " events, " +
               (got.equal ? "equal, " : "other, ") + std::to_string(records) + " records, " +
               (got.failed ? got.failed->what() : "no error");
    }

    static bool ends_connection(fault::kind what)
    {
        return what == fault::kind::cut || what == fault::kind::reset || what == fault::kind::stall;
    }

    subject const& subject_;
    bool tls_;
    std::size_t preamble_; // size of a proxy's answer to CONNECT
    fault_counts& counts_;
    emulator service_;
    foundry::tls_options trust_;
    std::size_t first_record_ = 0; // of the message
    std::size_t handshake_end_ = 0;
    std::size_t handshake_size_ = 0;
    std::vector<std::size_t> record_ends_;
};

/// How much of it.
enum class extent
{
    sample, ///< a few of each kind
    quick, ///< a cut at every byte of heads, chunk headers and the last 200, every 97th elsewhere; the others at some of these
    all ///< every byte
};

/// The offsets up to the size of a stream, those of `marked` ranges in any case.
inline std::vector<std::size_t> offsets_of(std::size_t size,
                                           std::vector<std::pair<std::size_t, std::size_t>> const& marked, extent how)
{
    std::vector<bool> wanted(size + 1, how == extent::all);
    std::size_t const step = how == extent::sample ? 1499 : 97;
    for (std::size_t at = 0; at <= size; at += step)
        wanted[at] = true;
    if (how == extent::quick) {
        for (std::size_t at = size < 200 ? 0 : size - 200; at <= size; ++at)
            wanted[at] = true;
        for (auto const& [begin, end] : marked)
            for (std::size_t at = begin; at < std::min(end, size + 1); ++at)
                wanted[at] = true;
    }
    std::vector<std::size_t> offsets;
    for (std::size_t at = 0; at <= size; ++at)
        if (wanted[at])
            offsets.push_back(at);
    return offsets;
}

/// Every kind of fault at these offsets; the rarer kinds at some of them only, but where all is wanted.
inline void add_cases(std::vector<fault_case>& cases, std::vector<std::size_t> const& offsets, std::size_t size,
                      std::size_t records, extent how)
{
    std::size_t number = 0;
    for (std::size_t const at : offsets) {
        auto const add = [&](fault::kind what, bool again, std::size_t every) {
            if (how == extent::quick && number % every != 0)
                return;
            fault_case c;
            c.what.what = what;
            c.what.at = at;
            c.what.records = records;
            c.what.flip = static_cast<char>(1U << (at % 8));
            c.again = again;
            c.followed = what == fault::kind::garble || how != extent::quick || number % 8 == 0;
            cases.push_back(c);
        };
        bool const early = at == 0;
        add(fault::kind::cut, false, 1);
        add(fault::kind::cut, true, early ? 4 : 16);
        add(fault::kind::reset, false, 6);
        if (at != size) { // an answer that is whole
            add(fault::kind::stall, false, 3);
            add(fault::kind::stall, true, early ? 8 : 32);
            add(fault::kind::garble, false, 12);
        }
        add(fault::kind::pause, false, 12);
        ++number;
    }
}

inline std::vector<fault_case> plain_cases(subject const& s, extent how)
{
    std::vector<std::pair<std::size_t, std::size_t>> marked{{0, s.head + 1}};
    for (std::size_t const end : s.chunk_ends)
        marked.emplace_back(end, end + 8);
    std::vector<fault_case> cases;
    add_cases(cases, offsets_of(s.message.size(), marked, how), s.message.size(), 0, how);
    return cases;
}

/// Of the TLS stream; heads are those of records.
inline std::vector<fault_case> tls_cases(fault_matrix const& m, extent how, bool handshake)
{
    std::vector<std::pair<std::size_t, std::size_t>> marked;
    for (std::size_t const end : m.record_ends())
        marked.emplace_back(end - 1, end + 6);
    std::vector<fault_case> cases;
    std::size_t const size = m.record_ends().back();
    add_cases(cases, offsets_of(size, marked, how), size, 1, how);
    std::size_t const before = m.handshake_size();
    std::vector<std::pair<std::size_t, std::size_t>> const whole{{0, before}};
    if (handshake)
        add_cases(cases, offsets_of(before - 1, whole, how), before, 0, how);
    return cases;
}

/// Of a proxy's answer to CONNECT: every byte of it, and the moment after the last one.
inline std::vector<fault_case> connect_cases()
{
    std::vector<fault_case> cases;
    std::size_t const size = connect_proxy::established.size();
    for (std::size_t at = 0; at <= size; ++at)
        add_cases(cases, {at}, size + 1, 0, extent::all);
    std::erase_if(cases, [&](fault_case const& c) { return c.what.what == fault::kind::garble && c.what.at == size; });
    for (fault_case& c : cases)
        c.connect = true;
    return cases;
}

/// One recorded stream in a tunnel through a proxy.
inline fault_counts run_tunnel_matrix(extent how, std::size_t at_once)
{
    fault_counts counts;
    subject const s = subject_of(load(FOUNDRY_TEST_DATA "/recordings/foundry_stream_tool_call.json").front());
    fault_matrix tunnel(s, transport::tunnel, counts);
    tunnel.run(connect_cases(), at_once);
    std::vector<fault_case> tunnelled = tls_cases(tunnel, how == extent::all ? how : extent::quick, true);
    std::size_t number = 0;
    if (how == extent::sample) // 19 shares no factor with the number of kinds
        std::erase_if(tunnelled, [&](fault_case const&) { return number++ % 19 != 0; });
    tunnel.run(std::move(tunnelled), at_once);
    return counts;
}

/// All recorded chats, or those of the file that FOUNDRY_FAULTS names.
inline fault_counts run_matrix(extent how, std::size_t at_once)
{
    fault_counts counts;
    char const* const only = std::getenv("FOUNDRY_FAULTS");
    bool had[2] = {false, false};
    for (exchange& e : load_all()) {
        if (e.is_embedding() || (only != nullptr && !e.name.starts_with(only)))
            continue;
        subject const s = subject_of(std::move(e));
        bool const first = !std::exchange(had[s.recorded.streamed()], true); // of a stream, or of a whole answer
        extent const here = how == extent::quick && !first ? extent::sample : how;
        fault_matrix plain(s, transport::plain, counts);
        plain.run(plain_cases(s, here), at_once);
        fault_matrix tls(s, transport::tls, counts);
        // The handshake knows nothing of what comes behind it.
        tls.run(tls_cases(tls, here, first || how == extent::all), at_once);
    }
    return counts;
}

} // namespace foundry_test
