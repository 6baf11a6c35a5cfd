# The Python module. nanobind itself is found where Python has it installed.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module ${SKBUILD_SABI_COMPONENT})
execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir
  OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
find_package(nanobind CONFIG REQUIRED)

# A wheel uses the stable ABI from Python 3.12 on; else nanobind leaves it. NOMINSIZE: a single step from Python is
# short enough for the binding's own code to matter.
nanobind_add_module(_native STABLE_ABI NB_STATIC NOMINSIZE native/python.cc native/python/chain.cc
  native/python/stack.cc)
target_include_directories(_native PRIVATE native)
target_link_libraries(_native PRIVATE ostinato_native)
install(TARGETS _native LIBRARY DESTINATION ostinato)

# Renamed into place, because a process that runs tests meanwhile has the old file mapped.
if(OSTINATO_INPLACE)
  set(package ${CMAKE_SOURCE_DIR}/src/ostinato)
  add_custom_command(TARGET _native POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:_native> ${package}/.building-$<TARGET_FILE_NAME:_native>
    COMMAND ${CMAKE_COMMAND} -E rename ${package}/.building-$<TARGET_FILE_NAME:_native>
      ${package}/$<TARGET_FILE_NAME:_native>)
endif()
