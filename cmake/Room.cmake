# martlet_room(NAME <room> LINKS <rooms and libraries...> [PRIVATE_LINKS <libraries...>])
#
# One room of the house: every *.cc below this folder goes into the static library martlet_<room>, every NAME_test.cc
# into the test program martlet_<room>_tests, which ctest runs. Includes are written from src/ ("store/store.h").
function(martlet_room)
  cmake_parse_arguments(ROOM "" "NAME" "LINKS;PRIVATE_LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  set(target martlet_${ROOM_NAME})
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})

  if(tests)
    add_executable(${target}_tests ${tests})
    target_link_libraries(${target}_tests PRIVATE ${target} ${ROOM_PRIVATE_LINKS} GTest::gtest GTest::gtest_main)
    add_test(NAME ${ROOM_NAME} COMMAND ${target}_tests)
  endif()
endfunction()
