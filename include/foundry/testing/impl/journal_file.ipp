// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/embedding_model.ipp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <system_error>

#if defined(_WIN32)
#include <boost/asio/detail/socket_types.hpp> // the system's headers, in the order and with the macros that Asio needs
#else
#include <fcntl.h>
#include <unistd.h>
#endif

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
    /// One call for a line, so that lines of several processes do not mix.
    void write(std::string const& line) const;
    bool is_open() const noexcept { return file_ != no_file; }

#if defined(_WIN32)
    static inline void* const no_file = INVALID_HANDLE_VALUE;
    void* file_ = no_file;
#else
    static constexpr int no_file = -1;
    int file_ = no_file;
#endif
};

#if defined(_WIN32)

FOUNDRY_DECL journal_file::journal_file(std::string const& path)
{
    if (path.empty())
        return;
    // Like elsewhere, others may remove the file while it is open.
    file_ = ::CreateFileA(path.c_str(), FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                          nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (!is_open())
        throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(),
                                "emulator: cannot open " + path);
}

FOUNDRY_DECL journal_file::~journal_file()
{
    if (is_open())
        ::CloseHandle(file_);
}

FOUNDRY_DECL void journal_file::write(std::string const& line) const
{
    DWORD written = 0;
    if (::WriteFile(file_, line.data(), static_cast<DWORD>(line.size()), &written, nullptr) == 0 ||
        written != line.size())
        throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(),
                                "emulator: cannot write its journal");
}

#else

FOUNDRY_DECL journal_file::journal_file(std::string const& path)
{
    if (path.empty())
        return;
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (!is_open())
        throw std::system_error(errno, std::generic_category(), "emulator: cannot open " + path);
}

FOUNDRY_DECL journal_file::~journal_file()
{
    if (is_open())
        ::close(file_);
}

FOUNDRY_DECL void journal_file::write(std::string const& line) const
{
    auto const written = ::write(file_, line.data(), line.size());
    if (written < 0 || static_cast<std::size_t>(written) != line.size())
        throw std::system_error(errno, std::generic_category(), "emulator: cannot write its journal");
}

#endif

FOUNDRY_DECL bool is_utf8(std::string const& text)
{
    boost::system::error_code failed;
    boost::json::parse(boost::json::serialize(boost::json::value(text)), failed);
    return !failed;
}

FOUNDRY_DECL void journal_file::add(recorded_request const& request, std::optional<unsigned> status)
{
    if (!is_open())
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
    write(boost::json::serialize(line) + "\n");
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
