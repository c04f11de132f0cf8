#include "notify/http_client.hpp"

#include "base/check.hpp"
#include "base/signals_blocked.hpp"
#include "base/version.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <curl/curl.h>
#include <map>
#include <spdlog/fmt/fmt.h>

namespace agentcron::notify {
namespace {

constexpr long redirects_max = 3;
// libcurl wakes by itself for its sockets and time limits; this only bounds one sleep.
constexpr int sleep_ms_max = 3600'000;

// One request and what it has met so far; libcurl holds pointers into it until it is removed.
struct Transfer {
    HttpRequest request;
    std::function<void(HttpResponse)> then;
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), curl_easy_cleanup};
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{nullptr,
                                                                        curl_slist_free_all};
    std::string body;
    char error[CURL_ERROR_SIZE] = "";
};

std::size_t keep_beginning(char* bytes, std::size_t, std::size_t count, void* transfer) {
    auto& body = static_cast<Transfer*>(transfer)->body;
    body.append(bytes, std::min(count, HttpClient::body_bytes_kept - body.size()));
    return count;
}

void add_header(Transfer& transfer, const std::string& header) {
    auto* longer = curl_slist_append(transfer.headers.get(), header.c_str());
    AGENTCRON_CHECK(longer, "no memory for a header");
    static_cast<void>(transfer.headers.release());
    transfer.headers.reset(longer);
}

void set_up(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    AGENTCRON_CHECK(easy, "libcurl gave no handle");
    const auto& request = transfer.request;
    const auto set = [easy](CURLoption option, auto value) {
        const auto code = curl_easy_setopt(easy, option, value);
        AGENTCRON_CHECK(code == CURLE_OK, "libcurl refused option {}: {}", static_cast<int>(option),
                        curl_easy_strerror(code));
    };
    const auto agent = fmt::format("agentcron/{}", base::version());
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, request.follows_redirects ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, redirects_max);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(HttpClient::connect_within.count()));
    set(CURLOPT_TIMEOUT, static_cast<long>(HttpClient::answered_within.count()));
    set(CURLOPT_USERAGENT, agent.c_str());
    set(CURLOPT_ERRORBUFFER, transfer.error);
    set(CURLOPT_WRITEFUNCTION, keep_beginning);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(CURLOPT_PRIVATE, static_cast<void*>(&transfer));
    if (request.is_post) {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDS, request.body.c_str());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        add_header(transfer, "Expect:"); // no round trip that asks whether the body may come
    }
    for (const auto& header : request.headers) add_header(transfer, header);
    set(CURLOPT_HTTPHEADER, transfer.headers.get());
}

HttpResponse response_of(const Transfer& transfer, CURLcode code) {
    HttpResponse response;
    long status = 0;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RETRY_AFTER, &retry_after);
    response.status = static_cast<int>(status);
    response.body = transfer.body;
    if (retry_after > 0) response.retry_after = base::Seconds(retry_after);
    if (status == 0) response.error = *transfer.error ? transfer.error : curl_easy_strerror(code);
    return response;
}

} // namespace

class HttpClient::Transfers {
public:
    Transfers() : multi_(curl_multi_init()) { AGENTCRON_CHECK(multi_, "libcurl did not start"); }
    ~Transfers() {
        for (const auto& [easy, transfer] : running_) curl_multi_remove_handle(multi_, easy);
        curl_multi_cleanup(multi_);
    }
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    void start(HttpRequest request, Then then) {
        auto transfer = std::make_unique<Transfer>();
        transfer->request = std::move(request);
        transfer->then = std::move(then);
        set_up(*transfer);
        CURL* easy = transfer->easy.get();
        curl_multi_add_handle(multi_, easy);
        running_.emplace(easy, std::move(transfer));
    }

    // Does what can be done now; gives away those that ended.
    std::vector<std::pair<Then, HttpResponse>> advance() {
        int still_running = 0;
        curl_multi_perform(multi_, &still_running);
        std::vector<std::pair<Then, HttpResponse>> ended;
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            const auto found = running_.find(message->easy_handle);
            AGENTCRON_CHECK(found != running_.end(), "a transfer ended twice");
            const auto code = message->data.result; // gone with the handle
            curl_multi_remove_handle(multi_, found->first);
            auto& transfer = *found->second;
            ended.emplace_back(std::move(transfer.then), response_of(transfer, code));
            running_.erase(found);
        }
        return ended;
    }
    void sleep() { curl_multi_poll(multi_, nullptr, 0, sleep_ms_max, nullptr); }
    void wake() { curl_multi_wakeup(multi_); } // any thread

private:
    CURLM* multi_;
    std::map<CURL*, std::unique_ptr<Transfer>> running_;
};

HttpClient::HttpClient(boost::asio::io_context& loop) : loop_(loop) {
    const auto code = curl_global_init(CURL_GLOBAL_DEFAULT); // counted: several clients may live
    AGENTCRON_CHECK(code == CURLE_OK, "libcurl did not start: {}", curl_easy_strerror(code));
    transfers_ = std::make_unique<Transfers>();
    const base::SignalsBlocked blocked;
    thread_ = std::thread([this] { work(); });
}

HttpClient::~HttpClient() {
    *alive_ = false;
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    transfers_->wake();
    thread_.join();
    transfers_.reset();
    curl_global_cleanup();
}

void HttpClient::send(HttpRequest request, Then then) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back({std::move(request), std::move(then)});
    }
    transfers_->wake();
}

void HttpClient::work() {
    while (start_waiting()) {
        for (auto& [then, response] : transfers_->advance())
            boost::asio::post(
                loop_, [alive = alive_, then = std::move(then), response = std::move(response)] {
                    if (*alive) then(response);
                });
        transfers_->sleep();
    }
}

// False when the thread shall end.
bool HttpClient::start_waiting() {
    std::vector<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        if (stop_) return false;
        waiting.swap(waiting_);
    }
    for (auto& one : waiting) transfers_->start(std::move(one.request), std::move(one.then));
    return true;
}

} // namespace agentcron::notify
