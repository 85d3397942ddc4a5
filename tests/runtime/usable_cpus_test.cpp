#include "contrans/runtime/usable_cpus.h"

#include <sched.h>

#include <cstddef>
#include <thread>

#include "contrans/runtime/engine.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

/// The first of the processors that this thread may run on.
std::size_t first_usable() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof(allowed), &allowed);
    std::size_t cpu = 0;
    while (!CPU_ISSET(cpu, &allowed)) ++cpu;
    return cpu;
}

TEST(UsableCpus, AreTheMachinesWhereNothingIsBound) {
    EXPECT_GE(usable_cpus(), 1U);
    EXPECT_LE(usable_cpus(), std::thread::hardware_concurrency());
}

TEST(UsableCpus, AreThoseThatTheThreadIsBoundTo) {
    std::thread bound([] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first_usable(), &one);
        ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
        EXPECT_EQ(usable_cpus(), 1U);
        EXPECT_EQ(threads_for({}), 1U);
        EXPECT_EQ(threads_for({.threads = 3}), 3U);
    });
    bound.join();
}

}  // namespace
}  // namespace contrans
