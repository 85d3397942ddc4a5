#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <tuple>

#include "contrans/core/json_reader.h"
#include "contrans/core/text.h"
#include "contrans/core/utf8.h"
#include "contrans/rollout/rollout_plan.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kFormat = 1;
constexpr std::size_t kMostStages = 32;
constexpr std::size_t kMostGates = 32;
constexpr std::size_t kMostConcepts = 16;
constexpr std::size_t kMostKeys = 256;
constexpr std::size_t kLargestVersion = 1'000'000'000;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestPersona = 128;
constexpr std::size_t kLongestNote = 1000;

template <class Enum>
using Words = std::initializer_list<std::pair<Enum, std::string_view>>;

const Words<Promotion> kPromotions = {{Promotion::by_hand, "by_hand"}, {Promotion::when_passed, "when_passed"}};
const Words<OnAlarm> kAlarms = {{OnAlarm::roll_back, "roll_back"}, {OnAlarm::tell, "tell"}};
const Words<RunningAnswers> kRunning = {{RunningAnswers::unsteered, "unsteered"}, {RunningAnswers::end, "end"}};

template <class Enum>
std::string_view word_of(Enum value, const Words<Enum>& words) {
    for (const auto& [each, word] : words) {
        if (each == value) return word;
    }
    return "";
}

template <class Enum>
Enum read_word(const JsonReader& reader, const char* key, Enum otherwise, const Words<Enum>& words) {
    if (!reader.has(key)) return otherwise;
    const auto given = reader.get<std::string>(key);
    std::string known;
    for (const auto& [each, word] : words) {
        if (word == given) return each;
        known += (known.empty() ? "" : " or ") + std::string(word);
    }
    reader.fail(key, "must be " + known + ", not " + in_quotes(given));
}

double number_within(const JsonReader& reader, const char* key, double low, double high, const std::string& rule) {
    const auto value = reader.get<double>(key);
    if (!(value >= low && value <= high)) reader.fail(key, "must be " + rule);
    return value;
}

/// A name as keys, rollouts and concepts have them: shown to people, written into metrics and logs.
std::string name_in(const JsonReader& reader, const char* key, const std::string& name) {
    const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
    if (name.empty() || name.size() > kLongestName || !plain) {
        reader.fail(key, "must be 1 to 64 printable ASCII characters without spaces, not " + in_quotes(name));
    }
    return name;
}

const Json& list_in(const JsonReader& reader, const Json& json, const char* key, std::size_t most) {
    static const Json kNone = Json::array();
    if (!reader.has(key)) return kNone;
    if (!json[key].is_array() || json[key].size() > most) {
        reader.fail(key, "must be a list of at most " + std::to_string(most));
    }
    return json[key];
}

std::vector<std::string> names_in(const JsonReader& reader, const Json& json, const char* key) {
    std::vector<std::string> names;
    for (const Json& each : list_in(reader, json, key, kMostKeys)) {
        if (!each.is_string()) reader.fail(key, "must be a list of names");
        names.push_back(name_in(reader, key, each.get<std::string>()));
    }
    return names;
}

std::vector<PlannedConcept> concepts_in(const JsonReader& reader, const Json& json, const char* key,
                                        const std::string& path) {
    std::vector<PlannedConcept> planned;
    for (const Json& each : list_in(reader, json, key, kMostConcepts)) {
        const JsonReader fields(each, path + ": " + key + "[" + std::to_string(planned.size()) + "]");
        fields.refuse_others({"concept", "dose", "version"});
        PlannedConcept one;
        one.name = name_in(fields, "concept", fields.get<std::string>("concept"));
        one.dose = number_within(fields, "dose", -1e6, 1e6, "a dose in units of sigma");
        const auto version = fields.get_or<std::size_t>("version", 0);
        if (version > kLargestVersion) fields.fail("version", "must be a version's number");
        one.version = static_cast<std::int64_t>(version);
        const auto same = [&](const PlannedConcept& other) { return other.name == one.name; };
        if (std::ranges::any_of(planned, same)) fields.fail("concept", "stands twice: " + in_quotes(one.name));
        planned.push_back(std::move(one));
    }
    return planned;
}

/// "warm-support" or "warm-support@2": a name as concepts have it, and a version's number.
bool is_persona(std::string_view text) {
    const std::size_t at = std::min(text.find('@'), text.size());
    const std::string_view name = text.substr(0, at);
    const std::string_view number = text.substr(std::min(at + 1, text.size()));
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_letter = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_' || c == '.';
    };
    const bool numbered = number.size() <= 9 && !number.starts_with('0') && std::ranges::all_of(number, is_digit);
    return !name.empty() && name.size() <= kLongestPersona && std::ranges::all_of(name, is_letter) &&
           (at == text.size() || (!number.empty() && numbered));
}

std::string persona_in(const JsonReader& reader, const std::string& key) {
    const auto persona = reader.get<std::string>(key.c_str());
    if (!is_persona(persona)) {
        reader.fail(key, "must be a persona, as warm-support or warm-support@2, not " + in_quotes(persona));
    }
    return persona;
}

/// An arm's concepts and persona: one of them, or both once the plan was kept.
using ArmText = std::pair<std::vector<PlannedConcept>, std::string>;

ArmText arm_in(const JsonReader& reader, const Json& json, const char* key, const std::string& path) {
    const std::string beside = std::string(key) + "_persona";
    if (reader.has(key) && json[key].is_object()) {
        if (reader.has(beside.c_str())) reader.fail(beside, "stands beside a persona in \"" + std::string(key) + "\"");
        const JsonReader fields(json[key], path + ": " + key);
        fields.refuse_others({"persona"});
        return {std::vector<PlannedConcept>(), persona_in(fields, "persona")};
    }
    ArmText arm{concepts_in(reader, json, key, path), ""};
    if (!reader.has(beside.c_str())) return arm;
    arm.second = persona_in(reader, beside);
    if (arm.first.empty() || arm.second.find('@') == std::string::npos) {
        reader.fail(beside, "says of which version the concepts of \"" + std::string(key) +
                                "\" are; to have them filled in, write \"" + key + "\": {\"persona\": …}");
    }
    return arm;
}

RolloutStage stage_in(const JsonReader& fields, const Json& json) {
    fields.refuse_others({"pilot", "percent"});
    if (fields.has("pilot") == fields.has("percent"))
        fields.fail("percent", "or \"pilot\" must be given, and not both");
    RolloutStage stage;
    if (fields.has("pilot")) {
        stage.pilot = names_in(fields, json, "pilot");
        if (stage.pilot.empty()) fields.fail("pilot", "must name a key");
    } else {
        // As stage_json() writes it, so that two stages that differ stay two when they are read again.
        stage.share = std::round(number_within(fields, "percent", 0.001, 100, "0.001 to 100") * 1e6) / 1e8;
    }
    return stage;
}

std::vector<RolloutStage> stages_in(const JsonReader& reader, const Json& json, const std::string& path) {
    std::vector<RolloutStage> stages;
    for (const Json& each : list_in(reader, json, "stages", kMostStages)) {
        stages.push_back(stage_in(JsonReader(each, path + ": stages[" + std::to_string(stages.size()) + "]"), each));
        if (stages.size() < 2) continue;
        const RolloutStage& before = stages[stages.size() - 2];
        if (!stages.back().pilot.empty() && before.pilot.empty()) reader.fail("stages", "must have pilots first");
        if (stages.back().pilot.empty() && stages.back().share <= before.share) {
            reader.fail("stages", "must have rising percentages");
        }
    }
    if (stages.empty()) reader.fail("stages", "must have at least one");
    return stages;
}

RolloutGate gate_in(const JsonReader& fields) {
    fields.refuse_others({"metric", "seconds", "margin", "most"});
    const auto word = fields.get<std::string>("metric");
    const auto metric = outcome_metric(word);
    if (!metric) {
        fields.fail("metric",
                    "must be error, slow, first_token, refusal, repetition, thumbs_down or task_failure, not " +
                        in_quotes(word));
    }
    RolloutGate gate;
    gate.metric = *metric;
    const bool timed = gate.metric == OutcomeMetric::slow || gate.metric == OutcomeMetric::first_token;
    if (timed) gate.seconds = number_within(fields, "seconds", 0.001, 86400, "0.001 to 86400");
    if (!timed && fields.has("seconds")) fields.fail("seconds", "is of slow and first_token alone");
    if (fields.has("margin") == fields.has("most")) fields.fail("margin", "or \"most\" must be given, and not both");
    if (fields.has("margin")) gate.margin = number_within(fields, "margin", 0, 0.99, "0 to 0.99");
    if (fields.has("most")) gate.most = number_within(fields, "most", 0.0001, 0.9999, "0.0001 to 0.9999");
    return gate;
}

std::vector<RolloutGate> gates_in(const JsonReader& reader, const Json& json, const std::string& path) {
    std::vector<RolloutGate> gates;
    for (const Json& each : list_in(reader, json, "gates", kMostGates)) {
        gates.push_back(gate_in(JsonReader(each, path + ": gates[" + std::to_string(gates.size()) + "]")));
        for (std::size_t i = 0; i + 1 < gates.size(); ++i) {
            if (gate_name(gates[i]) == gate_name(gates.back())) {
                reader.fail("gates", "has a gate twice: " + gate_name(gates[i]));
            }
        }
    }
    return gates;
}

void require_sense(const JsonReader& reader, const RolloutPlan& plan) {
    if (plan.treatment.empty() && plan.treatment_persona.empty()) reader.fail("treatment", "must have a concept");
    const bool unsteered = plan.control.empty() && plan.control_persona.empty();
    const bool filled_in = !plan.treatment.empty() || plan.treatment_persona == plan.control_persona;
    if (!unsteered && plan.treatment == plan.control && filled_in) reader.fail("control", "is the treatment");
    if (plan.promotion == Promotion::when_passed && plan.gates.empty()) {
        reader.fail("promote", "is when_passed and there is no gate to pass");
    }
    if (plan.promotion == Promotion::when_passed && approvals_needed(plan) > 0) {
        reader.fail("promote", "must be by_hand where an approval is needed");
    }
    for (const RolloutGate& gate : plan.gates) {
        const auto used = [&](const RolloutStage& stage) { return applies(gate, stage); };
        if (std::ranges::none_of(plan.stages, used)) {
            reader.fail("gates", "compares with a control in a plan that has none (use \"most\"): " + gate_name(gate));
        }
    }
}

Json concepts_json(const std::vector<PlannedConcept>& concepts) {
    Json list = Json::array();
    for (const PlannedConcept& each : concepts) {
        Json one{{"concept", each.name}, {"dose", each.dose}};
        if (each.version != 0) one["version"] = each.version;
        list.push_back(std::move(one));
    }
    return list;
}

void put_arm(Json& json, const std::string& key, const std::vector<PlannedConcept>& concepts,
             const std::string& persona) {
    if (concepts.empty() && !persona.empty()) {
        json[key] = {{"persona", persona}};
        return;
    }
    json[key] = concepts_json(concepts);
    if (!persona.empty()) json[key + "_persona"] = persona;
}

Json stage_json(const RolloutStage& stage) {
    if (!stage.pilot.empty()) return {{"pilot", stage.pilot}};
    // 100 times a share that came from a percentage may end in …01.
    return {{"percent", std::round(stage.share * 1e8) / 1e6}};
}

Json gate_json(const RolloutGate& gate) {
    Json json{{"metric", to_string(gate.metric)}};
    if (gate.seconds > 0) json["seconds"] = gate.seconds;
    if (gate.margin) json["margin"] = *gate.margin;
    if (gate.most) json["most"] = *gate.most;
    return json;
}

}  // namespace

RolloutPlan parse_rollout_plan(std::string_view text, const std::string& origin) {
    const Json json = parse_json(text, origin, "a rollout's plan (JSON)");
    const JsonReader reader(json, origin);
    reader.refuse_others({"rollout", "name", "note", "treatment", "treatment_persona", "control", "control_persona",
                          "keys", "seed", "stages", "gates", "least_users", "alpha", "promote", "on_alarm",
                          "running_answers", "approvals"});
    if (reader.get<std::size_t>("rollout") != kFormat)
        reader.fail("rollout", "must be 1: the version of plans' format");
    RolloutPlan plan;
    plan.name = name_in(reader, "name", reader.get<std::string>("name"));
    plan.note = reader.get_or<std::string>("note", "");
    if (plan.note.size() > kLongestNote) reader.fail("note", "must have at most 1000 bytes");
    std::tie(plan.treatment, plan.treatment_persona) = arm_in(reader, json, "treatment", origin);
    std::tie(plan.control, plan.control_persona) = arm_in(reader, json, "control", origin);
    plan.keys = names_in(reader, json, "keys");
    plan.seed = name_in(reader, "seed", reader.get_or<std::string>("seed", plan.name));
    plan.stages = stages_in(reader, json, origin);
    plan.gates = gates_in(reader, json, origin);
    plan.least_users = reader.get_or<std::size_t>("least_users", plan.least_users);
    if (plan.least_users < 1) reader.fail("least_users", "must be 1 or more: a gate without data cannot pass");
    if (reader.has("alpha")) plan.alpha = number_within(reader, "alpha", 1e-6, 0.5, "0.000001 to 0.5");
    plan.promotion = read_word(reader, "promote", plan.promotion, kPromotions);
    plan.on_alarm = read_word(reader, "on_alarm", plan.on_alarm, kAlarms);
    plan.running = read_word(reader, "running_answers", plan.running, kRunning);
    plan.approvals = reader.get_or<std::size_t>("approvals", 0);
    if (plan.approvals > 10) reader.fail("approvals", "must be 0 to 10");
    require_sense(reader, plan);
    return plan;
}

std::string rollout_plan_text(const RolloutPlan& plan) {
    Json json{{"rollout", kFormat}, {"name", plan.name}, {"note", plan.note}};
    put_arm(json, "treatment", plan.treatment, plan.treatment_persona);
    put_arm(json, "control", plan.control, plan.control_persona);
    json["keys"] = plan.keys;
    json["seed"] = plan.seed;
    json["stages"] = Json::array();
    for (const RolloutStage& stage : plan.stages) json["stages"].push_back(stage_json(stage));
    json["gates"] = Json::array();
    for (const RolloutGate& gate : plan.gates) json["gates"].push_back(gate_json(gate));
    json["least_users"] = plan.least_users;
    json["alpha"] = plan.alpha;
    json["promote"] = word_of(plan.promotion, kPromotions);
    json["on_alarm"] = word_of(plan.on_alarm, kAlarms);
    json["running_answers"] = word_of(plan.running, kRunning);
    json["approvals"] = plan.approvals;
    return json.dump(2) + "\n";
}

}  // namespace contrans
