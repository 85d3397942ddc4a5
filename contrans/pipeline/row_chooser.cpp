#include "contrans/pipeline/row_chooser.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/mapping/pairing.h"

namespace contrans {
namespace {

/// Characters that the tokens of a text stand for.
class Spans {
public:
    Spans(const std::string& text, const TokenisedText& tokenised, std::size_t number)
        : number_(static_cast<std::int32_t>(number)), exact_(tokenised.offsets == TokenisedText::Offsets::exact) {
        if (exact_) ends_ = characters_before(text, tokenised.byte_ends);
    }

    [[nodiscard]] StoredToken token(std::size_t i) const {
        const auto position = static_cast<std::int32_t>(i);
        if (!exact_) return {number_, position, -1, -1};
        return {number_, position, i == 0 ? 0 : static_cast<std::int32_t>(ends_[i - 1]),
                static_cast<std::int32_t>(ends_[i])};
    }
    [[nodiscard]] StoredToken whole() const {
        return {number_, -1, exact_ ? 0 : -1, exact_ ? static_cast<std::int32_t>(ends_.back()) : -1};
    }

private:
    std::int32_t number_;
    bool exact_;
    std::vector<std::size_t> ends_;
};

std::string name_of(const std::string& text, std::size_t number) {
    return "text " + std::to_string(number + 1) + " (" + in_quotes(text) + ")";
}

/// Throws Error{argument} naming the text where nothing of it is left.
TokenisedText tokens_of(const Model& model, const std::string& text, std::size_t number) {
    try {
        return model.tokenizer().tokenise_with_ends(text);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::argument) throw;
        throw Error(ErrorKind::argument, "harvest: " + name_of(text, number) + " gives no token of " +
                                             describe(model.identity()) + ": leave it out");
    }
}

}  // namespace

TextRows RowChooser::rows_of(const std::string& text, std::size_t number) {
    TokenisedText tokenised = tokenise(text, number);
    const Spans spans(text, tokenised, number);
    const std::size_t n = tokenised.tokens.size();
    std::vector<StoredToken> rows;
    switch (position_) {
        case StoredPosition::last:
            rows = {spans.token(n - 1)};
            break;
        case StoredPosition::mean:
            if (n < 2) {
                throw Error(ErrorKind::argument, "harvest: " + name_of(text, number) +
                                                     " has one token; a mean over all but the first needs two");
            }
            rows = {spans.whole()};
            break;
        case StoredPosition::all:
            for (std::size_t i = 0; i < n; ++i) rows.push_back(spans.token(i));
            break;
        case StoredPosition::aligned:
            for (const std::size_t i : aligned(text, tokenised, number)) rows.push_back(spans.token(i));
            break;
    }
    return {std::move(tokenised.tokens), std::move(rows)};
}

double RowChooser::aligned_share() const {
    return static_cast<double>(matched_) / static_cast<double>(std::max<std::size_t>(1, could_match_));
}

TokenisedText RowChooser::tokenise(const std::string& text, std::size_t number) const {
    TokenisedText tokenised = tokens_of(model_, text, number);
    if (tokenised.tokens.size() > model_.trained_context()) {
        throw Error(ErrorKind::argument, "harvest: " + name_of(text, number) + " has " +
                                             std::to_string(tokenised.tokens.size()) + " tokens; " +
                                             describe(model_.identity()) + " reads at most " +
                                             std::to_string(model_.trained_context()) + ": split it");
    }
    return tokenised;
}

std::vector<std::size_t> RowChooser::aligned(const std::string& text, const TokenisedText& tokenised,
                                             std::size_t number) {
    const TokenisedText other = tokens_of(*aligned_with_, text, number);
    if (tokenised.offsets != TokenisedText::Offsets::exact || other.offsets != TokenisedText::Offsets::exact) {
        ++unspelt_;
        return {};
    }
    TokenPairing pairs =
        pair_tokens(characters_before(text, other.byte_ends), characters_before(text, tokenised.byte_ends));
    matched_ += pairs.target.size();
    could_match_ += pairs.n_target_tokens;
    return std::move(pairs.target);
}

}  // namespace contrans
