// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A game at 60 frames a second in which two characters talk, and can open doors. The loop owns its frame and gives the library a share
// of it: no step begins after that, however fast the service answers. The rest waits in the socket for the next frame.
//
//     game_loop [seconds] [--lines] [--voice]
//
// With --lines it prints what was said, one speech a line, and draws nothing. With --voice the characters speak, each in a realtime session;
// what they said is in Ada.wav and Bo.wav. At the end it prints how much time the library took of each frame. configuration.hpp says which
// service it uses.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/realtime.hpp>
#include <foundry/tools.hpp>
#include <foundry/wav.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/enum_to_string.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <iomanip>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr nanoseconds frame_time = nanoseconds{1s} / 60;
constexpr std::size_t remembered = 6; // lines of the conversation
constexpr nanoseconds budget = 100us; // of a frame, for the library

enum class room
{
    galley,
    hold,
    bridge
};
BOOST_DESCRIBE_ENUM(room, galley, hold, bridge)

struct door
{
    room leads_to = room::galley;
};
BOOST_DESCRIBE_STRUCT(door, (), (leads_to))

struct character
{
    std::string name;
    std::string manner;
    std::string speech; // as much as has arrived
    std::vector<std::int16_t> voice = {};
};

struct scene
{
    std::array<character, 2> characters{
        character{
            "Ada", "You are Ada, the navigator of a ship at sea. Answer in two sentences, and ask something back.", {}},
        character{
            "Bo", "You are Bo, a cook who would rather be on land. Answer in two sentences, and tell a story.", {}}};
    std::set<std::string> open_doors;
    std::string said;    // complete speeches and what was done, one in each line, not yet printed
    std::string trouble; // why the conversation has ended
};

/// What a character can do. The functions run in the loop's thread, within its share of a frame; the model is told what has happened.
foundry::toolbox abilities(scene& s, character const& who)
{
    foundry::toolbox tools;
    tools.add("open_door", "Opens a door of the ship", [&s, &who](door d) -> std::string {
        std::string const name = boost::describe::enum_to_string(d.leads_to, "");
        if (!s.open_doors.insert(name).second)
            return "The way to the " + name + " was free already";
        s.said += "(" + who.name + " opens the door to the " + name + ")\n";
        return "The way to the " + name + " is free";
    });
    return tools;
}

constexpr char first_line[] = "Tell me a story about a ship at sea, and open the door to the galley.";

/// The conversation. Each answer is the other character's question; the history is limited to the last few lines.
asio::awaitable<void> talk(foundry::client<> client, std::string model, scene& s)
{
    std::deque<std::string> lines{first_line};
    for (std::size_t turn = 0;; ++turn) {
        character& speaker = s.characters[turn % 2];
        foundry::chat_request request{model};
        request.system(speaker.manner);
        for (std::size_t left = lines.size() - (lines.size() + 1) % 2; left != 0; --left) {
            std::string const& line = lines[lines.size() - left];
            if (left % 2 == 1) // the last, and so the first, is the other's
                request.user(line);
            else
                request.assistant(line);
        }

        speaker.speech.clear();
        foundry::async_generator<foundry::tool_event> events = client.stream(request, abilities(s, speaker));
        while (auto event = co_await events.next()) {
            if (event->type == foundry::tool_event_type::text)
                speaker.speech += event->text;
        }
        s.said += speaker.name + ": " + speaker.speech + '\n';
        lines.push_back(speaker.speech);
        if (lines.size() > remembered)
            lines.pop_front();
    }
}

asio::awaitable<foundry::realtime_session> give_voice(foundry::client<> client, character const& who,
                                                      foundry::toolbox tools)
{
    foundry::realtime const realtime{client};
    foundry::realtime_session session = co_await realtime.connect("gpt-realtime");
    foundry::realtime_settings settings;
    settings.instructions = who.manner;
    settings.tools = foundry::functions_of(tools);
    settings.answer_in("audio");
    co_await session.update(settings);
    co_return session;
}

/// The same conversation in speech. The samples are kept until the game ends: to write a file may take longer than a frame.
asio::awaitable<void> talk_aloud(foundry::client<> client, scene& s)
{
    std::array<foundry::realtime_session, 2> sessions;
    std::string line = first_line;
    for (std::size_t turn = 0;; ++turn) {
        character& speaker = s.characters[turn % 2];
        foundry::realtime_session& session = sessions[turn % 2];
        foundry::toolbox const tools = abilities(s, speaker);
        if (turn < 2)
            session = co_await give_voice(client, speaker, tools);
        speaker.speech.clear();
        co_await session.say(line);
        co_await session.respond();
        for (bool is_over = false; !is_over;) {
            std::optional<foundry::realtime_event> const event = co_await session.next();
            if (!event || event->error)
                throw std::runtime_error(event ? event->error->message : session.close_reason());
            speaker.speech += event->text();
            std::vector<std::int16_t> const samples = event->samples();
            speaker.voice.insert(speaker.voice.end(), samples.begin(), samples.end());
            std::size_t const calls = co_await session.answer_calls(*event, tools);
            is_over = event->type == foundry::realtime_event_type::response_done && calls == 0;
        }
        s.said += speaker.name + ": " + speaker.speech + '\n';
        line = speaker.speech;
    }
}

void write_voice(character const& who)
{
    foundry::wav_writer file(who.name + ".wav", 24'000);
    file.write(who.voice);
    file.close();
    std::cout << static_cast<double>(who.voice.size()) / 24'000 << " s of speech in " << who.name << ".wav\n";
}

/// Runs the library until it has nothing to do or its time is up; returns the time that it took.
nanoseconds give_time(asio::io_context& context)
{
    steady_clock::time_point const begin = steady_clock::now();
    while (steady_clock::now() < begin + budget && context.poll_one() != 0) {
    }
    return steady_clock::now() - begin;
}

class histogram
{
public:
    void add(nanoseconds taken)
    {
        longest_ = std::max(longest_, taken);
        std::size_t i = 0;
        while (i != limits.size() && taken > limits[i])
            ++i;
        ++counts_[i];
        ++all_;
    }

    void print() const
    {
        std::cout << "\nTime that the library took of a frame:\n";
        for (std::size_t i = 0; i != counts_.size(); ++i) {
            if (i != limits.size())
                std::cout << "  up to " << std::setw(4) << limits[i].count() << " us";
            else
                std::cout << "  longer       ";
            std::cout << std::setw(7) << counts_[i] << ' ' << std::string((counts_[i] * 50 + all_ - 1) / all_, '#')
                      << '\n';
        }
        std::cout << "at most " << longest_.count() / 1000 << " us, of " << all_ << " frames\n";
    }

private:
    static constexpr std::array<std::chrono::microseconds, 8> limits{5us,   10us,  25us,  50us,
                                                                     100us, 250us, 500us, 2000us};

    std::array<std::size_t, limits.size() + 1> counts_{};
    std::size_t all_ = 0;
    nanoseconds longest_{0};
};

/// The end of a text, in one line.
std::string last_of(std::string text, std::size_t size)
{
    std::size_t begin = text.size() > size ? text.size() - size : 0;
    while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80) // not within a character
        ++begin;
    text.erase(0, begin);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return printable(text);
}

/// Four lines, drawn over those of the frame before.
void draw(scene const& s, std::size_t frame, nanoseconds taken)
{
    std::string out = frame == 0 ? "" : "\x1b[4A";
    out.append("\x1b[K").append(1, "|/-\\"[frame / 6 % 4]);
    out.append(" frame ").append(std::to_string(frame));
    out.append(": the library took ").append(std::to_string(taken.count() / 1000)).append(" us of it\n");
    for (character const& c : s.characters)
        out.append("\x1b[K").append(c.name).append(": ").append(last_of(c.speech, 72)).append("\n");
    out += "\x1b[KOpen doors:";
    for (std::string const& name : s.open_doors)
        out.append(" ").append(name);
    std::cout << out << '\n' << std::flush;
}

int main(int argc, char** argv)
try {
    std::vector<std::string> rest(argv + 1, argv + argc);
    bool const draws = std::erase(rest, "--lines") == 0;
    bool const speaks = std::erase(rest, "--voice") != 0;
    std::size_t const frames = 60 * (rest.empty() ? 20 : std::stoul(rest[0]));

    configuration const my(speaks ? "https://contoso.openai.azure.com/openai/v1"
                                  : "https://contoso.services.ai.azure.com/models");
    asio::io_context context{1}; // of one thread: the loop's
    foundry::client const client{context, my.endpoint(), my.credential(), my.options()};

    std::cout << "Loading ..." << std::endl;
    asio::co_spawn(context, client.warm_up(), foundry::rethrow);
    context.run();
    context.restart();

    scene s;
    asio::awaitable<void> conversation = speaks ? talk_aloud(client, s) : talk(client, my.model(), s);
    asio::co_spawn(context, std::move(conversation), [&s](std::exception_ptr failed) {
        try {
            std::rethrow_exception(failed);
        } catch (std::exception const& e) {
            s.trouble = e.what();
        }
    });

    histogram shares;
    steady_clock::time_point next = steady_clock::now();
    for (std::size_t frame = 0; frame != frames && s.trouble.empty(); ++frame) {
        nanoseconds const taken = give_time(context);
        shares.add(taken);
        if (draws)
            draw(s, frame, taken);
        else
            std::cout << printable(std::exchange(s.said, {})) << std::flush;
        next += frame_time;
        std::this_thread::sleep_until(next);
    }
    shares.print();
    if (speaks)
        std::for_each(s.characters.begin(), s.characters.end(), write_voice);
    if (s.trouble.empty())
        return 0;
    std::cerr << s.trouble << '\n';
    return 1;
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
