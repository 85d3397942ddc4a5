// What it costs a request to name a persona, for bench/personas: found among what was read, and read from the registry.
// Prints JSON.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/server/serving_personas.h"
#include "bench/alternation.h"
#include "contrans/core/error.h"
#include "contrans/registry/registry.h"
#include "contrans/registry/registry_location.h"

namespace contrans::bench {
namespace {

struct Options {
    std::filesystem::path registry;
    int personas = 100;
    int versions = 10;
    std::size_t rounds = 5;
    int kept_calls = 200'000;
    int read_calls = 2'000;
};

std::string name_of(int number) { return "persona-" + std::to_string(number); }

/// Each of four concepts.
void fill(const Options& options) {
    const Registry made(options.registry, {OpenMode::create, "bench"});
    PersonaStore store(Database(registry_backend(options.registry, OpenMode::existing)));
    for (int number = 0; number < options.personas; ++number) {
        Persona persona{name_of(number), "", {}};
        for (const char* name : {"polite", "happy", "brief", "calm"}) persona.concepts.push_back({name, 0.1});
        for (int version = 0; version < options.versions; ++version) {
            persona.concepts[0].dose = 0.01 * (version + 1);
            (void)store.save(persona, "bench");
        }
    }
}

/// Microseconds of one call, each round's.
std::vector<double> times_of(server::ServingPersonas& personas, const Options& options, int calls) {
    std::vector<double> times;
    for (std::size_t round = 0; round < options.rounds; ++round) {
        const double seconds = seconds_of([&] {
            for (int call = 0; call < calls; ++call) {
                if (!personas.find({name_of(call % options.personas), 0, ""})) {
                    throw Error(ErrorKind::argument, "bench: a persona is not there");
                }
            }
        });
        times.push_back(1e6 * seconds / calls);
    }
    std::ranges::sort(times);
    return times;
}

nlohmann::ordered_json row_of(const std::vector<double>& times) {
    return {{"median", times[times.size() / 2]}, {"lowest", times.front()}, {"highest", times.back()}};
}

void measure(const Options& options) {
    fill(options);
    server::ServingPersonas kept({options.registry, std::chrono::hours(1)});
    server::ServingPersonas read({options.registry, std::chrono::milliseconds(0)});
    nlohmann::ordered_json found{{"personas", options.personas}, {"versions", options.versions}};
    (void)times_of(kept, options, options.personas);
    found["kept_us"] = row_of(times_of(kept, options, options.kept_calls));
    found["read_us"] = row_of(times_of(read, options, options.read_calls));
    std::cout << found.dump(2) << '\n';
}

}  // namespace
}  // namespace contrans::bench

int main(int argc, char** argv) {
    CLI::App app("What it costs to find a persona");
    contrans::bench::Options options;
    app.add_option("--registry", options.registry, "A folder without personas; made where there is none")->required();
    CLI11_PARSE(app, argc, argv);
    try {
        contrans::bench::measure(options);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "personas: " << error.what() << '\n';
        return 1;
    }
}
