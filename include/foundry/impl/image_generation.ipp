// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/base64.hpp>
#include <foundry/error.hpp>
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

} // namespace foundry::inline FOUNDRY_ABI
