// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response_run.hpp>
#include <foundry/responses.hpp>
#include <foundry/toolbox.hpp>

/// Functions that a model may call, with the Responses API. Include this header to give `responses::create` and `responses::stream` a
/// toolbox.
///
///     foundry::toolbox tools;
///     tools.add("add", "Adds two numbers", [](addends a) { return a.x + a.y; });
///
///     foundry::response_run run = co_await foundry::responses{client}.create(request, tools);
///     std::cout << run.reply.text();
///
/// <foundry/tools.hpp> says how a run goes. Tools of the service itself, such as web search, stand in `response_request::tools` beside them.

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/response_tools.ipp>
#endif
