#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace contrans {

/// SHA-256 of bytes given piece by piece.
class Sha256 {
public:
    /// Throws Error{io} when the crypto library cannot provide the digest.
    Sha256();

    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    /// 64 lower-case hexadecimal digits. The last call.
    [[nodiscard]] std::string hex_digest();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// The hex_digest() of one text.
[[nodiscard]] std::string sha256_of(std::string_view text);

/// The first 64 bits of a text's digest: tells texts apart where 8 bytes each must do.
[[nodiscard]] std::uint64_t short_hash(std::string_view text);

}  // namespace contrans
