#include "tests/cli/job_bench.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "contrans/mapping/map_file.h"

namespace contrans::testing {
namespace {

struct Process {
    pid_t id = 0;
    pid_t parent = 0;
    std::string name;
    std::string state;
};

/// What /proc says; id 0 where it says nothing any more.
Process process(const std::string& id) {
    std::ifstream status("/proc/" + id + "/status");
    Process found;
    for (std::string key, rest; status >> key && std::getline(status >> std::ws, rest);) {
        if (key == "Name:") found.name = rest;
        if (key == "State:") found.state = rest;
        if (key == "Pid:") found.id = std::stoi(rest);
        if (key == "PPid:") found.parent = std::stoi(rest);
    }
    return found;
}

std::vector<Process> processes() {
    std::vector<Process> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
            all.push_back(process(name));
    }
    return all;
}

/// The rank that mpirun made a process; nothing where it is none, or has gone.
std::optional<std::size_t> rank_of(pid_t id) {
    const std::string key = "OMPI_COMM_WORLD_RANK=";
    std::ifstream environment("/proc/" + std::to_string(id) + "/environ", std::ios::binary);
    for (std::string variable; std::getline(environment, variable, '\0');)
        if (variable.starts_with(key)) return std::stoul(variable.substr(key.size()));
    return std::nullopt;
}

/// OpenMPI loads what carries messages once the process is known to mpirun.
bool has_joined(pid_t id) {
    std::ifstream libraries("/proc/" + std::to_string(id) + "/maps");
    for (std::string line; std::getline(libraries, line);)
        if (line.find("mca_pml_") != std::string::npos) return true;
    return false;
}

}  // namespace

Launcher mpirun(std::size_t ranks) {
    return {CONTRANS_MPIRUN, "--quiet", "--oversubscribe", "--bind-to", "none", "-n", std::to_string(ranks)};
}

Launcher patient_mpirun(std::size_t ranks) {
    Launcher launcher = mpirun(ranks);
    launcher.insert(launcher.end(), {"--mca", "odls_base_sigkill_timeout", "4"});
    return launcher;
}

std::string uneven_texts(std::size_t n) {
    std::string lines;
    for (std::size_t i = 0; i < n; ++i) {
        lines += "Text " + std::to_string(i * 7919 % 1000);
        for (std::size_t k = 0; k < i * i % 13; ++k) lines += " which goes on and on";
        lines += ".\n";
    }
    return lines;
}

std::string texts_of_words() {
    constexpr const char* kSyllables[] = {"ra", "mo", "ti", "ke", "su", "lan", "dor", "vi", "pe", "go", "sha", "nu"};
    std::mt19937 random(11);
    std::string lines;
    for (std::size_t text = 0; text < 500; ++text) {
        for (std::size_t word = 0; word < 30; ++word) {
            lines += word == 0 ? "" : " ";
            for (std::size_t n = 1 + random() % 3; n > 0; --n) lines += kSyllables[random() % std::size(kSyllables)];
        }
        lines += ".\n";
    }
    return lines;
}

std::string map_to(const std::string& file) {
    return "map --source source.gguf --target target.gguf --corpus words.txt --neutral neutral.txt --source-layers 1:2 "
           "--target-layers 2:3 --shortlist 2 --json --out " +
           file;
}

double difference_of_maps(const std::filesystem::path& a, const std::filesystem::path& b) {
    const MapSet of_a = read_map_set(a);
    const MapSet of_b = read_map_set(b);
    double largest = of_a.entries.size() == of_b.entries.size() && !of_a.entries.empty()
                         ? 0
                         : std::numeric_limits<double>::infinity();
    for (std::size_t e = 0; e < of_a.entries.size() && largest < 1; ++e) {
        if (of_a.entries[e].kind != of_b.entries[e].kind ||
            of_a.entries[e].source_layer != of_b.entries[e].source_layer)
            return std::numeric_limits<double>::infinity();
        const Matrix& x = of_a.entries[e].map.a();
        const Matrix& y = of_b.entries[e].map.a();
        double error = 0;
        double size = 0;
        for (std::size_t i = 0; i < x.rows() * x.cols(); ++i) {
            error += std::pow(static_cast<double>(x.data()[i]) - static_cast<double>(y.data()[i]), 2);
            size += std::pow(static_cast<double>(y.data()[i]), 2);
        }
        largest = std::max(largest, std::sqrt(error / size));
    }
    return largest;
}

std::size_t own_lines_in(const std::string& text) {
    std::istringstream stream(text);
    std::size_t own = 0;
    for (std::string line; std::getline(stream, line);) {
        // libevent's word on mpirun's daemon losing a connection.
        own += line.starts_with("[warn] Epoll") || line.empty() ? 0U : 1U;
    }
    return own;
}

std::vector<pid_t> ranks_of(pid_t launcher) {
    const std::vector<Process> all = processes();
    std::vector<pid_t> family = {launcher};
    std::map<std::size_t, pid_t> by_rank;
    for (std::size_t i = 0; i < family.size(); ++i) {
        for (const Process& child : all) {
            if (child.parent != family[i] || child.id == 0) continue;
            family.push_back(child.id);
            if (child.name != "contrans") continue;
            if (const auto rank = rank_of(child.id)) by_rank[*rank] = child.id;
        }
    }
    std::vector<pid_t> ranks;
    for (const auto& [rank, id] : by_rank) ranks.push_back(id);
    return ranks;
}

std::vector<pid_t> joined_ranks(pid_t launcher, std::size_t ranks) {
    std::vector<pid_t> found;
    for (int looks = 0; looks < 6000 && found.size() < ranks; ++looks) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        found = ranks_of(launcher);
        std::erase_if(found, [](pid_t id) { return !has_joined(id); });
    }
    return found;
}

bool works(pid_t id) {
    const std::string schedule = "/proc/" + std::to_string(id) + "/schedstat";
    for (int looks = 0; looks < 12000; ++looks) {
        std::ifstream file(schedule);  // nanoseconds on a processor come first
        if (long long nanoseconds = 0; file >> nanoseconds && nanoseconds > 1'000'000'000) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

bool ends(pid_t id) {
    for (int looks = 0; looks < 500; ++looks) {
        const Process found = process(std::to_string(id));
        if (found.id == 0 || found.state.find("zombie") != std::string::npos) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

JobBench::JobBench() {
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    // OpenMPI leaks, and unloads its parts before the leaks are counted, so that no suppression knows them.
    ::setenv("LSAN_OPTIONS", "detect_leaks=0", 1);
    write_bytes(bench_ / "many.txt", uneven_texts(400));
    write_bytes(bench_ / "words.txt", texts_of_words());
}

ProgramResult JobBench::run(const std::string& arguments, const Launcher& launcher) const {
    ProgramSetup setup;
    setup.launcher = launcher;
    return bench_.run(arguments, setup);
}

RunningProgram JobBench::start(const std::string& arguments, const Launcher& launcher) const {
    return {"--quiet --threads 1 --keep-quants " + arguments,
            {.folder = bench_.path(), .out_file = "", .file_limit = {}, .launcher = launcher}};
}

std::string harvest_into(const std::string& folder) {
    return "harvest --model source.gguf --texts many.txt --position all --shard-tokens 600 --json --out " + folder;
}

}  // namespace contrans::testing
