// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Forms of fields and a file, as a raw client sends them.

#include "support/raw_client.hpp"

#include <string>
#include <utility>
#include <vector>

namespace foundry_test {

/// A form with a file named `file`.
struct form_body
{
    std::vector<std::pair<std::string, std::string>> fields;
    std::string name = "a.jsonl";
    std::string content = "{}";
    std::string type = "application/octet-stream";

    std::string text() const
    {
        std::string made;
        for (auto const& [field, value] : fields)
            made += "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n" + value + "\r\n";
        made += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n";
        if (!type.empty())
            made += "Content-Type: " + type + "\r\n";
        return made + "\r\n" + content + "\r\n--b--\r\n";
    }
};

inline response post_form(raw_client& client, std::string const& target, form_body const& form)
{
    return client.call("POST", target, raw_client::key + "Content-Type: multipart/form-data; boundary=b\r\n",
                       form.text());
}

inline response fetch(raw_client& client, std::string const& target)
{
    return client.call("GET", target, raw_client::key, "");
}

inline response remove(raw_client& client, std::string const& target)
{
    return client.call("DELETE", target, raw_client::key, "");
}

inline std::string id_in(response const& reply) { return std::string(reply.parsed().at("id").as_string()); }

} // namespace foundry_test
