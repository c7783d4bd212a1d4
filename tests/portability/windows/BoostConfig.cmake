# The headers of Boost alone, as a user without its libraries has them: Boost.JSON is compiled from its <boost/json/src.hpp>.
add_library(Boost::headers INTERFACE IMPORTED)
target_include_directories(Boost::headers SYSTEM INTERFACE "${HEADERS}")
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/boost_json.cpp" CONTENT "#include <boost/json/src.hpp>\n")
add_library(boost_json STATIC "${CMAKE_BINARY_DIR}/boost_json.cpp")
target_link_libraries(boost_json PUBLIC Boost::headers)
add_library(Boost::json ALIAS boost_json)
set(Boost_FOUND ON)
