// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/error.hpp>
#include <foundry/options.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The objects of a list, page by page.
///
/// @param fetch fetches one page: the objects after `Query::after`. A service that does not say `has_more` has no more.
/// @throws foundry::error from next() (`errc::unexpected_reply`) if a page does not lead to the next one.
template <class Object, class Page, class Query>
FOUNDRY_CORO async_generator<Object> list_pages(std::shared_ptr<client_state> state, Query which, call_options with,
                                                boost::asio::awaitable<Page> (*fetch)(std::shared_ptr<client_state>,
                                                                                      Query, call_options))
{
    for (;;) {
        Page page = co_await fetch(state, which, with);
        for (Object& each : page.data)
            co_yield std::move(each);
        if (!page.has_more)
            co_return;
        if (page.last_id.empty() || page.last_id == which.after)
            throw error(errc::unexpected_reply, "the list has more, but does not say after which id it goes on");
        which.after = std::move(page.last_id);
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
