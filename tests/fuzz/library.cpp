// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The parts of the library that the fuzzers call, compiled once; all of it, as in foundry/src.hpp, takes three times as long.

#include <foundry/detail/auth/impl/challenge.ipp>
#include <foundry/detail/base/impl/base64.ipp>
#include <foundry/detail/base/impl/decode_floats.ipp>
#include <foundry/detail/base/impl/scoped_wipe.ipp>
#include <foundry/detail/base/impl/time_text.ipp>
#include <foundry/detail/base/impl/utf8.ipp>
#include <foundry/detail/call/impl/error_advice.ipp>
#include <foundry/detail/call/impl/error_body.ipp>
#include <foundry/detail/call/impl/error_code.ipp>
#include <foundry/detail/call/impl/operation.ipp>
#include <foundry/detail/call/impl/request_target.ipp>
#include <foundry/detail/call/impl/service_error.ipp>
#include <foundry/detail/core/impl/field.ipp>
#include <foundry/detail/core/impl/url.ipp>
#include <foundry/detail/entra/impl/signing_key.ipp>
#include <foundry/detail/entra/impl/token_answer.ipp>
#include <foundry/detail/http/impl/event_parser.ipp>
#include <foundry/detail/http/impl/response_parser.ipp>
#include <foundry/detail/http/impl/tls.ipp>
#include <foundry/detail/http/impl/websocket_parser.ipp>
#include <foundry/detail/http/impl/websocket_writer.ipp>
#include <foundry/detail/json/impl/expectation.ipp>
#include <foundry/detail/json/impl/reader.ipp>
#include <foundry/detail/json/impl/repeating_reader.ipp>
#include <foundry/detail/json/impl/schema.ipp>
#include <foundry/detail/json/impl/type.ipp>
#include <foundry/detail/json/impl/value_builder.ipp>
#include <foundry/detail/json/impl/value_match.ipp>
#include <foundry/detail/json/impl/writer.ipp>
#include <foundry/impl/chat.ipp>
#include <foundry/impl/chat_accumulator.ipp>
#include <foundry/impl/chat_message.ipp>
#include <foundry/impl/content_filter.ipp>
#include <foundry/impl/endpoint.ipp>
#include <foundry/impl/error.ipp>
#include <foundry/impl/response_headers.ipp>
#include <foundry/impl/response_info.ipp>
#include <foundry/impl/secret.ipp>
