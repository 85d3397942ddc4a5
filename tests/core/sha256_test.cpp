#include "contrans/core/sha256.h"

#include "gtest/gtest.h"

namespace contrans {
namespace {

// FIPS 180-4's examples.
TEST(Sha256, standard_vectors) {
    EXPECT_EQ(Sha256().hex_digest(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    Sha256 abc;
    abc.update("abc");
    EXPECT_EQ(abc.hex_digest(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, pieces_hash_as_the_whole) {
    Sha256 pieces;
    pieces.update("abcdbcdecdefdefgefghfghighijhi");
    pieces.update("jkijkljklmklmnlmnomnopnopq");
    EXPECT_EQ(pieces.hex_digest(), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

}  // namespace
}  // namespace contrans
