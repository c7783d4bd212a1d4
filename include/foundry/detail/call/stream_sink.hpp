// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/response_sink.hpp>
#include <foundry/detail/http/byte_sink.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Writes a body on as it arrives. What is read at once waits in memory meanwhile.
class stream_sink final : public response_sink
{
public:
    /// @param target outlives the sink.
    explicit stream_sink(http::byte_sink& target) : target_(target) {}

    void start(pending_request const& request, response_info const& info) override;
    http::exchange::progress progress() const override { return http::exchange::progress::on_bytes; }
    void on_body(std::string_view bytes) override;
    bool must_flush() const override { return !pending_.empty(); }
    boost::asio::awaitable<void> flush() override;
    bool rewind() override;
    void finish(pending_request const& request, response_info const& info) override;
    std::string_view text() const override { return begin_; }

private:
    http::byte_sink& target_;
    std::string pending_;
    std::string begin_;        // of the body, for an error
    bool is_document_ = false; // it is an error, which is not written on
    bool is_begun_ = false;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/stream_sink.ipp>
#endif
