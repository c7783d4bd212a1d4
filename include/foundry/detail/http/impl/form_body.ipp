// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/form_body.hpp>
#include <foundry/error.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

inline std::uint64_t size_of(form_piece const& piece) noexcept
{
    return piece.source ? piece.source->size() : piece.text.size();
}

} // namespace detail

FOUNDRY_DECL form_body::form_body(std::vector<form_piece> pieces) : pieces_(std::move(pieces))
{
    for (form_piece const& piece : pieces_)
        size_ += detail::size_of(piece);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::size_t> form_body::read(std::span<char> into)
{
    for (; piece_ != pieces_.size(); ++piece_, done_ = 0) {
        form_piece const& piece = pieces_[piece_];
        std::uint64_t const left = detail::size_of(piece) - done_;
        if (left == 0) {
            if (piece.source)
                co_await check_end(*piece.source);
            continue;
        }
        std::span<char> const most = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size())));
        std::size_t count = most.size();
        if (piece.source)
            count = co_await piece.source->read(most);
        else
            std::copy_n(piece.text.data() + done_, count, most.data());
        if (count == 0 || count > most.size()) {
            throw error(errc::source_failed, "the source of the upload ended after " + std::to_string(done_) + " of " +
                                                 std::to_string(piece.source->size()) +
                                                 " bytes; send it again when nothing changes it");
        }
        done_ += count;
        co_return count;
    }
    co_return 0;
}

/// A source that has more than it has said was changed.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> form_body::check_end(byte_source& source)
{
    char more = 0;
    if (co_await source.read(std::span<char>(&more, 1)) != 0) {
        throw error(errc::source_failed, "the source of the upload has more than the " + std::to_string(source.size()) +
                                             " bytes that it had; send it again when nothing changes it");
    }
}

FOUNDRY_DECL bool form_body::rewind()
{
    piece_ = 0;
    done_ = 0;
    return std::all_of(pieces_.begin(), pieces_.end(),
                       [](form_piece const& piece) { return !piece.source || piece.source->rewind(); });
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
