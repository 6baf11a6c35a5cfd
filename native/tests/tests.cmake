# Every test_*.cc is a program of its own. Those of the kernels run once for each level; 77 says that this processor
# lacks it. The address sanitizer's malloc must refuse impossible sizes as malloc does, rather than end the program.
# Fresh memory holds no zeros, from malloc (MALLOC_PERTURB_) or the sanitizer's, so that nobody can count on them.
set(level_free test_buffers test_cpu test_plan test_threads test_threads_openmp)
set(environment MALLOC_PERTURB_=128
  ASAN_OPTIONS=allocator_may_return_null=1:max_malloc_fill_size=16777216:malloc_fill_byte=255)

# What test_math calls: math.h as each level compiles it, the lowest first, as in CMakeLists.txt.
add_library(test_math_levels INTERFACE)
foreach(level IN LISTS levels)
  add_library(math_${level} OBJECT native/tests/math_of_level.cc)
  target_link_libraries(math_${level} PRIVATE flags)
  target_compile_definitions(math_${level} PRIVATE OSTINATO_LEVEL=${level})
  target_compile_options(math_${level} PRIVATE ${flags_${level}})
  target_link_libraries(test_math_levels INTERFACE $<TARGET_OBJECTS:math_${level}>)
endforeach()

function(add_native_test name program)
  add_test(NAME ${name} COMMAND ${program})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment};${ARGN}" SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()

file(GLOB tests CONFIGURE_DEPENDS native/tests/test_*.cc)
foreach(source IN LISTS tests)
  get_filename_component(test ${source} NAME_WE)
  add_executable(${test} ${source})
  target_link_libraries(${test} PRIVATE ostinato_native)
  if(test IN_LIST level_free)
    add_native_test(${test} ${test})
    continue()
  endif()
  foreach(level IN LISTS levels)
    add_native_test(${test}.${level} ${test} OSTINATO_CPU=${level})
  endforeach()
endforeach()
target_link_libraries(test_math PRIVATE test_math_levels)
