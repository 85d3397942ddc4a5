#include "contrans/runtime/rpc_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

#include "contrans/core/error.h"
#include "ggml-rpc.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/rpc_server.h"

namespace contrans {
namespace {

using testing::LocalRpcServer;

constexpr std::chrono::seconds kLong{10};
constexpr std::chrono::milliseconds kShort{200};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// Answers its one visitor's greeting with these bytes, a question after it with `second`, and hangs up.
class OtherService {
public:
    explicit OtherService(std::string answer, std::string second = "")
        : port_(testing::free_port()), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const sockaddr_in address = loopback(port_);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
        EXPECT_EQ(::listen(listener_, 1), 0);
        thread_ = std::jthread([this, answer = std::move(answer), second = std::move(second)] {
            const int visitor = ::accept(listener_, nullptr, nullptr);
            std::array<char, 33> greeting{};
            (void)::recv(visitor, greeting.data(), greeting.size(), MSG_WAITALL);
            (void)::send(visitor, answer.data(), answer.size(), MSG_NOSIGNAL);
            if (!second.empty()) {
                (void)::recv(visitor, greeting.data(), 9, MSG_WAITALL);
                (void)::send(visitor, second.data(), second.size(), MSG_NOSIGNAL);
            }
            ::close(visitor);
        });
    }
    ~OtherService() { ::close(listener_); }
    OtherService(const OtherService&) = delete;
    OtherService& operator=(const OtherService&) = delete;

    [[nodiscard]] RpcAddress address() const { return {"127.0.0.1", port_}; }

private:
    std::uint16_t port_;
    int listener_;
    std::jthread thread_;
};

::testing::AssertionResult says(const std::string& obstacle, const std::string& part) {
    if (obstacle.find(part) != std::string::npos) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "no \"" << part << "\" in \"" << obstacle << "\"";
}

TEST(RpcProbe, AServerIsUsableAgainAndAgain) {
    LocalRpcServer server;
    const RpcAddress address = parse_rpc_address(server.address());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(rpc_obstacle(address, kLong), "");
    EXPECT_TRUE(server.alive());
}

TEST(RpcProbe, WhereNothingListensTheConnectionIsRefused) {
    const RpcAddress nowhere{"127.0.0.1", testing::free_port()};
    EXPECT_TRUE(says(rpc_obstacle(nowhere, kLong), "refused"));
    EXPECT_FALSE(accepts_connections(nowhere, kLong));
}

TEST(RpcProbe, ABusyServerIsToldOfAndSurvivesThatNobodyWaited) {
    LocalRpcServer server;
    const RpcAddress address = parse_rpc_address(server.address());
    const int other = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in at = loopback(address.port);
    ASSERT_EQ(::connect(other, reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
    ASSERT_TRUE(server.wait_for_connections(1));
    EXPECT_TRUE(says(rpc_obstacle(address, kShort), "busy"));
    ::close(other);
    EXPECT_EQ(rpc_obstacle(address, kLong), "");
    EXPECT_TRUE(server.alive());
}

TEST(RpcProbe, AnotherServiceIsNoServer) {
    EXPECT_TRUE(says(rpc_obstacle(OtherService("SSH-2.0-a long greeting of another kind\r\n").address(), kLong),
                     "no ggml-rpc-server"));
    EXPECT_TRUE(says(rpc_obstacle(OtherService("").address(), kLong), "hangs up"));
    EXPECT_TRUE(says(rpc_obstacle(OtherService("short").address(), kLong), "hangs up"));
}

TEST(RpcProbe, AnotherVersionIsNamed) {
    std::string answer(8 + 4 + 24, '\0');
    answer[0] = 28;
    answer[8] = 3;
    answer[9] = 5;
    EXPECT_TRUE(says(rpc_obstacle(OtherService(answer).address(), kLong), "protocol 3.5"));
}

TEST(RpcProbe, AServerWithoutDevicesIsOfNoUse) {
    std::string greeting(8 + 4 + 24, '\0');
    greeting[0] = 28;
    greeting[8] = RPC_PROTO_MAJOR_VERSION;
    greeting[9] = RPC_PROTO_MINOR_VERSION;
    std::string none(8 + 4, '\0');
    none[0] = 4;
    EXPECT_TRUE(says(rpc_obstacle(OtherService(greeting, none).address(), kLong), "no device"));
    const OtherService server(greeting, none);
    const std::string endpoint = to_string(server.address());
    EXPECT_TRUE(testing::throws_error(ErrorKind::model, {endpoint, "no device"},
                                      [&] { (void)RpcServers({server.address()}); }));
}

}  // namespace
}  // namespace contrans
