#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "tests/cli/program.h"
#include "tests/core/temporary_folder.h"

namespace contrans::testing {

/// A folder's files by name.
[[nodiscard]] std::map<std::string, std::string> files_of(const std::filesystem::path& folder);
/// Waits for a file, a minute at most.
[[nodiscard]] bool appears(const std::filesystem::path& file);

/// A folder with two tiny models, texts and artefacts that fit each other, and damaged twins of them:
///
///   source.gguf target.gguf   tiny_source(), tiny_target(); other.gguf: of the target's shape with other weights
///   pairs.jsonl corpus.txt neutral.txt dev.jsonl test.jsonl
///   judged.jsonl labelled.jsonl  a task whose answers are judged, and replies to calibrate a judge by
///   concept.gguf map.gguf     of the two models; map.gguf has layers 1->2 and 2->3, fits paper and token-plain
///   vector.gguf               with vector.controls.gguf, at the target's layer 3, dose 0.5
///   second.gguf twin.gguf elsewhere.gguf other_vector.gguf
///                             another vector of the target's layer 3, the first one's copy, one at layer 2, one of
///                             other.gguf
///   next_map.gguf             from target.gguf to other.gguf, layers 1->2 and 2->3: meets map.gguf at layer 2;
///                             astray_map.gguf does not, empty_map.gguf holds no map
///   foreign.gguf              another engine's vector for the target, layers 1 and 2; narrow.gguf of another width,
///                             deep.gguf with layer 9
///   without_tilde.gguf        of the source's kind, which has no token for "~"
///   encoder.gguf              of an architecture whose layers llama.cpp does not show
///
/// Broken twins: cut_X.gguf lacks its last third, words.gguf is text, stranger.gguf another kind of GGUF; see the
/// source.
class Workbench {
public:
    Workbench();

    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
    /// Runs the program here, on one thread, with weights as they are.
    [[nodiscard]] ProgramResult run(const std::string& arguments) const;
    [[nodiscard]] ProgramResult run(const std::string& arguments, ProgramSetup setup) const;
    /// Makes a cache folder in which source.gguf has an expansion, though F32 weights need none: a host that expands.
    void write_expanding_cache(const std::string& name) const;
    /// Names of everything that lies here.
    [[nodiscard]] std::set<std::string> files() const;

private:
    void write_texts() const;
    void write_broken_texts() const;
    void write_models() const;
    void write_artefacts() const;
    void write_vectors() const;
    void write_broken_files() const;

    TemporaryFolder folder_;
};

}  // namespace contrans::testing
