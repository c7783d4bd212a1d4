// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/embedding_model.ipp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Appends the requests of all emulators that share the file, in this process and others.
class journal_file
{
public:
    explicit journal_file(std::string const& path);
    ~journal_file();
    journal_file(journal_file const&) = delete;
    journal_file& operator=(journal_file const&) = delete;

    /// `status` is that of the emulator's own response; empty for a queued answer.
    void add(recorded_request const& request, std::optional<unsigned> status);

private:
    int file_ = -1;
};

FOUNDRY_DECL journal_file::journal_file(std::string const& path)
{
    if (path.empty())
        return;
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file_ < 0)
        throw std::system_error(errno, std::generic_category(), "emulator: cannot open " + path);
}

FOUNDRY_DECL journal_file::~journal_file()
{
    if (file_ >= 0)
        ::close(file_);
}

FOUNDRY_DECL bool is_utf8(std::string const& text)
{
    boost::system::error_code failed;
    boost::json::parse(boost::json::serialize(boost::json::value(text)), failed);
    return !failed;
}

FOUNDRY_DECL void journal_file::add(recorded_request const& request, std::optional<unsigned> status)
{
    if (file_ < 0)
        return;
    boost::json::array headers;
    for (auto const& [name, value] : request.headers) {
        bool const secret = same_name(name, "api-key") || same_name(name, "authorization");
        headers.emplace_back(boost::json::array{name, secret ? boost::json::value() : boost::json::value(value)});
    }
    boost::json::object line;
    line["method"] = request.method;
    line["target"] = request.target;
    line["host"] = request.host;
    line["headers"] = std::move(headers);
    if (is_utf8(request.body))
        line["body"] = request.body;
    else
        line["body_base64"] = base64(request.body);
    line["status"] = status ? boost::json::value(*status) : boost::json::value();
    auto const text = boost::json::serialize(line) + "\n";
    // One write call, so that lines of several processes do not mix.
    if (::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::system_error(errno, std::generic_category(), "emulator: cannot write its journal");
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
