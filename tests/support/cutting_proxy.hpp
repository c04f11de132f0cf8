// Stands between a client and a server on 127.0.0.1 and fails as networks do: it resets
// connections, or goes silent, as a firewall that forgot them does. Works on a thread of its own;
// every function may be called from any thread.
#pragma once

#include <memory>

namespace agentcron::support {

class CuttingProxy {
public:
    // Takes connections for the server at that port; one that is not there is a reset.
    explicit CuttingProxy(int server_port);
    ~CuttingProxy();
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    int port() const;
    // Resets every connection. New ones are served.
    void cut();
    // From now on what either side sends is swallowed, also of new connections; nobody is told.
    void go_silent();
    // Serves again. Connections that lost something are reset.
    void speak();

private:
    class Working;
    std::unique_ptr<Working> working_;
};

} // namespace agentcron::support
