// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/chat.hpp>
#include <foundry/detail/base/decode_floats.hpp>
#include <foundry/detail/json/type_of.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <span>

namespace foundry::inline FOUNDRY_ABI {

/// What an embedding is for. Wire format: `EmbeddingInputType` (Models, see <foundry/chat_message.hpp>).
enum class embedding_purpose
{
    text,    ///< Any text.
    query,   ///< A search query.
    document ///< A document to search.
};
inline constexpr std::string_view embedding_purpose_names[] = {"text", "query", "document"};
constexpr auto& wire_names(embedding_purpose) { return embedding_purpose_names; }

/// Encoding of vectors on the wire; the last four also change the type of their elements.
/// Wire format: `EmbeddingEncodingFormat` (Models).
enum class embedding_encoding
{
    float32, ///< JSON array of numbers.
    base64,  ///< Base64 of little-endian 32-bit floats: exact, and about a quarter of the size.
    binary,  ///< One bit for each dimension; eight bits form a signed byte.
    int8,    ///< Integers, -128 to 127.
    ubinary, ///< One bit for each dimension; eight bits form an unsigned byte.
    uint8    ///< Integers, 0 to 255.
};
inline constexpr std::string_view embedding_encoding_names[] = {"float", "base64",  "binary",
                                                                "int8",  "ubinary", "uint8"};
constexpr auto& wire_names(embedding_encoding) { return embedding_encoding_names; }

/// Input of an embedding request: a list of texts, or a list of texts as the model's token ids.
using embedding_input = std::variant<std::monostate, std::vector<std::string>, std::vector<std::vector<std::int64_t>>>;

/// Request for the embeddings of texts: at most 2,048 texts on Azure OpenAI, 1,024 for most other models.
///
/// Wire format: `EmbeddingsOptions` (Models), `AzureCreateEmbeddingRequest` (v1, see <foundry/chat_message.hpp>).
struct embedding_request
{
    embedding_request() = default;
    /// @param model_name the deployment; empty leaves `model` unset.
    explicit embedding_request(std::string model_name);
    embedding_request(std::string model_name, std::string text);
    embedding_request(std::string model_name, char const* text);
    embedding_request(std::string model_name, std::vector<std::string> texts);
    /// `{"text-embedding-3-small", {"a mile", "a foot"}}`. Not inside a `co_await` expression, because g++ 12 rejects initializer lists
    /// there: construct the request in a statement of its own.
    template <class Text>
    requires std::convertible_to<Text const&, std::string_view> embedding_request(std::string model_name,
                                                                                  std::initializer_list<Text> texts)
        : embedding_request(std::move(model_name), std::vector<std::string>(texts.begin(), texts.end()))
    {}
    embedding_request(std::string model_name, std::vector<std::int64_t> tokens);
    embedding_request(std::string model_name, std::vector<std::vector<std::int64_t>> texts_as_tokens);

    /// @name Append a text; each function returns `*this`.
    /// @throws foundry::error (`errc::invalid_argument`) if the input would contain both texts and tokens, which no service takes.
    /// @{
    embedding_request& add(std::string text);
    embedding_request& add(std::vector<std::int64_t> tokens);
    /// @}

    /// Number of texts.
    std::size_t size() const noexcept;

    /// Name of the deployment. Not set: the endpoint's deployment, else the client's default model for embeddings.
    std::optional<std::string> model;
    /// The texts; at least one. Each must fit into the context of the model: 8,192 tokens for those of OpenAI.
    embedding_input input;
    /// Number of dimensions, 1 or more; only for models that take it, such as text-embedding-3. Not set: all that the model has.
    std::optional<std::int64_t> dimensions;
    /// What the embeddings are for; not set: text. Only for models that take it.
    open_enum<embedding_purpose> input_type;
    /// Encoding of the vectors. Not set: `base64` on Azure OpenAI, which serves it with every model; elsewhere the default of the service.
    /// The vectors are floats in both cases.
    open_enum<embedding_encoding> encoding_format;
    /// Identifies the end user, for abuse detection. An extra parameter on a Foundry Models endpoint.
    std::optional<std::string> user_;
    /// Members that this class does not declare.
    boost::json::object extra;

    friend bool operator==(embedding_request const&, embedding_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(embedding_request, (), (model, input, dimensions, input_type, encoding_format, user_, extra))

/// One vector. Wire format: an array of numbers, or base64 text of little-endian 32-bit floats.
struct embedding_vector
{
    embedding_vector() = default;

    std::vector<float> numbers;      ///< Elements of the vector, if they are floats.
    std::vector<std::uint8_t> bytes; ///< Elements of the vector, if the encoding is one of integers or bits.

    friend bool operator==(embedding_vector const&, embedding_vector const&) = default;
};

template <>
struct json::type_of<embedding_vector>
{
    static bool assign(void* self, std::string_view text)
    {
        auto& numbers = static_cast<embedding_vector*>(self)->numbers;
        numbers.clear();
        return foundry::detail::decode_floats(text, numbers);
    }
    static std::string_view view(void const*) { return {}; }

    static constexpr text_functions base64{&assign, &view};
    static constexpr type as_text{.what = kind::text, .names = &base64};

    static object_ref choose(void* self, shape of)
    {
        if (of == shape::string)
            return {self, &as_text};
        auto& numbers = static_cast<embedding_vector*>(self)->numbers;
        if (of == shape::null)
            numbers.clear();
        return of == shape::array ? object_ref{&numbers, &type_of<std::vector<float>>::value} : object_ref{};
    }
    static const_object_ref active(void const* self)
    {
        auto const& numbers = static_cast<embedding_vector const*>(self)->numbers;
        return numbers.empty() ? const_object_ref{} : const_object_ref{&numbers, &type_of<std::vector<float>>::value};
    }

    static constexpr choice_functions choices{&choose, &active};
    static constexpr type value{.what = kind::choice, .choices = &choices};
};

/// One vector and its position. Wire format: `EmbeddingItem` (Models), `OpenAI.Embedding` (v1).
struct embedding
{
    embedding() = default;

    std::int64_t index = 0;      ///< Position of its text in the request, from 0.
    embedding_vector embedding_; ///< The vector.
    boost::json::object extra;   ///< Other members.

    friend bool operator==(embedding const&, embedding const&) = default;
};
BOOST_DESCRIBE_STRUCT(embedding, (), (index, embedding_, extra))

/// The embeddings, in the order of the texts in the request. The functions do not convert: each works only for the encodings in its comment.
///
/// Wire format: `EmbeddingsResult` (Models), `OpenAI.CreateEmbeddingResponse` (v1).
///
/// @throws std::out_of_range if there is no vector `i`; foundry::error (`errc::invalid_argument`) if the vectors have another
/// encoding.
class embeddings : public answer
{
public:
    embeddings() = default;

    /// Number of vectors.
    std::size_t size() const noexcept { return data.size(); }

    /// Vector `i` for the encodings `float32` and `base64`, valid until `data` changes.
    std::span<float const> operator[](std::size_t i) const;
    /// Vector `i` for the encoding `int8`.
    std::span<std::int8_t const> int8(std::size_t i) const;
    /// Vector `i` for the encoding `uint8`.
    std::span<std::uint8_t const> uint8(std::size_t i) const;
    /// Vector `i` for the encodings `binary` and `ubinary`: each byte has eight dimensions, in the order of the model.
    std::span<std::byte const> bits(std::size_t i) const;

    /// Encoding that the request asked for; not set, `float32` or `base64` for floats.
    open_enum<embedding_encoding> const& encoding() const noexcept { return encoding_; }
    void set_encoding(open_enum<embedding_encoding> encoding) { encoding_ = std::move(encoding); }

    std::string id;                   ///< Identifies the answer; empty on Azure OpenAI.
    std::string object;               ///< `list`.
    std::string model;                ///< Model that serves the deployment.
    std::vector<embedding> data;      ///< One vector for each text.
    std::optional<token_usage> usage; ///< Number of tokens used.
    boost::json::object extra;        ///< Other members.

private:
    std::vector<std::uint8_t> const& bytes(std::size_t i, embedding_encoding one, embedding_encoding other) const;

    open_enum<embedding_encoding> encoding_;
};
BOOST_DESCRIBE_STRUCT(embeddings, (), (id, object, model, data, usage, extra))

/// Cosine of the angle between two vectors, -1 to 1: 1 if they have the same direction, 0 if one of them is zero.
///
/// @throws std::invalid_argument if their lengths differ.
FOUNDRY_DECL double cosine_similarity(std::span<float const> a, std::span<float const> b);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/embedding.ipp>
#endif
