#include "contrans/registry/audit_record.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "contrans/core/sha256.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

void put_field(std::string& bytes, std::string_view field) {
    bytes += std::to_string(field.size());
    bytes += ':';
    bytes += field;
    bytes += ',';
}

}  // namespace

Microseconds system_time() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string time_text(Microseconds time) {
    const Microseconds second = time >= 0 ? time / 1'000'000 : (time - 999'999) / 1'000'000;
    const auto seconds = static_cast<std::time_t>(second);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::array<char, 16> rest{};
    std::snprintf(rest.data(), rest.size(), ".%06dZ", static_cast<int>(time - second * 1'000'000));
    return std::string(text.data()) + rest.data();
}

std::string chain_hash(std::string_view previous, const AuditRecord& record) {
    const AuditEvent& event = record.event;
    std::string bytes;
    bytes.reserve(512);
    put_field(bytes, "contrans-audit-1");
    put_field(bytes, previous);
    put_field(bytes, std::to_string(record.place));
    put_field(bytes, std::to_string(record.at));
    for (const std::string* field : {&event.actor, &event.action, &event.subject, &event.version, &event.dose,
                                     &event.layers, &event.rollout, &event.outcome, &event.detail}) {
        put_field(bytes, *field);
    }
    return sha256_of(bytes);
}

std::string audit_text(std::string_view text, std::size_t max_bytes) { return printable(text, max_bytes); }

}  // namespace contrans
