#include "bench/plain_reader.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace contrans::bench {
namespace {

using Batch = std::span<const SequenceRequest>;

std::vector<Batch> cut_into_batches(std::span<const SequenceRequest> texts, const PlainReading& reading) {
    std::vector<Batch> batches;
    std::size_t begin = 0;
    std::size_t rows = 0;
    for (std::size_t t = 0; t < texts.size(); ++t) {
        const std::size_t length = texts[t].tokens.size();
        if (t > begin && (rows + length > reading.batch_tokens || t - begin == reading.texts_a_decode)) {
            batches.push_back(texts.subspan(begin, t - begin));
            begin = t;
            rows = 0;
        }
        rows += length;
    }
    batches.push_back(texts.subspan(begin));
    return batches;
}

bool wants_logits(PlainReading::Logits logits, bool last_of_batch) {
    return logits == PlainReading::Logits::every_row ||
           (logits == PlainReading::Logits::last_row_of_batch && last_of_batch);
}

class Worker {
public:
    Worker(const std::shared_ptr<const Model>& model, const EngineOptions& options, const PlainReading& reading)
        : engine_(model, options), reading_(reading) {}

    void read(Batch batch) {
        rows_.clear();
        std::vector<char> last;
        for (std::size_t s = 0; s < batch.size(); ++s) {
            const std::vector<Token>& tokens = batch[s].tokens;
            for (std::size_t p = 0; p < tokens.size(); ++p) {
                const bool end = p + 1 == tokens.size();
                rows_.push_back({tokens[p], p, {s}, wants_logits(reading_.logits, end && s + 1 == batch.size()), {}});
                last.push_back(end ? 1 : 0);
            }
        }
        engine_.forget_all();
        engine_.decode(rows_, reading_.observed, [&](LayerIndex, MatrixView points, std::span<const std::size_t> rows) {
            states_.clear();
            for (std::size_t r = 0; r < rows.size(); ++r) {
                const std::span<const float> point = points.row(r);
                if (last[rows[r]] != 0) states_.insert(states_.end(), point.begin(), point.end());
            }
        });
    }

private:
    Engine engine_;
    const PlainReading& reading_;
    std::vector<BatchRow> rows_;
    std::vector<float> states_;
};

EngineOptions engine_options(std::span<const SequenceRequest> texts, const PlainReading& reading) {
    EngineOptions options;
    options.batch_tokens = reading.batch_tokens;
    for (const SequenceRequest& text : texts) options.batch_tokens = std::max(options.batch_tokens, text.tokens.size());
    options.context_tokens = options.batch_tokens;
    options.threads = 1;
    if (reading.logits == PlainReading::Logits::every_row) options.logit_rows = options.batch_tokens;
    return options;
}

}  // namespace

void read_plainly(const std::shared_ptr<const Model>& model, std::span<const SequenceRequest> texts,
                  const PlainReading& reading) {
    const std::vector<Batch> batches = cut_into_batches(texts, reading);
    const EngineOptions options = engine_options(texts, reading);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        Worker worker(model, options, reading);
        for (std::size_t b = next++; b < batches.size(); b = next++) worker.read(batches[b]);
    };
    std::vector<std::jthread> others;
    for (std::size_t e = 1; e < reading.engines; ++e) others.emplace_back(work);
    work();
}

}  // namespace contrans::bench
