// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

/// The bodies, for separate compilation: define FOUNDRY_SEPARATE_COMPILATION for the whole program and include this in exactly
/// one source file.

#include <foundry/detail/config.hpp>

#ifndef FOUNDRY_SEPARATE_COMPILATION
#error "define FOUNDRY_SEPARATE_COMPILATION for the whole program, or do not include <foundry/src.hpp>"
#endif

#include <foundry/entra/detail/impl/application.ipp>
#include <foundry/entra/detail/impl/assertion_form.ipp>
#include <foundry/entra/detail/impl/authority.ipp>
#include <foundry/entra/detail/impl/chain.ipp>
#include <foundry/entra/detail/impl/child_process.ipp>
#include <foundry/entra/detail/impl/http_request.ipp>
#include <foundry/entra/detail/impl/managed_identity.ipp>
#include <foundry/entra/detail/impl/signing_key.ipp>
#include <foundry/entra/detail/impl/time_text.ipp>
#include <foundry/entra/detail/impl/token_answer.ipp>
#include <foundry/entra/detail/impl/token_attempts.ipp>
#include <foundry/entra/detail/impl/tool_credential.ipp>
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
#include <foundry/http/impl/connection.ipp>
#include <foundry/http/impl/deadline.ipp>
#include <foundry/http/impl/event_parser.ipp>
#include <foundry/http/impl/exchange.ipp>
#include <foundry/http/impl/field.ipp>
#include <foundry/http/impl/pool.ipp>
#include <foundry/http/impl/request_head.ipp>
#include <foundry/http/impl/resolve.ipp>
#include <foundry/http/impl/response_parser.ipp>
#include <foundry/http/impl/tls.ipp>
#include <foundry/http/impl/url.ipp>
#include <foundry/impl/base64.ipp>
#include <foundry/impl/call.ipp>
#include <foundry/impl/call_watch.ipp>
#include <foundry/impl/challenge.ipp>
#include <foundry/impl/chat.ipp>
#include <foundry/impl/chat_message.ipp>
#include <foundry/impl/chat_stream.ipp>
#include <foundry/impl/client.ipp>
#include <foundry/impl/client_state.ipp>
#include <foundry/impl/content_filter.ipp>
#include <foundry/impl/credential.ipp>
#include <foundry/impl/decode_floats.ipp>
#include <foundry/impl/embedding.ipp>
#include <foundry/impl/endpoint.ipp>
#include <foundry/impl/error.ipp>
#include <foundry/impl/event_source.ipp>
#include <foundry/impl/event_stream.ipp>
#include <foundry/impl/guarded_executor.ipp>
#include <foundry/impl/image_embedding.ipp>
#include <foundry/impl/image_generation.ipp>
#include <foundry/impl/log_sink.ipp>
#include <foundry/impl/media.ipp>
#include <foundry/impl/model_info.ipp>
#include <foundry/impl/operation.ipp>
#include <foundry/impl/prepared_call.ipp>
#include <foundry/impl/response_headers.ipp>
#include <foundry/impl/response_info.ipp>
#include <foundry/impl/retry.ipp>
#include <foundry/impl/retry_loop.ipp>
#include <foundry/impl/route.ipp>
#include <foundry/impl/run.ipp>
#include <foundry/impl/secret.ipp>
#include <foundry/impl/service_error.ipp>
#include <foundry/impl/telemetry.ipp>
#include <foundry/impl/think_splitter.ipp>
#include <foundry/impl/token_cache.ipp>
#include <foundry/impl/token_keeper.ipp>
#include <foundry/impl/utf8.ipp>
#include <foundry/json/impl/reader.ipp>
#include <foundry/json/impl/scanner.ipp>
#include <foundry/json/impl/type.ipp>
#include <foundry/json/impl/writer.ipp>
