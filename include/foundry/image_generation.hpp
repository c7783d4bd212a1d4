// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/detail/json/type_of.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <variant>

/// The requests and answers of image generation, of the Foundry Models API (2025-05-15-preview) and of Azure OpenAI in one: send
/// what your model takes. `foundry::images` of <foundry/images.hpp> sends them.
namespace foundry::inline FOUNDRY_ABI {

/// Size of an image in pixels.
struct image_size
{
    image_size() = default;
    image_size(std::int64_t w, std::int64_t h) : width(w), height(h) {}

    std::int64_t width = 0;
    std::int64_t height = 0;

    friend bool operator==(image_size const&, image_size const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_size, (), (width, height))

/// A picture to start from.
struct image_prompt
{
    image_prompt() = default;
    explicit image_prompt(std::string data_url) : image(std::move(data_url)) {}

    std::string image;              ///< `data:image/png;base64,...`
    std::optional<double> strength; ///< How much the result is to resemble it.
    boost::json::object extra;

    friend bool operator==(image_prompt const&, image_prompt const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_prompt, (), (image, strength, extra))

/// What to draw. The Foundry Models API requires `size` and `n`.
struct image_request
{
    image_request() = default;
    /// An empty name leaves the model unset.
    image_request(std::string model_name, std::string words);

    std::optional<std::string> model; ///< The deployment's name. Not set: the endpoint's or the client's default.
    std::string prompt;
    std::optional<std::int64_t> n; ///< How many pictures.
    /// `1024x1024` and the like, or (Foundry Models) width and height.
    std::variant<std::monostate, std::string, image_size> size;
    std::optional<std::string> quality;       ///< hd, standard; gpt-image models: low, medium, high
    std::optional<std::string> output_format; ///< png, jpg (Foundry Models), jpeg (Azure OpenAI)
    std::optional<std::int64_t> seed;
    std::optional<std::string> negative_prompt;        ///< Foundry Models
    std::optional<foundry::image_prompt> image_prompt; ///< Foundry Models
    std::optional<std::string> style;                  ///< Azure OpenAI: vivid, natural
    std::optional<std::string> response_format;        ///< Azure OpenAI, dall-e models: url, b64_json
    std::optional<std::string> background;             ///< Azure OpenAI, gpt-image models: transparent, opaque, auto
    std::optional<std::int64_t> output_compression;    ///< Azure OpenAI, gpt-image models: 0 to 100
    std::optional<std::string> user_;                  ///< Azure OpenAI
    boost::json::object extra;

    friend bool operator==(image_request const&, image_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_request, (),
                      (model, prompt, n, size, quality, output_format, seed, negative_prompt, image_prompt, style,
                       response_format, background, output_compression, user_, extra))

/// One image of the answer.
struct generated_image
{
    generated_image() = default;

    /// The picture's bytes; empty where the service gave an address instead.
    /// @throws foundry::error (`errc::unexpected_reply`) where they are not base64.
    std::string bytes() const;

    std::string image;    ///< Base64, from Foundry Models.
    std::string b64_json; ///< Base64, from Azure OpenAI.
    std::string url;      ///< Where to fetch it for a day; from Azure OpenAI.
    std::optional<std::string> revised_prompt;
    std::optional<std::int64_t> seed;
    boost::json::object extra;

    friend bool operator==(generated_image const&, generated_image const&) = default;
};
BOOST_DESCRIBE_STRUCT(generated_image, (), (image, b64_json, url, revised_prompt, seed, extra))

/// Answer to an image request.
struct generated_images : answer
{
    generated_images() = default;

    std::string id;
    std::int64_t created = 0; ///< Seconds since 1970.
    std::string model;
    std::string object;
    std::vector<generated_image> data;
    boost::json::object usage; ///< Counted in images or in tokens, as the service likes.
    boost::json::object extra; ///< Such as Azure's filter results.
};
BOOST_DESCRIBE_STRUCT(generated_images, (), (id, created, model, object, data, usage, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/image_generation.ipp>
#endif
