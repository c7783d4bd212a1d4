// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/scoped_wipe.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

struct secret_eraser
{
    std::size_t size = 0;
    void operator()(char* text) const noexcept
    {
        cleanse(text, size);
        delete[] text;
    }
};

} // namespace detail

/// Text that must not leak: it lives on the heap, is erased when it goes, cannot be copied, printed or compared by accident.
///
/// Out of reach stay the socket's buffers, OpenSSL's records and core dumps.
class secret
{
public:
    secret() = default;
    explicit secret(std::string_view text);
    secret(secret&&) noexcept = default;
    secret& operator=(secret&&) noexcept = default;

    bool empty() const noexcept { return text_ == nullptr; }

    /// The text itself, for the one place that sends it.
    std::string_view reveal() const noexcept { return {text_.get(), text_ ? text_.get_deleter().size : 0}; }

private:
    std::unique_ptr<char[], detail::secret_eraser> text_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/secret.ipp>
#endif
