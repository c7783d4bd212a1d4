// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/embedding.hpp>
#include <foundry/error.hpp>

#include <cmath>
#include <stdexcept>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL embedding_request::embedding_request(std::string model_name)
{
    if (!model_name.empty())
        model = std::move(model_name);
}

FOUNDRY_DECL embedding_request::embedding_request(std::string model_name, std::string text)
    : embedding_request(std::move(model_name))
{
    add(std::move(text));
}

FOUNDRY_DECL embedding_request::embedding_request(std::string model_name, char const* text)
    : embedding_request(std::move(model_name), std::string{text})
{}

FOUNDRY_DECL embedding_request::embedding_request(std::string model_name, std::vector<std::string> texts)
    : embedding_request(std::move(model_name))
{
    input = std::move(texts);
}

FOUNDRY_DECL embedding_request::embedding_request(std::string model_name, std::vector<std::int64_t> tokens)
    : embedding_request(std::move(model_name))
{
    add(std::move(tokens));
}

FOUNDRY_DECL embedding_request::embedding_request(std::string model_name,
                                                  std::vector<std::vector<std::int64_t>> texts_as_tokens)
    : embedding_request(std::move(model_name))
{
    input = std::move(texts_as_tokens);
}

namespace detail {

/// Appends to the alternative that the input holds; an empty input gets the alternative of the item.
template <class Item>
void add_input(embedding_input& input, Item item)
{
    using list = std::vector<Item>;
    if (std::holds_alternative<std::monostate>(input))
        input.emplace<list>();
    auto* const items = std::get_if<list>(&input);
    if (items == nullptr) {
        throw error(errc::invalid_argument,
                    "one request takes texts or tokens, not both; make a request for each of them");
    }
    items->push_back(std::move(item));
}

} // namespace detail

FOUNDRY_DECL embedding_request& embedding_request::add(std::string text)
{
    detail::add_input(input, std::move(text));
    return *this;
}

FOUNDRY_DECL embedding_request& embedding_request::add(std::vector<std::int64_t> tokens)
{
    detail::add_input(input, std::move(tokens));
    return *this;
}

FOUNDRY_DECL std::size_t embedding_request::size() const noexcept
{
    if (auto const* const texts = std::get_if<1>(&input))
        return texts->size();
    auto const* const tokens = std::get_if<2>(&input);
    return tokens != nullptr ? tokens->size() : 0;
}

FOUNDRY_DECL std::span<float const> embeddings::operator[](std::size_t i) const
{
    embedding_vector const& vector = data.at(i).embedding_;
    bool const floats =
        !encoding_ || encoding_ == embedding_encoding::float32 || encoding_ == embedding_encoding::base64;
    if (!floats)
        throw error(errc::invalid_argument,
                    "the vectors are " + std::string{encoding_.name()} + "; call int8(), uint8() or bits() instead");
    return vector.numbers;
}

FOUNDRY_DECL std::vector<std::uint8_t> const& embeddings::bytes(std::size_t i, embedding_encoding one,
                                                                embedding_encoding other) const
{
    if (encoding_ != one && encoding_ != other) {
        throw error(errc::invalid_argument, "the vectors are " + std::string{encoding_ ? encoding_.name() : "float"} +
                                                "; set encoding_format of the request to what is wanted");
    }
    return data.at(i).embedding_.bytes;
}

FOUNDRY_DECL std::span<std::int8_t const> embeddings::int8(std::size_t i) const
{
    auto const& all = bytes(i, embedding_encoding::int8, embedding_encoding::int8);
    return {reinterpret_cast<std::int8_t const*>(all.data()), all.size()};
}

FOUNDRY_DECL std::span<std::uint8_t const> embeddings::uint8(std::size_t i) const
{
    return bytes(i, embedding_encoding::uint8, embedding_encoding::uint8);
}

FOUNDRY_DECL std::span<std::byte const> embeddings::bits(std::size_t i) const
{
    return std::as_bytes(std::span{bytes(i, embedding_encoding::binary, embedding_encoding::ubinary)});
}

FOUNDRY_DECL double cosine_similarity(std::span<float const> a, std::span<float const> b)
{
    if (a.size() != b.size())
        throw std::invalid_argument("vectors of different lengths have no angle; were they made by the same model?");
    double product = 0;
    double square_a = 0;
    double square_b = 0;
    for (std::size_t i = 0; i != a.size(); ++i) {
        product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
        square_a += static_cast<double>(a[i]) * static_cast<double>(a[i]);
        square_b += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return square_a == 0 || square_b == 0 ? 0 : product / std::sqrt(square_a * square_b);
}

} // namespace foundry::inline FOUNDRY_ABI
