// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The second file of a program that has the bodies in its first: declarations only, however often they are included.

#include "foundry.hpp"
#include "foundry.hpp" // NOLINT(readability-duplicate-include)

#ifdef FOUNDRY_IMPLEMENTATION
#error "the bodies would be there twice"
#endif

namespace {

// Uses functions whose bodies are in the other file, before main() begins.
foundry::endpoint const where{"https://contoso.services.ai.azure.com/models"};
foundry::chat_request const request = foundry::chat_request{where.host()}.user("Hello.");

} // namespace
