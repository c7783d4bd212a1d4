// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/image_generation.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace foundry::inline FOUNDRY_ABI {

/// Images from words: `POST images/generations`.
///
///     foundry::images images{client};
///     foundry::image_request request{"gpt-image-1", "A lighthouse at night"};
///     foundry::generated_images made = co_await images.generate(request);
///
/// A cheap handle made from a client; executor, cancellation, object lifetimes and thread safety are the client's.
class images
{
public:
    explicit images(basic_client const& client) noexcept : state_(detail::state_of(client)) {}

    /// @throws foundry::error with a code of `errc`.
    boost::asio::awaitable<generated_images> generate(image_request const& request) const;
    boost::asio::awaitable<generated_images> generate(image_request const& request, call_options const& with) const;

private:
    std::shared_ptr<detail::client_state> state_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/images.ipp>
#endif
