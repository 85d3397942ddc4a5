#include "contrans/registry/registry_location.h"

#include <fstream>
#include <iterator>
#include <string>

namespace contrans {
namespace {

std::string read_uri(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw Error(ErrorKind::io, file.string() + ": cannot be read");
    std::string uri((std::istreambuf_iterator<char>(stream)), {});
    uri.erase(uri.find_last_not_of(" \t\r\n") + 1);
    const bool known = uri.starts_with("postgresql://") || uri.starts_with("postgres://");
    if (known && uri.find_first_of(" \t\r\n") == std::string::npos) return uri;
    throw Error(ErrorKind::format, file.string() + ": must hold a line postgresql://USER@HOST/DATABASE");
}

}  // namespace

std::unique_ptr<DatabaseBackend> registry_backend(const std::filesystem::path& folder, OpenMode mode) {
    const std::filesystem::path uri_file = folder / kDatabaseUriFile;
    std::error_code none;
    if (std::filesystem::exists(uri_file, none)) return postgres_backend(read_uri(uri_file));
    return sqlite_backend(folder / "registry.db", mode);
}

}  // namespace contrans
