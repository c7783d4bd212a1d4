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

enum class embedding_purpose
{
    text,
    query,
    document
};
inline constexpr std::string_view embedding_purpose_names[] = {"text", "query", "document"};
constexpr auto& wire_names(embedding_purpose) { return embedding_purpose_names; }

/// How vectors travel, and for the last four also what they are made of.
enum class embedding_encoding
{
    float32, ///< A JSON array of numbers.
    base64,  ///< The same numbers as the bytes of 32-bit floats: exact, and a quarter of the size.
    binary,  ///< One bit for each dimension, eight to a signed byte.
    int8,
    ubinary, ///< One bit for each dimension, eight to an unsigned byte.
    uint8
};
inline constexpr std::string_view embedding_encoding_names[] = {"float", "base64",  "binary",
                                                                "int8",  "ubinary", "uint8"};
constexpr auto& wire_names(embedding_encoding) { return embedding_encoding_names; }

/// Texts, or texts as the model's tokens.
using embedding_input = std::variant<std::monostate, std::vector<std::string>, std::vector<std::vector<std::int64_t>>>;

/// Texts to be turned into vectors. Azure OpenAI takes at most 2,048 of them, most other models 1,024.
struct embedding_request
{
    embedding_request() = default;
    /// An empty name leaves the model unset.
    explicit embedding_request(std::string model_name);
    embedding_request(std::string model_name, std::string text);
    embedding_request(std::string model_name, char const* text);
    embedding_request(std::string model_name, std::vector<std::string> texts);
    /// `{"text-embedding-3-small", {"a mile", "a foot"}}`. Not inside `co_await`, where g++ 12 takes no list: give the request a name.
    template <class Text>
    requires std::convertible_to<Text const&, std::string_view> embedding_request(std::string model_name,
                                                                                  std::initializer_list<Text> texts)
        : embedding_request(std::move(model_name), std::vector<std::string>(texts.begin(), texts.end()))
    {}
    embedding_request(std::string model_name, std::vector<std::int64_t> tokens);
    embedding_request(std::string model_name, std::vector<std::vector<std::int64_t>> texts_as_tokens);

    /// @name Append a text
    /// @throws foundry::error (`errc::invalid_argument`) where texts and tokens would stand side by side, which no service takes.
    /// @{
    embedding_request& add(std::string text);
    embedding_request& add(std::vector<std::int64_t> tokens);
    /// @}

    /// How many texts.
    std::size_t size() const noexcept;

    std::optional<std::string> model; ///< The deployment's name. Not set: the endpoint's or the client's default.
    embedding_input input;
    std::optional<std::int64_t> dimensions;
    open_enum<embedding_purpose> input_type;
    /// Not set: base64 on Azure OpenAI's forms, which all serve it, and what the service likes best elsewhere. The vectors are
    /// floats either way.
    open_enum<embedding_encoding> encoding_format;
    std::optional<std::string> user_; ///< Azure OpenAI; an extra parameter on a Foundry Models endpoint.
    boost::json::object extra;

    friend bool operator==(embedding_request const&, embedding_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(embedding_request, (), (model, input, dimensions, input_type, encoding_format, user_, extra))

/// One vector as it came: numbers, or base64 text of little-endian 32-bit floats.
struct embedding_vector
{
    embedding_vector() = default;

    std::vector<float> numbers;
    std::vector<std::uint8_t> bytes; ///< Of the encodings that are not floats, instead of the numbers.

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
///
/// They are what was asked for; to look at them as something else is a mistake, not a conversion.
///
/// @throws std::out_of_range where there is no vector `i`; foundry::error (`errc::invalid_argument`) where they are of another
/// kind.
class embeddings : public answer
{
public:
    embeddings() = default;

    std::size_t size() const noexcept { return data.size(); }

    /// Vector `i` of the encodings `float32` and `base64`.
    std::span<float const> operator[](std::size_t i) const;
    std::span<std::int8_t const> int8(std::size_t i) const;
    std::span<std::uint8_t const> uint8(std::size_t i) const;
    /// Of `binary` and `ubinary`: the bits of eight dimensions in each byte, as the model packs them.
    std::span<std::byte const> bits(std::size_t i) const;

    /// What the vectors are; not set or `base64` for floats.
    open_enum<embedding_encoding> const& encoding() const noexcept { return encoding_; }
    void set_encoding(open_enum<embedding_encoding> encoding) { encoding_ = std::move(encoding); }

    std::string id;
    std::string object;
    std::string model;
    std::vector<embedding> data;
    std::optional<token_usage> usage;
    boost::json::object extra;

private:
    std::vector<std::uint8_t> const& bytes(std::size_t i, embedding_encoding one, embedding_encoding other) const;

    open_enum<embedding_encoding> encoding_;
};
BOOST_DESCRIBE_STRUCT(embeddings, (), (id, object, model, data, usage, extra))

/// The cosine of the angle between two vectors: 1 where they point the same way. 0 where one is zero.
/// @throws std::invalid_argument where their lengths differ.
FOUNDRY_DECL double cosine_similarity(std::span<float const> a, std::span<float const> b);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/embedding.ipp>
#endif
