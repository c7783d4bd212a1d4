// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response_info.hpp>

#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

/// What every answer has besides its members. A described class of your own that derives from it gets it from `client::call`, too.
class answer
{
public:
    /// The head of the answer: status, header fields, request ids, rate limits.
    response_info const& info() const noexcept { return info_; }
    /// The JSON text as it came; empty where it is not kept, as for embeddings and for what was put together from chunks.
    std::string const& raw() const noexcept { return raw_; }

    void set_info(response_info info) { info_ = std::move(info); }
    std::string& raw_storage() noexcept { return raw_; }

private:
    response_info info_;
    std::string raw_;
};

} // namespace foundry::inline FOUNDRY_ABI
