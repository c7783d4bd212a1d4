// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A described class with a member that has no JSON form, or with one that its description forgets.

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>

#include <string>
#include <vector>

struct nothing
{};

struct weather
{
    std::string city;
#if defined(A_POINTER)
    void* more = nullptr;
#elif defined(AN_UNDESCRIBED_CLASS)
    std::vector<nothing> more;
#elif defined(A_WIDE_INTEGER)
    __extension__ using wide = __int128;
    wide more = 0;
#elif defined(VECTOR_OF_BOOL)
    std::vector<bool> more;
#else
    int more = 0;
#endif
};
#ifdef A_FORGOTTEN_MEMBER
BOOST_DESCRIBE_STRUCT(weather, (), (city))
#else
BOOST_DESCRIBE_STRUCT(weather, (), (city, more))
#endif

// A member of a base that is not described is left out on purpose.
struct station : nothing
{
    std::string name;
};
BOOST_DESCRIBE_STRUCT(station, (), (name))

bool read(weather& of, station& from, std::string& text)
{
    foundry::json::reader reader;
    foundry::json::write(text, {&from, &foundry::json::type_of<station>::value}, foundry::json::writing::all);
    return reader.read(of, text);
}
