// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response_info.hpp>

#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

/// Base of every answer: the head of the response and its JSON text. `client::call` also fills this part of a described class
/// that is derived from `answer`.
///
/// Thread safety: as a value; const members may be called from several threads.
class answer
{
public:
    /// Head of the response: status, header fields, request ids, rate limits.
    response_info const& info() const noexcept { return info_; }
    /// JSON text of the response, as received; empty for embeddings and for an answer that was joined from chunks.
    std::string const& raw() const noexcept { return raw_; }

    /// Sets info(); for the library and for tests.
    void set_info(response_info info) { info_ = std::move(info); }
    /// Storage of raw(), which the library fills.
    std::string& raw_storage() noexcept { return raw_; }

private:
    response_info info_;
    std::string raw_;
};

} // namespace foundry::inline FOUNDRY_ABI
