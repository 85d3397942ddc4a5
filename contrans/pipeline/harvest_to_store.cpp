#include "contrans/pipeline/harvest_to_store.h"

#include <algorithm>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/core/utf8.h"
#include "contrans/harvest/harvest_shard.h"
#include "contrans/mapping/pairing.h"
#include "contrans/runtime/engine.h"

namespace contrans {
namespace {

constexpr std::size_t kTokensPerThread = 4096;
constexpr std::size_t kFewestShardTokens = 8192;

/// Turns texts into tokens and the rows that are kept of them.
class RowChooser {
public:
    RowChooser(const Model& model, const StoreRequest& request)
        : model_(model), position_(request.position), aligned_with_(request.aligned_with.get()) {}

    TextRows rows_of(const std::string& text, std::size_t number) {
        const TokenisedText tokenised = model_.tokenizer().tokenise_with_ends(text);
        if (tokenised.tokens.size() > model_.trained_context()) {
            throw Error(ErrorKind::argument, "harvest: text " + std::to_string(number + 1) + " (" + in_quotes(text) +
                                                 ") has " + std::to_string(tokenised.tokens.size()) + " tokens; " +
                                                 describe(model_.identity()) + " reads at most " +
                                                 std::to_string(model_.trained_context()) + ": split it");
        }
        const Spans spans(text, tokenised, static_cast<std::int32_t>(number));
        const std::size_t n = tokenised.tokens.size();
        std::vector<StoredToken> rows;
        switch (position_) {
            case StoredPosition::last:
                rows = {spans.token(n - 1)};
                break;
            case StoredPosition::mean:
                if (n < 2) {
                    throw Error(ErrorKind::argument, "harvest: text " + std::to_string(number + 1) + " (" +
                                                         in_quotes(text) +
                                                         ") has one token; a mean over all but the first needs two");
                }
                rows = {spans.whole()};
                break;
            case StoredPosition::all:
                for (std::size_t i = 0; i < n; ++i) rows.push_back(spans.token(i));
                break;
            case StoredPosition::aligned:
                for (const std::size_t i : aligned(text, tokenised)) rows.push_back(spans.token(i));
                break;
        }
        return {tokenised.tokens, std::move(rows)};
    }

    [[nodiscard]] std::size_t unspelt() const { return unspelt_; }
    /// Of this model's tokens, as far as they could have matched.
    [[nodiscard]] double aligned_share() const {
        return static_cast<double>(matched_) / static_cast<double>(std::max<std::size_t>(1, could_match_));
    }

private:
    /// Characters that the tokens of a text stand for.
    class Spans {
    public:
        Spans(const std::string& text, const TokenisedText& tokenised, std::int32_t number)
            : number_(number), exact_(tokenised.offsets == TokenisedText::Offsets::exact) {
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

    std::vector<std::size_t> aligned(const std::string& text, const TokenisedText& tokenised) {
        const TokenisedText other = aligned_with_->tokenizer().tokenise_with_ends(text);
        if (tokenised.offsets != TokenisedText::Offsets::exact || other.offsets != TokenisedText::Offsets::exact) {
            ++unspelt_;
            return {};
        }
        TokenPairing pairs = pair_tokens(other.byte_ends, tokenised.byte_ends);
        matched_ += pairs.target.size();
        could_match_ += pairs.n_target_tokens;
        return std::move(pairs.target);
    }

    const Model& model_;
    StoredPosition position_;
    const Model* aligned_with_;
    std::size_t unspelt_ = 0;
    std::size_t matched_ = 0;
    std::size_t could_match_ = 0;
};

std::vector<ActivationShard> plan_shards(std::span<const std::string> texts, RowChooser& chooser,
                                         std::size_t shard_tokens, const RunContext& context) {
    context.begin("tokenise", "texts", texts.size());
    std::vector<ActivationShard> shards;
    std::size_t tokens = shard_tokens;
    for (std::size_t t = 0; t < texts.size(); ++t) {
        const TextRows text = chooser.rows_of(texts[t], t);
        if (tokens >= shard_tokens) {
            shards.emplace_back();
            tokens = 0;
        }
        tokens += text.tokens.size();
        shards.back().texts += 1;
        shards.back().rows += text.rows.size();
        if (t % 256 == 255) context.advance(t + 1);
    }
    context.end();
    return shards;
}

void check(const Model& model, std::span<const std::string> texts, const StoreRequest& request) {
    if (texts.empty()) throw Error(ErrorKind::argument, "harvest: needs at least one text");
    for (std::size_t l = 0; l < request.layers.size(); ++l) {
        const LayerIndex layer = request.layers[l];
        if (layer.value >= model.n_layers() || (l > 0 && layer <= request.layers[l - 1])) {
            throw Error(ErrorKind::argument, "harvest: layers must rise and lie within 0 to " +
                                                 std::to_string(model.n_layers() - 1) + " of " +
                                                 describe(model.identity()) + ", got " + std::to_string(layer.value));
        }
    }
    if ((request.position == StoredPosition::aligned) != (request.aligned_with != nullptr)) {
        throw Error(ErrorKind::argument, "harvest: position aligned and a model to align with go together");
    }
}

ActivationIndex wanted_index(const Model& model, std::span<const std::string> texts, const StoreRequest& request) {
    ActivationIndex index;
    index.model = model.identity();
    if (request.aligned_with) index.aligned_with = request.aligned_with->identity();
    index.layers = request.layers.empty() ? all_but_last(model.n_layers()) : request.layers;
    index.position = request.position;
    index.dtype = request.dtype;
    index.made_by = request.made_by;
    Sha256 sha;
    sha.update(texts_to_jsonl(texts));
    index.texts_sha256 = sha.hex_digest();
    return index;
}

/// A shard's progress as a stretch of the whole run's.
class Stretch : public ProgressSink {
public:
    Stretch(const RunContext& whole, std::size_t done) : whole_(whole), done_(done) {}
    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t done) override { whole_.advance(done_ + done); }
    void end() override {}

private:
    const RunContext& whole_;
    std::size_t done_;
};

}  // namespace

StoreSummary harvest_to_store(const std::shared_ptr<const Model>& model, std::span<const std::string> texts,
                              const std::filesystem::path& folder, const StoreRequest& request,
                              const RunContext& context) {
    check(*model, texts, request);
    RowChooser chooser(*model, request);
    ActivationIndex wanted = wanted_index(*model, texts, request);
    const std::size_t threads = threads_for({.threads = request.threads});
    const std::size_t shard_tokens =
        request.shard_tokens != 0 ? request.shard_tokens : std::max(kFewestShardTokens, threads * kTokensPerThread);
    wanted.shards = plan_shards(texts, chooser, shard_tokens, context);
    if (request.aligned_with) wanted.aligned_share = chooser.aligned_share();

    StoreSummary summary;
    summary.texts_unspelt = chooser.unspelt();
    ActivationWriter writer(folder, std::move(wanted), texts);
    const ActivationIndex& index = writer.index();
    context.begin("read " + model->identity().name, "texts", texts.size());
    std::size_t first = 0;
    for (std::size_t shard = 0; shard < index.shards.size(); ++shard) {
        const std::size_t end = first + index.shards[shard].texts;
        if (writer.has(shard)) {
            ++summary.shards_kept;
        } else {
            std::vector<TextRows> of_shard;
            for (std::size_t t = first; t < end; ++t) {
                of_shard.push_back(chooser.rows_of(texts[t], t));
                summary.tokens_read += of_shard.back().tokens.size();
            }
            Stretch progress(context, first);
            harvest_shard(model, of_shard, {index.layers, request.threads}, writer.begin(shard),
                          {&progress, context.stop});
        }
        first = end;
        context.advance(first);
    }
    writer.finish();
    context.end();
    summary.index = writer.index();
    return summary;
}

}  // namespace contrans
