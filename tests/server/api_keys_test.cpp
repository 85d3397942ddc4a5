#include "apps/server/api_keys.h"

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;
using testing::throws_error;

const std::string kCall(20, 'c');
const std::string kLoad(20, 'l');
const std::string kAdminister(20, 'a');

ApiKeys keys() {
    return ApiKeys::parse("# who may do what\n\ncall " + kCall + "\n  load " + kLoad + " robot\nadminister " +
                              kAdminister + " operator\r\n",
                          "keys");
}

TEST(ApiKeys, without_keys_everybody_may_do_everything) {
    EXPECT_TRUE(ApiKeys().none());
    EXPECT_EQ(ApiKeys().admit("", Role::administer), "");
}

TEST(ApiKeys, each_role_may_do_what_those_before_it_may) {
    const ApiKeys all = keys();
    EXPECT_EQ(all.admit("Bearer " + kCall, Role::call), "line 3");
    EXPECT_EQ(all.admit("bearer " + kLoad, Role::call), "robot");
    EXPECT_EQ(all.admit("BEARER " + kLoad, Role::load), "robot");
    EXPECT_EQ(all.admit("Bearer " + kAdminister, Role::administer), "operator");
    EXPECT_TRUE(refuses({403, "", "load"}, [&] { (void)all.admit("Bearer " + kCall, Role::load); }));
    EXPECT_TRUE(refuses({403, "", "administer"}, [&] { (void)all.admit("Bearer " + kLoad, Role::administer); }));
}

TEST(ApiKeys, what_is_no_key_is_refused) {
    const ApiKeys all = keys();
    for (const std::string& header : std::initializer_list<std::string>{
             "", "Bearer", "Bearer ", "Bearer " + kCall + "x", "Bearer " + kCall.substr(1), "Basic " + kCall, kCall,
             "Bearer  " + kCall, "Bearer " + std::string(100'000, 'x')}) {
        EXPECT_TRUE(refuses({401, ""}, [&] { (void)all.admit(header, Role::call); })) << header.substr(0, 50);
    }
}

TEST(ApiKeys, a_file_that_breaks_a_rule_is_refused_and_no_key_is_shown) {
    const auto refused = [](const std::string& text, const std::string& part) {
        return throws_error(ErrorKind::format, {"keys", part}, [&] { (void)ApiKeys::parse(text, "keys"); });
    };
    EXPECT_TRUE(refused("", "no key"));
    EXPECT_TRUE(refused("# nothing\n", "no key"));
    EXPECT_TRUE(refused("call\n", "keys:1"));
    EXPECT_TRUE(refused("call short\n", "5 bytes"));
    EXPECT_TRUE(refused("\nking " + kCall + "\n", "keys:2"));
    EXPECT_TRUE(refused("call " + kCall + " a b\n", "more than"));
    EXPECT_TRUE(refused("call " + kCall + "\nload " + kCall + "\n", "keys:2"));
    EXPECT_TRUE(refused("call " + std::string(300, 'x') + "\n", "300"));
    EXPECT_TRUE(refused("call " + kCall + "\xC3\xA9\n", "ASCII"));
    try {
        (void)ApiKeys::parse("call secret-but-short\nload hunter2\n", "keys");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos);
    }
}

TEST(ApiKeys, files) {
    const testing::TemporaryFolder folder;
    testing::write_bytes(folder / "keys", "call " + kCall + "\n");
    EXPECT_FALSE(ApiKeys::read(folder / "keys").none());
    EXPECT_TRUE(throws_error(ErrorKind::io, {"nowhere"}, [&] { (void)ApiKeys::read(folder / "nowhere"); }));
}

}  // namespace
}  // namespace contrans::server
