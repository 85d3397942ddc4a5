#include "contrans/pipeline/suffix_search.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contrans/core/draw_some.h"
#include "contrans/core/error.h"
#include "contrans/core/json_text.h"
#include "contrans/evaluation/mean.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/worded_task.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

// Shorter ones are articles and the like.
constexpr std::size_t kShortestWord = 3;

using Words = std::vector<std::string>;

/// Its words of ASCII letters, in small ones.
void add_words(std::string_view text, std::set<std::string>& words) {
    std::string word;
    const auto end_word = [&] {
        if (word.size() >= kShortestWord) words.insert(word);
        word.clear();
    };
    for (const char c : text) {
        if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else {
            end_word();
        }
    }
    end_word();
}

Words words_of_choices(const Task& task) {
    std::set<std::string> words;
    for (const TaskItem& item : task.items)
        for (const std::string& choice : item.choices) add_words(choice, words);
    return {words.begin(), words.end()};
}

Words all_words(const Task& task) {
    std::set<std::string> words;
    for (const TaskItem& item : task.items) add_words(plain_text(item.prompt), words);
    for (const std::string& text : neutral_development_texts()) add_words(text, words);
    return {words.begin(), words.end()};
}

/// "Words like these."
std::string as_sentence(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    if (text.empty()) return text;
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text + ".";
}

class SuffixSearch {
public:
    SuffixSearch(const std::shared_ptr<const Model>& target, const ControlVector& vector, const Task& task,
                 const SuffixSearchOptions& options, const RunContext& context)
        : target_(target),
          task_(limit_items(task, options.items, options.seed)),
          steering_(combined_plan({&vector, 1})),
          options_(options),
          context_(context),
          random_(options.seed),
          words_(all_words(task)),
          always_(words_of_choices(task_)) {
        attack_.vector = vector.name;
        attack_.metric = to_string(metric());
    }

    SuffixAttack run() {
        context_.begin("search a suffix against " + attack_.vector, "words", options_.words);
        attack_.before = attack_.after = values({""}).front();
        Words found;
        while (found.size() < options_.words && add_worst_word(found)) context_.advance(found.size());
        context_.end();
        attack_.suffix = as_sentence(found);
        attack_.random = as_sentence(draw_some(words_, found.size(), random_));
        return std::move(attack_);
    }

private:
    [[nodiscard]] Metric metric() const {
        return task_.kind == TaskKind::choice ? Metric::margin : reported_metrics(task_.kind).front();
    }

    /// Whether there was a word that lowers the metric further.
    bool add_worst_word(Words& found) {
        Words next = always_;
        std::ranges::copy(draw_some(words_, options_.tried, random_), std::back_inserter(next));
        std::vector<std::string> suffixes;
        for (const std::string& word : next) {
            Words longer = found;
            longer.push_back(word);
            suffixes.push_back(as_sentence(longer));
        }
        attack_.tried += suffixes.size();
        const std::vector<double> reached = values(suffixes);
        const auto lowest = std::ranges::min_element(reached);
        if (*lowest >= attack_.after) return false;
        attack_.after = *lowest;
        found.push_back(next[static_cast<std::size_t>(lowest - reached.begin())]);
        return true;
    }

    /// [suffixes] means over the items, steered; all are read together.
    std::vector<double> values(const std::vector<std::string>& suffixes) {
        Task all{task_.name, task_.kind, {}, {}, task_.judge};
        for (const std::string& suffix : suffixes)
            std::ranges::move(with_suffix(task_, suffix).items, std::back_inserter(all.items));
        TaskScorer scorer(target_, all, options_.threads);
        // Without a bar of its own: the search has one.
        const std::vector<double> of_items =
            item_values(metric(), all, scorer.score_all(steering_, {nullptr, context_.stop}));
        std::vector<double> means;
        for (std::size_t s = 0; s < suffixes.size(); ++s)
            means.push_back(mean_of(std::span(of_items).subspan(s * task_.items.size(), task_.items.size())));
        return means;
    }

    const std::shared_ptr<const Model>& target_;
    Task task_;
    std::shared_ptr<const SteeringPlan> steering_;
    const SuffixSearchOptions& options_;
    const RunContext& context_;
    std::mt19937_64 random_;
    Words words_;
    Words always_;
    SuffixAttack attack_;
};

}  // namespace

SuffixAttack search_suffix(const std::shared_ptr<const Model>& target, const ControlVector& vector, const Task& task,
                           const SuffixSearchOptions& options, const RunContext& context) {
    if (task.items.empty() || options.words == 0 || options.tried == 0)
        throw Error(ErrorKind::argument, "search_suffix: needs an item and at least one word");
    require_fits(vector, vector.name, target->identity(), options.identity);
    return SuffixSearch(target, vector, task, options, context).run();
}

}  // namespace contrans
