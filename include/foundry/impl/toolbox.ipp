// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/toolbox.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL toolbox::toolbox() : tools_(std::make_shared<std::vector<std::shared_ptr<detail::tool const>> const>()) {}
FOUNDRY_DECL bool toolbox::empty() const noexcept { return tools_->empty(); }
FOUNDRY_DECL std::size_t toolbox::size() const noexcept { return tools_->size(); }

namespace detail {

inline void check_function_name(std::string const& name)
{
    static constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (name.empty() || name.size() > 64 || name.find_first_not_of(allowed) != name.npos)
        throw error(errc::invalid_argument,
                    "the name of a function must have 1 to 64 letters, digits, underscores and hyphens");
}

/// A function whose arguments are any JSON.
struct json_tool final : tool
{
    boost::asio::awaitable<std::string> call(std::string arguments) const override
    {
        boost::json::value value;
        read_arguments(arguments, {&value, &json::type_of<boost::json::value>::value});
        return function(std::move(value));
    }

    std::function<boost::asio::awaitable<std::string>(boost::json::value)> function;
};

} // namespace detail

FOUNDRY_DECL toolbox& toolbox::insert(std::string name, std::string description, std::unique_ptr<detail::tool> made)
{
    detail::check_function_name(name);
    if (find(name))
        throw error(errc::invalid_argument, "the toolbox has a function " + name + " already; name it otherwise");
    made->name = std::move(name);
    made->description = std::move(description);
    auto more = std::make_shared<std::vector<std::shared_ptr<detail::tool const>>>(*tools_);
    more->push_back(std::move(made));
    tools_ = std::move(more);
    return *this;
}

FOUNDRY_DECL toolbox& toolbox::add(std::string name, std::string description, boost::json::value parameters,
                                   std::function<boost::asio::awaitable<std::string>(boost::json::value)> function)
{
    if (!function)
        throw error(errc::invalid_argument, "the function " + name + " is empty");
    auto made = std::make_unique<detail::json_tool>();
    made->function = std::move(function);
    made->parameters = json::to_text(parameters);
    made->is_strict = false;
    return insert(std::move(name), std::move(description), std::move(made));
}

FOUNDRY_DECL std::vector<tool_definition> toolbox::definitions(bool strict) const
{
    std::vector<tool_definition> all;
    for (std::shared_ptr<detail::tool const> const& one : *tools_) {
        boost::json::value parameters =
            one->parameters.empty() ? boost::json::value{{"type", "object"}, {"properties", boost::json::object()}}
                                    : json::parse_schema(one->parameters);
        tool_definition& made = all.emplace_back(one->name, one->description, std::move(parameters));
        if (strict && one->is_strict && !one->parameters.empty())
            made.function.strict = true;
    }
    return all;
}

FOUNDRY_DECL std::shared_ptr<detail::tool const> toolbox::find(std::string_view name) const noexcept
{
    auto const found =
        std::find_if(tools_->begin(), tools_->end(), [name](auto const& one) { return one->name == name; });
    return found != tools_->end() ? *found : nullptr;
}

FOUNDRY_DECL std::string toolbox::names() const
{
    std::string text;
    for (std::shared_ptr<detail::tool const> const& one : *tools_)
        text.append(text.empty() ? "" : ", ").append(one->name);
    return text;
}

namespace detail {

/// About the number of tokens of a message.
inline std::size_t tokens_of(chat_message const& message) { return json::to_text(message).size() / 4 + 1; }

inline bool is_instruction(chat_message const& message)
{
    return message.role == chat_role::system || message.role == chat_role::developer;
}

} // namespace detail

FOUNDRY_DECL std::size_t trim(std::vector<chat_message>& messages, std::size_t max_tokens)
{
    std::size_t tokens = 0;
    std::size_t last_turn = 0;
    for (std::size_t i = 0; i != messages.size(); ++i) {
        tokens += detail::tokens_of(messages[i]);
        if (messages[i].role == chat_role::user)
            last_turn = i;
    }
    std::size_t removed = 0;
    bool is_removing = tokens > max_tokens;
    std::vector<chat_message> kept;
    for (std::size_t i = 0; i != messages.size(); ++i) {
        if (messages[i].role == chat_role::user) // a turn begins
            is_removing = tokens > max_tokens && i < last_turn;
        if (is_removing && i < last_turn && !detail::is_instruction(messages[i])) {
            tokens -= detail::tokens_of(messages[i]);
            ++removed;
        } else {
            kept.push_back(std::move(messages[i]));
        }
    }
    messages = std::move(kept);
    return removed;
}

} // namespace foundry::inline FOUNDRY_ABI
