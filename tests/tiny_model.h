#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace contrans::testing {

/// A complete language model with random weights, as small as a file that llama.cpp runs can be: llama architecture,
/// F32, head tied to the embeddings, a tokenizer that can write every byte. Under 1 MB with the defaults; reads
/// thousands of tokens a second. Two with different widths, depths, seeds and vocabularies serve as source and target.
struct TinyModel {
    /// byte_pairs: GPT-2 style, no BOS, few merges; 256 bytes + merges + 1.
    /// sentence_pieces: Llama style, BOS, "▁" for spaces, pieces of English, byte fallback.
    /// Their token ends agree at most places of an English text and differ at some.
    enum class Vocabulary { byte_pairs, sentence_pieces };

    std::string name = "Tiny";
    std::string architecture = "llama";  ///< another one: refused by llama.cpp, for tests of that
    Vocabulary vocabulary = Vocabulary::byte_pairs;
    std::size_t d_model = 64;  ///< a multiple of heads · 2
    std::size_t layers = 4;
    std::size_t heads = 4;
    std::size_t context = 512;  ///< tokens it says it was trained with
    std::uint32_t seed = 1;     ///< of the weights; same description, same file
    double gain_spread = 0;     ///< standard deviation of the norms' gains about 1
    /// plain: no biases, head tied to the embeddings. full: a head of its own and every bias that llama.cpp reads.
    enum class Tensors { plain, full } tensors = Tensors::plain;
    std::string left_out;       ///< bytes that have no token and vanish from a text; of byte pairs alone
    float loudness = 1;         ///< factor of the embeddings, and so of the residual stream
    std::string chat_template;  ///< empty: none, as in base models
    std::size_t words = 0;      ///< so many more tokens, each a space and a word of its own that no text is cut into
};

/// Writes the model as GGUF and returns `file`. Throws std::runtime_error when the file cannot be written.
std::filesystem::path write_tiny_model(const std::filesystem::path& file, const TinyModel& model = {});

/// The i-th of TinyModel::words, without its space.
[[nodiscard]] std::string tiny_word(std::size_t i);

/// Two models that agree in nothing but English: "Tiny source" (byte pairs, d 64, 4 layers) and "Tiny target"
/// (sentence pieces, d 96, 5 layers).
[[nodiscard]] TinyModel tiny_source();
[[nodiscard]] TinyModel tiny_target();

}  // namespace contrans::testing
