// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The texts to embed. Each token counts as a word.
FOUNDRY_DECL std::vector<std::string> inputs_of(json::object const& body, error_writer const& say)
{
    json_path at;
    at.push_back("input");
    auto const& input = require(body, "input", say);
    std::vector<std::string> texts;
    if (input.is_string()) {
        texts.emplace_back(std::string_view(input.get_string()));
        return texts;
    }
    auto const& items = input.get_array();
    std::size_t const max_count = say.openai() ? 2048 : 1024;
    if (items.empty() || items.size() > max_count)
        say.bad_value(at, "expected an array of 1 to " + std::to_string(max_count) + " items.", items.size());
    auto const is_tokens = [](json::array const& list) {
        return !list.empty() &&
               std::all_of(list.begin(), list.end(), [](json::value const& one) { return one.is_int64(); });
    };
    if (is_tokens(items)) {
        texts.push_back(json_text(items));
        return texts;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].is_string())
            texts.emplace_back(std::string_view(items[i].get_string()));
        else if (items[i].is_array() && is_tokens(items[i].get_array()))
            texts.push_back(json_text(items[i]));
        else
            say.wrong_type(inside(at, i), "a string or an array of tokens", items[i]);
    }
    return texts;
}

/// The encoding that the request asks for; refuses encodings that the form's models do not have.
FOUNDRY_DECL std::string encoding_of(json::object const& body, error_writer const& say)
{
    static constexpr std::array<std::string_view, 2> openai = {"float", "base64"};
    static constexpr std::array<std::string_view, 6> inference = {"float", "base64",  "binary",
                                                                  "int8",  "ubinary", "uint8"};
    std::string const wanted(text_of(body, "encoding_format").value_or("float"));
    if (say.openai() ? contains(openai, wanted) : contains(inference, wanted))
        return wanted;
    json::object location;
    location["loc"] = {"body", "encoding_format"};
    location["input"] = wanted;
    json::object error;
    error["status"] = 422;
    error["code"] = "parameter_not_supported";
    error["detail"] = std::move(location);
    error["message"] = "The model does not support this encoding_format.";
    if (!say.openai())
        throw refusal(422, error);
    json_path at;
    at.push_back("encoding_format");
    say.bad_value(at, "expected one of float and base64.", body.at("encoding_format"));
}

/// One bit for each component, the first in the highest bit.
FOUNDRY_DECL json::array packed_signs(std::vector<float> const& vector, bool as_signed)
{
    json::array made;
    for (std::size_t i = 0; i < vector.size(); i += 8) {
        unsigned bits = 0;
        for (std::size_t k = 0; k < 8 && i + k < vector.size(); ++k)
            bits |= vector[i + k] > 0 ? 0x80U >> k : 0U;
        made.push_back(as_signed ? static_cast<std::int64_t>(static_cast<std::int8_t>(bits))
                                 : static_cast<std::int64_t>(bits));
    }
    return made;
}

FOUNDRY_DECL json::value embedding_value(std::vector<float> const& vector, std::string_view encoding)
{
    if (encoding == "base64")
        return json::string(base64(bytes_of(vector)));
    if (encoding == "binary" || encoding == "ubinary")
        return packed_signs(vector, encoding == "binary");
    json::array numbers;
    numbers.reserve(vector.size());
    for (float const component : vector) {
        auto const number = static_cast<double>(component);
        if (encoding == "int8")
            numbers.push_back(static_cast<std::int64_t>(std::lround(number * 127)));
        else if (encoding == "uint8")
            numbers.push_back(static_cast<std::int64_t>(std::lround((number + 1) * 127)));
        else
            numbers.push_back(number);
    }
    return numbers;
}

/// The response to a request for vectors of texts or images.
FOUNDRY_DECL reply embeddings_reply(std::vector<std::string> const& texts, std::size_t dimensions,
                                    std::string_view encoding, std::string const& model)
{
    std::size_t tokens = 0;
    json::array data;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        tokens += words_of(texts[i]).size();
        json::object one;
        one["object"] = "embedding";
        one["index"] = i;
        one["embedding"] = embedding_value(embed(texts[i], dimensions), encoding);
        data.push_back(std::move(one));
    }
    json::object usage;
    usage["prompt_tokens"] = tokens;
    usage["total_tokens"] = tokens;
    json::object made;
    made["object"] = "list";
    made["data"] = std::move(data);
    made["model"] = model;
    made["usage"] = std::move(usage);
    return reply(200, json_text(made));
}

FOUNDRY_DECL reply service::embeddings(recorded_request const& request, route const& target)
{
    auto const body = read_body(request, target, embedding_members());
    error_writer const say(target.kind);
    auto const model = admit(body, request, target, options_.embedding_deployments);
    auto const texts = inputs_of(body, say);
    auto const encoding = encoding_of(body, say);
    check_range(body, "dimensions", 1, 4096, say);
    auto const dimensions = count_of(body, "dimensions").value_or(options_.embedding_dimensions);
    return embeddings_reply(texts, dimensions, encoding, underlying_model(model));
}

FOUNDRY_DECL reply service::image_embeddings(recorded_request const& request, route const& target)
{
    auto const body = read_body(request, target, image_embedding_members());
    error_writer const say(target.kind);
    auto const model = admit(body, request, target, options_.embedding_deployments);
    json_path at;
    at.push_back("input");
    std::vector<std::string> texts;
    for (auto const& one : require(body, "input", say).as_array()) {
        auto const here = inside(at, texts.size());
        auto const& picture = require_object(one, here, say);
        check_members(picture, image_input_members(), here, say);
        auto const url = text_of(picture, "image").value_or("");
        if (!url.starts_with("data:image/"))
            say.bad_value(inside(here, "image"), "expected a data URL.", json::string(url));
        texts.push_back(std::string(text_of(picture, "text").value_or("")) + " " + std::string(url));
    }
    auto const encoding = encoding_of(body, say);
    auto const dimensions = count_of(body, "dimensions").value_or(options_.embedding_dimensions);
    return embeddings_reply(texts, dimensions, encoding, underlying_model(model));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
