#include "apps/cli/neutral_file.h"

#include <filesystem>

#include "contrans/harvest/corpus.h"

namespace contrans::cli {

std::vector<std::string> read_neutral(const std::string& file) {
    if (file.empty()) return {};
    const std::filesystem::path path = file;
    return read_corpus({&path, 1});
}

}  // namespace contrans::cli
