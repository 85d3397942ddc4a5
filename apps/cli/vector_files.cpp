#include "apps/cli/vector_files.h"

#include <unistd.h>

#include <string>
#include <system_error>

#include "contrans/core/error.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::cli {
namespace {

/// A file that is complete but not yet in its place; removed when it never gets there.
class StagedFile {
public:
    explicit StagedFile(std::filesystem::path target)
        : target_(std::move(target)), path_(target_.string() + ".staged-" + std::to_string(getpid())) {}
    ~StagedFile() {
        std::error_code none;
        std::filesystem::remove(path_, none);
    }
    StagedFile(const StagedFile&) = delete;
    StagedFile& operator=(const StagedFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    void place() const {
        std::error_code error;
        std::filesystem::rename(path_, target_, error);
        if (error) throw Error(ErrorKind::io, target_.string() + ": cannot be replaced: " + error.message());
    }

private:
    std::filesystem::path target_;
    std::filesystem::path path_;
};

}  // namespace

void write_vector_files(const ControlVector& vector, const ControlSet& controls, const std::filesystem::path& file) {
    const StagedFile staged_controls(controls_path(file));
    const StagedFile staged_vector(file);
    write_control_set(controls, staged_controls.path());
    write_control_vector(vector, staged_vector.path());
    staged_controls.place();
    staged_vector.place();
}

}  // namespace contrans::cli
