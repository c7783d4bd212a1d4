// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/webhook.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline bool is_within_tolerance(std::string_view timestamp, std::chrono::system_clock::time_point now)
{
    std::int64_t seconds = 0;
    char const* const end = timestamp.data() + timestamp.size();
    auto const read = std::from_chars(timestamp.data(), end, seconds);
    std::int64_t const here = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    std::int64_t const most = webhook::tolerance.count();
    return read.ec == std::errc() && read.ptr == end && seconds >= here - most && seconds <= here + most;
}

inline std::string sign(std::string_view key, std::string_view message)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<unsigned char const*>(message.data()), message.size(), digest, &size) == nullptr)
        throw error(errc::invalid_argument, "OpenSSL cannot make a signature with SHA-256");
    return std::string(reinterpret_cast<char const*>(digest), size);
}

/// Whether a list such as `v1,BASE64 v1,BASE64` has a signature. Takes as long for a wrong one as for a right one.
inline bool has_signature(std::string_view list, std::string_view wanted)
{
    bool found = false;
    while (!list.empty()) {
        std::string_view const each = list.substr(0, list.find(' '));
        list.remove_prefix((std::min)(each.size() + 1, list.size()));
        std::optional<std::string> const given =
            each.starts_with("v1,") ? from_base64(each.substr(3)) : std::optional<std::string>();
        if (given && given->size() == wanted.size())
            found |= CRYPTO_memcmp(given->data(), wanted.data(), wanted.size()) == 0;
    }
    return found;
}

} // namespace detail

FOUNDRY_DECL webhook::webhook(secret signing_secret)
{
    static constexpr std::string_view prefix = "whsec_";
    std::string_view const text = signing_secret.reveal();
    if (!text.starts_with(prefix)) { // the key itself
        key_ = std::move(signing_secret);
    } else if (std::optional<std::string> key = detail::from_base64(text.substr(prefix.size()))) {
        detail::scoped_wipe const wipe(*key);
        key_ = secret(*key);
    }
    if (key_.empty())
        throw error(errc::invalid_argument,
                    "the signing secret is empty, or not base64 after whsec_; pass it as the service showed it");
}

FOUNDRY_DECL webhook_event webhook::read(std::string_view id, std::string_view timestamp, std::string_view signatures,
                                         std::string_view body, std::chrono::system_clock::time_point now) const
{
    if (id.empty() || timestamp.empty() || signatures.empty()) {
        throw error(errc::unauthorized,
                    "the message lacks webhook-id, webhook-timestamp or webhook-signature, so it is "
                    "no webhook; answer it with 400");
    }
    if (!detail::is_within_tolerance(timestamp, now)) {
        throw error(errc::unauthorized, "the time of the webhook is more than 5 minutes from that of this machine; "
                                        "answer it with 400, and check the clock if all are refused");
    }
    std::string const wanted = detail::sign(key_.reveal(), detail::concat({id, ".", timestamp, ".", body}));
    if (!detail::has_signature(signatures, wanted))
        throw error(errc::unauthorized, "the webhook has no signature that was made with this secret; answer it with "
                                        "400, and check the secret if all are refused");
    webhook_event event;
    json::reader reader;
    if (!reader.read(event, body))
        throw error(errc::unexpected_reply, "the webhook is not of the expected shape: " + reader.problem());
    return event;
}

} // namespace foundry::inline FOUNDRY_ABI
