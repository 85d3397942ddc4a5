#include "contrans/runtime/tokenizer.h"

#include "contrans/core/error.h"
#include "contrans/runtime/chat_template.h"
#include "llama.h"

namespace contrans {
namespace {

enum class ControlTokens { silent, spelt };

std::string piece_of(const llama_vocab* vocab, Token token, ControlTokens control = ControlTokens::silent) {
    const bool spelt = control == ControlTokens::spelt;
    std::string piece(32, '\0');
    int32_t size = llama_token_to_piece(vocab, token, piece.data(), static_cast<int32_t>(piece.size()), 0, spelt);
    if (size < 0) {
        piece.resize(static_cast<std::size_t>(-size));
        size = llama_token_to_piece(vocab, token, piece.data(), static_cast<int32_t>(piece.size()), 0, spelt);
    }
    piece.resize(static_cast<std::size_t>(size));
    return piece;
}

}  // namespace

Tokenizer::Tokenizer(const llama_model* model) : model_(model) {}

std::size_t Tokenizer::vocabulary_size() const {
    return static_cast<std::size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model_)));
}

std::vector<Token> Tokenizer::tokenise(std::string_view text, SpecialTokens special) const {
    if (text.empty()) throw Error(ErrorKind::argument, "tokenise: a text must not be empty");
    const llama_vocab* vocab = llama_model_get_vocab(model_);
    const auto length = static_cast<int32_t>(text.size());
    const bool parse = special == SpecialTokens::parse;
    std::vector<Token> tokens(text.size() + 2);
    int32_t n =
        llama_tokenize(vocab, text.data(), length, tokens.data(), static_cast<int32_t>(tokens.size()), true, parse);
    if (n < 0) {
        tokens.resize(static_cast<std::size_t>(-n));
        n = llama_tokenize(vocab, text.data(), length, tokens.data(), static_cast<int32_t>(tokens.size()), true, parse);
    }
    tokens.resize(static_cast<std::size_t>(n));
    // An added end token would make every text's last state the same.
    if (!tokens.empty() && llama_vocab_get_add_eos(vocab) && tokens.back() == llama_vocab_eos(vocab)) tokens.pop_back();
    if (tokens.empty())
        throw Error(ErrorKind::argument, "tokenise: the text gives no token: \"" + std::string(text) + "\"");
    return tokens;
}

TokenisedText Tokenizer::tokenise_with_ends(std::string_view text) const {
    TokenisedText result{.tokens = tokenise(text), .byte_ends = {}, .offsets = TokenisedText::Offsets::exact};
    std::string spelt;
    for (const Token token : result.tokens) {
        spelt += piece(token);
        result.byte_ends.push_back(spelt.size());
    }
    // Some tokenizers put a space before the text: shift it away.
    if (spelt.size() == text.size() + 1 && spelt.front() == ' ' && std::string_view(spelt).substr(1) == text) {
        for (std::size_t& end : result.byte_ends) end = end == 0 ? 0 : end - 1;
    } else if (spelt != text) {
        result.offsets = TokenisedText::Offsets::inexact;
    }
    return result;
}

std::vector<Token> Tokenizer::tokenise_text(const Text& text) const {
    if (const auto* plain = std::get_if<std::string>(&text)) return tokenise(std::string_view(*plain));
    return tokenise(render_chat(model_, std::get<std::vector<ChatMessage>>(text)), SpecialTokens::parse);
}

std::string Tokenizer::piece(Token token) const { return piece_of(llama_model_get_vocab(model_), token); }

std::string Tokenizer::spelling(Token token) const {
    return piece_of(llama_model_get_vocab(model_), token, ControlTokens::spelt);
}

std::string Tokenizer::detokenise(std::span<const Token> tokens) const {
    std::string text;
    for (const Token token : tokens) text += piece(token);
    return text;
}

bool Tokenizer::ends_generation(Token token) const { return llama_vocab_is_eog(llama_model_get_vocab(model_), token); }

}  // namespace contrans
