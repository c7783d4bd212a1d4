// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/operation.hpp>
#include <foundry/image_generation.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL image_request::image_request(std::string model_name, std::string words) : prompt(std::move(words))
{
    if (!model_name.empty())
        model = std::move(model_name);
}

FOUNDRY_DECL std::string generated_image::bytes() const
{
    std::optional<std::string> decoded = detail::from_base64(image.empty() ? b64_json : image);
    if (!decoded)
        throw error(errc::unexpected_reply, "the picture in the answer is not base64");
    return std::move(*decoded);
}

namespace detail {

/// The members that the Foundry Models API has in requests for pictures.
inline constexpr std::string_view models_api_image_members[] = {
    "prompt", "model", "n", "size", "quality", "output_format", "seed", "negative_prompt", "image_prompt",
};

inline void check_image(image_request const& request)
{
    if (request.prompt.empty())
        throw error(errc::invalid_argument, "prompt is empty; say what to draw");
}

class images_sink final : public json_sink
{
public:
    explicit images_sink(generated_images& reply)
        : json_sink({&reply, &json::type_of<generated_images>::value}, reply.extra, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.data.empty() ? "the answer has no pictures" : ""; }

    generated_images const& reply_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<generated_images> run_generate(pending_request call)
{
    generated_images reply;
    images_sink sink(reply);
    open_response opened;
    co_await send_with_retries(call, &sink, call.state->settings.limits.body, opened);
    reply.set_info(std::move(opened.info));
    co_return reply;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<generated_images> basic_client::generate_images(image_request const& request,
                                                                                    call_options const& call) const
{
    detail::operation const what{"images/generations", "", &state_->settings.default_image_model,
                                 detail::models_api_image_members};
    return detail::run_generate(detail::prepare(state_, what, request, call, &detail::check_image));
}

FOUNDRY_DECL boost::asio::awaitable<generated_images> basic_client::generate_images(image_request const& request) const
{
    return generate_images(request, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
