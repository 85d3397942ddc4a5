#include "apps/cli/evidence_text.h"

#include <string>

#include "apps/cli/word_list.h"
#include "contrans/evaluation/number_text.h"

namespace contrans::cli {
namespace {

constexpr std::size_t kWordsShown = 10;

std::string agreement_text(const AgreementEvidence& agreement) {
    return fixed(agreement.carried) + " with the source's own effect on the next word; shuffled map " +
           fixed(agreement.shuffled_map) + ", shuffled labels " + fixed(agreement.shuffled_labels);
}

std::string agreeing_text(std::size_t n) {
    if (n == 0) return "none agrees with the source, and the nearest was taken: the map may not carry this concept";
    return std::to_string(n) + " agree with the source";
}

std::string standing_text(const SearchStanding& search) {
    std::string text =
        "best of " + std::to_string(search.candidates) + " candidates in " + std::to_string(search.trials) + " trials";
    if (search.agreeing) text += "; " + agreeing_text(*search.agreeing);
    if (search.first_rank) text += "; number " + std::to_string(*search.first_rank) + " after the first look";
    if (!search.runner_up.empty()) text += "; next " + search.runner_up + " with " + fixed(search.runner_up_value);
    return text;
}

}  // namespace

std::vector<Fact> response_facts(const WordResponse* response) {
    if (!response) return {};
    return {{"promotes", joined(promoted_words(*response, kWordsShown))},
            {"suppresses", joined(suppressed_words(*response, kWordsShown))}};
}

std::vector<Fact> choice_facts(const TransplantProvenance& from) {
    std::vector<Fact> facts = {{"chosen by", from.chosen_by}};
    if (from.search) facts.push_back({"search", standing_text(*from.search)});
    if (from.dev_value)
        facts.push_back({"development", fixed(from.dev_value) + ", unsteered " + fixed(from.dev_unsteered)});
    if (from.agreement) facts.push_back({"agreement", agreement_text(*from.agreement)});
    return facts;
}

}  // namespace contrans::cli
