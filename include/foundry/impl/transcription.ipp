// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/transcription.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL transcription_request::transcription_request(std::string model_name, std::filesystem::path const& audio)
    : transcription_request(std::move(model_name), file_source{audio}, detail::path_text(audio.filename()))
{}

} // namespace foundry::inline FOUNDRY_ABI
