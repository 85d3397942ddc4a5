#include "apps/server/request_log.h"

#include <array>
#include <chrono>
#include <ctime>
#include <random>
#include <string_view>

#include "apps/server/json_body.h"
#include "apps/server/rollout_json.h"
#include "apps/server/steering_json.h"

namespace contrans::server {
namespace {

/// "2026-01-31T12:34:56Z"
std::string time_now() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text.data();
}

}  // namespace

std::string log_line(const RequestRecord& record, std::string_view time) {
    Json json = {{"time", time},
                 {"id", record.id},
                 {"route", record.route},
                 {"status", record.status},
                 {"ms", record.milliseconds}};
    if (!record.key_name.empty()) json["key"] = record.key_name;
    if (!record.refused_field.empty()) json["refused"] = record.refused_field;
    if (!record.failure.empty()) json["failure"] = record.failure;
    if (!record.engine.empty()) json["engine"] = record.engine;
    if (!record.applied.empty()) json["concepts"] = applied_json(record.applied);
    if (!record.persona.empty()) json["persona"] = record.persona;
    if (record.rollout) json["rollout"] = rollout_json(*record.rollout);
    if (record.end) {
        json["ended"] = to_string(record.end->reason);
        json["prompt_tokens"] = record.end->prompt_tokens;
        json["cached_tokens"] = record.end->cached_tokens;
        json["generated_tokens"] = record.end->generated_tokens;
        if (record.end->switched_off) json["switched_off_at"] = record.end->switched_off_at;
    }
    return dump(json) + "\n";
}

void RequestLog::write(const RequestRecord& record) {
    if (target_ == LogTarget::none) return;
    const std::string line = log_line(record, time_now());
    const std::lock_guard lock(mutex_);
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void RequestLog::write_line(const char* what, std::string_view text) {
    if (target_ == LogTarget::none) return;
    const std::string line = dump(Json{{"time", time_now()}, {what, text}}) + "\n";
    const std::lock_guard lock(mutex_);
    std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string fresh_id() {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::random_device source;
    std::string id;
    for (int i = 0; i < 3; ++i) {
        for (auto [word, left] = std::pair(source(), 8); left > 0; --left, word >>= 4) id += digits[word & 15];
    }
    return id;
}

}  // namespace contrans::server
