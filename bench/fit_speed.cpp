// How long fitting takes, statistics included; one JSON object on stdout a run.
//
//   contrans_fits pairs --states FILE --source-layers 30 --target-layers 18 --rows 2000 [--control] [--shortlist 20] …
//   contrans_fits large --rows 20000 --d-source 4096 --d-target 5120 --penalties 1 …
//   contrans_fits peak
//
// FILE holds f32: source layers [layers, rows, d_source], then target layers [layers, rows, d_target].
#include <cblas.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "bench/alternation.h"
#include "contrans/core/error.h"
#include "contrans/linalg/gram.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/random_normal.h"
#include "contrans/linalg/side_by_side.h"
#include "contrans/mapping/cka.h"
#include "contrans/mapping/fits.h"

namespace contrans::bench {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string states;
    std::size_t source_layers = 30;
    std::size_t target_layers = 18;
    std::size_t rows = 2000;
    std::size_t d_source = 576;
    std::size_t d_target = 640;
    std::size_t rows_a_document = 1;
    std::size_t penalties = 20;
    std::size_t differences = 1;
    std::size_t shortlist = 0;  // 0: all pairs
    bool control = false;
};

constexpr std::size_t kSimilarityRows = 256;  // as contrans map compares layers

/// By the clock on the wall, and of all threads' processor time.
struct Times {
    double wall = 0;
    double processor = 0;
};

Times times_of(const std::function<void()>& work) {
    const std::clock_t start = std::clock();
    const double wall = seconds_of(work);
    return {wall, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC};
}

Json to_json(const Times& times) { return {{"wall", times.wall}, {"cpu", times.processor}}; }

double real(std::size_t n) { return static_cast<double>(n); }

/// 1e-4 … 100, evenly in their logarithms; of one, least squares.
std::vector<double> penalty_path(std::size_t n) {
    if (n == 1) return {0.0};
    std::vector<double> path;
    for (std::size_t i = 0; i < n; ++i) path.push_back(std::pow(10.0, -4.0 + 6.0 * real(i) / real(n - 1)));
    return path;
}

RowPlan plan_of(const Options& options) {
    std::vector<std::size_t> document;
    for (std::size_t r = 0; r < options.rows; ++r) document.push_back(r / options.rows_a_document);
    return plan_rows(document, {.n_differences = options.differences});
}

struct States {
    std::vector<Matrix> source;
    std::vector<Matrix> target;
};

Matrix read_layer(std::ifstream& file, std::size_t rows, std::size_t cols) {
    Matrix layer(rows, cols);
    file.read(reinterpret_cast<char*>(layer.data()), static_cast<std::streamsize>(rows * cols * sizeof(float)));
    if (!file) throw Error(ErrorKind::io, "states: the file is too short");
    return layer;
}

States read_states(const Options& options) {
    std::ifstream file(options.states, std::ios::binary);
    if (!file) throw Error(ErrorKind::io, options.states + ": cannot be opened");
    States states;
    for (std::size_t l = 0; l < options.source_layers; ++l)
        states.source.push_back(read_layer(file, options.rows, options.d_source));
    for (std::size_t l = 0; l < options.target_layers; ++l)
        states.target.push_back(read_layer(file, options.rows, options.d_target));
    return states;
}

using Pairs = std::vector<std::vector<std::size_t>>;  // target layers of each source layer

Pairs all_pairs(const Options& options) {
    std::vector<std::size_t> targets(options.target_layers);
    std::iota(targets.begin(), targets.end(), std::size_t{0});
    return Pairs(options.source_layers, targets);
}

/// The pairs with the highest CKA on the first rows.
Pairs best_pairs(const States& states, const Options& options) {
    const auto views = [](const std::vector<Matrix>& layers) {
        std::vector<MatrixView> some;
        for (const Matrix& layer : layers)
            some.push_back({layer.data(), std::min(layer.rows(), kSimilarityRows), layer.cols()});
        return some;
    };
    const MatrixF64 cka = linear_cka(views(states.source), views(states.target));
    std::vector<std::size_t> order(cka.rows() * cka.cols());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, std::greater(), [&](std::size_t i) { return cka.data()[i]; });
    order.resize(std::min(order.size(), options.shortlist));
    Pairs pairs(options.source_layers);
    for (const std::size_t i : order) pairs[i / cka.cols()].push_back(i % cka.cols());
    return pairs;
}

Json chosen(std::size_t source, std::size_t target, const MapEvidence& evidence) {
    return {source, target, evidence.penalty, evidence.held_out_r2_standard};
}

/// Statistics and maps of one source layer's pairs.
std::vector<Json> fit_layer(std::size_t s, const Matrix& states, const std::vector<std::size_t>& pairs,
                            const std::vector<LayerRows>& targets, const RowPlan& plan, const Options& options) {
    const LayerRows x(states, plan, "source");
    const SourceStatistics source = source_statistics(x);
    const SourceFactor factor(source, {FitKind::last_ridge}, {.penalties = penalty_path(options.penalties)});
    const auto torn = options.control ? TornPairs::counted : TornPairs::left_out;
    std::vector<Json> maps;
    for (const std::size_t t : pairs)
        maps.push_back(chosen(s, t, factor.fit(target_statistics(x, targets[t], torn)).front().evidence));
    return maps;
}

/// Of all pairs, from the states of both models; several source layers at a time, as `contrans map` fits them.
Json fit_pairs(const States& states, const Options& options) {
    const Pairs all = options.shortlist == 0 ? all_pairs(options) : best_pairs(states, options);
    const RowPlan plan = plan_of(options);
    std::vector<LayerRows> targets;
    for (const Matrix& y : states.target) targets.emplace_back(y, plan, "target");
    std::vector<std::size_t> layers;
    for (std::size_t s = 0; s < all.size(); ++s) {
        if (!all[s].empty()) layers.push_back(s);
    }
    std::vector<std::vector<Json>> fitted(layers.size());
    for_each_side_by_side(layers.size(), [&](std::size_t i) {
        fitted[i] = fit_layer(layers[i], states.source[layers[i]], all[layers[i]], targets, plan, options);
    });
    Json maps = Json::array();
    for (const std::vector<Json>& of_layer : fitted) {
        for (const Json& map : of_layer) maps.push_back(map);
    }
    return maps;
}

// Multiplications and additions of what fit_pairs() asks BLAS for, without the control and the eigenvectors. Products
// of a matrix with itself count half.
double pairs_flop(const Options& options) {
    const double n = real(options.rows);
    const double ds = real(options.d_source);
    const double dt = real(options.d_target);
    const double paths = 2 * real(options.penalties) * ds * ds;
    const double source = n * ds * ds + 4 * ds * ds * ds;      // Gram matrices, the held-out one turned
    const double pair = 2 * n * ds * dt                        // cross products
                        + 4 * ds * ds * dt                     // into eigenvectors, training and held out
                        + 2 * ds * ds * dt + paths             // scores, raw and standardised
                        + ds * ds * ds / 3 + 2 * ds * ds * dt  // refit
                        + 2 * real(options.differences) * ds * dt;
    return real(options.source_layers) * (source + real(options.target_layers) * pair);
}

Json run_pairs(const Options& options) {
    const States states = read_states(options);
    Json maps;
    const Times times = times_of([&] { maps = fit_pairs(states, options); });
    return {{"seconds", to_json(times)}, {"flop", pairs_flop(options)}, {"maps", maps}};
}

/// x of independent columns whose deviations fall as a power law; y follows it dimension by dimension, with noise.
Matrix source_rows(const Options& options, RandomEngine& engine) {
    Matrix x(options.rows, options.d_source);
    for (std::size_t r = 0; r < x.rows(); ++r) {
        for (std::size_t c = 0; c < x.cols(); ++c)
            x(r, c) = static_cast<float>(standard_normal(engine) / std::sqrt(real(c + 1)));
    }
    return x;
}

Matrix target_rows(const Matrix& x, const Options& options, RandomEngine& engine) {
    Matrix y(options.rows, options.d_target);
    for (std::size_t r = 0; r < y.rows(); ++r) {
        for (std::size_t c = 0; c < y.cols(); ++c)
            y(r, c) = x(r, c % x.cols()) + static_cast<float>(standard_normal(engine) / std::sqrt(real(c + 1)));
    }
    return y;
}

/// The products that the statistics are made of, and nothing else.
void gram_products(const Matrix& x, const Matrix& y, const RowPlan& plan, const Options& options) {
    const GramPrecision precision = plan.rows() <= kExactRows ? GramPrecision::f64 : GramPrecision::f32_blocks;
    for (const auto* fold : {&plan.train, &plan.held_out}) {
        (void)gram({x, *fold, {}});
        (void)cross_gram({x, *fold, {}}, {y, *fold, {}}, precision);
    }
    if (options.control) (void)cross_gram({x}, {y, plan.torn, {}}, GramPrecision::f32_blocks);
}

Json run_large(const Options& options) {
    RandomEngine engine(1);
    const Matrix x = source_rows(options, engine);
    const Matrix y = target_rows(x, options, engine);
    const RowPlan plan = plan_of(options);
    const Times products = times_of([&] { gram_products(x, y, plan, options); });
    Times statistics;
    MapEvidence evidence;
    const Times all = times_of([&] {
        std::optional<SourceStatistics> source;
        std::optional<TargetStatistics> target;
        statistics = times_of([&] {
            const LayerRows source_rows(x, plan, "source");
            source = source_statistics(source_rows);
            target = target_statistics(source_rows, LayerRows(y, plan, "target"),
                                       options.control ? TornPairs::counted : TornPairs::left_out);
        });
        const FitKind kind = options.penalties == 1 ? FitKind::token_plain : FitKind::token_ridge;
        evidence =
            SourceFactor(*source, {kind}, {.penalties = penalty_path(options.penalties)}).fit(*target).front().evidence;
    });
    return {{"products", to_json(products)},
            {"statistics", to_json(statistics)},
            {"seconds", to_json(all)},
            {"held_out_r2_standard", evidence.held_out_r2_standard}};
}

/// The least time of several rounds.
Json run_peak() {
    constexpr std::size_t kSize = 2048;
    RandomEngine engine(1);
    MatrixF64 a(kSize, kSize);
    for (std::size_t i = 0; i < kSize * kSize; ++i) a.data()[i] = standard_normal(engine);
    const Matrix narrow = to_f32(a);
    Times f64{1e9, 1e9};
    Times f32{1e9, 1e9};
    const auto least = [](Times& times, const Times& once) {
        times = {std::min(times.wall, once.wall), std::min(times.processor, once.processor)};
    };
    for (int round = 0; round < 5; ++round) {
        least(f64, times_of([&] { (void)multiply(a, Op::transposed, a, Op::plain); }));
        least(f32, times_of([&] { (void)multiply(narrow, Op::transposed, narrow, Op::plain); }));
    }
    return {{"flop", 2.0 * real(kSize) * real(kSize) * real(kSize)},
            {"f64", to_json(f64)},
            {"f32", to_json(f32)},
            {"threads", openblas_get_num_threads()},
            {"blas", openblas_get_config()}};
}

void add_sizes(CLI::App& app, Options& options) {
    app.add_option("--rows", options.rows)->capture_default_str();
    app.add_option("--d-source", options.d_source)->capture_default_str();
    app.add_option("--d-target", options.d_target)->capture_default_str();
    app.add_option("--rows-a-document", options.rows_a_document)->capture_default_str();
    app.add_option("--penalties", options.penalties, "1: least squares alone")->capture_default_str();
    app.add_option("--differences", options.differences, "Of held-out rows, for the directional score")
        ->capture_default_str();
    app.add_flag("--control", options.control, "Fit the shuffled-map control too");
}

int run(int argc, char** argv) {
    Options options;
    CLI::App app("How long fitting takes");
    app.require_subcommand(1);
    CLI::App& pairs = *app.add_subcommand("pairs", "Maps of many layer pairs");
    pairs.add_option("--states", options.states)->required();
    pairs.add_option("--source-layers", options.source_layers)->capture_default_str();
    pairs.add_option("--target-layers", options.target_layers)->capture_default_str();
    pairs.add_option("--shortlist", options.shortlist, "Pairs chosen by CKA; 0: all")->capture_default_str();
    CLI::App& large = *app.add_subcommand("large", "One map of large models, against its Gram products alone");
    for (CLI::App* command : {&pairs, &large}) add_sizes(*command, options);
    CLI::App& peak = *app.add_subcommand("peak", "What matrix products reach");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    }
    std::cout << (peak.parsed() ? run_peak() : large.parsed() ? run_large(options) : run_pairs(options)) << std::endl;
    return 0;
}

}  // namespace
}  // namespace contrans::bench

int main(int argc, char** argv) {
    try {
        return contrans::bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "contrans_fits: " << error.what() << "\n";
        return 1;
    }
}
