// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Files that the service keeps: an upload, the list, a download.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key. The Foundry Models API has no files.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/files.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> exchange_files(std::filesystem::path folder)
{
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.openai.azure.com/openai/v1"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options
    foundry::files const files{client};

    std::filesystem::path const here = folder / "questions.jsonl";
    std::ofstream(here) << R"({"question": "How many feet are in a mile?"})" << '\n';
    foundry::file_upload what{here, "fine-tune"};
    foundry::file stored = co_await files.upload(what);
    stored = co_await files.wait(stored.id);
    std::cout << stored.id << " is " << stored.status.name() << ", " << stored.bytes.value_or(0) << " bytes\n";

    foundry::async_generator<foundry::file> all = files.list();
    while (auto each = co_await all.next())
        std::cout << "  " << each->id << "  " << printable(each->filename) << '\n';

    co_await files.download(stored.id, folder / "copy.jsonl");
    std::cout << "downloaded " << std::filesystem::file_size(folder / "copy.jsonl") << " bytes\n";
    co_await files.remove(stored.id);
}

int main()
{
    std::filesystem::path const folder = std::filesystem::temp_directory_path() / "foundry_files";
    std::filesystem::create_directories(folder);
    int const status = foundry::run(exchange_files(folder));
    std::filesystem::remove_all(folder);
    return status;
}
