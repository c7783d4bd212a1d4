// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/process_id.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A UUID (version 4) made of these bits.
inline std::string make_uuid(std::uint64_t high, std::uint64_t low)
{
    static constexpr auto pairs = [] { // the digits of each byte
        std::array<std::array<char, 2>, 256> all{};
        for (std::size_t i = 0; i != all.size(); ++i)
            all[i] = {"0123456789abcdef"[i / 16], "0123456789abcdef"[i % 16]};
        return all;
    }();
    high = (high & ~std::uint64_t{0xf000}) | 0x4000;
    low = (low & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);
    std::string text(36, '-');
    char* to = text.data();
    for (int i = 0; i != 16; ++i) {
        std::uint64_t const part = i < 8 ? high : low;
        to += i == 4 || i == 6 || i == 8 || i == 10 ? 1 : 0;
        to = std::copy_n(pairs[(part >> (56 - 8 * (i & 7))) & 255].data(), 2, to);
    }
    return text;
}

/// An unpredictable UUID.
inline std::string make_uuid()
{
    std::uint64_t bits[2] = {0, 0};
    RAND_bytes(reinterpret_cast<unsigned char*>(bits), sizeof bits);
    return make_uuid(bits[0], bits[1]);
}

/// Makes many UUIDs that differ from each other and from those of any other source. OpenSSL's generator is called once, and after fork()
/// for each UUID. The UUIDs are not secrets.
class uuid_source
{
public:
    uuid_source() { RAND_bytes(reinterpret_cast<unsigned char*>(seed_), sizeof seed_); }

    /// May be called from several threads at once.
    std::string next()
    {
        if (process_id() != made_by_)
            return make_uuid();
        std::uint64_t const number = ++count_;
        return make_uuid(mix(seed_[0] + step * number), mix(seed_[1] ^ (step * number)));
    }

private:
    static constexpr std::uint64_t step = 0x9e3779b97f4a7c15;

    /// Maps each number to a different one (Steele, Lea and Flood: SplitMix).
    static std::uint64_t mix(std::uint64_t n) noexcept
    {
        n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
        n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
        return n ^ (n >> 31);
    }

    long made_by_ = process_id();
    std::uint64_t seed_[2] = {0, 0};
    std::atomic<std::uint64_t> count_{0};
};

} // namespace foundry::inline FOUNDRY_ABI::detail
