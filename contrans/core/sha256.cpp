#include "contrans/core/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "contrans/core/error.h"

namespace contrans {
namespace {

void require(int result, const char* step) {
    if (result != 1) throw Error(ErrorKind::io, std::string("SHA-256: the crypto library failed to ") + step);
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1 ? 1 : 0, "start");
}

void Sha256::update(std::span<const std::byte> bytes) {
    require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()), "update");
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

std::string Sha256::hex_digest() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size), "finish");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte : std::span(digest).first(size)) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

std::string sha256_of(std::string_view text) {
    Sha256 digest;
    digest.update(text);
    return digest.hex_digest();
}

std::uint64_t short_hash(std::string_view text) { return std::stoull(sha256_of(text).substr(0, 16), nullptr, 16); }

}  // namespace contrans
