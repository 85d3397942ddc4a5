#include <ctime>

#include "apps/server/chosen_persona.h"
#include "apps/server/completion_body.h"
#include "apps/server/delivery.h"
#include "apps/server/routes.h"

namespace contrans::server {
namespace {

std::vector<Token> tokens_of(const Service& service, const std::variant<std::string, std::vector<Token>>& prompt) {
    if (const auto* tokens = std::get_if<std::vector<Token>>(&prompt)) return *tokens;
    return service.model->tokenizer().tokenise(std::get<std::string>(prompt));
}

std::string prompt_text(const std::variant<std::string, std::vector<Token>>& prompt) {
    if (const auto* text = std::get_if<std::string>(&prompt)) return *text;
    return "(" + std::to_string(std::get<std::vector<Token>>(prompt).size()) + " tokens)";
}

}  // namespace

void answer_completion(const Service& service, Exchange& exchange, RequestRecord& record) {
    CompletionBody body = parse_completion_body(exchange.request().body, service.rules);
    take_persona(service, body.generation);
    ChosenSteering chosen = choose_steering(service, body.generation, record);
    AnswerExtras extras{body.generation.logprobs.has_value(), body.generation.projections, chosen.steering.applied(),
                        record.rollout, record.persona};
    record.applied = extras.applied;
    if (service.audit != nullptr && service.audit->keeps_prompts()) record.prompt = prompt_text(body.prompt);
    const auto stream =
        submit(service, completion_request(body.generation, std::move(chosen), tokens_of(service, body.prompt)));
    AnswerHead head{"cmpl-" + record.id, body.generation.model, std::time(nullptr)};
    const auto format = completion_format(std::move(head), std::move(extras));
    deliver(*stream, *format, body.generation.delivery, exchange, record);
}

}  // namespace contrans::server
