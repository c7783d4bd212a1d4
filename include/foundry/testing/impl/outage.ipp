// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>

#include <stdexcept>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// What an `outage` does to requests and connections.
class outage_reader
{
public:
    explicit outage_reader(outage const& failure) : outage_(failure) {}

    bool responds() const { return outage_.effect_ == outage::effect::respond; }
    bool hangs() const { return outage_.effect_ == outage::effect::hang; }
    bool resets() const { return outage_.effect_ == outage::effect::reset; }
    bool refuses() const { return outage_.effect_ == outage::effect::refuse; }
    unsigned status() const { return outage_.status_; } ///< If it responds.
    std::optional<std::chrono::seconds> retry_after() const { return outage_.retry_after_; }

private:
    outage outage_;
};

} // namespace foundry::inline FOUNDRY_ABI::testing::detail

namespace foundry::inline FOUNDRY_ABI::testing {

FOUNDRY_DECL outage::outage(effect what) : effect_(what), status_(0) {}

FOUNDRY_DECL outage outage::status(unsigned code, std::optional<std::chrono::seconds> retry_after)
{
    if (code < 400 || code > 599)
        throw std::invalid_argument("outage::status(" + std::to_string(code) + "): not the status of an error");
    outage made(effect::respond);
    made.status_ = code;
    made.retry_after_ = retry_after;
    return made;
}

FOUNDRY_DECL outage outage::hang() { return outage(effect::hang); }
FOUNDRY_DECL outage outage::reset() { return outage(effect::reset); }
FOUNDRY_DECL outage outage::refuse() { return outage(effect::refuse); }

} // namespace foundry::inline FOUNDRY_ABI::testing
