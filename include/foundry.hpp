// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

/// The one include for chat completions, streaming and embeddings.

#if __cplusplus < 202002L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L)
#error "foundry needs C++20: compile with -std=c++20"
#else

#include <foundry/answer.hpp>
#include <foundry/async_generator.hpp>
#include <foundry/chat.hpp>
#include <foundry/chat_accumulator.hpp>
#include <foundry/chat_message.hpp>
#include <foundry/chat_stream.hpp>
#include <foundry/client.hpp>
#include <foundry/content_filter.hpp>
#include <foundry/credential.hpp>
#include <foundry/embedding.hpp>
#include <foundry/endpoint.hpp>
#include <foundry/error.hpp>
#include <foundry/options.hpp>
#include <foundry/response_headers.hpp>
#include <foundry/response_info.hpp>
#include <foundry/run.hpp>

#endif
