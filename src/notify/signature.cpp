#include "notify/signature.hpp"

#include "base/check.hpp"
#include "base/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <optional>
#include <spdlog/fmt/fmt.h>

namespace agentcron::notify {
namespace {

constexpr std::string_view base64_prefix = "whsec_";

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_base64(const unsigned char* bytes, std::size_t size) {
    std::string text(4 * ((size + 2) / 3) + 1, '\0'); // OpenSSL ends it with a NUL
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes,
                                       static_cast<int>(size));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

// With or without the padding, which some who copy a secret lose.
std::optional<std::string> from_base64(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string padded(text);
    while (padded.size() % 4 != 0) padded += '=';
    std::string bytes(padded.size(), '\0');
    const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                       bytes_of(padded), static_cast<int>(padded.size()));
    if (length < 0 || text.size() % 4 == 1) return std::nullopt;
    bytes.resize(text.size() * 3 / 4); // OpenSSL counts the padding as zeros
    return bytes;
}

} // namespace

base::Result<std::string, std::string> key_from(std::string_view secret) {
    secret = base::trim(secret);
    if (secret.empty()) return {boost::system::in_place_error, "the secret is empty"};
    if (!secret.starts_with(base64_prefix)) return {boost::system::in_place_value, secret};
    auto key = from_base64(secret.substr(base64_prefix.size()));
    if (!key || key->empty())
        return {boost::system::in_place_error,
                "the secret begins with whsec_, but what follows is no base64"};
    return {boost::system::in_place_value, std::move(*key)};
}

std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp,
                 std::string_view body) {
    const auto signed_text = fmt::format("{}.{}.{}", id, timestamp, body);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                            bytes_of(signed_text), signed_text.size(), digest, &size);
    AGENTCRON_CHECK(done, "OpenSSL has no HMAC-SHA256");
    return "v1," + to_base64(digest, size);
}

} // namespace agentcron::notify
