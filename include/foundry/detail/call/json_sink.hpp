// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/json/reader.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Decodes the body of one JSON answer as it arrives.
class json_sink : public response_sink
{
public:
    /// @param extra the member of the answer that collects what is unknown: an `error` in it that says something is thrown.
    /// @param raw keeps the text, too; if null, only as much of it as an error shows is kept.
    json_sink(json::object_ref into, boost::json::object const& extra, std::string* raw)
        : into_(into),
          extra_(extra),
          raw_(raw)
    {}

    void start() override
    {
        reader_.start(into_);
        kept_.clear();
        if (raw_ != nullptr)
            raw_->clear();
    }

    void on_body(std::string_view bytes) override
    {
        if (raw_ != nullptr)
            raw_->append(bytes);
        else
            kept_.append(bytes.substr(0, max_kept_body - std::min(kept_.size(), max_kept_body)));
        reader_.feed(bytes); // after a failure this does nothing, and finish() tells
    }

    void finish(pending_request const& call, response_info const& info) override
    {
        if (!reader_.finish()) {
            failure f;
            f.service_message = "the answer is not JSON of the expected shape: " + reader_.problem();
            f.advice = "check that the endpoint's URL is the API's and not that of a web page or proxy";
            throw error(make_error_code(errc::unexpected_reply), std::move(f));
        }
        if (auto const* const reported = extra_.if_contains("error"); reported != nullptr && says_anything(*reported)) {
            throw_service_error_in(text(), call.context(), info);
            // The text is not all there, or too long.
            throw_service_error_in(boost::json::serialize(extra_), call.context(), info);
        }
        if (std::string missing = this->missing(); !missing.empty()) {
            throw_any_error_in(text(), call.context(), info);
            throw_incomplete(std::move(missing));
        }
    }

    std::string_view text() const override { return raw_ != nullptr ? *raw_ : kept_; }

protected:
    ~json_sink() = default;

    /// What the answer lacks of what every such answer has; empty if it is all there.
    virtual std::string missing() const = 0;

private:
    json::object_ref into_;
    boost::json::object const& extra_;
    std::string* raw_;
    std::string kept_;
    json::reader reader_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail
