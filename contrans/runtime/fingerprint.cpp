#include "contrans/runtime/fingerprint.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "contrans/core/error.h"
#include "contrans/core/ggml_log.h"
#include "contrans/core/sha256.h"
#include "gguf.h"

namespace contrans {
namespace {

constexpr std::uint64_t kSampleBytes = 256;
constexpr std::uint64_t kSamplesPerTensor = 16;

using Header = std::unique_ptr<gguf_context, decltype(&gguf_free)>;

Header open_header(const std::filesystem::path& file) {
    if (std::error_code error; !std::filesystem::is_regular_file(file, error)) {
        throw Error(ErrorKind::io, file.string() + ": no such model file");
    }
    std::array<char, 4> magic{};
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw Error(ErrorKind::io, file.string() + ": cannot be opened: " + std::strerror(errno));
    if (!stream.read(magic.data(), 4) || std::memcmp(magic.data(), "GGUF", 4) != 0) {
        throw Error(ErrorKind::format, file.string() + ": not a GGUF file (it must begin with \"GGUF\")");
    }
    route_ggml_log();
    Header header(gguf_init_from_file(file.c_str(), {.no_alloc = true, .ctx = nullptr}), &gguf_free);
    if (!header) throw Error(ErrorKind::format, file.string() + ": the GGUF header is damaged or cut off");
    return header;
}

std::int64_t require_key(const gguf_context* header, const std::filesystem::path& file, const std::string& key,
                         gguf_type type) {
    const std::int64_t id = gguf_find_key(header, key.c_str());
    if (id < 0) throw Error(ErrorKind::format, file.string() + ": key " + key + " is missing: not a language model");
    if (gguf_get_kv_type(header, id) != type) {
        throw Error(ErrorKind::format, file.string() + ": key " + key + " must be " + gguf_type_name(type));
    }
    return id;
}

std::string string_or_empty(const gguf_context* header, const std::string& key) {
    const std::int64_t id = gguf_find_key(header, key.c_str());
    return id >= 0 && gguf_get_kv_type(header, id) == GGUF_TYPE_STRING ? gguf_get_val_str(header, id) : "";
}

/// The terminator keeps "ab", "c" apart from "a", "bc".
std::string_view with_terminator(const char* text) { return {text, std::strlen(text) + 1}; }

void hash_tokens(Sha256& hash, const gguf_context* header) {
    const std::int64_t id = gguf_find_key(header, "tokenizer.ggml.tokens");
    if (id < 0 || gguf_get_kv_type(header, id) != GGUF_TYPE_ARRAY || gguf_get_arr_type(header, id) != GGUF_TYPE_STRING)
        return;
    for (std::size_t i = 0; i < gguf_get_arr_n(header, id); ++i) {
        const char* token = gguf_get_arr_str(header, id, i);
        hash.update(with_terminator(token));
    }
}

void hash_tokenizer(Sha256& hash, const gguf_context* header) {
    const std::string kind = string_or_empty(header, "tokenizer.ggml.model");
    hash.update(with_terminator(kind.c_str()));
    hash_tokens(hash, header);
}

void hash_tensor(Sha256& hash, const gguf_context* header, std::int64_t id, std::ifstream& stream,
                 const std::string& file) {
    const char* name = gguf_get_tensor_name(header, id);
    hash.update(with_terminator(name));
    const auto type = static_cast<std::int32_t>(gguf_get_tensor_type(header, id));
    hash.update(std::as_bytes(std::span(&type, 1)));
    hash.update(std::as_bytes(std::span(gguf_get_tensor_ne(header, id), 4)));
    const std::uint64_t size = gguf_get_tensor_size(header, id);
    const std::uint64_t begin = gguf_get_data_offset(header) + gguf_get_tensor_offset(header, id);
    const std::uint64_t samples = std::min(kSamplesPerTensor, (size + kSampleBytes - 1) / kSampleBytes);
    for (std::uint64_t s = 0; s < samples; ++s) {
        const std::uint64_t length = std::min(kSampleBytes, size);
        const std::uint64_t offset = samples == 1 ? 0 : (size - length) / (samples - 1) * s;
        std::array<char, kSampleBytes> bytes{};
        if (!stream.seekg(static_cast<std::streamoff>(begin + offset)) ||
            !stream.read(bytes.data(), static_cast<std::streamsize>(length))) {
            throw Error(ErrorKind::format, file + ": cut off inside tensor " + name);
        }
        hash.update(std::string_view(bytes.data(), length));
    }
}

void require_whole(const gguf_context* header, const std::filesystem::path& file) {
    std::uint64_t end = 0;
    for (std::int64_t i = 0; i < gguf_get_n_tensors(header); ++i) {
        end = std::max(end,
                       static_cast<std::uint64_t>(gguf_get_tensor_offset(header, i) + gguf_get_tensor_size(header, i)));
    }
    const std::uint64_t expected = gguf_get_data_offset(header) + end;
    const std::uint64_t actual = std::filesystem::file_size(file);
    if (actual < expected) {
        throw Error(ErrorKind::format, file.string() + ": cut off: the header promises " + std::to_string(expected) +
                                           " bytes, the file has " + std::to_string(actual));
    }
}

}  // namespace

ModelIdentity read_model_identity(const std::filesystem::path& file) {
    const Header header = open_header(file);
    ModelIdentity identity;
    identity.architecture =
        gguf_get_val_str(header.get(), require_key(header.get(), file, "general.architecture", GGUF_TYPE_STRING));
    identity.name = string_or_empty(header.get(), "general.name");
    const auto count = [&](const std::string& key) -> std::size_t {
        return gguf_get_val_u32(header.get(),
                                require_key(header.get(), file, identity.architecture + key, GGUF_TYPE_UINT32));
    };
    identity.d_model = count(".embedding_length");
    identity.n_layers = count(".block_count");
    require_whole(header.get(), file);

    Sha256 hash;
    hash.update(with_terminator(identity.architecture.c_str()));
    hash_tokenizer(hash, header.get());
    Sha256 of_tokenizer;
    hash_tokenizer(of_tokenizer, header.get());
    identity.tokenizer = of_tokenizer.hex_digest();
    std::ifstream stream(file, std::ios::binary);
    for (std::int64_t i = 0; i < gguf_get_n_tensors(header.get()); ++i)
        hash_tensor(hash, header.get(), i, stream, file.string());
    identity.fingerprint = hash.hex_digest();
    return identity;
}

}  // namespace contrans
