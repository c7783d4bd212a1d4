// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/schema.ipp>
#include <foundry/testing/impl/wire.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A request that opens a realtime session, after its checks.
class realtime_opening
{
public:
    recorded_request request;
    form kind = form::v1;
    std::string deployment;
    bool only_transcribes = false;
    bool wrong_key = false;       ///< Whether the session begins and ends with an error that says so.
    json::object configuration;   ///< That of the key, if it has one.
    header_list headers;          ///< Of the response to the request.
    std::optional<answer> faults; ///< Made by `answer::realtime`.
};

/// What the emulator needs of realtime sessions. Its implementation is not part of the emulator, because it takes long to compile.
class realtime_backend
{
public:
    virtual ~realtime_backend() = default;

    virtual bool accepts_wrong_key() const = 0;

    /// The configuration of a session that a key opens; throws `refusal` if `wanted` is wrong.
    virtual json::object configure(realtime_opening const& opening, json::object const& wanted,
                                   std::string const& id) const = 0;

    /// Serves a session to its end.
    virtual asio::awaitable<void> serve(std::shared_ptr<wire> socket, realtime_opening opening,
                                        emulator_options const& options) = 0;
};

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
