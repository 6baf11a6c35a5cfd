# Every test_*.cc is a program of its own. Those of the kernels run once for each level; 77 says that this processor
# lacks it. The address sanitizer's malloc must refuse impossible sizes as malloc does, rather than end the program.
set(level_free test_buffers test_cpu test_threads test_threads_openmp)
set(environment ASAN_OPTIONS=allocator_may_return_null=1)

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
