# contrans_library(NAME SOURCES a.cpp ... LINKS targets ... [PRIVATE_LINKS targets ...]): one folder, one target, contrans::NAME.
function(contrans_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(contrans_${name} STATIC ${ARG_SOURCES})
  add_library(contrans::${name} ALIAS contrans_${name})
  set_target_properties(contrans_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(contrans_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                     $<INSTALL_INTERFACE:include>)
  target_compile_features(contrans_${name} PUBLIC cxx_std_20)
  target_link_libraries(contrans_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS} $<BUILD_INTERFACE:contrans_warnings>)
  set_property(GLOBAL APPEND PROPERTY CONTRANS_LIBRARIES contrans_${name})
endfunction()
