// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/duration_text.hpp>
#include <foundry/detail/base/utf8.hpp>
#include <foundry/error.hpp>

#include <boost/system/errc.hpp>
#include <boost/system/error_condition.hpp>

#include <cstdint>
#include <cstdio>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

struct foundry_category final : boost::system::error_category
{
    constexpr foundry_category() noexcept : error_category(0x8f3d2c61e4a7b905) {}

    char const* name() const noexcept override { return "foundry"; }

    std::string message(int value) const override { return text(static_cast<errc>(value)); }

    /// A code compares equal to the standard condition that means the same, if there is one.
    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        namespace standard = boost::system::errc;
        switch (static_cast<errc>(value)) {
        case errc::invalid_argument:
            return standard::make_error_condition(standard::invalid_argument);
        case errc::forbidden:
            return standard::make_error_condition(standard::permission_denied);
        case errc::connection_lost:
            return standard::make_error_condition(standard::connection_reset);
        case errc::token_timeout:
        case errc::connect_timeout:
        case errc::tls_timeout:
        case errc::pool_timeout:
        case errc::write_timeout:
        case errc::first_byte_timeout:
        case errc::silence_timeout:
        case errc::stall_timeout:
        case errc::total_timeout:
            return standard::make_error_condition(standard::timed_out);
        default:
            return {value, *this};
        }
    }

private:
    static char const* text(errc code)
    {
        switch (code) {
        case errc::invalid_argument:
            return "invalid argument";
        case errc::no_ca_store:
            return "no usable certificate store";
        case errc::credential_unavailable:
            return "credential unavailable";
        case errc::authentication_failed:
            return "authentication failed";
        case errc::bad_request:
            return "bad request";
        case errc::unauthorized:
            return "unauthorized";
        case errc::forbidden:
            return "forbidden";
        case errc::model_not_found:
            return "model not found";
        case errc::route_not_found:
            return "route not found";
        case errc::unprocessable:
            return "unprocessable";
        case errc::content_filter:
            return "blocked by the content filter";
        case errc::too_large:
            return "request too large";
        case errc::rate_limited:
            return "rate limited";
        case errc::queue_full:
            return "the queue for batch jobs is full";
        case errc::quota_exhausted:
            return "quota exhausted";
        case errc::service_error:
            return "service error";
        case errc::unexpected_reply:
            return "unexpected reply";
        case errc::limit_exceeded:
            return "limit exceeded";
        case errc::stream_truncated:
            return "stream truncated";
        case errc::refused:
            return "the model refuses to answer";
        case errc::answer_cut_off:
            return "the answer is cut off";
        case errc::answer_misfit:
            return "the answer does not fit its class";
        case errc::too_many_rounds:
            return "too many rounds of tool calls";
        case errc::token_timeout:
            return "no token in time";
        case errc::connect_timeout:
            return "connecting took too long";
        case errc::tls_timeout:
            return "the TLS handshake took too long";
        case errc::pool_timeout:
            return "no connection became free in time";
        case errc::write_timeout:
            return "writing the request took too long";
        case errc::first_byte_timeout:
            return "the answer did not begin in time";
        case errc::silence_timeout:
            return "no byte for too long";
        case errc::stall_timeout:
            return "no content for too long";
        case errc::total_timeout:
            return "time limit of the whole call exceeded";
        case errc::resolve_failed:
            return "host not found";
        case errc::connect_failed:
            return "connection failed";
        case errc::tls_failed:
            return "TLS failed";
        case errc::connection_lost:
            return "connection lost";
        case errc::proxy_failed:
            return "the proxy failed";
        case errc::client_closed:
            return "the client is closed";
        case errc::source_failed:
            return "the upload cannot be read";
        case errc::sink_failed:
            return "the download cannot be written";
        }
        return "unknown";
    }
};

inline constexpr foundry_category category_instance{};

/// Code point of one character in valid UTF-8.
inline std::uint32_t code_point_of(std::string_view one)
{
    auto const lead = static_cast<unsigned char>(one[0]);
    std::uint32_t c = one.size() == 1 ? lead : lead & (0xffu >> (one.size() + 1));
    for (std::size_t i = 1; i != one.size(); ++i)
        c = c << 6 | (static_cast<unsigned char>(one[i]) & 0x3f);
    return c;
}

/// Whether a terminal prints the character: false for control characters, and for marks of text direction and line ends.
inline bool is_printable(std::uint32_t c)
{
    bool const control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool const mark =
        c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return !control && !mark;
}

/// Appends text of the service in a form that is safe to print: valid UTF-8, other characters escaped, cut at 1,024 bytes.
inline void append_printable(std::string& out, std::string_view text)
{
    constexpr std::size_t max_size = 1024;
    std::string valid;
    append_utf8(valid, text.substr(0, max_size + 4));
    std::string_view rest = valid;
    std::size_t left = max_size;
    while (!rest.empty() && left != 0) {
        std::size_t size = 1;
        while (size != rest.size() && (static_cast<unsigned char>(rest[size]) & 0xc0) == 0x80)
            ++size;
        std::string_view const one = rest.substr(0, size);
        if (size > left)
            break;
        if (std::uint32_t const c = code_point_of(one); is_printable(c)) {
            out += one;
        } else {
            char escaped[16];
            std::snprintf(escaped, sizeof escaped, c < 0x100 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        }
        rest.remove_prefix(size);
        left -= size;
    }
    if (!rest.empty() || text.size() > max_size + 4)
        out += "...";
}

/// Text for the number of attempts; empty for one.
inline std::string count_attempts(std::vector<attempt> const& made)
{
    if (made.size() < 2)
        return {};
    std::chrono::milliseconds span{0};
    for (attempt const& a : made)
        span += a.waited + a.elapsed;
    return "after " + std::to_string(made.size()) + " attempts in " + in_words(span);
}

inline std::string describe(boost::system::error_code code, failure const& f)
{
    std::string line = code.message();
    auto const part = [&line](std::string_view lead, std::string_view text) {
        if (!text.empty())
            append_printable(line += lead, text);
    };
    std::string const status = f.status != 0 ? std::to_string(f.status) : std::string{};
    if (!status.empty())
        part(": HTTP ", status);
    if (f.service_code != status) // Azure repeats the status as its code
        part(status.empty() ? ": " : " ", f.service_code);
    part(": ", f.service_message);
    if (!f.advice.empty())
        part(line.ends_with('.') ? " " : line == code.message() ? ": " : ". ", f.advice);
    std::string notes = count_attempts(f.attempts);
    if (!f.request_id.empty())
        notes.append(notes.empty() ? "" : ", ").append("request id ").append(f.request_id);
    if (!notes.empty())
        part(" (", notes + ")");
    return line;
}

} // namespace detail

FOUNDRY_DECL boost::system::error_category const& error_category() noexcept { return detail::category_instance; }

FOUNDRY_DECL boost::system::error_code make_error_code(errc code) noexcept
{
    return {static_cast<int>(code), error_category()};
}

FOUNDRY_DECL error::error(errc code, std::string advice)
    : error(make_error_code(code), [&] {
          failure f;
          f.advice = std::move(advice);
          return f;
      }())
{}

FOUNDRY_DECL error::described::described(boost::system::error_code code, failure known)
    : failure(std::move(known)),
      line(detail::describe(code, *this))
{}

FOUNDRY_DECL error::error(boost::system::error_code code, failure details)
    : system_error(code),
      details_(new described(code, std::move(details)))
{}

FOUNDRY_DECL error error::with_attempts(std::vector<attempt> made) const
{
    failure details = *details_;
    details.attempts = std::move(made);
    return {code(), std::move(details)};
}

FOUNDRY_DECL std::string const& error::message() const noexcept
{
    return details_->service_message.empty() ? details_->advice : details_->service_message;
}

} // namespace foundry::inline FOUNDRY_ABI
