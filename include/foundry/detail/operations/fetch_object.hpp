// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/json/type_of.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Decodes an object of the service, which has an id.
template <class Object>
class object_sink final : public json_sink
{
public:
    explicit object_sink(Object& reply)
        : json_sink({&reply, &json::type_of<Object>::value}, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.id.empty() ? "the answer has no id" : ""; }

    Object const& reply_;
};

template <class Object>
FOUNDRY_CORO boost::asio::awaitable<Object> fetch_object(std::shared_ptr<pending_request> request)
{
    Object reply;
    object_sink<Object> body(reply);
    open_response head;
    co_await send_with_retries(*request, &body, head);
    reply.set_info(std::move(head.info));
    co_return reply;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
