// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/response_source.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Hands the bytes of a response on as they arrive.
struct byte_stream_state final : response_source
{
    using value_type = std::string;

    byte_stream_state(pending_request request, open_response response);

    void on_body(std::string_view bytes) override { arrived_.append(bytes); }
    bool take_value();
    void check_end(bool) const noexcept {} // a body that breaks off is an error of the exchange

    std::string value; ///< The last bytes, lent to the reader.

private:
    std::string arrived_;
};

/// All that is still to come.
FOUNDRY_DECL boost::asio::awaitable<std::string> read_rest(byte_stream_state& from);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/byte_stream_state.ipp>
#endif
