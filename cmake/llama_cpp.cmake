# llama.cpp, pinned, built once into the cache outside the tree (scripts/build-llama says where and prints the prefix).
# Target contrans_llama_common: common.h and its libraries. With llama.cpp's own tools in the prefix, also the variables
# CONTRANS_CVECTOR_GENERATOR, CONTRANS_LLAMA_SERVER and CONTRANS_RPC_SERVER.
set(CONTRANS_LLAMA_PREFIX "" CACHE PATH "Installed llama.cpp; empty: the cached build of the pinned version")
set(CONTRANS_LLAMA_VARIANT "default" CACHE STRING "Variant of the cached build: default, tsan or cuda")
option(CONTRANS_LLAMA_TOOLS "Build llama.cpp's own tools too, for the tests that compare with them" OFF)

if(CONTRANS_LLAMA_PREFIX)
  set(llama_prefix ${CONTRANS_LLAMA_PREFIX})
else()
  set(llama_arguments --variant ${CONTRANS_LLAMA_VARIANT})
  if(CONTRANS_LLAMA_TOOLS)
    list(APPEND llama_arguments --with-tools)
  endif()
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/build-llama ${llama_arguments}
                  OUTPUT_VARIABLE llama_prefix OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE llama_result)
  if(NOT llama_result EQUAL 0)
    message(FATAL_ERROR "scripts/build-llama failed; its message is above")
  endif()
endif()
message(STATUS "llama.cpp: ${llama_prefix}")
# Found paths are cached: another prefix must not be mixed with the libraries of the one before.
if(NOT "${llama_prefix}" STREQUAL "${CONTRANS_LLAMA_PREFIX_FOUND}")
  foreach(found llama_DIR ggml_DIR llama_LIBRARY GGML_LIBRARY GGML_BASE_LIBRARY GGML_CPU_LIBRARY
                GGML_RPC_LIBRARY GGML_CUDA_LIBRARY)
    unset(${found} CACHE)
  endforeach()
  set(CONTRANS_LLAMA_PREFIX_FOUND ${llama_prefix} CACHE INTERNAL "The prefix that the cached paths belong to")
endif()
find_package(llama CONFIG REQUIRED PATHS ${llama_prefix} NO_DEFAULT_PATH)
# ggml's package names the CUDA driver alone. The runtime has to follow libggml-cuda.a on a link line.
if(TARGET ggml::ggml-cuda)
  find_package(CUDAToolkit REQUIRED)
  set_property(TARGET ggml::ggml-cuda APPEND PROPERTY INTERFACE_LINK_LIBRARIES CUDA::cudart CUDA::cublas)
endif()

# llama-common: chat templates, tool calls, JSON schemas. Its libraries come before llama on a link line. Its headers
# bring a copy of nlohmann/json, so only the sources that ask for them see them.
set(CONTRANS_LLAMA_COMMON_LIBRARIES ${llama_prefix}/lib/libllama-common.a ${llama_prefix}/lib/libllama-common-base.a
    ${llama_prefix}/lib/libcpp-httplib.a)
set(CONTRANS_LLAMA_COMMON_INCLUDES ${llama_prefix}/include/llama-common)
# Headers of ggml's CPU backend, for the source that gives it kernels of another library.
set(CONTRANS_GGML_CPU_INTERNALS ${llama_prefix}/include/ggml-cpu-internals)
foreach(needed ${CONTRANS_LLAMA_COMMON_LIBRARIES} ${CONTRANS_LLAMA_COMMON_INCLUDES}/chat.h
               ${CONTRANS_GGML_CPU_INTERNALS}/traits.h)
  if(NOT EXISTS ${needed})
    message(FATAL_ERROR "llama.cpp: ${needed} is missing; scripts/build-llama makes a prefix that has it")
  endif()
endforeach()
add_library(contrans_llama_common INTERFACE)
target_include_directories(contrans_llama_common SYSTEM INTERFACE ${CONTRANS_LLAMA_COMMON_INCLUDES})
target_link_libraries(contrans_llama_common INTERFACE ${CONTRANS_LLAMA_COMMON_LIBRARIES} llama)

if(EXISTS ${llama_prefix}/bin/ggml-rpc-server)
  set(CONTRANS_CVECTOR_GENERATOR ${llama_prefix}/bin/llama-cvector-generator)
  set(CONTRANS_LLAMA_SERVER ${llama_prefix}/bin/llama-server)
  set(CONTRANS_RPC_SERVER ${llama_prefix}/bin/ggml-rpc-server)
elseif(CONTRANS_LLAMA_TOOLS)
  message(FATAL_ERROR "CONTRANS_LLAMA_TOOLS: ${llama_prefix} has no tools; scripts/build-llama --with-tools makes them")
endif()
