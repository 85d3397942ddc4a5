# Warnings and sanitizers for our own targets alone: never exported, never on dependencies.
option(CONTRANS_WERROR "Treat warnings in our own code as errors" ${PROJECT_IS_TOP_LEVEL})

add_library(contrans_warnings INTERFACE)
target_compile_options(contrans_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                       -Wnon-virtual-dtor -Woverloaded-virtual $<$<BOOL:${CONTRANS_WERROR}>:-Werror>)
# GCC 12 reports overlapping copies inside std::string's own operator+ (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(contrans_warnings INTERFACE -Wno-restrict)
  # With -fsanitize=thread it takes an empty optional's vector, moved by std::rotate, for read; and Asio's loop, which
  # the judge's client runs on one thread, has fences that the sanitizer does not follow.
  if(CONTRANS_SANITIZE STREQUAL "thread")
    target_compile_options(contrans_warnings INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
  endif()
endif()
if(CONTRANS_SANITIZE)
  target_compile_options(contrans_warnings INTERFACE -fsanitize=${CONTRANS_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(contrans_warnings INTERFACE -fsanitize=${CONTRANS_SANITIZE})
endif()
if(CONTRANS_FUZZ)
  # Coverage for libFuzzer in everything that the target reaches.
  target_compile_options(contrans_warnings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# UBSan's vptr check asks for the type of every object with virtual functions, and SOCI's library hides those of its own.
function(contrans_without_vptr_check target)
  if(NOT CONTRANS_SANITIZE MATCHES "undefined")
    return()
  endif()
  # Of the sources: those of the target come before -fsanitize=undefined, which would undo them.
  get_target_property(sources ${target} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_OPTIONS -fno-sanitize=vptr)
endfunction()
