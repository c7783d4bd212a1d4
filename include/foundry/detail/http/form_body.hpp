// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/byte_source.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// A piece of a form: text in memory, or what a source gives.
struct form_piece
{
    explicit form_piece(std::string t) : text(std::move(t)) {}
    explicit form_piece(std::shared_ptr<byte_source> s) : source(std::move(s)) {}

    std::string text;
    std::shared_ptr<byte_source> source; ///< Null: it is text.
};

/// A form with files that are read as it is sent.
///
/// @throws foundry::error from read() (`errc::source_failed`), if a source gives fewer or more bytes than it has said: the end of such a form
/// is never sent.
class form_body final : public byte_source
{
public:
    explicit form_body(std::vector<form_piece> pieces);

    std::uint64_t size() const noexcept override { return size_; }
    boost::asio::awaitable<std::size_t> read(std::span<char> into) override;
    bool rewind() override;

private:
    boost::asio::awaitable<void> check_end(byte_source& source);

    std::vector<form_piece> pieces_;
    std::uint64_t size_ = 0;
    std::size_t piece_ = 0;  // the current one,
    std::uint64_t done_ = 0; // and how much of it has been read
};

/// The body of a request: bytes, or what a source gives.
struct request_body
{
    request_body() = default;

    std::string content_type;
    std::string bytes;
    std::shared_ptr<byte_source> source; ///< Null: there are only bytes.
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/form_body.ipp>
#endif
