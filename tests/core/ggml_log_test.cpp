#include "contrans/core/ggml_log.h"

#include <vector>

#include "ggml.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

struct Received {
    LogLevel level;
    std::string text;
};

class GgmlLog : public ::testing::Test {
protected:
    void TearDown() override { set_ggml_log_sink({}); }
    std::vector<Received> received_;
    LogSink keep_ = [this](LogLevel level, std::string_view text) { received_.push_back({level, std::string(text)}); };
};

TEST_F(GgmlLog, is_silent_without_a_sink) {
    ::testing::internal::CaptureStderr();
    log_from_ggml(GGML_LOG_LEVEL_ERROR, "boom\n");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(GgmlLog, sink_gets_level_and_text_without_line_end) {
    set_ggml_log_sink(keep_);
    log_from_ggml(GGML_LOG_LEVEL_WARN, "careful\n");
    log_from_ggml(GGML_LOG_LEVEL_CONT, "more");
    ASSERT_EQ(received_.size(), 2U);
    EXPECT_EQ(received_[0].level, LogLevel::warning);
    EXPECT_EQ(received_[0].text, "careful");
    EXPECT_EQ(received_[1].level, LogLevel::warning);
}

TEST_F(GgmlLog, capture_keeps_the_first_error_without_its_function) {
    log_from_ggml(GGML_LOG_LEVEL_ERROR, "before: it\n");
    const GgmlErrorCapture capture;
    EXPECT_EQ(capture.first_error(), "");
    log_from_ggml(GGML_LOG_LEVEL_INFO, "f: harmless\n");
    log_from_ggml(GGML_LOG_LEVEL_ERROR, "gguf_init: key 3 is empty\n");
    log_from_ggml(GGML_LOG_LEVEL_ERROR, "gguf_init: failed\n");
    EXPECT_EQ(capture.first_error(), "key 3 is empty");
}

}  // namespace
}  // namespace contrans
