#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/model_identity.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_vector.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans {

/// Doses that a vector was tested at or near (DESIGN §4: multiples of the layer's spread σ, summed over layers; of
/// another engine's file, multiples of the vector as written).
struct DoseRange {
    double lowest = 0;
    double highest = 0;
    double usual = 0;  ///< the file's own
};

/// A vector that requests may name. Immutable; a request keeps it alive after it was unloaded.
struct ServedConcept {
    std::string name;
    ControlVector vector;
    std::string sha256;  ///< of the file, 64 hexadecimal digits
    std::filesystem::path file;
    DoseRange doses;
};

/// −1.5 to 1.5 times the vector's own dose.
[[nodiscard]] DoseRange dose_range_of(const ControlVector& vector);

/// All *.gguf of a folder but *.controls.gguf, in the order of their names. Throws Error{io}.
[[nodiscard]] std::vector<std::filesystem::path> vector_files(const std::filesystem::path& folder);

/// The vectors that a server offers. Thread-safe.
class ConceptShelf {
public:
    explicit ConceptShelf(std::shared_ptr<const Model> model, IdentityMismatch policy = IdentityMismatch::refuse,
                          ForeignNumbering numbering = ForeignNumbering::as_written);

    [[nodiscard]] const Model& model() const { return *model_; }

    /// Reads a control vector and checks that it fits the model; nothing is offered yet. @param name empty: the file's
    /// stem. Throws what read_control_vector and require_fits throw, and Error{argument} for a name with other
    /// characters than letters, digits, '-', '_' and '.'.
    [[nodiscard]] std::shared_ptr<const ServedConcept> read(const std::filesystem::path& file,
                                                            std::string name = "") const;
    /// Offers it, in place of one of that name.
    void offer(std::shared_ptr<const ServedConcept> served);
    /// Both.
    std::shared_ptr<const ServedConcept> load(const std::filesystem::path& file, std::string name = "");
    /// All vector_files() of a folder. Throws at the first that `load` refuses; those before it are offered.
    std::size_t load_folder(const std::filesystem::path& folder);
    /// Whether there was one.
    bool unload(std::string_view name);
    /// Null: none of that name.
    [[nodiscard]] std::shared_ptr<const ServedConcept> find(std::string_view name) const;
    /// In the order of their names.
    [[nodiscard]] std::vector<std::shared_ptr<const ServedConcept>> list() const;

private:
    std::shared_ptr<const Model> model_;
    IdentityMismatch policy_;
    ForeignNumbering numbering_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const ServedConcept>, std::less<>> concepts_;
};

}  // namespace contrans
