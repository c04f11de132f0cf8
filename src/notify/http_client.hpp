// HTTP on a thread of its own, many requests at once: libcurl's multi interface sleeps there until
// a socket or a new request wakes it. The only file that knows libcurl.
//
// Loop thread, but for what is said to be the other thread's.
#pragma once

#include "base/clock.hpp"
#include "notify/delivery.hpp"
#include "notify/http_request.hpp"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace agentcron::notify {

class HttpClient {
public:
    static constexpr base::Seconds connect_within{10};
    static constexpr base::Seconds answered_within{30};
    static constexpr std::size_t body_bytes_kept = 1024;

    explicit HttpClient(boost::asio::io_context& loop);
    // Requests that are under way are broken off; their callbacks never run.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    using Then = std::function<void(HttpResponse)>;
    // `then` on the loop thread, within answered_within or a little more. The status line decides:
    // a body that never ends is cut off.
    void send(HttpRequest request, Then then);

private:
    class Transfers; // the other thread's
    struct Waiting {
        HttpRequest request;
        Then then;
    };
    void work();
    bool start_waiting();

    boost::asio::io_context& loop_;
    std::unique_ptr<Transfers> transfers_;
    std::mutex mutex_; // guards the next two
    std::vector<Waiting> waiting_;
    bool stop_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::thread thread_;
};

} // namespace agentcron::notify
