// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/event_parser.hpp>

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What the events of a stream mean besides their content: end markers, keep-alives, and when a stream is complete.
namespace foundry::inline FOUNDRY_ABI::detail {

/// Whether a name is one of these, ignoring case.
FOUNDRY_DECL bool is_one_of(std::span<std::string_view const> names, std::string_view name) noexcept;

/// Whether the data of an event says that the stream has ended: `[DONE]`, in any case, with blanks or quotes around it.
FOUNDRY_DECL bool is_end_marker(std::string_view data) noexcept;
/// Whether the data is `DONE` without brackets; only chat streams end with it.
FOUNDRY_DECL bool is_bare_end_marker(std::string_view data) noexcept;

/// Whether an event only shows that the connection is alive: one without data, `null`, `""`, `[]`, `{}`, `ping`, or one named
/// `ping`, `keepalive` or `heartbeat`.
FOUNDRY_DECL bool is_keep_alive(http::event const& e) noexcept;
FOUNDRY_DECL bool is_keep_alive_name(std::string_view type) noexcept;

/// The type of an event; if it has none, the member `type` of its JSON.
FOUNDRY_DECL std::string type_of_event(http::event const& e);

/// Which choices of a chat have begun, and which have ended.
class choice_ends
{
public:
    static constexpr std::size_t max_choices = 128; // the API's own limit of `n`

    choice_ends() = default;

    void note(std::int64_t index, bool is_finished)
    {
        if (index < 0 || index >= static_cast<std::int64_t>(max_choices))
            return;
        begun_.set(static_cast<std::size_t>(index));
        if (is_finished)
            ended_.set(static_cast<std::size_t>(index));
    }
    /// Whether there was a choice, and each has its finish reason.
    bool all_ended() const noexcept { return begun_.any() && begun_ == ended_; }

private:
    std::bitset<max_choices> begun_;
    std::bitset<max_choices> ended_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/event_rules.ipp>
#endif
