#include "support/cutting_proxy.hpp"

#include "base/unique_fd.hpp"

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace agentcron::support {
namespace {

sockaddr_in local_address(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// Closed without a goodbye, so the other side hears of an error.
void reset(base::UniqueFd& fd) {
    if (!fd) return;
    const linger at_once{1, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd.reset();
}

// What one side sent and the other did not take yet.
struct Side {
    base::UniqueFd fd;
    std::string unsent; // to this side
};

struct Link {
    std::array<Side, 2> sides; // client, server
    bool is_broken = false;
    bool was_closed = false; // by one of them, in order
};

} // namespace

class CuttingProxy::Working {
public:
    explicit Working(int server_port)
        : server_port_(server_port)
        , listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
        , wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        auto address = local_address(0);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
            ::getsockname(listener_.get(), any, &size) != 0)
            throw std::runtime_error("the proxy cannot listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { work(); });
    }
    ~Working() {
        stop_ = true;
        ::eventfd_write(wake_.get(), 1);
        thread_.join();
    }

    int port() const { return port_; }
    void set_silent(bool silent) {
        const std::lock_guard lock(mutex_);
        if (silent_ && !silent) reset_all();
        silent_ = silent;
        ::eventfd_write(wake_.get(), 1);
    }
    void cut() {
        const std::lock_guard lock(mutex_);
        reset_all();
        ::eventfd_write(wake_.get(), 1);
    }

private:
    void reset_all() {
        for (auto& link : links_) link.is_broken = true;
    }
    void drop_broken() {
        for (auto& link : links_)
            if (link.is_broken)
                for (auto& side : link.sides) reset(side.fd);
        links_.remove_if([](const Link& link) { return link.is_broken || link.was_closed; });
    }

    void work() {
        while (!stop_) {
            std::vector<pollfd> fds{{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
            std::vector<Link*> links;
            {
                const std::lock_guard lock(mutex_);
                drop_broken();
                for (auto& link : links_) {
                    links.push_back(&link);
                    for (std::size_t i = 0; i < 2; ++i) fds.push_back(wanted(link, i));
                }
            }
            ::poll(fds.data(), fds.size(), -1);
            const std::lock_guard lock(mutex_);
            eventfd_t ignored = 0;
            ::eventfd_read(wake_.get(), &ignored);
            for (std::size_t i = 0; i < links.size(); ++i)
                for (std::size_t side = 0; side < 2; ++side)
                    if (fds[2 + 2 * i + side].revents != 0) move(*links[i], side);
            if (fds[0].revents != 0) accept();
        }
        const std::lock_guard lock(mutex_);
        reset_all();
        drop_broken();
    }
    // Read only when the other side took what came before.
    static pollfd wanted(const Link& link, std::size_t side) {
        const bool reads = link.sides[1 - side].unsent.empty();
        const bool writes = !link.sides[side].unsent.empty();
        return {link.sides[side].fd.get(),
                static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0};
    }

    void move(Link& link, std::size_t from) {
        auto& here = link.sides[from];
        auto& there = link.sides[1 - from];
        if (link.is_broken || link.was_closed) return;
        if (!here.unsent.empty()) send(link, here);
        if (!there.unsent.empty() || link.is_broken) return;
        std::array<char, 65536> bytes;
        const auto count = ::recv(here.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        // In silence not even an end is told. Else it is the end of both: nobody closes in halves.
        if (count <= 0 && silent_) return here.fd.reset();
        if (count <= 0) {
            (count == 0 ? link.was_closed : link.is_broken) = true;
            return;
        }
        if (silent_) return;
        there.unsent.assign(bytes.data(), static_cast<std::size_t>(count));
        send(link, there);
    }
    static void send(Link& link, Side& to) {
        const auto count =
            ::send(to.fd.get(), to.unsent.data(), to.unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) to.unsent.erase(0, static_cast<std::size_t>(count));
        if (count < 0 && errno != EAGAIN && errno != EINTR) link.is_broken = true;
    }

    void accept() {
        base::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) return;
        Link link;
        if (!silent_) {
            base::UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            const auto address = local_address(server_port_);
            if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address),
                          sizeof address) != 0)
                return reset(client);
            link.sides[1].fd = std::move(server);
        }
        link.sides[0].fd = std::move(client);
        links_.push_back(std::move(link));
    }

    const int server_port_;
    base::UniqueFd listener_;
    base::UniqueFd wake_;
    int port_ = 0;
    std::mutex mutex_; // guards the next two
    std::list<Link> links_;
    bool silent_ = false;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

CuttingProxy::CuttingProxy(int server_port) : working_(std::make_unique<Working>(server_port)) {}
CuttingProxy::~CuttingProxy() = default;

int CuttingProxy::port() const {
    return working_->port();
}
void CuttingProxy::cut() {
    working_->cut();
}
void CuttingProxy::go_silent() {
    working_->set_silent(true);
}
void CuttingProxy::speak() {
    working_->set_silent(false);
}

} // namespace agentcron::support
