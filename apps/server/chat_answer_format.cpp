#include <utility>

#include "apps/server/answer_format.h"
#include "apps/server/logprobs_json.h"
#include "apps/server/request_log.h"
#include "apps/server/steering_json.h"
#include "contrans/core/error.h"

namespace contrans::server {
namespace {

constexpr const char* kChunk = "chat.completion.chunk";

/// What `now` has more than `before`; empty where it is no longer its beginning.
std::string growth(const std::string& before, const std::string& now) {
    return now.size() > before.size() && now.starts_with(before) ? now.substr(before.size()) : "";
}

class ChatAnswerFormat : public AnswerFormat {
public:
    ChatAnswerFormat(AnswerHead head, AnswerExtras extras, const ChatFormat& format, ChatPrompt prompt)
        : head_(std::move(head)), extras_(std::move(extras)), format_(format), prompt_(std::move(prompt)) {}

    Json whole(const AnswerText& all, const CompletionEnd& end) override {
        return chat_answer_json(head_, parsed(all.text), all, extras_, end);
    }

    std::vector<Json> chunks(const CompletionPiece& piece) override {
        std::vector<Json> chunks = first_chunk();
        text_ += piece.text;
        Json json = delta_chunk(new_text(format_.parse(prompt_, text_, AnswerPart::beginning)));
        if (extras_.logprobs) json["choices"][0]["logprobs"] = chat_logprobs_json(piece.tokens);
        if (!extras_.projections.empty()) {
            json["contrans"]["projections"] = projections_json(piece.tokens, extras_.projections);
        }
        if (!json["choices"][0]["delta"].empty() || !piece.tokens.empty()) chunks.push_back(std::move(json));
        return chunks;
    }

    std::vector<Json> last_chunks(const CompletionEnd& end) override {
        std::vector<Json> chunks = first_chunk();
        const ParsedAnswer answer = parsed(text_);
        Json rest = new_text(answer);
        if (!answer.tool_calls.empty()) rest["tool_calls"] = tool_calls_json(answer.tool_calls, CallIndex::numbered);
        if (!rest.empty()) chunks.push_back(delta_chunk(std::move(rest)));
        Json last = delta_chunk(Json::object());
        last["choices"][0]["finish_reason"] = finish_reason(end.reason, answer.tool_calls);
        last["contrans"] = contrans_json(extras_, {}, end);
        last["contrans"].erase("projections");
        chunks.push_back(std::move(last));
        return chunks;
    }

    [[nodiscard]] Json usage_chunk(const CompletionEnd& end) const override {
        Json json = empty_chunk(head_, kChunk);
        json["usage"] = usage_json(end);
        return json;
    }

private:
    [[nodiscard]] Json delta_chunk(Json delta) const {
        Json json = empty_chunk(head_, kChunk);
        Json choice = Json::object();
        choice["index"] = 0;
        choice["delta"] = std::move(delta);
        choice["logprobs"] = nullptr;
        choice["finish_reason"] = nullptr;
        json["choices"].push_back(std::move(choice));
        return json;
    }

    std::vector<Json> first_chunk() {
        if (std::exchange(begun_, true)) return {};
        Json delta = Json::object();
        delta["role"] = "assistant";
        delta["content"] = "";
        std::vector<Json> chunks;
        chunks.push_back(delta_chunk(std::move(delta)));
        chunks.back()["contrans"]["concepts"] = applied_json(extras_.applied);
        return chunks;
    }

    /// What was not sent yet of an answer's text, as a delta.
    Json new_text(const ParsedAnswer& answer) {
        Json delta = Json::object();
        const std::string content = growth(sent_.content, answer.content);
        const std::string reasoning = growth(sent_.reasoning, answer.reasoning);
        if (!reasoning.empty()) delta["reasoning_content"] = reasoning;
        if (!content.empty()) delta["content"] = content;
        sent_.content += content;
        sent_.reasoning += reasoning;
        return delta;
    }

    /// An answer that breaks the syntax of its tool calls is text. Few models give their calls names: clients need
    /// them.
    [[nodiscard]] ParsedAnswer parsed(const std::string& text) const {
        try {
            ParsedAnswer answer = format_.parse(prompt_, text);
            for (ToolCall& call : answer.tool_calls) {
                if (call.id.empty()) call.id = "call_" + fresh_id();
            }
            return answer;
        } catch (const Error&) {
            return {.content = text, .reasoning = "", .tool_calls = {}};
        }
    }

    AnswerHead head_;
    AnswerExtras extras_;
    const ChatFormat& format_;
    ChatPrompt prompt_;
    std::string text_;
    ParsedAnswer sent_;
    bool begun_ = false;
};

}  // namespace

std::unique_ptr<AnswerFormat> chat_answer_format(AnswerHead head, AnswerExtras extras, const ChatFormat& format,
                                                 ChatPrompt prompt) {
    return std::make_unique<ChatAnswerFormat>(std::move(head), std::move(extras), format, std::move(prompt));
}

}  // namespace contrans::server
