// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/images.hpp>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline void check_image(image_request const& request)
{
    if (request.prompt.empty())
        throw error(errc::invalid_argument, "prompt is empty; say what to draw");
}

class images_sink final : public json_sink
{
public:
    explicit images_sink(generated_images& reply)
        : json_sink({&reply, &json::type_of<generated_images>::value}, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.data.empty() ? "the answer has no pictures" : ""; }

    generated_images const& reply_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<generated_images> generate_images(pending_request request)
{
    generated_images reply;
    images_sink body(reply);
    open_response response;
    co_await send_with_retries(request, &body, response);
    reply.set_info(std::move(response.info));
    co_return reply;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<generated_images> images::generate(image_request const& request,
                                                                       call_options const& with) const
{
    return detail::generate_images(
        detail::prepare(state_, detail::operations::image_generation, request, with, &detail::check_image));
}

FOUNDRY_DECL boost::asio::awaitable<generated_images> images::generate(image_request const& request) const
{
    return generate(request, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
