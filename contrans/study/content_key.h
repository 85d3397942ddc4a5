#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "contrans/core/sha256.h"

namespace contrans {

/// What a result is kept under: a digest of all that it depends on, each part with its length before it, so that no two
/// lists of parts look alike.
class ContentKey {
public:
    /// @param step  what is done, e.g. "refine"; the program's version goes in too
    explicit ContentKey(std::string_view step);

    ContentKey& add(std::string_view text);
    ContentKey& add(std::uint64_t number);
    ContentKey& add(double number);
    /// The file's bytes. Throws Error{io}.
    ContentKey& add_file(const std::filesystem::path& file);
    /// 32 hexadecimal digits. The last call.
    [[nodiscard]] std::string digest();

private:
    Sha256 digest_;
};

}  // namespace contrans
