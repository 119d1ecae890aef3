#include "net/listener.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace bazaar::tracker::net {

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses resolve(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) throw std::runtime_error("cannot listen on " + host + ": " + gai_strerror(error) + ".");
  return {found, &freeaddrinfo};
}

void set(int socket, int level, int option, int value) { setsockopt(socket, level, option, &value, sizeof value); }

/// A bound socket, or -1 with errno.
int bound(const addrinfo& address, bool is_shared) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
  if (socket < 0) return -1;
  set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (is_shared) set(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.ai_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.ai_addr);
    set(socket, IPPROTO_IPV6, IPV6_V6ONLY, IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) ? 0 : 1);
  }
  if (bind(socket, address.ai_addr, address.ai_addrlen) == 0) return socket;
  const int reason = errno;
  close(socket);
  errno = reason;
  return -1;
}

/// Whether somebody listens there: without SO_REUSEPORT the kernel says so.
bool is_taken(const addrinfo& address, int backlog) {
  const int probe = bound(address, false);
  if (probe < 0) return errno == EADDRINUSE;
  const bool taken = ::listen(probe, backlog) != 0 && errno == EADDRINUSE;
  close(probe);
  return taken;
}

void set_port(addrinfo& address, int port) {
  const uint16_t wire = htons(static_cast<uint16_t>(port));
  if (address.ai_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address.ai_addr)->sin6_port = wire;
  } else {
    reinterpret_cast<sockaddr_in*>(address.ai_addr)->sin_port = wire;
  }
}

int port_of(int socket) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  getsockname(socket, reinterpret_cast<sockaddr*>(&name), &length);
  // The port has the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&name)->sin_port);
}

[[noreturn]] void fail(const std::string& host, int port, int reason) {
  const std::string where = "cannot listen on " + host + ":" + std::to_string(port) + ": ";
  switch (reason) {
    case EADDRINUSE:
      throw std::runtime_error(where + "the port is in use. Choose another with --port.");
    case EADDRNOTAVAIL:
      throw std::runtime_error(where + "the address is not one of this machine's. Choose another with --host.");
    case EACCES:
      throw std::runtime_error(where + "the port is for root only. Choose one above 1023 with --port.");
    default:
      throw std::runtime_error(where + std::strerror(reason) + ".");
  }
}

}  // namespace

Listener open_listener(const std::string& host, int port, Sharing sharing, int backlog) {
  const Addresses addresses = resolve(host, port);
  Listener listener;
  listener.port = port;
  int reason = EADDRNOTAVAIL;
  for (addrinfo* address = addresses.get(); address; address = address->ai_next) {
    if (address->ai_family != AF_INET && address->ai_family != AF_INET6) continue;
    set_port(*address, listener.port);
    const bool is_stranger_there = sharing == Sharing::kFirst && listener.port != 0 && is_taken(*address, backlog);
    if (is_stranger_there) errno = EADDRINUSE;
    const int socket = is_stranger_there ? -1 : bound(*address, true);
    if (socket >= 0 && ::listen(socket, backlog) == 0) {
      listener.sockets.push_back(socket);
      listener.port = port_of(socket);
      continue;
    }
    reason = errno;
    if (socket >= 0) close(socket);
    // A name may have an address that this machine lacks ("localhost" where there is no IPv6); a taken port is final.
    if (reason != EADDRNOTAVAIL && reason != EAFNOSUPPORT) break;
  }
  if (listener.sockets.empty() || reason == EADDRINUSE || reason == EACCES) {
    for (const int socket : listener.sockets) close(socket);
    fail(host, listener.port, reason);
  }
  return listener;
}

}  // namespace bazaar::tracker::net
