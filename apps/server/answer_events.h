#pragma once

#include <string>
#include <vector>

#include "apps/server/answer_json.h"
#include "apps/server/exchange.h"

namespace contrans::server {

/// Events of one answer on an exchange; the status goes out with the first.
class AnswerEvents {
public:
    explicit AnswerEvents(Exchange& exchange) : exchange_(exchange) {}

    [[nodiscard]] bool begun() const { return begun_; }
    bool send(const std::vector<Json>& chunks) {
        std::string text;
        for (const Json& chunk : chunks) text += event_text(chunk);
        return send(text);
    }
    bool send(const std::string& text) {
        if (!begun_ && !exchange_.begin({200, "", "text/event-stream; charset=utf-8"})) return false;
        begun_ = true;
        return exchange_.send(text);
    }
    void finish(const std::string& text) {
        if (send(text)) exchange_.finish();
    }

private:
    Exchange& exchange_;
    bool begun_ = false;
};

}  // namespace contrans::server
