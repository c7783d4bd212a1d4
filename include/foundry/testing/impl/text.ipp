// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/message.ipp>

#include <algorithm>
#include <array>
#include <span>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

FOUNDRY_DECL bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
FOUNDRY_DECL bool is_upper(char letter) { return letter >= 'A' && letter <= 'Z'; }
FOUNDRY_DECL bool is_space(char letter) { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }

/// Whether a byte belongs to a word. Every byte of a UTF-8 sequence does.
FOUNDRY_DECL bool is_word_byte(char letter)
{
    auto const small = ascii_lower(letter);
    return (small >= 'a' && small <= 'z') || is_digit(letter) || static_cast<unsigned char>(letter) >= 0x80;
}

/// The words of a text in their original spelling.
FOUNDRY_DECL std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    for (std::size_t i = 0; i < text.size();) {
        auto const begin = i;
        while (i < text.size() && is_word_byte(text[i]))
            ++i;
        if (i > begin)
            words.emplace_back(text.substr(begin, i - begin));
        else
            ++i;
    }
    return words;
}

FOUNDRY_DECL std::string_view trim_left(std::string_view text)
{
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    return text;
}

/// The text in pieces of one word with the white space before it. The pieces together are the text again. The emulator counts pieces as
/// tokens.
FOUNDRY_DECL std::vector<std::string> pieces_of(std::string_view text)
{
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < text.size();) {
        auto const begin = i;
        while (i < text.size() && is_space(text[i]))
            ++i;
        while (i < text.size() && !is_space(text[i]))
            ++i;
        pieces.emplace_back(text.substr(begin, i - begin));
    }
    return pieces;
}

/// Joins words as in "a, b and c".
FOUNDRY_DECL std::string join_words(std::span<std::string const> words)
{
    std::string made;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0)
            made += i + 1 == words.size() ? " and " : ", ";
        made += words[i];
    }
    return made;
}

FOUNDRY_DECL bool contains(std::span<std::string_view const> list, std::string_view item)
{
    return std::find(list.begin(), list.end(), item) != list.end();
}

FOUNDRY_DECL bool contains(std::vector<std::string> const& list, std::string_view item)
{
    return std::find(list.begin(), list.end(), item) != list.end();
}

FOUNDRY_DECL bool is_stop_word(std::string_view word)
{
    static constexpr std::array<std::string_view, 96> sorted = {
        "a",    "about", "all",    "am",    "an",    "and",  "any",  "are",     "as",    "at",    "be",     "been",
        "but",  "by",    "can",    "could", "did",   "do",   "does", "explain", "for",   "from",  "give",   "had",
        "has",  "have",  "he",     "her",   "here",  "him",  "his",  "how",     "i",     "if",    "in",     "into",
        "is",   "it",    "its",    "just",  "let",   "like", "make", "many",    "me",    "more",  "most",   "much",
        "my",   "no",    "not",    "of",    "on",    "one",  "or",   "our",     "out",   "over",  "please", "s",
        "say",  "she",   "should", "so",    "some",  "t",    "tell", "than",    "that",  "the",   "their",  "them",
        "then", "there", "these",  "they",  "this",  "to",   "up",   "us",      "was",   "we",    "were",   "what",
        "when", "where", "which",  "who",   "whose", "why",  "will", "with",    "would", "write", "you",    "your"};
    return std::binary_search(sorted.begin(), sorted.end(), word);
}

FOUNDRY_DECL bool strip_suffix(std::string& word, std::string_view suffix, std::size_t min_size)
{
    if (word.size() < min_size + suffix.size() || !word.ends_with(suffix))
        return false;
    word.resize(word.size() - suffix.size());
    return true;
}

/// The common part of different forms of a word: `miles` and `mile`, `baked` and `baking`. Expects lower case.
FOUNDRY_DECL std::string stem_of(std::string word)
{
    if (word.ends_with("ies") && word.size() > 4)
        word.replace(word.size() - 3, 3, "y");
    else if (!word.ends_with("ss") && !word.ends_with("us"))
        strip_suffix(word, "s", 3);
    if (strip_suffix(word, "ing", 3) || strip_suffix(word, "ed", 3)) {
        auto const end = word.size();
        if (end > 3 && word[end - 1] == word[end - 2] && word[end - 1] != 'l' && word[end - 1] != 's')
            word.pop_back();
    }
    strip_suffix(word, "e", 3);
    return word;
}

/// One word for several with the same meaning. Expects and returns a stem.
FOUNDRY_DECL std::string same_meaning(std::string stem)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 26> list = {{
        {"feet", "foot"},          {"ft", "foot"},          {"mi", "mil"},       {"sea", "ocean"},  {"boat", "ship"},
        {"vessel", "ship"},        {"sailor", "sail"},      {"crew", "sail"},    {"cook", "recip"}, {"bak", "recip"},
        {"dish", "recip"},         {"meal", "recip"},       {"dinner", "recip"}, {"sing", "song"},  {"sang", "song"},
        {"sung", "song"},          {"tun", "song"},         {"melody", "song"},  {"music", "song"}, {"singer", "song"},
        {"temperatur", "weather"}, {"forecast", "weather"}, {"rain", "weather"}, {"tal", "story"},  {"cpp", "c++"},
        {"author", "writer"},
    }};
    for (auto const& [from, to] : list) {
        if (stem == from)
            return std::string(to);
    }
    return stem;
}

/// The meanings of all words of a text that are not stop words.
FOUNDRY_DECL std::vector<std::string> meanings_of(std::string_view text)
{
    std::vector<std::string> meanings;
    for (auto const& word : words_of(text)) {
        auto small = lower(word);
        if (!is_stop_word(small))
            meanings.push_back(same_meaning(stem_of(std::move(small))));
    }
    return meanings;
}

/// The first few different words of a text that are not stop words, in their original spelling.
FOUNDRY_DECL std::vector<std::string> key_words_of(std::string_view text, std::size_t max_count)
{
    std::vector<std::string> keys;
    std::vector<std::string> seen;
    for (auto const& word : words_of(text)) {
        auto small = lower(word);
        if (is_stop_word(small) || contains(seen, small))
            continue;
        seen.push_back(std::move(small));
        keys.push_back(word);
        if (keys.size() == max_count)
            break;
    }
    return keys;
}

/// Decodes percent triplets; leaves malformed ones unchanged.
FOUNDRY_DECL std::string percent_decode(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            auto const high = digits.find(ascii_lower(text[i + 1]));
            auto const low = digits.find(ascii_lower(text[i + 2]));
            if (high != digits.npos && low != digits.npos) {
                made += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
                i += 2;
                continue;
            }
        }
        made += text[i];
    }
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
