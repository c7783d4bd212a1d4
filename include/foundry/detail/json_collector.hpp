// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/prepared_call.hpp>
#include <foundry/json/reader.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Decodes the body of one JSON answer as it arrives.
class json_collector final : public collector
{
public:
    /// @param extra the member of the answer that collects what is unknown: an `error` in it is thrown.
    /// @param raw keeps the text, too, where it is not null.
    json_collector(json::place into, boost::json::object const& extra, std::string* raw)
        : into_(into),
          extra_(extra),
          raw_(raw)
    {}

    void start() override
    {
        reader_.start(into_);
        if (raw_ != nullptr)
            raw_->clear();
    }

    void on_body(std::string_view bytes) override
    {
        if (raw_ != nullptr)
            raw_->append(bytes);
        reader_.feed(bytes); // after a failure this does nothing, and finish() tells
    }

    void finish(prepared_call const& call, response_info const& info) override
    {
        if (!reader_.finish()) {
            failure f;
            f.status = info.status();
            f.service_message = "the answer is not JSON of the expected shape: " + reader_.problem();
            f.advice = "check that the endpoint's URL is the API's and not that of a web page or proxy";
            throw error(make_error_code(errc::unexpected_reply), std::move(f));
        }
        auto const* const reported = extra_.if_contains("error");
        if (reported == nullptr || reported->is_null())
            return;
        std::string const text = raw_ != nullptr ? *raw_ : boost::json::serialize(extra_);
        throw_service_error_in(text, call.context(), info);
    }

private:
    json::place into_;
    boost::json::object const& extra_;
    std::string* raw_;
    json::reader reader_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail
