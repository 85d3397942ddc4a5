#include "contrans/serve/concept_shelf.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/core/utf8.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

std::string sha256_of(const std::filesystem::path& file) {
    std::ifstream input(file, std::ios::binary);
    Sha256 digest;
    std::array<char, 1 << 16> block{};
    while (input) {
        input.read(block.data(), block.size());
        const auto n = static_cast<std::size_t>(input.gcount());
        digest.update(std::as_bytes(std::span(block).first(n)));
    }
    if (!input.eof()) throw Error(ErrorKind::io, file.string() + ": cannot be read");
    return digest.hex_digest();
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

void require_name(const std::string& name, const std::filesystem::path& file) {
    if (!name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), is_name_character)) return;
    throw Error(
        ErrorKind::argument,
        file.string() + ": a concept's name has 1 to 128 letters, digits, '-', '_' or '.', got " + in_quotes(name));
}

bool is_vector_file(const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    return name.ends_with(".gguf") && !name.ends_with(".controls.gguf");
}

}  // namespace

DoseRange dose_range_of(const ControlVector& vector) {
    const double own = total_dose(vector.layers);
    const double usual = own != 0 ? own : 1;
    return {-1.5 * std::abs(usual), 1.5 * std::abs(usual), usual};
}

std::vector<std::filesystem::path> vector_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (is_vector_file(entry->path())) files.push_back(entry->path());
    }
    if (error) throw Error(ErrorKind::io, folder.string() + ": cannot be listed: " + error.message());
    std::sort(files.begin(), files.end());
    return files;
}

ConceptShelf::ConceptShelf(std::shared_ptr<const Model> model, IdentityMismatch policy, ForeignNumbering numbering)
    : model_(std::move(model)), policy_(policy), numbering_(numbering) {}

std::shared_ptr<const ServedConcept> ConceptShelf::read(const std::filesystem::path& file, std::string name) const {
    if (name.empty()) name = file.stem().string();
    require_name(name, file);
    ControlVector vector = read_control_vector(file, numbering_);
    require_fits(vector, file.string(), model_->identity(), policy_);
    const DoseRange doses = dose_range_of(vector);
    return std::make_shared<const ServedConcept>(
        ServedConcept{std::move(name), std::move(vector), sha256_of(file), file, doses});
}

void ConceptShelf::offer(std::shared_ptr<const ServedConcept> served) {
    const std::lock_guard lock(mutex_);
    const std::string& name = served->name;
    concepts_.insert_or_assign(name, std::move(served));
}

std::shared_ptr<const ServedConcept> ConceptShelf::load(const std::filesystem::path& file, std::string name) {
    auto served = read(file, std::move(name));
    offer(served);
    return served;
}

std::size_t ConceptShelf::load_folder(const std::filesystem::path& folder) {
    const std::vector<std::filesystem::path> files = vector_files(folder);
    for (const std::filesystem::path& file : files) load(file);
    return files.size();
}

bool ConceptShelf::unload(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto found = concepts_.find(name);
    if (found == concepts_.end()) return false;
    concepts_.erase(found);
    return true;
}

std::shared_ptr<const ServedConcept> ConceptShelf::find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = concepts_.find(name);
    return found == concepts_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const ServedConcept>> ConceptShelf::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<const ServedConcept>> all;
    for (const auto& [name, served] : concepts_) all.push_back(served);
    return all;
}

}  // namespace contrans
