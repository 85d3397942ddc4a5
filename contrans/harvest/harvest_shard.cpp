#include "contrans/harvest/harvest_shard.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/harvest/mean_pool.h"
#include "contrans/harvest/read_states.h"

namespace contrans {
namespace {

constexpr std::int32_t kMeanPosition = -1;

/// Throws Error{numeric} naming text, layer and value unless all values are finite and stay so in the type.
void require_storable(std::span<const float> state, ElementType dtype, LayerIndex layer, std::size_t text) {
    require_finite_state(state, layer, text);
    const float bound = first_infinite(dtype);
    const auto beyond = std::ranges::find_if(state, [bound](float x) { return std::abs(x) >= bound; });
    if (beyond == state.end()) return;
    throw Error(ErrorKind::numeric, "harvest: the state of text " + std::to_string(text + 1) + " after layer " +
                                        std::to_string(layer.value) + " holds " + std::to_string(*beyond) + ", which " +
                                        to_string(dtype) + " cannot; use f32" +
                                        (dtype == ElementType::f16 ? " or bf16" : ""));
}

class Shard {
public:
    Shard(std::span<const TextRows> texts, const HarvestOptions& options, ShardWriter& writer)
        : texts_(texts), options_(options), writer_(writer) {
        for (const TextRows& text : texts) {
            first_row_.push_back(tokens_.size());
            tokens_.insert(tokens_.end(), text.rows.begin(), text.rows.end());
            // What keeps no row need not be read.
            if (text.rows.empty()) continue;
            requests_.push_back({text.tokens, {}, nullptr});
            text_of_.push_back(first_row_.size() - 1);
        }
    }

    void read(const std::shared_ptr<const Model>& model, const RunContext& context) {
        if (!requests_.empty() && tokens_.front().position == kMeanPosition) {
            read_means(model, context);
        } else if (!requests_.empty()) {
            read_tokens(model, context);
        }
        writer_.commit(tokens_);
    }

private:
    void read_tokens(const std::shared_ptr<const Model>& model, const RunContext& context) {
        read_states(model, requests_, options_,
                    sink([this](LayerIndex layer, std::size_t request, std::size_t first, MatrixView points) {
                        write_rows(layer, text_of_[request], first, points);
                    }),
                    context);
    }

    void read_means(const std::shared_ptr<const Model>& model, const RunContext& context) {
        MeanPool pool(options_.layers.size(), requests_, model->d_model());
        read_states(model, requests_, options_,
                    sink([&](LayerIndex layer, std::size_t request, std::size_t first, MatrixView points) {
                        pool.add(index_of(options_.layers, layer), request, first, points);
                    }),
                    context);
        for (std::size_t l = 0; l < options_.layers.size(); ++l) {
            const Matrix means = pool.mean(l);
            for (std::size_t i = 0; i < requests_.size(); ++i) {
                require_storable(means.row(i), writer_.dtype(), options_.layers[l], text_number(text_of_[i]));
                writer_.write(l, first_row_[text_of_[i]], {means.row(i).data(), 1, means.cols()});
            }
        }
    }

    [[nodiscard]] SequenceSink sink(
        std::function<void(LayerIndex, std::size_t, std::size_t, MatrixView)> on_points) const {
        return {.observed = options_.layers,
                .on_points = std::move(on_points),
                .on_logits = [](std::size_t, std::size_t, std::span<const float>) {}};
    }

    /// Writes the rows that are kept of the positions from `first` on, neighbours together.
    void write_rows(LayerIndex layer, std::size_t text, std::size_t first, MatrixView points) {
        const std::vector<StoredToken>& rows = texts_[text].rows;
        const auto position = [&](std::size_t r) { return static_cast<std::size_t>(rows[r].position); };
        std::size_t begin =
            static_cast<std::size_t>(std::lower_bound(rows.begin(), rows.end(), first,
                                                      [](const StoredToken& row, std::size_t p) {
                                                          return static_cast<std::size_t>(row.position) < p;
                                                      }) -
                                     rows.begin());
        while (begin < rows.size() && position(begin) < first + points.rows) {
            std::size_t end = begin + 1;
            while (end < rows.size() && position(end) < first + points.rows &&
                   position(end) - position(begin) == end - begin) {
                ++end;
            }
            const std::size_t at = position(begin) - first;
            const MatrixView run{points.row(at).data(), end - begin, points.cols};
            for (std::size_t r = 0; r < run.rows; ++r)
                require_storable(run.row(r), writer_.dtype(), layer, text_number(text));
            writer_.write(index_of(options_.layers, layer), first_row_[text] + begin, run);
            begin = end;
        }
    }

    [[nodiscard]] std::size_t text_number(std::size_t text) const {
        return static_cast<std::size_t>(texts_[text].rows.front().text);
    }

    std::span<const TextRows> texts_;
    const HarvestOptions& options_;
    ShardWriter& writer_;
    std::vector<StoredToken> tokens_;
    std::vector<std::size_t> first_row_;  // [texts]
    std::vector<SequenceRequest> requests_;
    std::vector<std::size_t> text_of_;  // [requests]
};

}  // namespace

void harvest_shard(const std::shared_ptr<const Model>& model, std::span<const TextRows> texts,
                   const HarvestOptions& options, ShardWriter writer, const RunContext& context) {
    Shard(texts, options, writer).read(model, context);
}

}  // namespace contrans
