// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/detail/json/open_enum.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// What a model is for: `ModelType` of the Foundry Models API.
enum class model_kind
{
    chat_completion,
    completion,
    embeddings,
    image_embeddings,
    image_generation,
    text_generation,
    audio_generation
};
inline constexpr std::string_view model_kind_names[] = {"chat_completion",  "completion",       "embeddings",
                                                        "image_embeddings", "image_generation", "text_generation",
                                                        "audio_generation"};
constexpr auto& wire_names(model_kind) { return model_kind_names; }

/// What a Foundry Models endpoint says of a model: `ModelInfo` of the Foundry Models API.
struct model_info : answer
{
    model_info() = default;

    /// The type, in any of the spellings that services use: `chat-completion`, `chat_completions`, ...
    open_enum<model_kind> kind() const;

    std::string model_name;
    std::string model_type; ///< As the service wrote it.
    std::string model_provider_name;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(model_info, (), (model_name, model_type, model_provider_name, extra))

/// A model of a resource. Wire format: `OpenAI.Model` (v1); the dated form has members of its own.
struct base_model : answer
{
    base_model() = default;

    std::string id;
    std::string object;
    std::string owned_by;
    std::optional<std::int64_t> created; ///< In seconds since 1970.
    /// Further members, such as `shutdown_date`; on the dated form `status`, `lifecycle_status`, `capabilities` and `deprecation`.
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(base_model, (), (id, object, owned_by, created, extra))

/// The models of a resource.
struct base_model_list : answer
{
    base_model_list() = default;

    std::vector<base_model> data;
    std::string object;
    boost::json::object extra; ///< Other members.
};
BOOST_DESCRIBE_STRUCT(base_model_list, (), (data, object, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/model_info.ipp>
#endif
