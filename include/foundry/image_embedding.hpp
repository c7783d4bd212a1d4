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

/// Vectors of pictures: `client.embed(image_embedding_request)`.
namespace foundry::inline FOUNDRY_ABI {

/// A picture to be turned into a vector, with or without a text that belongs to it.
struct image_embedding_input
{
    image_embedding_input() = default;
    explicit image_embedding_input(std::string data_url) : image(std::move(data_url)) {}
    image_embedding_input(std::string data_url, std::string words) : image(std::move(data_url)), text(std::move(words))
    {}

    std::string image; ///< `data:image/png;base64,...`; `foundry::image` of <foundry/media.hpp> makes it.
    std::optional<std::string> text;
    boost::json::object extra;

    friend bool operator==(image_embedding_input const&, image_embedding_input const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_embedding_input, (), (image, text, extra))

/// Pictures to be turned into vectors; Foundry Models endpoints only. Some models take one at a time.
struct image_embedding_request
{
    image_embedding_request() = default;
    /// An empty name leaves the model unset.
    explicit image_embedding_request(std::string model_name);

    image_embedding_request& add(std::string data_url);
    image_embedding_request& add(std::string data_url, std::string text);

    std::size_t size() const noexcept { return input.size(); }

    std::optional<std::string> model; ///< As in an `embedding_request`.
    std::vector<image_embedding_input> input;
    std::optional<std::int64_t> dimensions;
    open_enum<embedding_purpose> input_type;
    open_enum<embedding_encoding> encoding_format;
    boost::json::object extra;

    friend bool operator==(image_embedding_request const&, image_embedding_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_embedding_request, (), (model, input, dimensions, input_type, encoding_format, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/image_embedding.ipp>
#endif
