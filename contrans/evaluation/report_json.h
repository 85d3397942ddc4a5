#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "contrans/evaluation/results.h"

namespace contrans {

/// The report as JSON (DESIGN §6): `results` and `verdict: {vector: text}` first, then `headline` and `safety`
/// (derived, not read back) and the rest. A vector judged on several tasks has its sentences joined in `verdict`;
/// `verdicts` lists them all. Throws Error{numeric} for a value of a result that is not finite; optional values that
/// are not finite become null.
[[nodiscard]] std::string report_to_json(const EvaluationReport& report);

/// The inverse. `origin` names the text in messages, e.g. its file. Unknown keys are left alone; verdict, headline and
/// every key that report_to_json may leave null may be absent.
/// Throws Error{format} naming origin and key for malformed JSON, a missing key or one of the wrong type.
[[nodiscard]] EvaluationReport report_from_json(std::string_view text, const std::string& origin);

/// Throws Error{io} when the file cannot be read or written, and as above.
[[nodiscard]] EvaluationReport read_report(const std::filesystem::path& file);
void write_report(const EvaluationReport& report, const std::filesystem::path& file);

}  // namespace contrans
