#include "contrans/core/progress.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

class Recorder : public ProgressSink {
public:
    void begin(std::string_view label, std::string_view unit, std::size_t total) override {
        seen += std::string(label) + "/" + std::string(unit) + "/" + std::to_string(total);
    }
    void advance(std::size_t done) override { seen += " " + std::to_string(done); }
    void found(std::size_t units) override { seen += " (" + std::to_string(units) + " found)"; }
    void end() override { seen += " end"; }
    std::string seen;
};

TEST(RunContext, forwards_to_the_sink_and_is_silent_without_one) {
    Recorder recorder;
    for (ProgressSink* sink : {static_cast<ProgressSink*>(&recorder), static_cast<ProgressSink*>(nullptr)}) {
        RunContext context;
        context.progress = sink;
        context.begin("read", "texts", 3);
        context.advance(2);
        context.found(1);
        context.end();
    }
    EXPECT_EQ(recorder.seen, "read/texts/3 2 (1 found) end");
}

TEST(RunContext, throws_once_a_stop_was_requested) {
    std::stop_source source;
    RunContext context;
    context.stop = source.get_token();
    EXPECT_NO_THROW(context.advance(1));
    source.request_stop();
    EXPECT_TRUE(testing::throws_error(ErrorKind::interrupted, {"interrupted"}, [&] { context.advance(2); }));
    EXPECT_TRUE(testing::throws_error(ErrorKind::interrupted, {"interrupted"}, [&] { context.begin("a", "b", 1); }));
}

}  // namespace
}  // namespace contrans
