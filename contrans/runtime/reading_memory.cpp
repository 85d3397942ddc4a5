#include "contrans/runtime/reading_memory.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/runtime/cache_folder.h"

namespace contrans {
namespace {

using Json = nlohmann::json;

std::filesystem::path memory_file() { return cache_folder() / "reading.json"; }

/// All that is remembered; an empty object where that makes no sense.
Json read_memory() {
    std::ifstream file(memory_file());
    Json memory = Json::parse(file, nullptr, false);
    return memory.is_object() ? memory : Json::object();
}

/// A whole number above 0, else nothing.
std::optional<std::size_t> count(const Json& entry, const char* key) {
    if (!entry.is_object() || !entry.contains(key) || !entry[key].is_number_unsigned() || entry[key] == 0) return {};
    return entry[key].get<std::size_t>();
}

}  // namespace

std::optional<ReadingOptions> recall_reading(const std::string& key) {
    const Json memory = read_memory();
    if (!memory.contains(key)) return std::nullopt;
    const auto batch_tokens = count(memory[key], "batch_tokens");
    const auto engine_threads = count(memory[key], "engine_threads");
    if (!batch_tokens || !engine_threads) return std::nullopt;
    return ReadingOptions{*batch_tokens, *engine_threads};
}

void remember_reading(const std::string& key, const ReadingOptions& reading) {
    Json memory = read_memory();
    memory[key] = {{"batch_tokens", reading.batch_tokens}, {"engine_threads", reading.engine_threads}};
    try {
        std::error_code ignored;  // then writing fails
        std::filesystem::create_directories(cache_folder(), ignored);
        write_text_file(memory_file(), memory.dump(2) + "\n");
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::io) throw;
    }
}

}  // namespace contrans
