// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/batch.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/options.hpp>

#include <memory>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The rows of the files of a job, as they arrive.
///
/// @param endpoint the job's, such as `/v1/chat/completions`.
FOUNDRY_DECL async_generator<batch_row> read_results(std::shared_ptr<client_state> state, std::string endpoint,
                                                     std::vector<std::string> files, call_options with);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/batch_results.ipp>
#endif
