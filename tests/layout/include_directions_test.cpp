// Holds the tree of DESIGN §2: which folder may include which, who sees llama.cpp, and names that say nothing.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const Names kModelFree = {"core", "cluster", "linalg", "concepts", "mapping"};
const Names kModelSide = {"core", "cluster", "linalg", "runtime", "harvest"};

Names plus(Names names, const Names& more) {
    names.insert(more.begin(), more.end());
    return names;
}

/// Folder under contrans/ (or "apps") and the folders it may include, itself among them.
std::map<std::string, Names> allowed_includes() {
    const Names both = plus(kModelFree, kModelSide);
    const Names half = plus(both, {"transplant", "evaluation"});
    const Names step = plus(half, {"pipeline"});
    const Names operation = plus(step, {"registry", "rollout", "study"});
    return {{"core", {"core"}},
            {"cluster", {"core", "cluster"}},
            {"linalg", {"core", "linalg"}},
            {"rollout", {"core", "rollout"}},
            {"runtime", {"core", "linalg", "runtime"}},
            {"harvest", kModelSide},
            {"concepts", {"core", "linalg", "concepts"}},
            {"mapping", kModelFree},
            {"transplant", plus(both, {"transplant"})},
            {"evaluation", half},
            {"pipeline", step},
            {"study", plus(step, {"study"})},
            {"registry", plus(step, {"registry", "rollout"})},
            {"serve", plus(operation, {"serve"})},
            {"apps", plus(operation, {"serve", "apps"})}};
}

bool is_llama_header(const std::string& header) {
    static const std::regex pattern("(llama|ggml|gguf)[-a-z_0-9]*\\.h");
    return std::regex_match(header, pattern);
}

bool may_include_llama(const std::string& folder, const std::string& header) {
    return folder == "runtime" || (folder == "core" && (header == "gguf.h" || header == "ggml.h"));
}

/// Plain views and values without an include of ours: artefact files hold matrices, so core/ may name it.
const std::string kMatrixTypes = "contrans/linalg/matrix.h";

struct Include {
    std::string header;
    bool quoted = false;
};

std::vector<Include> include_lines(std::istream& source) {
    static const std::regex pattern("\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"].*");
    std::vector<Include> includes;
    std::smatch match;
    for (std::string line; std::getline(source, line);) {
        if (std::regex_match(line, match, pattern)) includes.push_back({match[2], match[1] == "\""});
    }
    return includes;
}

/// "contrans/mapping/x.h" → "mapping", "apps/cli/x.h" → "apps", any other → "".
std::string folder_of(const fs::path& path) {
    auto part = path.begin();
    if (part == path.end() || (*part != "contrans" && *part != "apps")) return "";
    if (*part == "apps") return "apps";
    return (++part)->string();
}

/// Empty when a file of `folder` may have this include line, else the broken rule.
std::string broken_rule(const std::string& folder, const Include& include) {
    if (is_llama_header(include.header) && !may_include_llama(folder, include.header)) {
        return "only runtime/ includes llama.cpp's headers";
    }
    const std::string included = folder_of(include.header);
    if (included.empty()) return "";
    if (!include.quoted) return "our own headers are included with quotes";
    if (folder == "core" && include.header == kMatrixTypes) return "";
    const auto allowed = allowed_includes();
    const auto rule = allowed.find(folder);
    if (rule == allowed.end()) return "the folder is not in DESIGN §2's tree";
    return rule->second.contains(included) ? "" : "includes point left only (DESIGN §2)";
}

bool says_nothing(const std::string& stem) {
    static const Names empty_words = {"util",   "utils",   "utility", "utilities", "common",
                                      "helper", "helpers", "manager", "managers",  "misc"};
    std::istringstream words(stem);
    for (std::string word; std::getline(words, word, '_');) {
        if (empty_words.contains(word)) return true;
    }
    return false;
}

bool is_source(const fs::path& path) { return path.extension() == ".h" || path.extension() == ".cpp"; }

/// Sources under `folder` of the repository, relative to its root.
std::vector<fs::path> sources(const std::string& folder) {
    const fs::path root = CONTRANS_SOURCE_DIR;
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        if (is_source(entry.path())) found.push_back(fs::relative(entry.path(), root));
    }
    std::sort(found.begin(), found.end());
    return found;
}

void expect_rules_kept(const fs::path& file) {
    std::ifstream source(fs::path(CONTRANS_SOURCE_DIR) / file);
    ASSERT_TRUE(source) << file;
    for (const Include& include : include_lines(source)) {
        EXPECT_EQ(broken_rule(folder_of(file), include), "") << file << " includes " << include.header;
    }
}

TEST(IncludeDirections, HoldInTheLibraryAndTheApps) {
    const auto library = sources("contrans");
    EXPECT_GT(library.size(), 20U);
    for (const auto& file : library) expect_rules_kept(file);
    for (const auto& file : sources("apps")) expect_rules_kept(file);
}

TEST(IncludeDirections, EveryFolderOfTheLibraryHasARule) {
    for (const auto& entry : fs::directory_iterator(fs::path(CONTRANS_SOURCE_DIR) / "contrans")) {
        if (!entry.is_directory()) continue;
        EXPECT_TRUE(allowed_includes().contains(entry.path().filename().string())) << entry.path();
    }
}

TEST(IncludeDirections, MatrixTypesIncludeNothingOfOurs) {
    std::ifstream source(fs::path(CONTRANS_SOURCE_DIR) / kMatrixTypes);
    ASSERT_TRUE(source);
    for (const Include& include : include_lines(source)) EXPECT_EQ(folder_of(include.header), "") << include.header;
}

TEST(IncludeDirections, ModelFreeFoldersSeeNoModel) {
    for (const std::string folder : {"linalg", "concepts", "mapping"}) {
        EXPECT_NE(broken_rule(folder, {"contrans/runtime/model.h", true}), "") << folder;
        EXPECT_NE(broken_rule(folder, {"contrans/harvest/corpus.h", true}), "") << folder;
        EXPECT_NE(broken_rule(folder, {"ggml.h", true}), "") << folder;
    }
}

TEST(IncludeDirections, ViolationsAreNoticed) {
    EXPECT_NE(broken_rule("core", {"contrans/linalg/gram.h", true}), "");
    EXPECT_NE(broken_rule("core", {"llama.h", true}), "");
    EXPECT_NE(broken_rule("core", {"ggml-backend.h", true}), "");
    EXPECT_NE(broken_rule("evaluation", {"contrans/pipeline/transplant_step.h", true}), "");
    EXPECT_NE(broken_rule("harvest", {"contrans/concepts/contrast_pairs.h", true}), "");
    EXPECT_NE(broken_rule("pipeline", {"apps/cli/options.h", true}), "");
    EXPECT_NE(broken_rule("pipeline", {"llama-cpp.h", true}), "");
    EXPECT_NE(broken_rule("mapping", {"contrans/linalg/matrix.h", false}), "");
    EXPECT_NE(broken_rule("extras", {"contrans/core/error.h", true}), "");
}

TEST(IncludeDirections, LawfulIncludesPass) {
    EXPECT_EQ(broken_rule("core", {"gguf.h", true}), "");
    EXPECT_EQ(broken_rule("runtime", {"llama.h", true}), "");
    EXPECT_EQ(broken_rule("harvest", {"contrans/runtime/engine.h", true}), "");
    EXPECT_EQ(broken_rule("evaluation", {"contrans/runtime/engine.h", true}), "");
    EXPECT_EQ(broken_rule("apps", {"contrans/pipeline/transplant_step.h", true}), "");
    EXPECT_EQ(broken_rule("mapping", {"vector", false}), "");
}

TEST(IncludeDirections, IncludeLinesAreRead) {
    std::istringstream source("#include <vector>\n  #  include \"contrans/core/error.h\" // why\nint include;\n");
    const auto includes = include_lines(source);
    ASSERT_EQ(includes.size(), 2U);
    EXPECT_EQ(includes[0].header, "vector");
    EXPECT_EQ(includes[1].header, "contrans/core/error.h");
    EXPECT_TRUE(includes[1].quoted);
}

TEST(Names, SaySomething) {
    for (const std::string folder : {"contrans", "apps", "tests", "bench"}) {
        for (const auto& file : sources(folder)) {
            for (const auto& part : file) EXPECT_FALSE(says_nothing(part.stem().string())) << file;
        }
    }
}

TEST(Names, EmptyWordsAreNoticed) {
    EXPECT_TRUE(says_nothing("string_utils"));
    EXPECT_TRUE(says_nothing("manager"));
    EXPECT_FALSE(says_nothing("steering_plan"));
}

}  // namespace
