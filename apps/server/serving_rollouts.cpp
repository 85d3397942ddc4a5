#include "apps/server/serving_rollouts.h"

#include <algorithm>
#include <utility>

#include "apps/server/answer_outcomes.h"
#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/registry/registry_location.h"

namespace contrans::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPollsToAFlush = 4;
// Another server may have given the answer: it has written it down after kPollsToAFlush, or is slow.
constexpr std::size_t kLooksForAnAnswer = 4;
constexpr std::size_t kPollsToALookForDrift = 40;
constexpr std::chrono::seconds kEndTime{2};
constexpr std::size_t kMostUncounted = 100'000;
constexpr std::size_t kMostSaid = 1000;

RolloutStore open_store(const std::filesystem::path& registry) {
    return RolloutStore(Database(registry_backend(registry, OpenMode::existing)));
}

std::string digest_of(std::string_view kind, std::string_view name) {
    return sha256_of(std::string(kind) + ":" + std::to_string(name.size()) + ":" + std::string(name)).substr(0, 32);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

ArmSource::Material material_of(const ArmSource& arms, const RolloutPlan& plan) {
    ArmSource::Material material = arms.material(plan.treatment);
    const ArmSource::Material control = arms.material(plan.control);
    material.insert(material.end(), control.begin(), control.end());
    return material;
}

WhenSwitchedOff rule_of(const RolloutPlan& plan) {
    return plan.running == RunningAnswers::end ? WhenSwitchedOff::end : WhenSwitchedOff::go_on_unsteered;
}

}  // namespace

/// A rollout that runs, as this server has it.
struct ServingRollouts::Active {
    std::shared_ptr<const RolloutPlan> plan;
    std::size_t stage = 0;
    std::string trouble;  // empty: served
    RequestSteering treatment;
    RequestSteering control;
    std::shared_ptr<SteeringSwitch> steering_switch;
    // What it was made from: while these are the same, so is all of it.
    Microseconds changed = 0;
    ArmSource::Material material;

    [[nodiscard]] bool takes(const std::string& key_name) const {
        return trouble.empty() && (plan->keys.empty() || contains(plan->keys, key_name));
    }
    /// Which arm a user or pilot is in; nothing: none.
    [[nodiscard]] std::optional<RolloutChoice> choice(std::string_view user, const std::string& key_name) const {
        const RolloutStage& current = plan->stages[stage];
        RolloutChoice choice{plan, stage, Arm::treatment, "", {}, steering_switch};
        choice.unit = user.empty() ? digest_of("key", key_name) : digest_of("user", user);
        if (!current.pilot.empty()) {
            if (!contains(current.pilot, key_name)) return std::nullopt;
        } else {
            if (user.empty()) return std::nullopt;
            choice.arm = arm_of(plan->seed, choice.unit, current.share);
        }
        choice.steering = choice.arm == Arm::treatment ? treatment : control;
        return choice;
    }
};

ServingRollouts::ServingRollouts(const ArmSource& arms, Options options)
    : arms_(arms),
      options_(std::move(options)),
      watch_(options_.on_alert),
      watched_(open_store(options_.registry)),
      store_(open_store(options_.registry)) {
    refresh();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ServingRollouts::~ServingRollouts() {
    thread_.request_stop();
    thread_.join();
    try {
        flush();
    } catch (const std::exception& error) {
        trouble(error.what());
    }
}

std::optional<RolloutChoice> ServingRollouts::choose(std::string_view user, const std::string& key_name,
                                                     const std::string& answer_id) {
    for (const auto& active : snapshot()) {
        if (!active->takes(key_name)) continue;
        auto choice = active->choice(user, key_name);
        if (!choice) continue;
        const std::lock_guard lock(mutex_);
        unended_.insert(answer_id);
        return choice;
    }
    return std::nullopt;
}

void ServingRollouts::observe(const RequestRecord& record) {
    if (!record.rollout) return;
    const RolloutChoice& choice = *record.rollout;
    CountedAnswer counted{{record.id, choice.plan->name, choice.stage, choice.unit, choice.arm}, outcomes_of(record)};
    if (choice.arm == Arm::treatment) counted.projections = projections_of(record);
    {
        const std::lock_guard lock(mutex_);
        unended_.erase(record.id);
        if (uncounted_.size() < kMostUncounted) uncounted_.push_back(std::move(counted));
    }
    ended_.notify_all();
}

bool ServingRollouts::rate(const std::string& answer_id, OutcomeMetric metric, double value) {
    {
        // The client has the answer a moment before it is observed.
        std::unique_lock lock(mutex_);
        (void)ended_.wait_for(lock, kEndTime, [&] { return !unended_.contains(answer_id); });
    }
    flush();
    bool known = rate_once(answer_id, metric, value);
    for (std::size_t looks = 0; !known && looks < kLooksForAnAnswer; ++looks) {
        std::this_thread::sleep_for(kRolloutPoll * kPollsToAFlush);
        known = rate_once(answer_id, metric, value);
    }
    return known;
}

bool ServingRollouts::rate_once(const std::string& answer_id, OutcomeMetric metric, double value) {
    std::vector<RolloutAlarm> alarms;
    bool known = false;
    {
        const std::lock_guard lock(writing_);
        known = store_.rate(answer_id, metric, value, alarms);
    }
    tell(alarms);
    return known;
}

void ServingRollouts::with_store(const std::function<void(RolloutStore&)>& step) {
    {
        const std::lock_guard lock(writing_);
        step(store_);
    }
    refresh();
}

std::vector<ServingRollouts::Served> ServingRollouts::served() const {
    std::vector<Served> served;
    for (const auto& active : snapshot()) served.push_back({active->plan->name, active->trouble});
    return served;
}

void ServingRollouts::run(const std::stop_token& stop) {
    for (std::size_t polls = 1; !stop.stop_requested(); ++polls) {
        std::this_thread::sleep_for(kRolloutPoll);
        try {
            refresh();
            if (polls % kPollsToAFlush == 0) flush();
            if (polls % kPollsToALookForDrift == 0) look_for_drift();
        } catch (const std::exception& error) {
            trouble(error.what());
            go_blind();
        }
    }
}

void ServingRollouts::refresh() {
    const std::lock_guard lock(watching_);
    const std::vector<RolloutStatus> running = watched_.running();
    Snapshot next;
    for (const RolloutStatus& status : running) next.push_back(activated(status));
    put_snapshot(std::move(next));
    look_at(running);
    const std::lock_guard state(mutex_);
    last_seen_ = Clock::now();
    blind_ = false;
}

void ServingRollouts::look_at(const std::vector<RolloutStatus>& running) {
    for (const auto& served : this->served()) {
        const auto same = [&](const RolloutStatus& status) { return status.plan.name == served.name; };
        const auto status = std::ranges::find_if(running, same);
        if (status != running.end()) watch_.see(*status, served.trouble);
    }
    for (const std::string& name : watch_.running()) {
        const auto same = [&](const RolloutStatus& status) { return status.plan.name == name; };
        if (std::ranges::none_of(running, same)) watch_.see_end(watched_.show(name));
    }
}

void ServingRollouts::look_for_drift() {
    const std::lock_guard lock(watching_);
    for (const std::string& name : watch_.running()) watch_.see_drift(name, watched_.drift(name));
}

/// One that is as it was stays; of one that has changed the switch stays, so that answers of an earlier stage hear of
/// the end too.
std::shared_ptr<const ServingRollouts::Active> ServingRollouts::activated(const RolloutStatus& status) const {
    auto active = std::make_shared<Active>();
    active->changed = status.changed;
    active->material = material_of(arms_, status.plan);
    for (const auto& before : snapshot()) {
        if (before->plan->name != status.plan.name) continue;
        if (before->changed == active->changed && before->material == active->material) return before;
        active->steering_switch = before->steering_switch;
    }
    active->plan = std::make_shared<const RolloutPlan>(status.plan);
    active->stage = status.stage;
    if (!active->steering_switch) active->steering_switch = std::make_shared<SteeringSwitch>(rule_of(status.plan));
    try {
        active->treatment = arms_.steering(status.plan.treatment);
        active->control = arms_.steering(status.plan.control);
    } catch (const Error& error) {
        active->trouble = error.what();
    }
    return active;
}

/// Those that run no more are switched off.
void ServingRollouts::put_snapshot(Snapshot next) {
    Snapshot before;
    {
        const std::lock_guard lock(mutex_);
        before = std::exchange(active_, next);
    }
    for (const auto& old : before) {
        const auto same = [&](const auto& each) { return each->steering_switch == old->steering_switch; };
        if (std::ranges::none_of(next, same)) old->steering_switch->switch_off();
    }
    for (const auto& each : next) {
        if (!each->trouble.empty()) trouble("rollout " + each->plan->name + " is not served: " + each->trouble);
    }
}

ServingRollouts::Snapshot ServingRollouts::snapshot() const {
    const std::lock_guard lock(mutex_);
    return active_;
}

void ServingRollouts::go_blind() {
    {
        const std::lock_guard lock(mutex_);
        if (blind_ || Clock::now() - last_seen_ < options_.blind_time) return;
        blind_ = true;
    }
    put_snapshot({});
    watch_.see_nothing();
    trouble("the registry cannot be read: every rollout is switched off until it can");
}

void ServingRollouts::flush() {
    std::vector<CountedAnswer> taken;
    {
        const std::lock_guard lock(mutex_);
        taken.swap(uncounted_);
    }
    if (taken.empty()) return;
    std::vector<RolloutAlarm> alarms;
    try {
        const std::lock_guard lock(writing_);
        alarms = store_.count(taken);
    } catch (...) {
        const std::lock_guard lock(mutex_);
        uncounted_.insert(uncounted_.begin(), std::make_move_iterator(taken.begin()),
                          std::make_move_iterator(taken.end()));
        throw;
    }
    tell(alarms);
}

void ServingRollouts::tell(const std::vector<RolloutAlarm>& alarms) {
    for (const RolloutAlarm& alarm : alarms) {
        watch_.see_alarm(alarm);
        if (alarm.what == RolloutAlarm::What::drift) {
            trouble("rollout " + alarm.rollout + ": drift of its answers' projection on " + alarm.gate);
            continue;
        }
        trouble("rollout " + alarm.rollout + ": gate " + alarm.gate + " failed" +
                (alarm.rolled_back ? "; it is rolled back" : ""));
    }
    if (!alarms.empty()) refresh();
}

/// Says each thing once, however often it is seen.
void ServingRollouts::trouble(const std::string& text) {
    {
        const std::lock_guard lock(mutex_);
        if (said_.size() >= kMostSaid) said_.clear();
        if (!said_.insert(text).second) return;
    }
    options_.on_trouble(text);
}

}  // namespace contrans::server
