// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/secret.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// What a service says when something has ended: `response.completed`, `batch.failed`, `fine_tuning.job.succeeded`, ...
struct webhook_event
{
    webhook_event() = default;

    std::string id;
    std::string type;
    std::int64_t created_at = 0; ///< In seconds since 1970.
    boost::json::object data;    ///< `id` of the response, the batch or the job.
    boost::json::object extra;   ///< Other members.
};
BOOST_DESCRIBE_STRUCT(webhook_event, (), (id, type, created_at, data, extra))

/// Reads a delivery after it has verified its signature. Answer within 10 seconds; the service repeats what it got no answer to, with the
/// same `webhook-id`.
///
///     foundry::webhook hook{foundry::secret{"whsec_..."}};
///     foundry::webhook_event event = hook.read(request); // a request of Beast; throws if it is forged or old
///
/// Thread safety: const members may be called from several threads.
/// Source of the wire format: learn.microsoft.com, "Webhooks" (Azure OpenAI); standardwebhooks.com.
class webhook
{
public:
    /// The greatest difference between the time of a message and that of this machine.
    static constexpr std::chrono::seconds tolerance{300};

    /// @param signing_secret as the service shows it, once: `whsec_` and base64; without `whsec_` it is the key itself.
    /// @throws foundry::error (`errc::invalid_argument`) if it is empty, or not base64 after `whsec_`.
    explicit webhook(secret signing_secret);

    /// @param message a request with `operator[]` for its fields and `body()`, as Beast's.
    /// @throws foundry::error (`errc::unauthorized`) if no signature is right or the time is not; `errc::unexpected_reply` for another body.
    template <class Message>
    webhook_event read(Message const& message) const
    {
        return read(std::string_view(message["webhook-id"]), std::string_view(message["webhook-timestamp"]),
                    std::string_view(message["webhook-signature"]), std::string_view(message.body()));
    }
    /// The same with the three fields and the body. @param now for tests.
    webhook_event read(std::string_view id, std::string_view timestamp, std::string_view signatures,
                       std::string_view body,
                       std::chrono::system_clock::time_point now = std::chrono::system_clock::now()) const;

private:
    secret key_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/webhook.ipp>
#endif
