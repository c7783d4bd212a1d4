// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/awaitable.hpp>

#include <span>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// What the body of a response is written to as it arrives.
class byte_sink
{
public:
    byte_sink() = default;
    byte_sink(byte_sink const&) = delete;
    byte_sink& operator=(byte_sink const&) = delete;
    virtual ~byte_sink() = default;

    virtual boost::asio::awaitable<void> write(std::span<char const> bytes) = 0;
    /// Discards what was written; false if it cannot.
    virtual bool rewind() = 0;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
