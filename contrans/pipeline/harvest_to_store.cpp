#include "contrans/pipeline/harvest_to_store.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/harvest/harvest_shard.h"
#include "contrans/pipeline/row_chooser.h"
#include "contrans/runtime/engine.h"
#include "contrans/runtime/shown_layers.h"

namespace contrans {
namespace {

constexpr std::size_t kTokensPerThread = 4096;
constexpr std::size_t kFewestShardTokens = 8192;

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

std::vector<LayerIndex> layers_of(const Model& model, const StoreRequest& request) {
    return request.layers.empty() ? all_but_last(model.n_layers()) : request.layers;
}

void check(const std::shared_ptr<const Model>& shared_model, std::span<const std::string> texts,
           const StoreRequest& request) {
    const Model& model = *shared_model;
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
    require_shown_layers(shared_model, layers_of(model, request));
}

ActivationIndex wanted_index(const Model& model, std::span<const std::string> texts, const StoreRequest& request) {
    ActivationIndex index;
    index.model = model.identity();
    if (request.aligned_with) index.aligned_with = request.aligned_with->identity();
    index.layers = layers_of(model, request);
    index.position = request.position;
    index.dtype = request.dtype;
    index.made_by = request.made_by;
    index.reading = request.reading;
    index.texts_sha256 = sha256_of(texts_to_jsonl(texts));
    return index;
}

std::size_t planned_shard_tokens(const StoreRequest& request) {
    if (request.shard_tokens != 0) return request.shard_tokens;
    return std::max(kFewestShardTokens, threads_for({.threads = request.threads}) * kTokensPerThread);
}

/// The plan that all ranks work to: what the first one wrote, and which shards are still to be read.
struct SharedPlan {
    ActivationIndex index;
    std::vector<std::size_t> first_text = {0};  // [shards + 1]
    std::vector<std::size_t> missing;           // shards; the j-th is read by the rank that owns j

    [[nodiscard]] std::size_t texts(std::size_t shard) const { return index.shards[shard].texts; }
};

/// Looks again for a few seconds, as file systems between hosts show a new file with some delay.
bool comes_true(const std::function<bool()>& condition, const RunContext& context) {
    for (int looks = 0; looks < 50; ++looks) {
        if (condition()) return true;
        context.throw_if_stopped();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return condition();
}

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A rank's part of the reading, whose progress stands for that of all.
class Share {
public:
    Share(const SharedPlan& plan, const RunContext& context, const Communicator& ranks) : context_(context) {
        std::size_t missing = 0;
        for (std::size_t j = 0; j < plan.missing.size(); ++j) {
            missing += plan.texts(plan.missing[j]);
            if (!ranks.owns(j)) continue;
            shards_.push_back(plan.missing[j]);
            own_ += plan.texts(plan.missing[j]);
        }
        missing_ = missing;
        kept_ = plan.first_text.back() - missing;
    }

    [[nodiscard]] const std::vector<std::size_t>& shards() const { return shards_; }
    /// So many of this rank's texts are read.
    void advance(std::size_t done) const { context_.advance(kept_ + (own_ == 0 ? 0 : done * missing_ / own_)); }

private:
    const RunContext& context_;
    std::vector<std::size_t> shards_;
    std::size_t own_ = 0;      // texts of this rank
    std::size_t missing_ = 0;  // texts of all ranks
    std::size_t kept_ = 0;     // texts of an earlier run
};

/// A shard's progress as a stretch of the share's.
class Stretch : public ProgressSink {
public:
    Stretch(const Share& share, std::size_t done) : share_(share), done_(done) {}
    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t done) override { share_.advance(done_ + done); }
    void end() override {}

private:
    const Share& share_;
    std::size_t done_;
};

/// One call of harvest_to_store on one rank.
class StoreRun {
public:
    StoreRun(std::shared_ptr<const Model> model, std::span<const std::string> texts, std::filesystem::path folder,
             const StoreRequest& request, const RunContext& context, Communicator& ranks)
        : model_(std::move(model)),
          texts_(texts),
          folder_(std::move(folder)),
          request_(request),
          context_(context),
          ranks_(ranks),
          chooser_(*model_, request.position, request.aligned_with.get()) {}

    StoreSummary run() {
        plan_store();
        agree();
        try {
            read_missing();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::interrupted) throw;
            throw Error(ErrorKind::interrupted,
                        "interrupted: " + folder_.string() +
                            " keeps the shards that were read, and the same command goes on from there");
        }
        summary_.index = plan_.index;
        summary_.index.complete = true;
        return std::move(summary_);
    }

private:
    /// The first rank plans, and writes the plan down. A store that is there has its own: that this run may go on with
    /// it comes before the tokens of all texts.
    void plan_store() {
        wanted_ = wanted_index(*model_, texts_, request_);
        if (!ranks_.is_first()) return;
        if (std::filesystem::exists(index_file(folder_))) writer_.emplace(folder_, wanted_, texts_);
        wanted_.shards = plan_shards(texts_, chooser_, planned_shard_tokens(request_), context_);
        if (request_.aligned_with) wanted_.aligned_share = chooser_.aligned_share();
        summary_.texts_unspelt = chooser_.unspelt();
        if (!writer_) writer_.emplace(folder_, wanted_, texts_);
    }

    /// All take the first rank's plan, and what it found missing.
    void agree() {
        const std::string origin = index_file(folder_).string();
        const std::string text = ranks_.broadcast(writer_ ? bytes_of(origin) : "");
        if (!writer_) require_same_store(text);
        plan_.index = index_from_json(text, origin);
        std::vector<std::byte> kept(plan_.index.shards.size());
        for (std::size_t shard = 0; writer_ && shard < kept.size(); ++shard)
            kept[shard] = std::byte{writer_->has(shard)};
        ranks_.broadcast(kept);
        for (std::size_t shard = 0; shard < kept.size(); ++shard) {
            plan_.first_text.push_back(plan_.first_text.back() + plan_.texts(shard));
            if (kept[shard] == std::byte{0}) plan_.missing.push_back(shard);
        }
        summary_.shards_kept = kept.size() - plan_.missing.size();
    }

    /// That this rank sees the folder which the first one writes, and reads the same texts with the same model.
    void require_same_store(const std::string& index_text) const {
        const std::string file = index_file(folder_).string();
        if (!comes_true([&] { return bytes_of(file) == index_text; }, context_)) {
            throw Error(ErrorKind::io, file +
                                           ": is not what rank 0 wrote there; the folder must be on a file system that "
                                           "all ranks see under this name");
        }
        if (const auto differs = difference(index_from_json(index_text, file), wanted_)) {
            throw Error(ErrorKind::argument, "harvest: this rank does not read what rank 0 reads (" + *differs + ")");
        }
    }

    void read_missing() {
        context_.begin("read " + model_->identity().name, "texts", texts_.size());
        auto tokens = static_cast<double>(read_share());
        ranks_.sum_to_first(std::span(&tokens, 1));
        summary_.tokens_read = static_cast<std::size_t>(tokens);
        if (writer_) {
            require_all_there();
            writer_->finish();
        }
        ranks_.barrier();
        context_.advance(texts_.size());
        context_.end();
    }

    /// @return the tokens read by this rank
    std::size_t read_share() {
        const Share share(plan_, context_, ranks_);
        std::size_t tokens = 0;
        std::size_t done = 0;
        for (const std::size_t shard : share.shards()) {
            share.advance(done);
            std::vector<TextRows> texts;
            for (std::size_t t = plan_.first_text[shard]; t < plan_.first_text[shard + 1]; ++t) {
                texts.push_back(chooser_.rows_of(texts_[t], t));
                tokens += texts.back().tokens.size();
            }
            Stretch progress(share, done);
            harvest_shard(model_, texts, {plan_.index.layers, request_.threads, plan_.index.reading},
                          ShardWriter(folder_, plan_.index, shard), {&progress, context_.stop});
            done += texts.size();
        }
        return tokens;
    }

    /// That the first rank sees what the others wrote.
    void require_all_there() const {
        for (std::size_t j = 0; j < plan_.missing.size(); ++j) {
            if (comes_true([&] { return writer_->has(plan_.missing[j]); }, context_)) continue;
            throw Error(ErrorKind::io, tokens_file(folder_, plan_.missing[j]).string() +
                                           ": is not there, though rank " + std::to_string(j % ranks_.size()) +
                                           " wrote it; the folder must be on a file system that all ranks see");
        }
    }

    std::shared_ptr<const Model> model_;
    std::span<const std::string> texts_;
    std::filesystem::path folder_;
    const StoreRequest& request_;
    const RunContext& context_;
    Communicator& ranks_;
    RowChooser chooser_;
    ActivationIndex wanted_;
    std::optional<ActivationWriter> writer_;  // the first rank's: the folder's lock is held through it
    SharedPlan plan_;
    StoreSummary summary_;
};

}  // namespace

StoreSummary harvest_to_store(const std::shared_ptr<const Model>& model, std::span<const std::string> texts,
                              const std::filesystem::path& folder, const StoreRequest& request,
                              const RunContext& context, Communicator& ranks) {
    check(model, texts, request);
    return StoreRun(model, texts, folder, request, context, ranks).run();
}

}  // namespace contrans
