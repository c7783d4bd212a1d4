// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/text.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// A topic of the chat model.
class topic
{
public:
    std::string_view key_words; ///< A question with any of these words is about this topic.
    std::string_view text;
    bool is_answer = true; ///< Whether it answers a question, so that a closing sentence about the question fits.
};

FOUNDRY_DECL std::span<topic const> topics()
{
    static constexpr std::array<topic, 16> list = {{
        {"feet foot mile miles",
         "A mile is 5,280 feet long. The number comes from eight furlongs of 660 feet each, and a furlong was as far "
         "as "
         "an ox could plough without a rest. In metres that is 1,609.344, exactly, since 1959."},
        {"kilometre kilometer metre meter metres meters",
         "A kilometre is 1,000 metres, or about 3,281 feet. The metre began as a ten-millionth of the way from the "
         "pole "
         "to the equator. Today it is how far light gets in 1/299,792,458 of a second."},
        {"coroutine coroutines co_await awaitable asynchronous asio suspend",
         "A coroutine is a function that can pause in the middle and go on later where it stopped. While it waits, its "
         "thread is free to do other work, so one thread can serve thousands of connections. In C++ the words "
         "co_await, "
         "co_yield and co_return make a function a coroutine, and the compiler keeps its local variables in a frame on "
         "the heap."},
        {"cpp template templates compiler header headers stroustrup",
         "C++ gives you high-level abstractions that cost nothing you would not have paid by hand. Destructors are its "
         "best idea: what a constructor took, the destructor gives back, on every way out. Templates, lambdas and "
         "coroutines came later and rest on the same promise."},
        {"story tale fairy",
         "Once there was a lighthouse keeper who answered every ship that called, even the ones that were only lost in "
         "thought. One night a small boat asked him where the sea ended. He looked at his charts, found no answer and "
         "lit a second lamp instead. The boat came in by that light, and its captain stayed for breakfast. Ever since, "
         "the harbour has had two lamps: one for those who know where they are going, and one for the rest."},
        {"weather rain sunny temperature forecast",
         "I cannot look out of a window, so I know the weather only when a tool tells me. As a rule, what it does now "
         "is "
         "the best forecast for the next hour. For anything further ahead, falling pressure means rain and rising "
         "pressure means the washing can go out."},
        {"capital france paris",
         "The capital of France is Paris. It lies on the Seine and has been the seat of government, with breaks, since "
         "the tenth century. About two million people live in the city and ten million around it."},
        {"azure foundry endpoint deployment",
         "Azure AI Foundry serves many models behind one address. You deploy a model under a name of your choice, and "
         "each request says by that name which one should answer. The same deployment can be reached through several "
         "forms of the address, and they differ in how they report errors."},
        {"embedding embeddings vector vectors similarity cosine",
         "An embedding is a list of numbers that stands for the meaning of a text. Texts about the same thing get "
         "vectors "
         "that point the same way, so the cosine of the angle between them says how alike they are. That is enough to "
         "build a search that does not depend on exact words."},
        {"joke funny laugh", "Why did the developer go broke? Because he used up all his cache. I have others, but "
                             "they are not thread-safe."},
        {"moon earth sun planet planets distance", "The Moon is 384,400 kilometres away on average, which light covers "
                                                   "in 1.3 seconds. It goes round the Earth once "
                                                   "in 27.3 days and always shows us the same face. The Sun is about "
                                                   "390 times as far and 400 times as wide, so the "
                                                   "two look equally large in our sky."},
        {"tls certificate certificates handshake encryption",
         "TLS does two jobs: it hides what is said and it proves who is listening. The proof is a certificate, signed "
         "by "
         "an authority that the client already trusts. A client that skips the check has a private conversation with "
         "anybody who cares to answer."},
        {"recipe recipes cook bake bread cake dinner",
         "Start with flour, water, salt and time; the time matters most. Knead until the dough springs back, let it "
         "rise "
         "until it has doubled, and bake it hotter than you think. It is done when the bottom sounds hollow."},
        {"song music melody sing singer",
         "A good song needs few notes and the courage to repeat them. The verse tells you something new each time, and "
         "the chorus is what you hum on the stairs. Most melodies that last move by small steps and leap only once."},
        {"ship ships sea ocean sail sailing boat", "A ship floats because it pushes aside water that weighs as much as "
                                                   "all of it. That is why a steel hull full of "
                                                   "air rides high and a pebble does not. Speed through the water is "
                                                   "counted in knots, one nautical mile an hour."},
        {"hello hi hey greetings thanks",
         "Hello! It is good to hear from you. Ask me about miles, coroutines, the Moon or bread, or ask for a story. "
         "Whatever you bring up, I will have something to say about it.",
         false},
    }};
    return list;
}

/// What the model says to a question about an unknown topic: a reflection on the question's own words.
FOUNDRY_DECL std::string reflection(std::vector<std::string> const& keys)
{
    auto const subject = keys.empty() ? std::string("that") : join_words(keys);
    auto const first = keys.empty() ? std::string("it") : keys.front();
    return "You are asking about " + subject + ", and that deserves a careful answer. The place to begin is " + first +
           ": say plainly what it is and what it is for. From there the rest follows in small steps, each of which can "
           "be "
           "checked by itself. Where two explanations fit equally well, the shorter one is the better guess.";
}

/// The meanings of the key words of each topic. They are made once, because a batch asks 100,000 questions.
FOUNDRY_DECL std::vector<std::vector<std::string>> const& topic_meanings()
{
    static auto const list = [] {
        std::vector<std::vector<std::string>> made;
        for (auto const& one : topics())
            made.push_back(meanings_of(one.key_words));
        return made;
    }();
    return list;
}

FOUNDRY_DECL std::size_t score(std::vector<std::string> const& known, std::vector<std::string> const& meanings)
{
    std::vector<std::string> hits;
    for (auto const& one : meanings) {
        if (contains(known, one) && !contains(hits, one))
            hits.push_back(one);
    }
    return hits.size();
}

FOUNDRY_DECL topic const* find_topic(std::string_view question)
{
    auto meanings = meanings_of(question);
    if (lower(question).find("c++") != std::string::npos)
        meanings.push_back("c++");
    topic const* best = nullptr;
    std::size_t most = 0;
    for (std::size_t i = 0; i < topics().size(); ++i) {
        auto const points = score(topic_meanings()[i], meanings);
        if (points > most) {
            most = points;
            best = &topics()[i];
        }
    }
    return best;
}

FOUNDRY_DECL std::string first_sentence(std::string_view text)
{
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if ((text[i] == '.' || text[i] == '!' || text[i] == '?') && text[i + 1] == ' ')
            return std::string(text.substr(0, i + 1));
    }
    return std::string(text);
}

/// A last sentence with the words of the question; `variant` makes several choices differ.
FOUNDRY_DECL std::string closing(std::vector<std::string> const& keys, std::size_t variant)
{
    auto const subject = keys.empty() ? std::string("it") : join_words(keys);
    switch (variant % 3) {
    case 0:
        return " That is the short version on " + subject + ".";
    case 1:
        return " There is more to say about " + subject + ", but this is the heart of it.";
    default:
        return " If you meant something else by " + subject + ", ask again.";
    }
}

/// An answer of three to five sentences; of one sentence if `brief`.
FOUNDRY_DECL std::string compose_answer(std::string_view question, bool brief, std::size_t variant)
{
    auto const keys = key_words_of(question, 4);
    auto const* const about = find_topic(question);
    auto const text = about ? std::string(about->text) : reflection(keys);
    if (brief)
        return first_sentence(text);
    bool const closes = about ? about->is_answer : variant > 0;
    return closes ? text + closing(keys, variant) : text;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
