#include "apps/cli/vector_files.h"

#include "apps/cli/staged_file.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::cli {

void write_vector_files(const ControlVector& vector, const ControlSet& controls, const std::filesystem::path& file) {
    const StagedFile staged_controls(controls_path(file));
    const StagedFile staged_vector(file);
    write_control_set(controls, staged_controls.path());
    write_control_vector(vector, staged_vector.path());
    staged_controls.place();
    staged_vector.place();
}

}  // namespace contrans::cli
