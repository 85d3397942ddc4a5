#include "contrans/study/content_key.h"

#include <array>
#include <bit>
#include <fstream>

#include "contrans/core/error.h"
#include "contrans/core/version.h"

namespace contrans {

ContentKey::ContentKey(std::string_view step) { add(kVersion).add(step); }

ContentKey& ContentKey::add(std::string_view text) {
    digest_.update(std::to_string(text.size()) + ":");
    digest_.update(text);
    return *this;
}

ContentKey& ContentKey::add(std::uint64_t number) { return add(std::to_string(number)); }

ContentKey& ContentKey::add(double number) { return add(std::bit_cast<std::uint64_t>(number)); }

ContentKey& ContentKey::add_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw Error(ErrorKind::io, file.string() + ": cannot be opened");
    Sha256 content;
    std::array<char, 1 << 16> buffer{};
    while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0)
        content.update(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount())));
    if (in.bad()) throw Error(ErrorKind::io, file.string() + ": cannot be read");
    return add(content.hex_digest());
}

std::string ContentKey::digest() { return digest_.hex_digest().substr(0, 32); }

}  // namespace contrans
