#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// Turns the bytes of tokens into text that may be shown: whole characters (what is none becomes U+FFFD), nothing of a
/// stop string, and nothing that may yet become a part of one.
class AnswerText {
public:
    /// Throws Error{argument} for a stop string that is empty or no valid UTF-8.
    explicit AnswerText(std::vector<std::string> stop);

    /// What may be shown now. After a stop string was met: what stood before it, later nothing.
    [[nodiscard]] std::string add(std::string_view bytes);
    /// What was held back, when nothing more comes.
    [[nodiscard]] std::string rest();
    /// The stop string that was met; of several at one place the first given.
    [[nodiscard]] const std::optional<std::string>& stopped_by() const { return stopped_by_; }

private:
    [[nodiscard]] std::string shown_now();

    std::vector<std::string> stop_;
    std::string bytes_;  // the beginning of a character
    std::string held_;   // characters that may begin a stop string
    std::optional<std::string> stopped_by_;
};

}  // namespace contrans
