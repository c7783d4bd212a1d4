// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>
#include <foundry/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// The rest of a request's body, which is read while it is sent.
class byte_source
{
public:
    byte_source() = default;
    byte_source(byte_source const&) = delete;
    byte_source& operator=(byte_source const&) = delete;
    virtual ~byte_source() = default;

    /// The number of bytes that read() gives from the beginning to the end.
    virtual std::uint64_t size() const noexcept = 0;
    /// Reads the next bytes; 0 at the end.
    virtual boost::asio::awaitable<std::size_t> read(std::span<char> into) = 0;
    /// Goes back to the beginning; false if it cannot.
    virtual bool rewind() = 0;
};

/// What a source or a sink of the program has thrown, on its way past the rules for failures of the connection.
struct body_failure
{
    std::exception_ptr cause;
    errc code; ///< What it is if the cause has no code.
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
