#pragma once

#include <filesystem>

#include "contrans/study/study.h"

namespace contrans {

/// Reads a study from JSON; paths are taken from the file's own folder:
///
///   {"models": [{"source": S.gguf, "target": T.gguf, "name"?: TEXT}, …], "corpus": [F, …], "texts"?: N,
///    "concepts": [FOLDER | {"name": TEXT, "pairs": F, "dev": F, "test": F, "position"?: "last"|"mean",
///                 "instruction"?: TEXT, "variants"?: [F, …]}, …], "robustness"?: N,
///    "methods"?: ["searched", "paper", …], "controls"?: "all"|"none"|[NAME, …], "instruction"?: TEXT, "items"?: N,
///    "budget"?: NATS, "seeds"?: [N, …], "neutral_dev"?: F, "neutral_test"?: F}
///
/// A folder stands for its pairs.jsonl, dev.jsonl, test.jsonl and variants/*.jsonl; in a study's "instruction" {name}
/// becomes the concept's. Without methods: searched and paper. Throws Error{io} when the file cannot be read;
/// Error{format} naming file and key for malformed JSON, an unknown key, a missing or wrong value, an unknown method or
/// control, two models or concepts of one name, no models, corpus or concepts, no variant where "robustness" asks for
/// them; Error{io} naming a file that is not there.
[[nodiscard]] Study read_study(const std::filesystem::path& file);

}  // namespace contrans
