#include "contrans/serve/refusal.h"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "contrans/serve/phrase_list.h"
#include "contrans/serve/plain_words.h"

namespace contrans {
namespace {

constexpr std::size_t kBeginning = 200;  // bytes

constexpr std::array kClasses = {
    WordClass{"VERB",
              "assist|provide|comply|fulfill|fulfil|create|write|generate|produce|share|discuss|engage|participate|"
              "offer|respond|advise|facilitate|encourage|condone|promote|answer|accommodate|disclose|reveal"},
    WordClass{"ACT",
              "VERB|help|do|complete|process|continue|recommend|support|browse|access|view|open|verify|explain|"
              "describe"},
    WordClass{"SERVE", "help|assist|comply|fulfill|fulfil|provide|answer|continue"},
    WordClass{"HANDLE", "complete|process|honor|honour|grant|handle|continue|proceed"},
    WordClass{"DOING",
              "helping|assisting|providing|creating|writing|generating|producing|sharing|discussing|engaging|"
              "participating|answering|giving|doing|continuing"},
    WordClass{"ALLOWED", "able|allowed|permitted|authorized|authorised|programmed|designed|prepared"},
    WordClass{"REFUSE", "decline|refuse|reject"},
    WordClass{"DECLINED", "to|this|that|."},
    WordClass{"RULES", "guidelines|programming|policy|policies|ethical|safety|content|usage"},
    WordClass{"SORRY", "sorry|apologize|apologise|apologies"},
};

constexpr std::string_view kGiveUp = "up|in|way";
constexpr std::string_view kCannotHelpIt = "but|it|myself|*ing";

constexpr std::array kDeclining = {
    Phrase{"i can|will not help", kCannotHelpIt},
    Phrase{"i can|will not VERB"},
    Phrase{"i can|will not give", kGiveUp},
    Phrase{"i can|will not do that|this|it|so", "anymore|alone|again|any|without|if"},
    Phrase{"i can not and will not ACT|give"},
    Phrase{"i can not in good conscience"},
    Phrase{"i can|will not be of help|assistance|use"},
    Phrase{"i can|will not HANDLE this|that|your"},
    Phrase{"i can|will not HANDLE with this|that|your"},
    Phrase{"i can|will not make jokes|statements|claims|predictions|such"},
    Phrase{"i can|will not tell you how to"},
    Phrase{"i can|will not talk|speak about this|that"},
    Phrase{"i will not tell you how"},
    Phrase{"i can|will not support it|that|this"},
    Phrase{"i can|will not take|have part in"},
    Phrase{"i can|will not go along with"},
    Phrase{"i will have no part in"},
    Phrase{"i would never ACT"},
    Phrase{"i do not give|offer|provide advice|instructions|information"},
    Phrase{"i can not browse"},
    Phrase{"i can not access external|real|live|websites|links|urls"},
    Phrase{"i do not think i can|should ACT"},
    Phrase{"i do not have the ability|capability|capacity to ACT"},
    Phrase{"i will not be DOING"},
    Phrase{"i will|would not be able to ACT|give"},
    Phrase{"i am unable to ACT|give"},
    Phrase{"i am not ALLOWED|going|willing to ACT"},
    Phrase{"i am not ALLOWED|going|willing to give", kGiveUp},
    Phrase{"i am not in a position to ACT"},
    Phrase{"i am not comfortable DOING"},
    Phrase{"i am not comfortable with DOING|this|that"},
    Phrase{"i do not feel comfortable DOING"},
    Phrase{"i do not feel comfortable with DOING|this|that"},
    Phrase{"i would rather not ACT|say|since|because|."},
    Phrase{"i choose not to ACT"},
    Phrase{"i refuse|decline to ACT"},
    Phrase{"i refuse|decline to give", kGiveUp},
    Phrase{"i refuse|decline .|and"},
    Phrase{"i must|should|will REFUSE DECLINED"},
    Phrase{"i have|need to REFUSE DECLINED"},
    Phrase{"i will have to REFUSE DECLINED"},
    Phrase{"i am going to REFUSE DECLINED"},
    Phrase{"i am going to have to REFUSE DECLINED"},
    Phrase{"i have to say no"},
    Phrase{"not something i can|will ACT"},
    Phrase{"not something that i can|will ACT"},
    Phrase{"not something i am able|willing to ACT"},
    Phrase{"not appropriate|ethical|right|possible|safe for me to ACT"},
    Phrase{"inappropriate|unethical|irresponsible for|of me to ACT"},
    Phrase{"against|violates|violate my RULES|principles"},
    Phrase{"my RULES do|does not allow|permit"},
    Phrase{"my RULES prevent|prevents|prohibit|prohibits|forbid|forbids"},
    Phrase{"SORRY but i can|will not ACT|allow|predict", kCannotHelpIt},
    Phrase{"SORRY but i do not have access"},
    Phrase{"SORRY but this|that request|content|question|topic|prompt"},
    Phrase{"SORRY can not SERVE"},
    Phrase{"SORRY but no ."},
    Phrase{"SORRY i can|will not ."},
    Phrase{". can not SERVE", kCannotHelpIt},
    Phrase{". unable to SERVE"},
    Phrase{". i can|will not ."},
    Phrase{"no i can|will not ."},
};

/// What a machine says of itself, and what then declines in the same sentence.
constexpr std::array kMachine = {
    Phrase{"as an ai i|it|my|language|model|assistant|system|program|chatbot|based|trained|created|developed|designed"},
    Phrase{"as an artificial intelligence"},
    Phrase{"as a language|large model|language"},
};
constexpr std::array kNegated = {
    Phrase{"i can|do|will|am|could|should|must not"},
    Phrase{"i am unable"},
    Phrase{"i must decline|refrain"},
    Phrase{"i lack"},
};

using Words = std::span<const std::string>;

bool a_machine_declines(Words words) {
    static const PhraseList kMachines(kMachine, kClasses);
    static const PhraseList kNegations(kNegated, kClasses);
    if (!kMachines.matches(words)) return false;
    for (; !words.empty() && words.front() != "."; words = words.subspan(1)) {
        if (kNegations.matches(words)) return true;
    }
    return false;
}

bool is_letter(Words words) { return words.size() > 1 && (words[1] == "dear" || words[1] == "subject"); }

}  // namespace

bool declines(std::string_view answer) {
    static const PhraseList kPhrases(kDeclining, kClasses);
    const std::vector<std::string> all = plain_words(answer, kBeginning);
    if (is_letter(all)) return false;
    bool quoted = false;
    for (Words words = all; !words.empty(); words = words.subspan(1)) {
        if (words.front() == "\"") quoted = !quoted;
        if (!quoted && (kPhrases.matches(words) || a_machine_declines(words))) return true;
    }
    return false;
}

}  // namespace contrans
