# The operator's page (web/), built by Vite into CONTRANS_PAGE_FOLDER and compiled into the server.
# CONTRANS_BUILD_PAGE=AUTO: where npm is found. docs/decisions/page.md
set(CONTRANS_BUILD_PAGE "AUTO" CACHE STRING "Build the operator's page into the server: ON, OFF or AUTO")
set_property(CACHE CONTRANS_BUILD_PAGE PROPERTY STRINGS AUTO ON OFF)

set(CONTRANS_WITH_PAGE OFF)
if(CONTRANS_BUILD_PAGE)
  find_program(CONTRANS_NPM npm)
  if(CONTRANS_NPM)
    set(CONTRANS_WITH_PAGE ON)
  elseif(NOT CONTRANS_BUILD_PAGE STREQUAL "AUTO")
    message(FATAL_ERROR "CONTRANS_BUILD_PAGE: npm is missing; scripts/install-packages installs it")
  endif()
endif()
message(STATUS "Operator's page: ${CONTRANS_WITH_PAGE}")

set(CONTRANS_PAGE_FOLDER ${PROJECT_BINARY_DIR}/page/dist)
set(CONTRANS_PAGE_FILES index.html assets/page.js assets/page.css assets/chart.js assets/icon.svg)

# contrans_page(): in the folder of the target that embeds the files.
function(contrans_page)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/src/* ${PROJECT_SOURCE_DIR}/web/public/*)
  foreach(file index.html package.json package-lock.json tsconfig.json vite.config.ts .npmrc)
    list(APPEND sources ${PROJECT_SOURCE_DIR}/web/${file})
  endforeach()
  list(TRANSFORM CONTRANS_PAGE_FILES PREPEND ${CONTRANS_PAGE_FOLDER}/ OUTPUT_VARIABLE outputs)
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/build-page ${PROJECT_BINARY_DIR}/page
    DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/scripts/build-page
    COMMENT "Building the page"
    VERBATIM)
endfunction()
