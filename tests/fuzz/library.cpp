// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The parts of the library that the fuzzers call, compiled once; all of it, as in foundry/src.hpp, takes three times as long.

#include <foundry/entra/detail/impl/signing_key.ipp>
#include <foundry/entra/detail/impl/time_text.ipp>
#include <foundry/entra/detail/impl/token_answer.ipp>
#include <foundry/http/impl/event_parser.ipp>
#include <foundry/http/impl/field.ipp>
#include <foundry/http/impl/response_parser.ipp>
#include <foundry/http/impl/tls.ipp>
#include <foundry/http/impl/url.ipp>
#include <foundry/impl/base64.ipp>
#include <foundry/impl/challenge.ipp>
#include <foundry/impl/chat.ipp>
#include <foundry/impl/chat_message.ipp>
#include <foundry/impl/content_filter.ipp>
#include <foundry/impl/decode_floats.ipp>
#include <foundry/impl/endpoint.ipp>
#include <foundry/impl/error.ipp>
#include <foundry/impl/response_headers.ipp>
#include <foundry/impl/response_info.ipp>
#include <foundry/impl/secret.ipp>
#include <foundry/impl/service_error.ipp>
#include <foundry/impl/utf8.ipp>
#include <foundry/json/impl/reader.ipp>
#include <foundry/json/impl/scanner.ipp>
#include <foundry/json/impl/type.ipp>
#include <foundry/json/impl/writer.ipp>
