#include <iostream>

#include "contrans/concepts/contrast_pairs.h"
#include "contrans/core/error.h"
#include "contrans/harvest/corpus.h"
#include "contrans/pipeline/build_map.h"
#include "contrans/pipeline/refine.h"
#include "contrans/pipeline/transplant.h"
#include "contrans/transplant/control_vector_file.h"

// carry_concept SOURCE.gguf TARGET.gguf PAIRS.jsonl CORPUS.txt VECTOR.gguf
int main(int argc, char** argv) try {
    if (argc != 6) return 2;
    const auto source = contrans::Model::load(argv[1]);
    const auto target = contrans::Model::load(argv[2]);
    const std::filesystem::path corpus[] = {argv[4]};
    const contrans::RunContext quiet;

    const auto refined = contrans::refine_concept(source, contrans::read_contrast_pairs(argv[3]), {}, quiet);
    const auto maps = contrans::build_map(source, target, contrans::read_corpus(corpus), {}, quiet);
    // No task to search on: the map's own evidence chooses, at the dose that costs 0.5 nat on neutral text.
    const auto carried = contrans::transplant(refined, maps, target, nullptr, {}, quiet);
    contrans::write_control_vector(carried.vector, argv[5]);

    const contrans::ControlLayer& layer = carried.vector.layers.front();
    std::cout << "steers layer " << layer.layer.value << " at dose " << layer.dose << ": llama-server --control-vector "
              << argv[5] << '\n';
} catch (const contrans::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
