# Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

# Puts the library into one header, all of it but the embedded Foundry:
#
#     cmake -D include=DIRECTORY -D output=FILE -D version=VERSION -P single_header.cmake

cmake_minimum_required(VERSION 3.20)

# Appends a file to `text`, once, with what it includes in front of it.
function(add name)
    get_property(done GLOBAL PROPERTY done)
    if("${name}" IN_LIST done)
        return()
    endif()
    set_property(GLOBAL APPEND PROPERTY done "${name}")
    file(READ "${include}/${name}" rest)
    string(REGEX REPLACE "#ifdef FOUNDRY_HEADER_ONLY\n[^\n]*\n(#include [^\n]*\n)*#endif\n" "" rest "${rest}") # the bodies come last
    string(REGEX REPLACE "^// Copyright the foundry authors.[^\n]*\n" "" rest "${rest}")
    string(REPLACE "#pragma once\n" "" rest "${rest}")
    while(rest MATCHES "#include <(foundry/[^>\n]+)>[^\n]*\n")
        set(included "${CMAKE_MATCH_1}")
        string(FIND "${rest}" "${CMAKE_MATCH_0}" begin)
        string(LENGTH "${CMAKE_MATCH_0}" size)
        string(SUBSTRING "${rest}" 0 ${begin} before)
        math(EXPR after "${begin} + ${size}")
        string(SUBSTRING "${rest}" ${after} -1 rest)
        string(APPEND text "${before}")
        add("${included}")
    endwhile()
    set(text "${text}${rest}" PARENT_SCOPE)
endfunction()

# Appends all files that end like this, by name.
macro(add_all ending)
    file(GLOB_RECURSE names RELATIVE "${include}" "${include}/foundry/*${ending}")
    list(FILTER names EXCLUDE REGEX "^foundry/testing/|/src[.]hpp$")
    list(SORT names)
    foreach(name IN LISTS names)
        add("${name}")
    endforeach()
endmacro()

set(text "// foundry ${version}. Copyright the foundry authors.
// Distributed under the Boost Software License, Version 1.0: https://www.boost.org/LICENSE_1_0.txt
// Made from the headers of foundry, a C++20 coroutine client for Azure AI Foundry Models; do not edit.
//
// Include it where you like; define FOUNDRY_IMPLEMENTATION before that in exactly one source file. That file carries all bodies
// and Boost.JSON: link OpenSSL, and nothing else of Boost's.
#pragma once

#if __cplusplus < 202002L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L)
#error \"foundry needs C++20: compile with -std=c++20\"
#else

#ifdef FOUNDRY_SEPARATE_COMPILATION
#error \"the one header has a separate compilation of its own: define FOUNDRY_IMPLEMENTATION in one source file instead\"
#endif
#define FOUNDRY_SEPARATE_COMPILATION
")
add_all(".hpp")
string(APPEND text "\n#ifdef FOUNDRY_IMPLEMENTATION\n#include <boost/json/src.hpp>\n")
add_all(".ipp")
string(APPEND text "#endif\n\n#endif // C++20\n")
file(WRITE "${output}" "${text}")
