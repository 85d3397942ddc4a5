#include <ctime>

#include "apps/server/chat_body.h"
#include "apps/server/chosen_persona.h"
#include "apps/server/delivery.h"
#include "apps/server/routes.h"

namespace contrans::server {

void answer_chat(const Service& service, Exchange& exchange, RequestRecord& record) {
    ChatBody body = parse_chat_body(exchange.request().body, service.rules);
    take_persona(service, body.generation);
    ChosenSteering chosen = choose_steering(service, body.generation, record);
    AnswerExtras extras{body.generation.logprobs.has_value(), body.generation.projections, chosen.steering.applied(),
                        record.rollout, record.persona};
    record.applied = extras.applied;
    ChatPrompt prompt = service.chat.prompt(body.conversation);
    if (service.audit != nullptr && service.audit->keeps_prompts()) record.prompt = prompt.text;

    body.generation.sampling.grammar = prompt.grammar;
    body.generation.stop.insert(body.generation.stop.end(), prompt.stop.begin(), prompt.stop.end());
    CompletionRequest request = completion_request(
        body.generation, std::move(chosen), service.model->tokenizer().tokenise(prompt.text, SpecialTokens::parse));
    request.visible_tokens = prompt.visible_tokens;
    const auto stream = submit(service, std::move(request));
    AnswerHead head{"chatcmpl-" + record.id, body.generation.model, std::time(nullptr)};
    const auto format = chat_answer_format(std::move(head), std::move(extras), service.chat, std::move(prompt));
    deliver(*stream, *format, body.generation.delivery, exchange, record);
}

}  // namespace contrans::server
