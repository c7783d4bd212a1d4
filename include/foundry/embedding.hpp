// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/json/type_of.hpp>

#include <span>

namespace foundry::inline FOUNDRY_ABI {

enum class embedding_input
{
    text,
    query,
    document
};
inline constexpr std::string_view embedding_input_names[] = {"text", "query", "document"};
constexpr auto& wire_names(embedding_input) { return embedding_input_names; }

/// Texts to be turned into vectors. Azure OpenAI takes at most 2,048 of them, most other models 1,024.
struct embedding_request
{
    embedding_request() = default;
    /// An empty name leaves the model unset.
    explicit embedding_request(std::string model_name)
    {
        if (!model_name.empty())
            model = std::move(model_name);
    }
    embedding_request(std::string model_name, std::string text) : embedding_request(std::move(model_name))
    {
        add(std::move(text));
    }
    embedding_request(std::string model_name, char const* text)
        : embedding_request(std::move(model_name), std::string{text})
    {}
    embedding_request(std::string model_name, std::vector<std::string> texts) : embedding_request(std::move(model_name))
    {
        input = std::move(texts);
    }

    embedding_request& add(std::string text)
    {
        input.push_back(std::move(text));
        return *this;
    }

    std::optional<std::string> model; ///< The deployment's name. Not set: the endpoint's or the client's default.
    std::vector<std::string> input;
    std::optional<std::int64_t> dimensions;
    open_enum<embedding_input> input_type;
    std::optional<std::string> encoding_format; ///< `float` or `base64`; either answer is decoded.
    std::optional<std::string> user_;           ///< Azure OpenAI; an extra parameter on a Foundry Models endpoint.
    boost::json::object extra;

    friend bool operator==(embedding_request const&, embedding_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(embedding_request, (), (model, input, dimensions, input_type, encoding_format, user_, extra))

/// The numbers of one vector. On the wire an array of numbers, or base64 text of little-endian 32-bit floats.
struct embedding_vector
{
    embedding_vector() = default;

    std::vector<float> values;

    friend bool operator==(embedding_vector const&, embedding_vector const&) = default;
};

namespace detail {
FOUNDRY_DECL bool decode_floats(std::string_view base64, std::vector<float>& out);
} // namespace detail

template <>
struct json::type_of<embedding_vector>
{
    static constexpr text_functions base64{
        [](void* self, std::string_view text) {
            auto& values = static_cast<embedding_vector*>(self)->values;
            values.clear();
            return foundry::detail::decode_floats(text, values);
        },
        [](void const*) { return std::string_view{}; },
    };
    static constexpr type as_text{.what = kind::text, .names = &base64};
    static constexpr choice_functions choices{
        [](void* self, shape of) {
            if (of == shape::string)
                return place{self, &as_text};
            auto& values = static_cast<embedding_vector*>(self)->values;
            if (of == shape::null)
                values.clear();
            return of == shape::array ? place{&values, &type_of<std::vector<float>>::value} : place{};
        },
        [](void const* self) {
            return const_place{&static_cast<embedding_vector const*>(self)->values,
                               &type_of<std::vector<float>>::value};
        },
    };
    static constexpr type value{.what = kind::choice, .choices = &choices};
};

struct embedding
{
    embedding() = default;

    std::int64_t index = 0;
    embedding_vector embedding_;
    boost::json::object extra;

    friend bool operator==(embedding const&, embedding const&) = default;
};
BOOST_DESCRIBE_STRUCT(embedding, (), (index, embedding_, extra))

/// The vectors, in the order of the request's texts.
class embeddings : public answer
{
public:
    embeddings() = default;

    std::size_t size() const noexcept { return data.size(); }
    /// Vector `i`. @throws std::out_of_range
    std::span<float const> operator[](std::size_t i) const { return data.at(i).embedding_.values; }

    std::string id;
    std::string object;
    std::string model;
    std::vector<embedding> data;
    std::optional<token_usage> usage;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(embeddings, (), (id, object, model, data, usage, extra))

/// The cosine of the angle between two vectors: 1 where they point the same way. 0 where one is zero.
/// @throws std::invalid_argument where their lengths differ.
FOUNDRY_DECL double cosine_similarity(std::span<float const> a, std::span<float const> b);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/embedding.ipp>
#endif
