#include "notify/signature.hpp"

#include "support/catch.hpp"

using namespace agentcron::notify;

TEST_CASE("the published example of Standard Webhooks has its published signature",
          "[unit][notify]") {
    const auto key = key_from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    REQUIRE(key);
    CHECK(key->size() == 24);
    CHECK(sign(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})") ==
          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("a secret is taken without the blanks around it, with or without padding",
          "[unit][notify]") {
    CHECK(*key_from(" whsec_YWJj\n") == "abc");
    CHECK(*key_from("whsec_YWI=") == "ab");
    CHECK(*key_from("whsec_YWI") == "ab");
    CHECK(*key_from("whsec_YQ==") == "a");
    CHECK(*key_from("plain words\r\n") == "plain words");
}

TEST_CASE("a secret that cannot be one is refused without showing it", "[unit][notify]") {
    for (const char* secret : {"", " \n", "whsec_", "whsec_!!!!", "whsec_YWJjZ", "whsec_YW Jj"}) {
        INFO("secret `" << secret << "`");
        const auto key = key_from(secret);
        REQUIRE_FALSE(key);
        CHECK(key.error().find("YW") == std::string::npos);
    }
}
