#include "contrans/serve/state_reader.h"

namespace contrans {
namespace {

/// Attention sinks live at the first position (TextPosition::mean); a text of one token has no other.
bool counts(const EmbeddingRequest& request, std::size_t position) {
    const std::size_t n = request.tokens.size();
    return request.pooling == TextPosition::last ? position + 1 == n : position > 0 || n == 1;
}

}  // namespace

void StateReader::see(std::size_t position, std::span<const float> state) {
    if (!counts(request_, position)) return;
    sum_.resize(state.size());
    for (std::size_t i = 0; i < state.size(); ++i) sum_[i] += static_cast<double>(state[i]);
    ++seen_;
}

void StateReader::restart() {
    sum_.clear();
    seen_ = 0;
}

void StateReader::finish() {
    Embedding embedding{std::vector<float>(sum_.size()), request_.tokens.size()};
    for (std::size_t i = 0; i < sum_.size(); ++i) {
        embedding.state[i] = static_cast<float>(sum_[i] / static_cast<double>(seen_));
    }
    promise_.set_value(std::move(embedding));
}

}  // namespace contrans
