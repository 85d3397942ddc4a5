#include "contrans/runtime/grammar_sampler.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/core/ggml_log.h"
#include "contrans/runtime/model.h"
#include "llama.h"

namespace contrans {
namespace {

/// Null where llama.cpp cannot parse it.
llama_sampler* make_sampler(const llama_vocab* vocab, const Grammar& grammar) {
    if (grammar.trigger_words.empty() && grammar.trigger_tokens.empty()) {
        return llama_sampler_init_grammar(vocab, grammar.gbnf.c_str(), "root");
    }
    std::vector<const char*> words;
    for (const std::string& word : grammar.trigger_words) words.push_back(word.c_str());
    return llama_sampler_init_grammar_lazy_patterns(vocab, grammar.gbnf.c_str(), "root", words.data(), words.size(),
                                                    grammar.trigger_tokens.data(), grammar.trigger_tokens.size());
}

std::vector<Token> tokens_of(const llama_vocab* vocab, const std::string& text) {
    std::vector<Token> tokens(text.size() + 2);
    const int32_t n = llama_tokenize(vocab, text.data(), static_cast<int32_t>(text.size()), tokens.data(),
                                     static_cast<int32_t>(tokens.size()), false, true);
    tokens.resize(static_cast<std::size_t>(std::max(n, 0)));
    return tokens;
}

/// Some tokenizers put a space before the text, which it does not begin with.
bool is_added_space(const Model& model, const std::vector<Token>& tokens, const std::string& text) {
    const std::string first = tokens.empty() ? "" : model.tokenizer().spelling(tokens.front());
    return !first.empty() && std::isspace(static_cast<unsigned char>(first.front())) != 0 &&
           std::isspace(static_cast<unsigned char>(text.front())) == 0;
}

std::size_t occurrences(std::string_view text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
    return n;
}

/// llama.cpp follows brackets and rules by recursion: a client's grammar must not exhaust the stack. Counted wherever
/// they stand, in literals and comments too, so that nothing hides them.
void require_bounded(std::string_view gbnf) {
    constexpr std::size_t kMostBrackets = 2000;
    constexpr std::size_t kMostRules = 4000;
    const auto require = [](const char* what, std::size_t n, std::size_t most) {
        if (n <= most) return;
        throw Error(ErrorKind::argument,
                    "grammar: must have at most " + std::to_string(most) + " " + what + ", got " + std::to_string(n));
    };
    require("opening brackets", occurrences(gbnf, "("), kMostBrackets);
    require("rules", occurrences(gbnf, "::="), kMostRules);
}

}  // namespace

void GrammarSampler::Free::operator()(llama_sampler* sampler) const noexcept { llama_sampler_free(sampler); }

GrammarSampler::GrammarSampler(const Model& model, const Grammar& grammar) {
    require_bounded(grammar.gbnf);
    const llama_vocab* vocab = llama_model_get_vocab(model.handle());
    const GgmlErrorCapture errors;
    std::string reason;
    try {
        sampler_.reset(make_sampler(vocab, grammar));
    } catch (const std::exception& error) {
        reason = error.what();
    }
    if (!sampler_) {
        if (reason.empty()) reason = errors.first_error();
        throw Error(ErrorKind::argument, "grammar: cannot be parsed" + (reason.empty() ? "" : ": " + reason));
    }
    if (grammar.begun.empty()) return;
    const std::vector<Token> begun = tokens_of(vocab, grammar.begun);
    for (std::size_t i = is_added_space(model, begun, grammar.begun) ? 1 : 0; i < begun.size(); ++i) accept(begun[i]);
}

bool GrammarSampler::allows(Token token) const {
    llama_token_data one{token, 1.0F, 0.0F};
    forbid({&one, 1});
    return one.logit > -INFINITY;
}

void GrammarSampler::forbid(std::span<llama_token_data> candidates) const {
    llama_token_data_array array{candidates.data(), candidates.size(), -1, false};
    llama_sampler_apply(sampler_.get(), &array);
}

void GrammarSampler::accept(Token token) {
    // llama.cpp aborts the process over an end token that comes too soon.
    if (!allows(token)) throw Error(ErrorKind::argument, "grammar: cannot go on with token " + std::to_string(token));
    try {
        llama_sampler_accept(sampler_.get(), token);
    } catch (const std::exception& error) {
        throw Error(ErrorKind::argument, std::string("grammar: cannot go on: ") + error.what());
    }
}

void require_grammar(const Model& model, const Grammar& grammar) {
    if (!grammar.gbnf.empty()) (void)GrammarSampler(model, grammar);
}

}  // namespace contrans
