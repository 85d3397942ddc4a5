#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "contrans/core/text.h"
#include "contrans/mapping/map_statistics.h"
#include "contrans/pipeline/evaluate.h"

namespace contrans {

/// One source and one target.
struct StudyModels {
    std::string name;
    std::filesystem::path source;
    std::filesystem::path target;
};

struct StudyConcept {
    std::string name;
    std::filesystem::path pairs;
    std::filesystem::path dev;
    std::filesystem::path test;
    TextPosition position = TextPosition::last;
    std::string instruction;  ///< put before every prompt for `prompt`; empty: no such condition
    std::vector<std::filesystem::path> variants = {};  ///< of the test items (robustness.h)
};

/// Which concepts are carried between which models by which methods, and how that is judged: models × seeds are runs,
/// each with every concept by every method.
struct Study {
    std::string name;                           ///< the file's stem
    std::vector<StudyModels> models;            ///< at least one, names differ
    std::vector<std::filesystem::path> corpus;  ///< texts that maps are fitted on
    std::size_t texts = 0;                      ///< drawn from the corpus evenly; 0: all
    std::vector<StudyConcept> concepts;         ///< at least one, names differ
    std::vector<std::string> methods;  ///< "searched", or the name of a fit, whose layers and dose are searched
    ControlChoice controls;
    std::size_t items = 0;              ///< of every test file, drawn by chance; 0: all
    std::size_t side_effect_items = 0;  ///< of every test file, on which every vector is tried; 0: not measured
    std::vector<std::filesystem::path> side_effect_tasks = {};  ///< beside the concepts' test files
    std::size_t robustness_items = 0;                           ///< of every variant of the test items; 0: not measured
    std::size_t attack_words = 0;     ///< of a suffix searched against every concept's vector; 0: none is searched
    bool source_itself = false;       ///< how well the source has every concept: its own vector, searched alike
    bool proxy_tuning = false;        ///< the source with and without its own vector; needs source_itself
    std::size_t few_shot = 0;         ///< positive texts before every prompt for `few-shot`; 0: no such condition
    FitScope fits = FitScope::usual;  ///< what stands for choice, and what methods may name
    double budget_nats = 0.5;
    std::filesystem::path neutral_dev;   ///< texts that σ and searches measure damage on; empty: the built-in ones
    std::filesystem::path neutral_test;  ///< texts that reports measure damage on; empty: the built-in ones
    std::vector<std::uint64_t> seeds = {1};
    std::vector<std::filesystem::path> safety = {};  ///< tasks that all vectors are judged on beside their own
};

/// "searched" carries under the concept's name, another method under "NAME-METHOD".
[[nodiscard]] std::string vector_name(const StudyConcept& of, const std::string& method);

}  // namespace contrans
