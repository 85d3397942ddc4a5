#include "apps/gateway/sse_reader.h"

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans::gateway {
namespace {

using Events = std::vector<std::string>;

Events read(std::string_view bytes) { return SseReader().take(bytes); }

TEST(SseReader, gives_the_data_of_ended_events) {
    EXPECT_EQ(read("data: one\n\ndata:two\n\n"), (Events{"one", "two"}));
    EXPECT_EQ(read("data: a\ndata: b\n\n"), (Events{"a\nb"}));
    EXPECT_EQ(read("data:  two spaces\n\n"), (Events{" two spaces"}));
    EXPECT_EQ(read("data\n\n"), (Events{""}));
    EXPECT_EQ(read("data: not ended\n"), Events());
}

TEST(SseReader, takes_every_end_of_line_and_leaves_other_fields_out) {
    EXPECT_EQ(read("data: one\r\n\r\ndata: two\r\rdata: three\n\n"), (Events{"one", "two", "three"}));
    EXPECT_EQ(read("data: a\r\ndata: b\r\n\r\n"), (Events{"a\nb"})) << "one end of line, not two";
    EXPECT_EQ(read(": a comment\nevent: piece\nid: 4\ndata: x\nretry: 10\n\n"), (Events{"x"}));
    EXPECT_EQ(read("event: nothing\n\ndatax: y\n\n"), Events());
    EXPECT_EQ(read("\xEF\xBB\xBF"
                   "data: after a mark\n\n"),
              (Events{"after a mark"}));
}

TEST(SseReader, reads_the_same_however_the_bytes_are_cut) {
    const std::string bytes =
        "\xEF\xBB\xBF"
        "data: one\r\n\r\n: x\r\ndata: two\rdata: more\r\r\ndata: {\"a\": 1}\n\n";
    const Events whole = read(bytes);
    ASSERT_EQ(whole.size(), 3U);
    for (std::size_t step = 1; step < 8; ++step) {
        SseReader reader;
        Events events;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            for (std::string& event : reader.take(std::string_view(bytes).substr(at, step))) events.push_back(event);
        }
        EXPECT_EQ(events, whole) << step;
    }
}

TEST(SseReader, refuses_an_event_without_end) {
    SseReader reader;
    const std::string much(std::size_t{1} << 20, 'x');
    for (int i = 0; i < 4; ++i) EXPECT_NO_THROW((void)reader.take(i == 0 ? "data: " : much));
    EXPECT_THROW((void)reader.take(much), Error);
}

}  // namespace
}  // namespace contrans::gateway
