// Times the parts of a map over ranks on planted data, and compares with the cost model of docs/cluster.md.
//
//   contrans_cluster_model --widths 512,1024,2048,4096          alone
//   mpirun -n 2 contrans_cluster_model --widths 1024,2048       with the sums over ranks
//   contrans_cluster_model --paper                              the model's tables
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/cluster/cost_model.h"
#include "bench/cluster/planted_job.h"
#include "contrans/cluster/job.h"
#include "contrans/linalg/matrix.h"

namespace contrans::bench {
namespace {

struct Arguments {
    std::vector<std::size_t> widths = {512, 1024, 2048};
    std::size_t calibrate = 1024;
    std::size_t rows_per_width = 2;
    std::size_t rounds = 3;
    bool check = false;
    bool paper = false;
    Machine machine{.gram_flops = 50e9,
                    .cross_flops = 100e9,
                    .gemm_flops = 50e9,
                    .eigen_flops = 5e9,
                    .network_bytes = 1e9,
                    .read_flops = 1e12};
};

std::size_t rows_for(std::size_t d, std::size_t rows_per_width) {
    return std::max<std::size_t>(8192, rows_per_width * d);
}

/// The round of the least time, part by part: what else runs on the machine only adds.
PlantedResult best_round(std::size_t d, std::size_t rows, std::size_t rounds, Communicator& ranks) {
    PlantedResult best = run_planted_job(d, rows, ranks);
    for (std::size_t round = 1; round < rounds; ++round) {
        const PlantedTimes again = run_planted_job(d, rows, ranks).times;
        PlantedTimes& times = best.times;
        times.gram = std::min(times.gram, again.gram);
        times.cross = std::min(times.cross, again.cross);
        times.reduce = std::min(times.reduce, again.reduce);
        times.eigen = std::min(times.eigen, again.eigen);
        times.products = std::min(times.products, again.products);
    }
    return best;
}

Machine rates(std::size_t width, double own_rows, const PlantedTimes& times, std::size_t ranks) {
    const auto d = static_cast<double>(width);
    Machine machine;
    machine.gram_flops = own_rows * d * d / times.gram;
    machine.cross_flops = own_rows * 2 * d * d / times.cross;
    machine.eigen_flops = d * d * d / times.eigen;
    machine.gemm_flops = 2 * 2 * d * d * d / times.products;
    machine.network_bytes = static_cast<double>(tree_steps(ranks)) * 2 * 8 * d * d / times.reduce;
    return machine;
}

double largest_difference(const Matrix& a, const Matrix& b) {
    double size = 0;
    double difference = 0;
    for (std::size_t i = 0; i < a.rows() * a.cols(); ++i) {
        size = std::max(size, std::abs(static_cast<double>(a.data()[i])));
        difference =
            std::max(difference, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
    }
    return difference / size;
}

void print_head() {
    std::printf("%6s %7s | %8s %6s | %8s %6s | %8s %7s %6s | %8s %6s | %8s %6s | %9s %9s\n", "width", "rows", "gram s",
                "ratio", "cross s", "ratio", "sum MB", "s", "ratio", "eigen s", "ratio", "solve s", "ratio", "planted",
                "one rank");
}

/// Measured seconds, each with its ratio to what the rates of the calibrating width foretell.
void print_row(std::size_t width, std::size_t rows, const PlantedResult& result, const Machine& here,
               const Machine& model, const std::string& one_rank) {
    const auto d = static_cast<double>(width);
    const PlantedTimes& t = result.times;
    const auto ratio = [](double measured, double calibrated) { return calibrated / measured; };
    std::printf("%6zu %7zu | %8.3f %6.2f | %8.3f %6.2f | %8.1f %7.3f %6.2f | %8.2f %6.2f | %8.3f %6.2f | %9.1e %9s\n",
                width, rows, t.gram, ratio(here.gram_flops, model.gram_flops), t.cross,
                ratio(here.cross_flops, model.cross_flops), 2 * 8 * d * d / 1e6, t.reduce,
                model.network_bytes > 0 ? ratio(here.network_bytes, model.network_bytes) : 0.0, t.eigen,
                ratio(here.eigen_flops, model.eigen_flops), t.products, ratio(here.gemm_flops, model.gemm_flops),
                result.planted_error, one_rank.c_str());
    std::fflush(stdout);
}

std::string difference_from_one_rank(std::size_t d, std::size_t rows, const PlantedResult& result) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1e",
                  largest_difference(run_planted_job(d, rows, alone()).map, result.map));
    return text.data();
}

void measure(const Arguments& arguments, Communicator& ranks) {
    const auto own_rows = [&](std::size_t rows) {
        return static_cast<double>(rows) / static_cast<double>(ranks.size());
    };
    const std::size_t calibration_rows = rows_for(arguments.calibrate, arguments.rows_per_width);
    const PlantedResult calibration = best_round(arguments.calibrate, calibration_rows, arguments.rounds, ranks);
    const Machine model = rates(arguments.calibrate, own_rows(calibration_rows), calibration.times, ranks.size());
    if (ranks.is_first()) {
        std::printf(
            "%zu ranks; at width %zu: Gram %.1f, cross %.1f, eigen %.2f (d³), products %.1f GFLOP/s, sums %.2f "
            "GB/s\n",
            ranks.size(), arguments.calibrate, model.gram_flops / 1e9, model.cross_flops / 1e9, model.eigen_flops / 1e9,
            model.gemm_flops / 1e9, model.network_bytes / 1e9);
        print_head();
    }
    for (const std::size_t d : arguments.widths) {
        const std::size_t rows = rows_for(d, arguments.rows_per_width);
        const PlantedResult result = best_round(d, rows, d <= 2048 ? arguments.rounds : 1, ranks);
        if (!ranks.is_first()) continue;
        print_row(d, rows, result, rates(d, own_rows(rows), result.times, ranks.size()), model,
                  arguments.check ? difference_from_one_rank(d, rows, result) : "-");
    }
}

struct Shape {
    const char* name;
    std::size_t d_source;
    std::size_t d_target;
    double parameters;
};

void print_paper(const Machine& machine) {
    constexpr Shape shapes[] = {{"135M -> 270M", 576, 640, 0.4e9},
                                {"1.5B -> 7B", 1536, 3584, 8.5e9},
                                {"8B -> 70B", 4096, 8192, 78e9},
                                {"70B -> 70B", 8192, 8192, 140e9}};
    std::printf("%-13s %5s | %9s | %10s %8s %8s %8s | %10s\n", "models", "ranks", "sums GB", "read s", "sum s",
                "reduce s", "fit s", "in all s");
    for (const Shape& shape : shapes) {
        for (const std::size_t ranks : {1U, 4U, 16U, 64U}) {
            const Cost cost = cost_of({.ranks = ranks,
                                       .rows = 1e6,
                                       .texts = 2e4,
                                       .parameters = shape.parameters,
                                       .source_layers = 1,
                                       .pairs = 4,
                                       .d_source = shape.d_source,
                                       .d_target = shape.d_target},
                                      machine);
            std::printf("%-13s %5zu | %9.3f | %10.0f %8.0f %8.1f %8.0f | %10.0f\n", shape.name, ranks,
                        cost.statistics_bytes / 1e9, cost.read_seconds, cost.sum_seconds, cost.reduce_seconds,
                        cost.fit_seconds,
                        cost.read_seconds + cost.sum_seconds + cost.reduce_seconds + cost.fit_seconds);
        }
    }
}

void describe(CLI::App& app, Arguments& arguments) {
    app.add_option("--widths", arguments.widths)->delimiter(',')->capture_default_str();
    app.add_option("--calibrate", arguments.calibrate, "Width whose rates foretell the others")->capture_default_str();
    app.add_option("--rows-per-width", arguments.rows_per_width, "Rows of all ranks, at least 8,192")
        ->capture_default_str();
    app.add_option("--rounds", arguments.rounds, "Rounds up to width 2,048; above: one")->capture_default_str();
    app.add_flag("--check", arguments.check, "Also fit with one rank, and compare the maps");
    app.add_flag("--paper", arguments.paper,
                 "Print the model's table: 1,000,000 rows, 20,000 texts, 4 pairs of layers");
    app.add_option("--gram", arguments.machine.gram_flops, "FLOP/s")->capture_default_str();
    app.add_option("--cross", arguments.machine.cross_flops, "FLOP/s")->capture_default_str();
    app.add_option("--products", arguments.machine.gemm_flops, "FLOP/s")->capture_default_str();
    app.add_option("--eigen", arguments.machine.eigen_flops, "FLOP/s, d³ counted")->capture_default_str();
    app.add_option("--network", arguments.machine.network_bytes, "Bytes/s")->capture_default_str();
    app.add_option("--read", arguments.machine.read_flops, "FLOP/s of reading with a model")->capture_default_str();
}

}  // namespace
}  // namespace contrans::bench

int main(int argc, char** argv) {
    using namespace contrans::bench;
    CLI::App app("Times the parts of a map over ranks on planted data, and compares with docs/cluster.md");
    Arguments arguments;
    describe(app, arguments);
    CLI11_PARSE(app, argc, argv);
    if (arguments.paper) {
        print_paper(arguments.machine);
        return 0;
    }
    const auto job = contrans::join_job({});
    measure(arguments, job->ranks());
    return 0;
}
