# contrans_embed_file(TARGET SYMBOL FILE): compiles FILE's bytes into TARGET. Code that wants them declares
#   namespace contrans::embedded { std::string_view SYMBOL(); }
# Rebuilt when FILE changes. Run as a script (cmake -P) this file writes the source.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${INPUT}" hex HEX)
  # Bytes as numbers, 32 a line; a list in braces has no length limit, a string literal has.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REPEAT "0x..," 32 line)
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  get_filename_component(name "${INPUT}" NAME)
  file(WRITE "${OUTPUT}.new" "// Made from ${name} by cmake/embed_file.cmake.
#include <string_view>

namespace contrans::embedded {
namespace {
const unsigned char kBytes[] = {
${bytes}0};
}  // namespace

std::string_view ${SYMBOL}();
std::string_view ${SYMBOL}() { return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes) - 1}; }

}  // namespace contrans::embedded
")
  file(RENAME "${OUTPUT}.new" "${OUTPUT}")
  return()
endif()

set(CONTRANS_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(contrans_embed_file target symbol file)
  get_filename_component(input "${file}" ABSOLUTE)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DSYMBOL=${symbol} -P ${CONTRANS_EMBED_SCRIPT}
    DEPENDS ${input} ${CONTRANS_EMBED_SCRIPT}
    COMMENT "Embedding ${file}"
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
