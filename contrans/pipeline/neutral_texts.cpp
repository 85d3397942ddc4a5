#include "contrans/pipeline/neutral_texts.h"

#include <algorithm>
#include <string_view>

#include "contrans/harvest/corpus.h"

namespace contrans::embedded {
std::string_view neutral_dev();
std::string_view neutral_test();
}  // namespace contrans::embedded

namespace contrans {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

std::span<const std::string> neutral_development_texts() {
    static const std::vector<std::string> texts = lines_of(embedded::neutral_dev());
    return texts;
}

std::span<const std::string> neutral_test_texts() {
    static const std::vector<std::string> texts = lines_of(embedded::neutral_test());
    return texts;
}

std::vector<std::string> read_neutral(const std::filesystem::path& file) {
    if (file.empty()) return {};
    return read_corpus({&file, 1});
}

}  // namespace contrans
