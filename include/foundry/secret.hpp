// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/scoped_wipe.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Deleter that overwrites the text.
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

/// Text that must not leak. It lives on the heap; the destructor overwrites it. It cannot be copied, printed or compared by accident.
///
/// The buffers of the socket and of OpenSSL, and core dumps, may still contain it.
class secret
{
public:
    secret() = default;
    explicit secret(std::string_view text);
    secret(secret&&) noexcept = default;
    secret& operator=(secret&&) noexcept = default;

    bool empty() const noexcept { return text_ == nullptr; }

    /// The text itself, for the code that sends it. The view is valid as long as the secret is.
    std::string_view reveal() const noexcept { return {text_.get(), text_ ? text_.get_deleter().size : 0}; }

private:
    std::unique_ptr<char[], detail::secret_eraser> text_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/secret.ipp>
#endif
