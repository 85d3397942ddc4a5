#include "contrans/mapping/map_set.h"

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(FitKind, NamesReadBack) {
    for (const FitKind kind :
         {FitKind::paper, FitKind::last_ridge, FitKind::token_ridge, FitKind::token_plain, FitKind::known}) {
        EXPECT_EQ(parse_fit_kind(to_string(kind)), kind);
    }
}

TEST(FitKind, AnUnknownNameIsAnsweredWithTheKnownOnes) {
    try {
        (void)parse_fit_kind("magic");
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::argument);
        EXPECT_NE(std::string(error.what()).find("token-ridge"), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("magic"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace contrans
