// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/embedding.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Embeddings of images: `client.embed(image_embedding_request)`.
namespace foundry::inline FOUNDRY_ABI {

/// An image, with or without a text. Wire format: `ImageEmbeddingInput` (Models, see <foundry/chat_message.hpp>).
struct image_embedding_input
{
    image_embedding_input() = default;
    explicit image_embedding_input(std::string data_url) : image(std::move(data_url)) {}
    image_embedding_input(std::string data_url, std::string words) : image(std::move(data_url)), text(std::move(words))
    {}

    /// The image as `data:image/png;base64,...`; `foundry::image` of <foundry/media.hpp> makes it.
    std::string image;
    /// Text that belongs to the image; only for models that take it.
    std::optional<std::string> text;
    /// Other members.
    boost::json::object extra;

    friend bool operator==(image_embedding_input const&, image_embedding_input const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_embedding_input, (), (image, text, extra))

/// Request for the embeddings of images; only for Foundry Models endpoints. Some models take one image in a request.
///
/// Wire format: `ImageEmbeddingsOptions` (Models). The answer is `embeddings`.
struct image_embedding_request
{
    image_embedding_request() = default;
    /// @param model_name the deployment; empty leaves `model` unset.
    explicit image_embedding_request(std::string model_name);

    /// @name Append an image; each function returns `*this`.
    /// @{
    image_embedding_request& add(std::string data_url);
    image_embedding_request& add(std::string data_url, std::string text);
    /// @}

    /// Number of images.
    std::size_t size() const noexcept { return input.size(); }

    /// Name of the deployment. Not set: the endpoint's deployment, else the client's default model for embeddings.
    std::optional<std::string> model;
    /// The images; at least one.
    std::vector<image_embedding_input> input;
    /// Number of dimensions, 1 or more; only for models that take it. Not set: all that the model has.
    std::optional<std::int64_t> dimensions;
    /// What the embeddings are for; not set: text.
    open_enum<embedding_purpose> input_type;
    /// Encoding of the vectors; not set: the default of the service, which is floats.
    open_enum<embedding_encoding> encoding_format;
    /// Members that this class does not declare.
    boost::json::object extra;

    friend bool operator==(image_embedding_request const&, image_embedding_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_embedding_request, (), (model, input, dimensions, input_type, encoding_format, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/image_embedding.ipp>
#endif
