#include "contrans/runtime/likeliest.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contrans {
namespace {

constexpr std::size_t kBlock = 256;

bool before(const TokenLogit& a, const TokenLogit& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

/// Whether some value of the block is larger. A count, because compilers make vector code of it without leave to
/// reorder floats, as a maximum would need.
bool any_above(std::span<const float> block, float bar) {
    int above = 0;
    for (const float x : block) above += x > bar ? 1 : 0;
    return above > 0;
}

/// Keeps the n best of what it is shown, in a buffer that is cut back when it has doubled.
class Best {
public:
    explicit Best(std::size_t n) : n_(n) { kept_.reserve(2 * n); }

    [[nodiscard]] float bar() const { return bar_; }
    void show(std::span<const float> logits, std::size_t first) {
        for (std::size_t i = 0; i < logits.size(); ++i) {
            if (!(logits[i] > bar_)) continue;
            kept_.push_back({static_cast<Token>(first + i), logits[i]});
            if (kept_.size() == 2 * n_) cut();
        }
    }
    std::vector<TokenLogit> sorted() {
        std::sort(kept_.begin(), kept_.end(), before);
        if (kept_.size() > n_) kept_.resize(n_);
        return std::move(kept_);
    }

private:
    void cut() {
        const auto last = kept_.begin() + static_cast<std::ptrdiff_t>(n_) - 1;
        std::nth_element(kept_.begin(), last, kept_.end(), before);
        bar_ = last->logit;  // an equal one further on has a higher token: not among the best
        kept_.resize(n_);
    }

    std::size_t n_;
    float bar_ = -std::numeric_limits<float>::infinity();
    std::vector<TokenLogit> kept_;
};

}  // namespace

std::vector<TokenLogit> likeliest(std::span<const float> logits, std::size_t n) {
    if (n == 0) return {};
    Best best(std::min(n, logits.size()));
    for (std::size_t first = 0; first < logits.size(); first += kBlock) {
        const auto block = logits.subspan(first, std::min(kBlock, logits.size() - first));
        if (any_above(block, best.bar())) best.show(block, first);
    }
    return best.sorted();
}

double log_normaliser(std::span<const float> logits) {
    float largest = -std::numeric_limits<float>::infinity();
    for (const float x : logits) largest = std::max(largest, x);
    double sum = 0;
    for (const float x : logits) sum += static_cast<double>(std::exp(x - largest));
    return static_cast<double>(largest) + std::log(sum);
}

}  // namespace contrans
