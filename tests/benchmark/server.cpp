// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Sends canned answers, in plain text and over TLS:
//
//     server CERTIFICATE KEY [PAUSE]
//
// Each answer comes PAUSE milliseconds after its request, for a client that has to wait for it every time. The first segment of a
// request's path names the answer; nothing else of a request is looked at but where it ends. Prints its two ports, and ends when
// its standard input does.
//
// Besides the answers of answers.hpp there are "closing", after which the connection is closed, and "paced", a stream whose chunks
// are sent on demand: a request for "tick.K" gets no answer but sends a chunk to each of the next K paced streams, in turn, and one
// for "finish" ends them all. "realtime" becomes a WebSocket on which a session is confirmed, and nothing else is said.

#include "answers.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <sys/resource.h>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

std::string const& answer_named(std::string_view name)
{
    static std::map<std::string, std::string, std::less<>> made;
    auto found = made.find(name);
    if (found == made.end())
        found = made.emplace(std::string(name), benchmark::answer(name)).first;
    return found->second;
}

/// The head that accepts a WebSocket, and `session.created` in a frame.
std::string confirmed_session(std::string const& request)
{
    std::string_view const name = "Sec-WebSocket-Key: ";
    std::size_t const begin = request.find(name) + name.size();
    std::string key =
        request.substr(begin, request.find("\r\n", begin) - begin) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<unsigned char const*>(key.data()), key.size(), digest);
    unsigned char accept[32];
    EVP_EncodeBlock(accept, digest, sizeof digest);
    std::string const event = R"({"type":"session.created","session":{"type":"realtime","id":"s","model":"m"}})";
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           std::string(reinterpret_cast<char const*>(accept)) + "\r\n\r\n\x81" + static_cast<char>(event.size()) +
           event;
}

/// A stream that sends chunks on demand.
class paced_stream
{
public:
    virtual ~paced_stream() = default;
    virtual void send_chunk() = 0;
    virtual void finish() = 0;
};

/// All of them, in the order of their requests.
class paced_streams
{
public:
    void add(std::shared_ptr<paced_stream> added) { all_.push_back(std::move(added)); }

    void remove(paced_stream const& removed)
    {
        std::erase_if(all_, [&](auto const& each) { return each.get() == &removed; });
    }

    void tick(std::size_t count)
    {
        for (std::size_t i = 0; i != count && !all_.empty(); ++i) {
            all_[next_ % all_.size()]->send_chunk();
            ++next_;
        }
    }

    void finish()
    {
        for (auto& each : std::exchange(all_, {}))
            each->finish();
        next_ = 0;
    }

private:
    std::vector<std::shared_ptr<paced_stream>> all_;
    std::size_t next_ = 0;
};

paced_streams paced;

template <class Stream>
class session : public std::enable_shared_from_this<session<Stream>>, public paced_stream
{
public:
    session(Stream stream, std::chrono::milliseconds pause)
        : stream_(std::move(stream)),
          timer_(stream_.get_executor()),
          pause_(pause)
    {}

    void start()
    {
        stream_.lowest_layer().set_option(tcp::no_delay(true));
        if constexpr (requires { stream_.async_handshake(asio::ssl::stream_base::server, [](error_code) {}); }) {
            stream_.async_handshake(asio::ssl::stream_base::server,
                                    [self = this->shared_from_this()](error_code failed) {
                                        if (!failed)
                                            self->read();
                                    });
        } else {
            read();
        }
    }

private:
    void read()
    {
        stream_.async_read_some(asio::buffer(buffer_),
                                [self = this->shared_from_this()](error_code failed, std::size_t size) {
                                    if (failed)
                                        return paced.remove(*self);
                                    self->request_.append(self->buffer_.data(), size);
                                    self->reply();
                                });
    }

    void reply()
    {
        auto const end_of_head = request_.find("\r\n\r\n");
        if (end_of_head == request_.npos)
            return read();
        auto length = request_.find("ontent-Length: ");
        if (length == request_.npos)
            length = request_.find("ontent-length: ");
        if (request_.starts_with("GET /realtime/")) {
            accepted_ = confirmed_session(std::exchange(request_, {}));
            return write(accepted_);
        }
        if (length >= end_of_head)
            return read();
        std::size_t const end = end_of_head + 4 + std::stoul(request_.substr(length + 15, 10));
        if (request_.size() < end)
            return read();

        auto const begin = request_.find('/') + 1;
        std::string const name = request_.substr(begin, request_.find('/', begin) - begin);
        request_.erase(0, end); // only ticks are pipelined
        if (name.starts_with("tick.") || name == "finish") {
            return obey(name);
        }
        is_last_ = name == "closing";
        if (name == "paced") {
            due_ = 0;
            is_finishing_ = false;
            paced.add(this->shared_from_this());
        }
        std::string const& text = answer_named(name == "paced" ? "hold" : name);
        if (pause_.count() == 0)
            return write(text);
        timer_.expires_after(pause_);
        timer_.async_wait([self = this->shared_from_this(), &text](error_code) { self->write(text); });
    }

    void obey(std::string const& name)
    {
        timer_.expires_after(pause_);
        timer_.async_wait([self = this->shared_from_this(), name](error_code) {
            name == "finish" ? paced.finish() : paced.tick(std::stoul(name.substr(5)));
            self->reply();
        });
    }

    void write(std::string const& text)
    {
        is_writing_ = true;
        asio::async_write(stream_, asio::buffer(text),
                          [self = this->shared_from_this()](error_code failed, std::size_t) {
                              self->is_writing_ = false;
                              if (!failed && !self->is_last_) {
                                  self->write_due();
                                  self->read();
                              }
                          });
    }

    void send_chunk() override
    {
        ++due_;
        write_due();
    }

    void finish() override
    {
        is_finishing_ = true;
        write_due();
    }

    void write_due()
    {
        static std::string const chunk = benchmark::piece(benchmark::event(benchmark::words(20, 0), false));
        static std::string const end =
            benchmark::piece(benchmark::event({}, true)) + benchmark::piece("data: [DONE]\n\n") + "0\r\n\r\n";
        if (is_writing_ || (due_ == 0 && !is_finishing_))
            return;
        bool const is_end = due_ == 0;
        is_end ? is_finishing_ = false : --due_;
        is_writing_ = true;
        asio::async_write(stream_, asio::buffer(is_end ? end : chunk),
                          [self = this->shared_from_this()](error_code failed, std::size_t) {
                              self->is_writing_ = false;
                              if (!failed)
                                  self->write_due();
                          });
    }

    Stream stream_;
    asio::steady_timer timer_;
    std::chrono::milliseconds pause_;
    std::array<char, 4096> buffer_{};
    std::string request_;
    std::string accepted_;
    bool is_last_ = false; // the connection is closed after the answer
    std::size_t due_ = 0;  // chunks of a paced stream
    bool is_finishing_ = false;
    bool is_writing_ = false;
};

template <class MakeStream>
void accept(tcp::acceptor& acceptor, std::chrono::milliseconds pause, MakeStream make)
{
    acceptor.async_accept([&acceptor, pause, make](error_code failed, tcp::socket socket) {
        if (!failed) {
            auto stream = make(std::move(socket));
            std::make_shared<session<decltype(stream)>>(std::move(stream), pause)->start();
        }
        accept(acceptor, pause, make);
    });
}

} // namespace

int main(int count, char** arguments)
{
    std::chrono::milliseconds const pause{count > 3 ? std::stoi(arguments[3]) : 0};
    rlimit descriptors{};
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    asio::io_context context(1);
    asio::ssl::context tls(asio::ssl::context::tls_server);
    tls.use_certificate_chain_file(arguments[1]);
    tls.use_private_key_file(arguments[2], asio::ssl::context::pem);

    tcp::endpoint const local(asio::ip::address_v4::loopback(), 0);
    tcp::acceptor plain_acceptor(context, local);
    tcp::acceptor tls_acceptor(context, local);
    accept(plain_acceptor, pause, [](tcp::socket socket) { return socket; });
    accept(tls_acceptor, pause,
           [&tls](tcp::socket socket) { return asio::ssl::stream<tcp::socket>(std::move(socket), tls); });
    std::cout << plain_acceptor.local_endpoint().port() << ' ' << tls_acceptor.local_endpoint().port() << std::endl;

    asio::posix::stream_descriptor input(context, ::dup(STDIN_FILENO));
    std::array<char, 64> ignored{};
    std::function<void()> wait = [&] {
        input.async_read_some(asio::buffer(ignored),
                              [&](error_code failed, std::size_t) { failed ? context.stop() : wait(); });
    };
    wait();
    context.run();
}
