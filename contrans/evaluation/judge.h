#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"

namespace contrans {

/// Whether a reply that was written does what `question` asks for.
struct JudgeQuestion {
    std::string prompt;
    std::string reply;
    std::string question;  ///< to be answered by yes or no
};

/// What a judge thinks of one reply.
struct JudgeAnswer {
    double yes = 0;        ///< p(yes) / (p(yes) + p(no)) of its next token or tokens; 0 where it said neither
    bool neither = false;  ///< p(yes) + p(no) is under kLeastJudgedMass

    friend bool operator==(const JudgeAnswer&, const JudgeAnswer&) = default;
};
inline constexpr double kLeastJudgedMass = 0.05;

/// From the two probabilities, whatever else the judge might say.
[[nodiscard]] JudgeAnswer judge_answer(double yes, double no);
/// Whether it counts as a yes: likelier than no.
[[nodiscard]] bool says_yes(const JudgeAnswer& answer);

/// Judges replies one way or another (ModelJudge here, an endpoint in apps/judge). One thread at a time.
class Judge {
public:
    Judge() = default;
    Judge(const Judge&) = delete;
    Judge& operator=(const Judge&) = delete;
    virtual ~Judge() = default;

    /// For reports, and for telling one judge's answers from another's.
    [[nodiscard]] virtual std::string name() const = 0;
    /// An answer a question. Throws Error{model} when it cannot answer.
    [[nodiscard]] virtual std::vector<JudgeAnswer> ask(std::span<const JudgeQuestion> questions,
                                                       const RunContext& context) = 0;
};

/// What the judge reads: the request, the reply, the question, and where to answer.
[[nodiscard]] std::string judge_prompt(const JudgeQuestion& question);

/// A reply that people have judged.
struct LabelledReply {
    JudgeQuestion question;
    bool yes = false;
};

/// Reads JSON lines {"prompt", "reply", "judge": QUESTION, "label": 0 or 1}. Throws Error{io}; Error{format} naming
/// file and line for what is missing or of another type, and the file where it has no line or one label alone.
[[nodiscard]] std::vector<LabelledReply> read_labelled_replies(const std::filesystem::path& file);

/// How a judge agrees with people.
struct JudgeCalibration {
    std::string judge;
    std::size_t n = 0;
    std::size_t neither = 0;  ///< answers that were neither yes nor no: never right
    double accuracy = 0;
    /// Cohen's kappa, (pₒ − pₑ) / (1 − pₑ), with `neither` as a class of its own (Cohen 1960); 0 where pₑ is 1.
    double kappa = 0;
};

/// @param answers one a reply. Throws Error{argument} for none, or another number of them.
[[nodiscard]] JudgeCalibration calibrate(std::string judge, std::span<const LabelledReply> replies,
                                         std::span<const JudgeAnswer> answers);

/// "NAME agrees with 45 of 48 labelled replies: accuracy 0.94, kappa 0.88, 1 of neither".
[[nodiscard]] std::string describe(const JudgeCalibration& calibration);

}  // namespace contrans
