#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/workbench.h"

namespace contrans::testing {

/// Command line that stands before the program's.
using Launcher = std::vector<std::string>;

/// mpirun on this machine, saying nothing of its own.
[[nodiscard]] Launcher mpirun(std::size_t ranks);
/// The same, which leaves ranks that it ends four seconds to say their word, instead of one. Every job that fails takes
/// all of them.
[[nodiscard]] Launcher patient_mpirun(std::size_t ranks);

/// Texts whose lengths differ by a factor of ten, one a line.
[[nodiscard]] std::string uneven_texts(std::size_t n);
/// Lines that are not mpirun's inner parts speaking.
[[nodiscard]] std::size_t own_lines_in(const std::string& text);

/// The processes named contrans that a launcher started, directly or through others, by their rank: who began first
/// need not have the lower process number.
[[nodiscard]] std::vector<pid_t> ranks_of(pid_t launcher);
/// The same, once so many have joined the job; those that have after a minute. A rank killed before, while mpirun
/// shakes hands with it, may leave mpirun 4.1 waiting for ever.
[[nodiscard]] std::vector<pid_t> joined_ranks(pid_t launcher, std::size_t ranks);
/// Waits until the process has computed for a second: it is far behind its start. False after two minutes.
[[nodiscard]] bool works(pid_t process);
/// Whether the process is gone within some seconds; one that nobody reaps is.
[[nodiscard]] bool ends(pid_t process);

/// A workbench with uneven texts in many.txt, words.txt, and the program under a launcher.
class JobBench {
public:
    JobBench();

    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return bench_ / name; }
    [[nodiscard]] const Workbench& workbench() const { return bench_; }
    [[nodiscard]] ProgramResult run(const std::string& arguments, const Launcher& launcher = {}) const;
    [[nodiscard]] RunningProgram start(const std::string& arguments, const Launcher& launcher) const;

private:
    Workbench bench_;
};

/// 500 texts of random words: several blocks of a map.
[[nodiscard]] std::string texts_of_words();
/// Fits maps between the two tiny models on words.txt.
[[nodiscard]] std::string map_to(const std::string& file);
/// The largest relative difference (Frobenius) of two files' maps, fit by fit; infinite when they are not of the same
/// layers and fits.
[[nodiscard]] double difference_of_maps(const std::filesystem::path& a, const std::filesystem::path& b);

/// Harvests many.txt into the folder, in many shards.
[[nodiscard]] std::string harvest_into(const std::string& folder);

}  // namespace contrans::testing
