#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace contrans {

/// Finds a text's number by its words; of equal texts the first. The texts must outlive it.
class TextNumbers {
public:
    explicit TextNumbers(std::span<const std::string> texts) {
        for (std::size_t t = 0; t < texts.size(); ++t) numbers_.emplace(texts[t], t);
    }

    [[nodiscard]] std::optional<std::size_t> find(std::string_view text) const {
        const auto found = numbers_.find(text);
        return found == numbers_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    std::unordered_map<std::string_view, std::size_t> numbers_;
};

}  // namespace contrans
