// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/body.hpp>
#include <foundry/detail/http/byte_sink.hpp>

#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <memory>

namespace foundry::inline FOUNDRY_ABI::detail {

struct pending_request;

/// A sink of the program.
template <body_sink S>
class borrowed_sink final : public http::byte_sink
{
public:
    explicit borrowed_sink(S& sink) : sink_(sink) {}

    boost::asio::awaitable<void> write(std::span<char const> bytes) override { return sink_.write(bytes); }
    bool rewind() override { return sink_.rewind(); }

private:
    S& sink_;
};

/// Writes the body of a response to a sink as it arrives.
FOUNDRY_DECL boost::asio::awaitable<void> download(std::shared_ptr<pending_request> request,
                                                   std::unique_ptr<http::byte_sink> into);
/// The same to a file.
FOUNDRY_DECL boost::asio::awaitable<void> download(std::shared_ptr<pending_request> request,
                                                   std::filesystem::path into);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/download.ipp>
#endif
