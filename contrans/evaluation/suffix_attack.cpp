#include "contrans/evaluation/suffix_attack.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "contrans/core/atomic_file.h"
#include "contrans/core/json_reader.h"
#include "contrans/evaluation/html_text.h"
#include "contrans/evaluation/number_text.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const SuffixAttack& attack) {
    return {{"vector", attack.vector}, {"suffix", attack.suffix}, {"random", attack.random}, {"metric", attack.metric},
            {"before", attack.before}, {"after", attack.after},   {"tried", attack.tried}};
}

}  // namespace

std::string suffix_attacks_to_json(std::span<const SuffixAttack> attacks) {
    Json list = Json::array();
    for (const SuffixAttack& attack : attacks) list.push_back(json_of(attack));
    return list.dump(2) + "\n";
}

void write_suffix_attack(const SuffixAttack& attack, const std::filesystem::path& file) {
    write_text_file(file, json_of(attack).dump(2) + "\n");
}

SuffixAttack read_suffix_attack(const std::filesystem::path& file) {
    const auto whole = read_json_file(file, "a searched suffix");
    const JsonReader json(whole, file.string());
    return {.vector = json.get<std::string>("vector"),
            .suffix = json.get<std::string>("suffix"),
            .random = json.get<std::string>("random"),
            .metric = json.get<std::string>("metric"),
            .before = json.get<double>("before"),
            .after = json.get<double>("after"),
            .tried = json.get<std::size_t>("tried")};
}

std::string suffix_attacks_html(std::span<const SuffixAttack> attacks) {
    if (attacks.empty()) return "";
    const std::vector<std::string> head = {"vector",  "searched suffix",  "metric",
                                           "steered", "steered, with it", "tried"};
    std::vector<std::vector<HtmlCell>> rows;
    for (const SuffixAttack& attack : attacks) {
        rows.push_back({{attack.vector, HtmlCell::Kind::row_heading, ""},
                        {attack.suffix.empty() ? "none makes it worse" : attack.suffix, HtmlCell::Kind::text, ""},
                        {attack.metric, HtmlCell::Kind::text, ""},
                        {fixed(attack.before), HtmlCell::Kind::number, ""},
                        {fixed(attack.after), HtmlCell::Kind::number, ""},
                        {std::to_string(attack.tried), HtmlCell::Kind::number, ""}});
    }
    return "<h2>Searched suffixes</h2>\n<p>Words put behind an item's text that were searched, word by word, to undo "
           "what the vector does, and what they reach on the development items that they were searched on. What they "
           "do to test items stands under robustness, beside as many words drawn by chance.</p>\n" +
           html_table("Suffixes searched against every vector", head, rows);
}

}  // namespace contrans
