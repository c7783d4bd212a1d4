// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::json {

/// Reads one document after another into the same value, where most of them repeat the one before with other texts and whole numbers,
/// as the chunks of a stream do. Of such a document only these are read; the rest of its bytes is compared with those of the one before.
/// The result is always that of a `reader`, which reads every other document.
///
/// Between two documents the value must not change and not move, or forget() must be called.
///
/// Thread safety: none.
class repeating_reader
{
public:
    repeating_reader() = default;

    template <class T>
    bool read(T& value, std::string_view text)
    {
        return read(object_ref{&value, &type_of<T>::value}, text);
    }
    bool read(object_ref value, std::string_view text);

    /// The next document is read as a whole.
    void forget() noexcept;

    /// As in `reader`.
    std::string const& problem() const noexcept { return reader_.problem(); }

private:
    /// A piece of the last document that may be another one in the next, with its target.
    struct hole
    {
        std::size_t begin;
        std::size_t end;
        object_ref target;
    };

    /// False, with some targets changed, if the document differs in more than its holes.
    bool fill_holes(std::string_view text);
    /// Reads a text or whole number. Returns the position after it; null if it is something else than the target.
    char const* fill(object_ref target, char const* p, char const* end);
    /// Where a document, which has been read into the value, has other texts and numbers than the last one; none if more is different.
    std::vector<hole> find_holes(object_ref value, std::string_view text);

    static constexpr std::size_t max_size = std::size_t{64} << 10; // of a document that is kept
    static constexpr std::size_t max_holes = 16;

    reader reader_;
    std::string last_; // a document that was read as a whole
    std::vector<hole> holes_;
    unsigned misses_ = 0; // documents that were read as a whole since one was not
};

} // namespace foundry::inline FOUNDRY_ABI::json

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/json/impl/repeating_reader.ipp>
#endif
