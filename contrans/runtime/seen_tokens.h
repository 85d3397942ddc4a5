#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>

#include "contrans/runtime/tokenizer.h"

namespace contrans {

/// The last tokens of an answer and its prompt, and how often each occurs among them.
class SeenTokens {
public:
    explicit SeenTokens(std::size_t window) : window_(window) {}

    void add(Token token) {
        if (window_ == 0) return;
        tokens_.push_back(token);
        ++counts_[token];
        if (tokens_.size() <= window_) return;
        const auto oldest = counts_.find(tokens_.front());
        if (--oldest->second == 0) counts_.erase(oldest);
        tokens_.pop_front();
    }
    [[nodiscard]] const std::unordered_map<Token, std::size_t>& counts() const { return counts_; }

private:
    std::size_t window_;
    std::deque<Token> tokens_;
    std::unordered_map<Token, std::size_t> counts_;
};

}  // namespace contrans
