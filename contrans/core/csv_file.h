#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "contrans/core/line_reader.h"

namespace contrans {

/// Calls `visit` with the fields of each record (RFC 4180: quoted fields may hold commas, doubled quotes and line ends;
/// a field without quotes loses the spaces around it), the header line among them; blank lines are skipped. The place
/// is the line that the record begins on. Throws what LineReader throws, and Error{format} for quotes that are not
/// closed or stand within a field without quotes, and for a record over a line's largest size; what `visit` throws
/// passes through.
void read_csv_records(const std::filesystem::path& file,
                      const std::function<void(const std::vector<std::string>& fields, const LinePlace& place)>& visit);

}  // namespace contrans
