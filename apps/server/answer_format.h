#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/server/answer_json.h"

namespace contrans::server {

/// How an answer is written: whole, or event by event. One answer each.
class AnswerFormat {
public:
    virtual ~AnswerFormat() = default;
    [[nodiscard]] virtual Json whole(const AnswerText& all, const CompletionEnd& end) = 0;
    /// The chunks of a piece; those of the first one begin the answer.
    [[nodiscard]] virtual std::vector<Json> chunks(const CompletionPiece& piece) = 0;
    /// The chunks after the last piece, with the finish reason; those of an answer without pieces begin it as well.
    [[nodiscard]] virtual std::vector<Json> last_chunks(const CompletionEnd& end) = 0;
    /// The chunk with the counts of tokens and no choice.
    [[nodiscard]] virtual Json usage_chunk(const CompletionEnd& end) const = 0;
};

/// {"object": "text_completion"}
[[nodiscard]] std::unique_ptr<AnswerFormat> completion_format(AnswerHead head, AnswerExtras extras);

/// {"object": "chat.completion"}; `format` and what it made of the conversation take the answer apart. While an answer
/// streams its text goes out as far as it is sure to be text, tool calls when it has ended.
[[nodiscard]] std::unique_ptr<AnswerFormat> chat_answer_format(AnswerHead head, AnswerExtras extras,
                                                               const ChatFormat& format, ChatPrompt prompt);

}  // namespace contrans::server
