#include <utility>

#include "apps/server/answer_format.h"
#include "apps/server/logprobs_json.h"
#include "apps/server/steering_json.h"

namespace contrans::server {
namespace {

class CompletionFormat : public AnswerFormat {
public:
    CompletionFormat(AnswerHead head, AnswerExtras extras) : head_(std::move(head)), extras_(std::move(extras)) {}

    Json whole(const AnswerText& all, const CompletionEnd& end) override {
        return completion_answer_json(head_, all, extras_, end);
    }

    std::vector<Json> chunks(const CompletionPiece& piece) override {
        Json json = chunk(piece.text, Json());
        if (extras_.logprobs) json["choices"][0]["logprobs"] = completion_logprobs_json(piece.tokens, characters_);
        for (const TokenReport& token : piece.tokens) characters_ += characters_in(token.piece);
        if (!begun_) json["contrans"]["concepts"] = applied_json(extras_.applied);
        if (!extras_.projections.empty()) {
            json["contrans"]["projections"] = projections_json(piece.tokens, extras_.projections);
        }
        begun_ = true;
        return {std::move(json)};
    }

    std::vector<Json> last_chunks(const CompletionEnd& end) override {
        Json json = chunk("", finish_reason(end.reason, {}));
        json["contrans"] = contrans_json(extras_, {}, end);
        json["contrans"].erase("projections");
        return {std::move(json)};
    }

    [[nodiscard]] Json usage_chunk(const CompletionEnd& end) const override {
        Json json = empty_chunk(head_, "text_completion");
        json["usage"] = usage_json(end);
        return json;
    }

private:
    [[nodiscard]] Json chunk(const std::string& text, Json reason) const {
        Json json = empty_chunk(head_, "text_completion");
        Json choice = Json::object();
        choice["index"] = 0;
        choice["text"] = text;
        choice["logprobs"] = nullptr;
        choice["finish_reason"] = std::move(reason);
        json["choices"].push_back(std::move(choice));
        return json;
    }

    AnswerHead head_;
    AnswerExtras extras_;
    std::size_t characters_ = 0;
    bool begun_ = false;
};

}  // namespace

std::unique_ptr<AnswerFormat> completion_format(AnswerHead head, AnswerExtras extras) {
    return std::make_unique<CompletionFormat>(std::move(head), std::move(extras));
}

}  // namespace contrans::server
