#pragma once

#include <cstddef>
#include <exception>
#include <future>
#include <span>
#include <utility>
#include <vector>

#include "contrans/serve/embedding.h"

namespace contrans {

/// One embedding while its text is read: adds up the states that it asked for.
class StateReader {
public:
    explicit StateReader(EmbeddingRequest request) : request_(std::move(request)) {}

    [[nodiscard]] const EmbeddingRequest& request() const { return request_; }
    [[nodiscard]] std::future<Embedding> future() { return promise_.get_future(); }

    /// The state after the layer asked for, at a position. @param state [d_model]
    void see(std::size_t position, std::span<const float> state);
    /// The text will be read again from its beginning.
    void restart();
    /// After the last position.
    void finish();
    void fail(std::exception_ptr error) { promise_.set_exception(std::move(error)); }

private:
    EmbeddingRequest request_;
    std::promise<Embedding> promise_;
    std::vector<double> sum_;  // [d_model]
    std::size_t seen_ = 0;
};

}  // namespace contrans
