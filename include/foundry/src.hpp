// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

/// The bodies, for separate compilation: define FOUNDRY_SEPARATE_COMPILATION for the whole program and include this in exactly
/// one source file.

#include <foundry/detail/base/config.hpp>

#ifndef FOUNDRY_SEPARATE_COMPILATION
#error "define FOUNDRY_SEPARATE_COMPILATION for the whole program, or do not include <foundry/src.hpp>"
#endif

#include <foundry/detail/auth/impl/challenge.ipp>
#include <foundry/detail/auth/impl/shared_token_cache.ipp>
#include <foundry/detail/auth/impl/token_cache.ipp>
#include <foundry/detail/base/impl/base64.ipp>
#include <foundry/detail/base/impl/child_process.ipp>
#include <foundry/detail/base/impl/decode_floats.ipp>
#include <foundry/detail/base/impl/guarded_executor.ipp>
#include <foundry/detail/base/impl/scoped_wipe.ipp>
#include <foundry/detail/base/impl/time_text.ipp>
#include <foundry/detail/base/impl/utf8.ipp>
#include <foundry/detail/call/impl/call_observer.ipp>
#include <foundry/detail/call/impl/client_state.ipp>
#include <foundry/detail/call/impl/error_advice.ipp>
#include <foundry/detail/call/impl/error_body.ipp>
#include <foundry/detail/call/impl/error_code.ipp>
#include <foundry/detail/call/impl/event_source.ipp>
#include <foundry/detail/call/impl/operation.ipp>
#include <foundry/detail/call/impl/pending_request.ipp>
#include <foundry/detail/call/impl/retry_budget.ipp>
#include <foundry/detail/call/impl/service_error.ipp>
#include <foundry/detail/core/impl/field.ipp>
#include <foundry/detail/core/impl/url.ipp>
#include <foundry/detail/entra/impl/application.ipp>
#include <foundry/detail/entra/impl/assertion_form.ipp>
#include <foundry/detail/entra/impl/authority.ipp>
#include <foundry/detail/entra/impl/chain.ipp>
#include <foundry/detail/entra/impl/http_request.ipp>
#include <foundry/detail/entra/impl/managed_identity.ipp>
#include <foundry/detail/entra/impl/signing_key.ipp>
#include <foundry/detail/entra/impl/token_answer.ipp>
#include <foundry/detail/entra/impl/token_requester.ipp>
#include <foundry/detail/entra/impl/tool_credential.ipp>
#include <foundry/detail/http/impl/connection.ipp>
#include <foundry/detail/http/impl/deadline.ipp>
#include <foundry/detail/http/impl/event_parser.ipp>
#include <foundry/detail/http/impl/exchange.ipp>
#include <foundry/detail/http/impl/pool.ipp>
#include <foundry/detail/http/impl/request_head.ipp>
#include <foundry/detail/http/impl/resolve.ipp>
#include <foundry/detail/http/impl/response_parser.ipp>
#include <foundry/detail/http/impl/tls.ipp>
#include <foundry/detail/json/impl/reader.ipp>
#include <foundry/detail/json/impl/scanner.ipp>
#include <foundry/detail/json/impl/type.ipp>
#include <foundry/detail/json/impl/writer.ipp>
#include <foundry/detail/operations/impl/think_splitter.ipp>
#include <foundry/entra/impl/azure_cli_credential.ipp>
#include <foundry/entra/impl/azure_developer_cli_credential.ipp>
#include <foundry/entra/impl/chained_credential.ipp>
#include <foundry/entra/impl/client_assertion_credential.ipp>
#include <foundry/entra/impl/client_certificate_credential.ipp>
#include <foundry/entra/impl/client_secret_credential.ipp>
#include <foundry/entra/impl/default_azure_credential.ipp>
#include <foundry/entra/impl/environment_credential.ipp>
#include <foundry/entra/impl/managed_identity_credential.ipp>
#include <foundry/entra/impl/workload_identity_credential.ipp>
#include <foundry/impl/call.ipp>
#include <foundry/impl/chat.ipp>
#include <foundry/impl/chat_message.ipp>
#include <foundry/impl/chat_stream.ipp>
#include <foundry/impl/client.ipp>
#include <foundry/impl/content_filter.ipp>
#include <foundry/impl/credential.ipp>
#include <foundry/impl/embedding.ipp>
#include <foundry/impl/endpoint.ipp>
#include <foundry/impl/error.ipp>
#include <foundry/impl/event_stream.ipp>
#include <foundry/impl/image_embedding.ipp>
#include <foundry/impl/image_generation.ipp>
#include <foundry/impl/log_sink.ipp>
#include <foundry/impl/media.ipp>
#include <foundry/impl/model_info.ipp>
#include <foundry/impl/response_headers.ipp>
#include <foundry/impl/response_info.ipp>
#include <foundry/impl/retry.ipp>
#include <foundry/impl/route.ipp>
#include <foundry/impl/run.ipp>
#include <foundry/impl/secret.ipp>
#include <foundry/impl/telemetry.ipp>
