#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "contrans/registry/audit_check.h"
#include "contrans/registry/database.h"

namespace contrans {

enum class AuditFormat { jsonl, csv };

/// A record as a line of JSON, with its hash: what a cut keeps, and check_audit_file() reads.
[[nodiscard]] std::string audit_json_line(const AuditRecord& record);
/// RFC 4180; a field that a spreadsheet would take for a formula gets a "'" before it.
[[nodiscard]] std::string audit_csv_line(const AuditRecord& record);
[[nodiscard]] std::string audit_csv_header();

/// Writes the records that are wanted to a file, whole or not at all. @return how many
std::int64_t export_audit(Database& database, const AuditFilter& filter, AuditFormat format,
                          const std::filesystem::path& file);

/// Checks the chain that files of JSON lines hold one after the other. Where the first one does not begin with the
/// log's first record, that record is believed: what it stands on is not there. Throws Error{io}; Error{format} naming
/// the line for one that is no record.
[[nodiscard]] AuditCheck check_audit_files(std::span<const std::filesystem::path> files);

/// What a cut removed.
struct AuditCutResult {
    std::int64_t records = 0;
    AuditEnd cut;
};

/// Retention: writes the records before `before`, from the first one to the last before one that is newer, to a file
/// of JSON lines, removes them, and records the cut with its last hash, so that what is left and the file are checked
/// as one chain. The end of the log is never cut off. Throws Error{argument} where no record is as old; Error{format}
/// where the chain does not hold: evidence is not removed.
AuditCutResult cut_audit(Database& database, Microseconds before, const std::string& actor, Microseconds now,
                         const std::filesystem::path& file);

}  // namespace contrans
