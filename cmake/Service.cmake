# martlet_service(NAME <service> [LINKS <rooms and libraries...>] [PRIVATE_LINKS <libraries...>])
#
# One AWS service, called in src/services/<service>/CMakeLists.txt. Its interface, types and tables are generated from
# models/<service>.json into ${CMAKE_BINARY_DIR}/generated and included as "api/<service>/types.h" and so on; they form
# the library api_<service>. The service's own *.cc form martlet_<service>; NAME_test.cc files form
# martlet_<service>_tests, which ctest runs. A service without code yet has only its api_ library.

find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
set(MARTLET_GENERATED ${CMAKE_BINARY_DIR}/generated)

# martlet_api(<name> [<model>]): only the library api_<name>; the model is models/<name>.json where none is named.
function(martlet_api name)
  set(model ${PROJECT_SOURCE_DIR}/models/${name}.json)
  if(ARGC GREATER 1)
    set(model ${ARGV1})
  endif()
  set(folder ${MARTLET_GENERATED}/api/${name})
  file(GLOB generator CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/apigen/*.py)
  set(headers ${folder}/types.h ${folder}/values.h ${folder}/api.h ${folder}/model.h ${folder}/bind.h)
  set(sources ${folder}/api.cc ${folder}/model.cc)
  # The generator leaves files alone whose content stays the same, so what includes them is not compiled again.
  add_custom_command(
    OUTPUT ${headers} ${sources}
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/generate_api.py --model ${model}
            --overlay ${PROJECT_SOURCE_DIR}/models/overlay.json --output ${folder}
    DEPENDS ${model} ${PROJECT_SOURCE_DIR}/models/overlay.json ${PROJECT_SOURCE_DIR}/tools/generate_api.py ${generator}
    COMMENT "Generating the ${name} API"
    VERBATIM)
  add_library(api_${name} STATIC ${headers} ${sources})
  target_include_directories(api_${name} PUBLIC ${MARTLET_GENERATED})
  target_link_libraries(api_${name} PUBLIC martlet_wire)
endfunction()

function(martlet_service)
  cmake_parse_arguments(SERVICE "" "NAME" "LINKS;PRIVATE_LINKS" ${ARGN})
  martlet_api(${SERVICE_NAME})
  martlet_room(NAME ${SERVICE_NAME} LINKS api_${SERVICE_NAME} ${SERVICE_LINKS} PRIVATE_LINKS ${SERVICE_PRIVATE_LINKS})
endfunction()
