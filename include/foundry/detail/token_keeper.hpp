// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/credential_source.hpp>
#include <foundry/detail/token_cache.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A fetch that is under way, for all who wait for it. It runs on a strand over the client's executor, so that it does not end with
/// the one who asked first; it is cancelled when nobody waits for it any more.
struct token_flight
{
    struct waiter;

    token_flight(token_request what, boost::asio::any_io_executor const& background);

    token_request const wanted;
    boost::asio::any_io_executor const executor;
    boost::asio::cancellation_signal cancel; // used on the executor only

    // Guarded by the keeper's mutex.
    bool ahead = false; // whether there is a token meanwhile, so that nobody waits
    bool landed = false;
    std::vector<std::shared_ptr<waiter>> waiters;
    token_cache::token_ptr token;
    std::exception_ptr failed;
};

/// The tokens of one credential for all clients that share it: one fetch at a time for each scope and tenant, whoever asks.
///
/// Thread safety: all of it may be called from any executor and thread. The mutex is never held across a suspension.
class token_keeper
{
public:
    /// Begins a fetch that ends in land(), whatever happens.
    class launcher
    {
    public:
        virtual void launch(std::shared_ptr<token_flight> flight) = 0;

    protected:
        ~launcher() = default;
    };

    /// A token that can be sent.
    ///
    /// @throws what the credential throws, each who waits for it alike; foundry::error with the query's code.
    boost::asio::awaitable<void> get(token_query query, launcher& fetch, token_cache::token_ptr& into);

    /// A fetch has ended: everyone who waits is told.
    void land(token_flight& flight, access_token token, std::exception_ptr failed) noexcept;

    void invalidate(std::string_view refused) noexcept;

private:
    class place;

    std::shared_ptr<token_flight> find_flight(token_request const& wanted);
    void forget(token_flight const& flight);

    std::mutex mutex_;
    token_cache cache_;
    std::vector<std::shared_ptr<token_flight>> flights_; // under way
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/token_keeper.ipp>
#endif
