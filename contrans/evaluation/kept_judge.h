#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "contrans/evaluation/judge.h"

namespace contrans {

/// Another judge, whose answers are kept in a file as soon as they come: who is ended goes on where it was.
///
/// A line an answer: {"key": SHA-256 of the judge's name and its prompt, "yes": P, "neither": B}. A last line that was
/// cut is left out. Several judges may share a file, several processes may not.
class KeptJudge : public Judge {
public:
    /// Throws Error{io} when the file cannot be read or written, Error{format} for another kind of file.
    KeptJudge(std::unique_ptr<Judge> judge, std::filesystem::path file);

    [[nodiscard]] std::string name() const override { return judge_->name(); }
    /// Asks one by one what is not kept yet. What the judge throws gets the number of answers kept and the file behind
    /// it; Error{io} when an answer cannot be kept.
    [[nodiscard]] std::vector<JudgeAnswer> ask(std::span<const JudgeQuestion> questions,
                                               const RunContext& context) override;

private:
    JudgeAnswer answer_to(const JudgeQuestion& question, const RunContext& context);
    void keep(const std::string& key, const JudgeAnswer& answer);

    std::unique_ptr<Judge> judge_;
    std::filesystem::path file_;
    std::map<std::string, JudgeAnswer> kept_;
    std::ofstream out_;
};

}  // namespace contrans
