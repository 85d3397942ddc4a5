#include "tests/pipeline/small_world.h"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <utility>

#include "contrans/linalg/products.h"
#include "tests/runtime/tiny_models.h"

namespace contrans::testing {
namespace {

/// Every third word of an English text, and so never the last but by chance, is one of the class.
std::string about(const std::array<std::string_view, 3>& words, unsigned seed) {
    std::mt19937 random(seed);
    const std::string plain = english(50, 1000 + seed);
    std::string text;
    std::size_t n = 0;
    for (std::size_t begin = 0; begin < plain.size();) {
        const std::size_t end = std::min(plain.find(' ', begin), plain.size());
        text += text.empty() ? "" : " ";
        text += n % 3 == 1 ? words[random() % words.size()] : std::string_view(plain).substr(begin, end - begin);
        ++n;
        begin = end + 1;
    }
    return text;
}

}  // namespace

ContrastPairs warm_and_cold(std::size_t n_pairs) {
    ContrastPairs pairs;
    for (unsigned i = 0; i < n_pairs; ++i) {
        pairs.positive.emplace_back(about({"sun", "warm", "bright"}, 2 * i));
        pairs.negative.emplace_back(about({"mud", "cold", "grey"}, 2 * i + 1));
    }
    pairs.pairing = ContrastPairs::Pairing::unpaired;
    return pairs;
}

std::vector<std::string> corpus(std::size_t n_texts) {
    std::vector<std::string> texts;
    for (unsigned i = 0; i < n_texts; ++i) texts.push_back(english(45 + i % 20, 3000 + i));
    return texts;
}

std::vector<std::string> neutral(unsigned seed) {
    std::vector<std::string> texts;
    const unsigned n = seed == 1 ? 10 : 5;
    for (unsigned i = 0; i < n; ++i) texts.push_back(english(30, 5000 + 100 * seed + i));
    return texts;
}

Task task(unsigned seed, std::size_t n_items) {
    Task result{"task-" + std::to_string(seed), TaskKind::choice, {}};
    for (unsigned i = 0; i < n_items; ++i) {
        TaskItem item;
        item.prompt = english(seed == 1 ? 16 : 21, 9000 + 500 * seed + i);  // none in two tasks
        item.choices = {" a", " t", " the"};
        item.answer = i % 3;
        item.group = "g" + std::to_string(i % 4);
        result.items.push_back(std::move(item));
    }
    return result;
}

const ConceptVector& source_concept() {
    static const ConceptVector vector = [] {
        RefineRequest request = refine_request(4);
        request.alternatives = {{RefineMethod::probe, TextPosition::last}};
        return refine_concept(tiny_source_model(), warm_and_cold(), request, {});
    }();
    return vector;
}

const MapSet& maps() {
    static const MapSet made = build_map(tiny_source_model(), tiny_target_model(), corpus(), map_request(), {});
    return made;
}

RefineRequest refine_request(std::size_t shuffled_draws) {
    RefineRequest request;
    request.name = "warm";
    request.shuffled_draws = shuffled_draws;
    request.threads = 1;
    return request;
}

MapRequest map_request() {
    MapRequest request;
    request.source_layers = {LayerIndex{1}, LayerIndex{2}};
    request.target_layers = {LayerIndex{2}, LayerIndex{3}};
    request.neutral = neutral(1);
    request.threads = 1;
    return request;
}

TransplantRequest transplant_request() {
    TransplantRequest request;
    request.name = "warm-vector";
    request.neutral = neutral(1);
    request.threads = 1;
    return request;
}

EvaluateRequest evaluate_request() {
    EvaluateRequest request;
    request.task = task(2);
    request.dev_task = task(1);
    request.native_pairs = warm_and_cold();
    request.instruction = "Think of warm days.";
    request.draws = 4;
    request.draw_items = 4;
    request.neutral_dev = neutral(1);
    request.neutral_test = neutral(2);
    request.threads = 1;
    return request;
}

const TransplantResult& carried() {
    static const Task development = task(1);
    static const TransplantResult result =
        transplant(source_concept(), maps(), tiny_target_model(), &development, transplant_request(), {});
    return result;
}

Treatment hand_made() {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    const auto direction = [&] {
        std::vector<float> values(tiny_target_model()->d_model());
        for (float& x : values) x = 0.1F * normal(random);
        return values;
    };
    Treatment treatment;
    treatment.vector.name = "warm-vector";
    treatment.vector.target = tiny_target_model()->identity();
    treatment.vector.layers = {{LayerIndex{2}, direction(), 0, 0, 0}};
    treatment.controls = ControlSet{tiny_target_model()->identity(), {}};
    for (const auto kind : {ControlDirection::Kind::shuffled_map, ControlDirection::Kind::shuffled_labels}) {
        treatment.controls->directions.push_back({kind, LayerIndex{2}, direction(), 1});
    }
    return treatment;
}

double cosine(std::span<const float> a, std::span<const float> b) { return dot(a, b) / (norm(a) * norm(b)); }

}  // namespace contrans::testing
