#include "contrans/core/text_file.h"

#include <fstream>
#include <sstream>

#include "contrans/core/error.h"

namespace contrans {

std::string read_text_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf())) throw Error(ErrorKind::io, file.string() + ": cannot be read");
    return text.str();
}

}  // namespace contrans
