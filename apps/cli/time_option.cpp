#include "apps/cli/time_option.h"

#include "contrans/core/error.h"
#include "contrans/core/utc_time.h"
#include "contrans/core/utf8.h"

namespace contrans::cli {

Microseconds parse_time(const std::string& text, const char* option) {
    if (const auto time = parse_utc(text)) return *time;
    throw Error(ErrorKind::argument, std::string(option) + ": a time is " + kTimeForm + ", got " + in_quotes(text));
}

}  // namespace contrans::cli
