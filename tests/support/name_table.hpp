// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The name service of a test program. The program is linked with --wrap=getaddrinfo and --wrap=freeaddrinfo, and with name_table.cpp.

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test {

/// The addresses of hosts. A host that is not in the table does not exist.
///
/// Thread safety: all functions may be called from any thread.
class name_table
{
public:
    /// Also forgets the lookups that were counted.
    void set(std::string const& host, std::vector<std::string> addresses)
    {
        std::lock_guard const lock(mutex_);
        hosts_[host] = record();
        hosts_[host].addresses = std::move(addresses);
    }

    /// The next lookups of this host wait for release().
    void hold(std::string const& host, std::size_t count)
    {
        std::lock_guard const lock(mutex_);
        hosts_[host].to_hold = count;
    }

    void wait_until_held(std::string const& host)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return hosts_[host].held != 0; });
    }

    std::size_t held(std::string const& host)
    {
        std::lock_guard const lock(mutex_);
        return hosts_[host].held;
    }

    /// Lets the held lookups of this host continue.
    void release(std::string const& host)
    {
        std::lock_guard const lock(mutex_);
        ++hosts_[host].released;
        hosts_[host].to_hold = 0;
        changed_.notify_all();
    }

    /// How many lookups of this host have begun.
    std::size_t lookups(std::string const& host)
    {
        std::lock_guard const lock(mutex_);
        return hosts_[host].lookups;
    }

    /// One lookup.
    std::vector<std::string> look_up(std::string const& host)
    {
        std::unique_lock lock(mutex_);
        record& of_host = hosts_[host];
        ++of_host.lookups;
        if (of_host.to_hold != 0) {
            --of_host.to_hold;
            ++of_host.held;
            changed_.notify_all();
            changed_.wait(lock, [&, before = of_host.released] { return of_host.released != before; });
            --of_host.held;
        }
        return of_host.addresses;
    }

private:
    struct record
    {
        std::vector<std::string> addresses;
        std::size_t lookups = 0;
        std::size_t to_hold = 0;
        std::size_t held = 0;
        std::size_t released = 0; // counts the calls of release()
    };

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, record> hosts_;
};

/// That of this program.
name_table& names();

} // namespace foundry_test
