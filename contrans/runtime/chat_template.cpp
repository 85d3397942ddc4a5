#include "contrans/runtime/chat_template.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "contrans/core/error.h"
#include "llama.h"

namespace contrans {
namespace {

void require_known_roles(const std::vector<ChatMessage>& messages) {
    constexpr std::array<std::string_view, 3> kRoles = {"system", "user", "assistant"};
    if (messages.empty()) throw Error(ErrorKind::argument, "chat: a list of messages must not be empty");
    for (const ChatMessage& message : messages) {
        if (std::find(kRoles.begin(), kRoles.end(), message.role) == kRoles.end()) {
            throw Error(ErrorKind::argument,
                        "chat: role must be system, user or assistant, got \"" + message.role + "\"");
        }
    }
}

std::string render_fallback(const std::vector<ChatMessage>& messages) {
    std::string text;
    for (const ChatMessage& message : messages) {
        const std::string_view label = message.role == "system" ? "System: "
                                       : message.role == "user" ? "User: "
                                                                : "Assistant: ";
        text.append(label).append(message.content).append("\n");
    }
    return text + "Assistant:";
}

std::string render_with_template(const char* chat_template, const std::vector<ChatMessage>& messages) {
    std::vector<llama_chat_message> raw;
    for (const ChatMessage& message : messages) raw.push_back({message.role.c_str(), message.content.c_str()});
    std::string text(1024, '\0');
    for (;;) {
        const int32_t needed = llama_chat_apply_template(chat_template, raw.data(), raw.size(), true, text.data(),
                                                         static_cast<int32_t>(text.size()));
        if (needed < 0) {
            throw Error(ErrorKind::model,
                        "chat: llama.cpp does not know this model's chat template; give plain texts instead");
        }
        const bool fits = static_cast<std::size_t>(needed) <= text.size();
        text.resize(static_cast<std::size_t>(needed));
        if (fits) return text;
    }
}

std::string render_until_answer(const llama_model* model, const std::vector<ChatMessage>& messages) {
    const char* chat_template = llama_model_chat_template(model, nullptr);
    return chat_template == nullptr ? render_fallback(messages) : render_with_template(chat_template, messages);
}

}  // namespace

std::string render_chat(const llama_model* model, const std::vector<ChatMessage>& messages) {
    require_known_roles(messages);
    if (messages.back().role != "assistant") return render_until_answer(model, messages);
    const std::vector<ChatMessage> before(messages.begin(), messages.end() - 1);
    const bool fallback = llama_model_chat_template(model, nullptr) == nullptr;
    return render_until_answer(model, before) + (fallback ? " " : "") + messages.back().content;
}

bool has_chat_template(const llama_model* model) { return llama_model_chat_template(model, nullptr) != nullptr; }

}  // namespace contrans
