#include "contrans/harvest/corpus.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/json_lines.h"
#include "contrans/core/text_lines.h"
#include "contrans/linalg/random_order.h"

namespace contrans {
namespace {

std::vector<std::string> read_jsonl(const std::filesystem::path& file) {
    std::vector<std::string> texts;
    read_json_lines(file, [&](const nlohmann::json& object, const LinePlace& place) {
        const auto text = object.find("text");
        if (text == object.end() || !text->is_string())
            reject_line(place, "needs a string \"text\"", object.dump().substr(0, 80));
        if (trimmed(text->get_ref<const std::string&>()).empty()) reject_line(place, "\"text\" must not be empty", "");
        texts.push_back(text->get<std::string>());
    });
    return texts;
}

std::vector<std::string> read_file(const std::filesystem::path& file) {
    if (file.extension() == ".txt") return read_text_lines(file);
    if (file.extension() == ".jsonl") return read_jsonl(file);
    throw Error(ErrorKind::format, file.string() +
                                       ": a corpus is .txt (a text a line) or .jsonl ({\"text\": …}), got \"" +
                                       file.extension().string() + "\"");
}

/// How many texts of each file, given how many they hold: the same of all that hold as many, and the rest whole.
std::vector<std::size_t> even_shares(const std::vector<std::vector<std::string>>& files, std::size_t limit) {
    std::vector<std::size_t> shares(files.size(), 0);
    for (std::size_t left = limit, open = files.size(); left > 0 && open > 0;) {
        const std::size_t each = std::max<std::size_t>(1, left / open);
        open = 0;
        for (std::size_t f = 0; f < files.size() && left > 0; ++f) {
            const std::size_t more = std::min({each, left, files[f].size() - shares[f]});
            shares[f] += more;
            left -= more;
            open += shares[f] < files[f].size() ? 1U : 0U;
        }
    }
    return shares;
}

void append(std::vector<std::string>& all, std::vector<std::string>&& more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::vector<std::vector<std::string>> read_corpus_files(std::span<const std::filesystem::path> files) {
    std::vector<std::vector<std::string>> texts;
    std::unordered_set<std::string> seen;
    for (const std::filesystem::path& file : files) {
        std::vector<std::string> of_file = read_file(file);
        if (of_file.empty()) throw Error(ErrorKind::format, file.string() + ": holds no text");
        std::erase_if(of_file, [&](const std::string& text) { return !seen.insert(text).second; });
        texts.push_back(std::move(of_file));
    }
    return texts;
}

std::vector<std::string> read_corpus(std::span<const std::filesystem::path> files) {
    return draw_evenly(read_corpus_files(files), 0, 0);
}

std::vector<std::string> draw_evenly(std::vector<std::vector<std::string>> files, std::size_t limit,
                                     std::uint64_t seed) {
    const std::vector<std::size_t> shares = even_shares(files, limit);
    RandomEngine engine(seed);
    std::vector<std::string> drawn;
    for (std::size_t f = 0; f < files.size(); ++f) {
        if (limit == 0 || shares[f] == files[f].size()) {
            append(drawn, std::move(files[f]));
            continue;
        }
        std::vector<std::size_t> chosen = random_order(files[f].size(), engine);
        chosen.resize(shares[f]);
        std::ranges::sort(chosen);
        for (const std::size_t text : chosen) drawn.push_back(std::move(files[f][text]));
    }
    return drawn;
}

}  // namespace contrans
