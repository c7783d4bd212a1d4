// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Chunks of any kind put together: whatever comes out is written, and read again.

#include "fuzz.hpp"

#include <foundry/chat_accumulator.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/error.hpp>

using foundry_fuzz::check;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    foundry_fuzz::choices from(in.text);
    std::string_view rest = in.text;
    foundry::chat_accumulator all;
    foundry::json::reader reader;
    for (int i = 0; i != 20 && !rest.empty() && !from.empty(); ++i) {
        std::string_view const line = rest.substr(0, rest.find('\n'));
        std::string text(line);
        if (in.mode % 2 == 0)
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        else
            text = foundry_fuzz::make_json(foundry::json::type_of<foundry::chat_chunk>::value, from);
        foundry::chat_chunk chunk;
        if (reader.read(chunk, text))
            all.add(std::move(chunk));
    }
    std::string const written = all.completion().to_json();
    foundry::chat_completion completion;
    check(reader.read(completion, written), "cannot be read again", written, reader.problem());
    foundry_fuzz::check_kept(written, completion.to_json());
    foundry::chat_request next("gpt-4");
    next.add(all.message());
    foundry_fuzz::check_kept(next.to_json(), foundry::chat_request::from_json(next.to_json()).to_json());
    check(all.take().to_json() == written, "taken", written);
    return 0;
}
