// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// examples/apps/chat.cpp as a person uses it: in a terminal.

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <poll.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#if __has_include(<pty.h>)
#include <pty.h>
#else
#include <util.h>
#endif

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A terminal in which the chat runs, with the service that it starts itself.
class terminal
{
public:
    terminal()
    {
        std::string name = (fs::temp_directory_path() / "foundry-chat-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        directory_ = name;
        child_ = forkpty(&master_, nullptr, nullptr, nullptr);
        REQUIRE(child_ != -1);
        if (child_ == 0) {
            unsetenv("AZURE_AI_ENDPOINT");
            setenv("FOUNDRY_JOURNAL", journal_file().c_str(), 1);
            execl(FOUNDRY_CHAT, FOUNDRY_CHAT, static_cast<char*>(nullptr));
            _exit(127);
        }
        termios how{};
        REQUIRE(tcgetattr(master_, &how) == 0);
        how.c_lflag &= ~static_cast<tcflag_t>(ECHO); // what is printed is the chat's alone
        REQUIRE(tcsetattr(master_, TCSANOW, &how) == 0);
        see("/help");
        see("> ");
    }
    terminal(terminal const&) = delete;
    terminal& operator=(terminal const&) = delete;
    ~terminal()
    {
        if (child_ > 0) {
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);
        }
        close(master_);
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }

    fs::path const& directory() const { return directory_; }

    void type(std::string const& text) { REQUIRE(write(master_, text.data(), text.size()) == ssize_t(text.size())); }
    void enter(std::string const& line) { type(line + '\n'); }

    /// Waits until this is printed. Returns what came before, and counts in how many pieces all of it came.
    std::string see(std::string_view text)
    {
        pieces_ = 0;
        auto const end = std::chrono::steady_clock::now() + 30s;
        for (;;) {
            if (std::size_t const at = unseen_.find(text); at != unseen_.npos) {
                std::string const before = unseen_.substr(0, at);
                unseen_.erase(0, at + text.size());
                return before;
            }
            if (!read_before(end))
                FAIL("'" << text << "' was not printed, but: " << unseen_);
        }
    }
    int pieces() const { return pieces_; }

    /// Waits until the chat has ended, and returns its status.
    int end()
    {
        auto const end = std::chrono::steady_clock::now() + 30s;
        while (read_before(end)) {
        }
        int status = 0;
        REQUIRE(waitpid(child_, &status, 0) == child_);
        child_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    /// The messages of each request, as "role: text".
    std::vector<std::vector<std::string>> asked() const
    {
        std::vector<std::vector<std::string>> all;
        std::ifstream file(journal_file());
        for (std::string line; std::getline(file, line);) {
            boost::json::value const body = boost::json::parse(boost::json::parse(line).at("body").as_string());
            std::vector<std::string>& messages = all.emplace_back();
            char const* const name = body.as_object().contains("messages") ? "messages" : "input";
            for (boost::json::value const& m : body.at(name).as_array()) {
                boost::json::object const& message = m.as_object();
                auto const& content = m.at(message.contains("tool_calls") ? "tool_calls" : "content");
                messages.push_back(std::string(m.at("role").as_string()) + ": " +
                                   (content.is_string() ? std::string(content.get_string()) : serialize(content)));
            }
        }
        return all;
    }

private:
    std::string journal_file() const { return (directory_ / "journal.jsonl").string(); }

    bool read_before(std::chrono::steady_clock::time_point end)
    {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd wait{master_, POLLIN, 0};
        if (left <= 0ms || poll(&wait, 1, static_cast<int>(left.count())) != 1)
            return false;
        char bytes[4096];
        ssize_t const n = read(master_, bytes, sizeof bytes);
        if (n <= 0) // nobody has the terminal open any more
            return false;
        unseen_.append(bytes, static_cast<std::size_t>(n));
        ++pieces_;
        return true;
    }

    fs::path directory_;
    int master_ = -1;
    pid_t child_ = 0;
    std::string unseen_;
    int pieces_ = 0;
};

constexpr char const* ctrl_c = "\x03";
constexpr char const* ctrl_d = "\x04";

} // namespace

TEST_CASE("chat example: an answer streams in, with its tokens and its time at the end, and Ctrl-D ends the chat")
{
    terminal t;
    t.enter("How many feet are in a mile?");
    t.see("A mile is");
    t.see(" tokens, ");
    CHECK(t.pieces() > 5);
    t.see(" s]");
    t.see("> ");
    t.type(ctrl_d);
    CHECK(t.end() == 0);
}

TEST_CASE(
    "chat example: a function that the model calls is shown, the answer after it streams, and both stay in the history")
{
    terminal t;
    t.enter("What is the time?");
    CHECK(t.see("[get_time{}: 20").empty()); // it comes before the answer
    t.see(" UTC]");
    t.see("anything else");
    CHECK(t.pieces() > 5);
    t.see(" tokens, ");
    t.see("> ");
    t.enter("Add the numbers 20 and 30.");
    t.see(R"([add_numbers{"numbers":[20]}: 20])"); // the emulator is no model
    t.see(" tokens, ");
    auto const asked = t.asked();
    REQUIRE(asked.size() == 4);
    CHECK(asked[0] == std::vector<std::string>{"user: What is the time?"});
    REQUIRE(asked[1].size() == 3);
    CHECK(asked[1][1].find(R"("name":"get_time")") != std::string::npos);
    CHECK(asked[1][2].starts_with("tool: 20"));
    CHECK(asked[2].size() == 5);
    REQUIRE(asked[3].size() == 7);
    CHECK(asked[3][6] == "tool: 20");
}

TEST_CASE("chat example: Ctrl-C stops an answer and not the chat, and the partial answer stays in the history")
{
    terminal t;
    t.enter("Tell me a story.");
    t.see("lighthouse");
    t.type(ctrl_c);
    std::string const rest = t.see("[stopped]");
    CHECK(rest.find("That is the short version") == rest.npos);
    t.see("> ");
    t.enter("What is the capital of France?");
    t.see("Paris");
    t.see(" tokens, ");
    auto const asked = t.asked();
    REQUIRE(asked.size() == 2);
    REQUIRE(asked[1].size() == 3);
    CHECK(asked[1][0] == "user: Tell me a story.");
    CHECK(asked[1][1].starts_with("assistant: Once there was a lighthouse"));
    CHECK(asked[1][1].find("That is the short version") == std::string::npos);
    CHECK(asked[1][2].find("What is the capital of France?") != std::string::npos);
}

TEST_CASE("chat example: a second Ctrl-C at the prompt ends the chat if nothing was typed in between")
{
    terminal t;
    t.type(ctrl_c);
    t.see("once more");
    t.see("> ");
    t.enter("/help");
    t.see("/quit");
    t.see("> ");
    t.type(ctrl_c);
    t.see("once more");
    t.see("> ");
    t.type(ctrl_c);
    CHECK(t.end() == 0);
}

TEST_CASE("chat example: an unknown deployment is named in the error, and its question leaves the history")
{
    terminal t;
    t.enter("/model no-such-model");
    t.see("[asking no-such-model]");
    t.enter("What is the capital of France?");
    t.see("no deployment 'no-such-model' was found");
    t.see("> ");
    t.enter("/model gpt-4o");
    t.see("> ");
    t.enter("How many feet are in a mile?");
    t.see("5,280");
    t.see(" tokens, ");
    auto const asked = t.asked();
    REQUIRE(asked.size() == 2);
    CHECK(asked[1] == std::vector<std::string>{"user: How many feet are in a mile?"});
    t.see("> ");
    t.enter("/quit");
    CHECK(t.end() == 0);
}

TEST_CASE("chat example: the system message comes first, and can be replaced and removed")
{
    terminal t;
    std::vector<std::string> const commands{"/system You are a pirate.", "/system You are a cook.", "/system"};
    for (std::string const& command : commands) {
        t.enter(command);
        t.see("> ");
        t.enter("Hello.");
        t.see(" tokens, ");
        t.see("> ");
    }
    auto const asked = t.asked();
    REQUIRE(asked.size() == 3);
    CHECK(asked[0] == std::vector<std::string>{"system: You are a pirate.", "user: Hello."});
    CHECK(asked[1][0] == "system: You are a cook.");
    CHECK(asked[1].size() == 4);
    CHECK(asked[2][0] == "user: Hello.");
    CHECK(asked[2].size() == 5);
}

TEST_CASE("chat example: a picture is sent with the next question, and the error names a missing one")
{
    terminal t;
    t.enter("/image " + (t.directory() / "missing.png").string());
    t.see("missing.png cannot be read");
    t.see("> ");
    std::string const file = (t.directory() / "there.png").string();
    std::ofstream(file) << "\x89PNG\r\n\x1a\n";
    t.enter("/image " + file);
    t.see("goes with the next question");
    t.enter("How many feet are in a mile?");
    t.see(" tokens, ");
    t.see("> ");
    t.enter("Hello.");
    t.see(" tokens, ");
    auto const asked = t.asked();
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].size() == 1);
    CHECK(asked[0][0].find("data:image/png;base64,") != std::string::npos);
    CHECK(asked[1].back() == "user: Hello.");
}

TEST_CASE("chat example: /api changes the API in the middle of a conversation")
{
    terminal t;
    t.enter("How many feet are in a mile?");
    t.see(" tokens, ");
    t.enter("/api responses");
    t.see("[by responses]");
    t.enter("What is the capital of France?");
    t.see("Paris");
    t.see(" tokens, ");
    t.enter("/api chat");
    t.see("[by chat]");
    t.enter("Hello.");
    t.see(" tokens, ");
    auto const asked = t.asked();
    REQUIRE(asked.size() == 3);
    CHECK(asked[1].size() == 3);
    CHECK(asked[1][2].find("What is the capital of France?") != std::string::npos);
    REQUIRE(asked[2].size() == 5);
    CHECK(asked[2][3].find("Paris") != std::string::npos);
}
