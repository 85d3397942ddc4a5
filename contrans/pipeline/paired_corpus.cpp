#include "contrans/pipeline/paired_corpus.h"

#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

// Every tenth text is held out, and differences need two.
constexpr std::size_t kFewestInBlock = 20;

using Ends = std::vector<std::size_t>;

/// As pair_tokens wants them: with the first token in front.
Ends ends_from_first_token(const TextPoints& points) {
    Ends ends = points.char_ends;
    if (points.first_token == TextPoints::FirstToken::left_out) ends.insert(ends.begin(), 0);
    return ends;
}

void count_from_first_point(std::vector<std::size_t>& indices, const TextPoints& points) {
    if (points.first_token == TextPoints::FirstToken::there) return;
    for (std::size_t& index : indices) --index;
}

void require_alike(const ReaderPair& readers) {
    const bool means = readers.source.points() == StateReader::Points::mean;
    if (means == (readers.target.points() == StateReader::Points::mean)) return;
    throw Error(ErrorKind::argument, "map: " + describe((means ? readers.source : readers.target).identity()) +
                                         " has means of texts and " +
                                         describe((means ? readers.target : readers.source).identity()) +
                                         " tokens; harvest both at the same --position");
}

bool block_is_full(const PairedCorpus& corpus, std::size_t points, std::size_t block_tokens) {
    const std::size_t begin = corpus.block_ends.empty() ? 0 : corpus.block_ends.back();
    return points >= block_tokens && corpus.texts.size() - begin >= kFewestInBlock;
}

/// A rest too small for a block joins the one before.
void end_last_block(PairedCorpus& corpus) {
    const std::size_t begin = corpus.block_ends.empty() ? 0 : corpus.block_ends.back();
    if (corpus.texts.size() - begin < kFewestInBlock && !corpus.block_ends.empty()) corpus.block_ends.pop_back();
    corpus.block_ends.push_back(corpus.texts.size());
}

}  // namespace

std::optional<PairedText> pair_text(const ReaderPair& readers, const std::string& text) {
    std::optional<TextPoints> source = readers.source.find(text);
    std::optional<TextPoints> target = readers.target.find(text);
    if (!source || !target) return std::nullopt;
    PairedText paired{std::move(*source), std::move(*target), {}};
    paired.pairs = pair_tokens(ends_from_first_token(paired.source), ends_from_first_token(paired.target));
    count_from_first_point(paired.pairs.source, paired.source);
    count_from_first_point(paired.pairs.target, paired.target);
    return paired;
}

std::span<const std::string* const> PairedCorpus::block(std::size_t number) const {
    const std::size_t begin = number == 0 ? 0 : block_ends[number - 1];
    return std::span(texts).subspan(begin, block_ends[number] - begin);
}

PairedCorpus plan_corpus(const ReaderPair& readers, std::span<const std::string> texts, const CorpusLimits& limits,
                         const RunContext& context) {
    require_alike(readers);
    PairedCorpus corpus;
    std::size_t points = 0;
    context.begin("pair tokens", "texts", texts.size());
    for (std::size_t t = 0; t < texts.size(); ++t) {
        if (t % 256 == 255) context.advance(t + 1);
        const std::optional<PairedText> paired = pair_text(readers, texts[t]);
        if (!paired) continue;
        corpus.tokens_matched += paired->pairs.target.size();
        corpus.tokens_comparable += paired->pairs.n_target_tokens;
        if (paired->pairs.target.empty()) continue;
        corpus.texts.push_back(&texts[t]);
        points += paired->target.char_ends.size();
        if (block_is_full(corpus, points, limits.block_tokens)) {
            corpus.block_ends.push_back(corpus.texts.size());
            points = 0;
        }
    }
    context.advance(texts.size());
    context.end();
    if (corpus.texts.size() < limits.fewest_texts) {
        throw Error(ErrorKind::argument, "map: needs at least " + std::to_string(limits.fewest_texts) +
                                             " texts with tokens that pair in both models, got " +
                                             std::to_string(corpus.texts.size()) + " of " +
                                             std::to_string(texts.size()));
    }
    end_last_block(corpus);
    return corpus;
}

}  // namespace contrans
