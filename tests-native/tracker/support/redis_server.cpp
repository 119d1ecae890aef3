#include "tracker/support/redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace bazaar::tracker {

namespace {

constexpr auto kStartMax = std::chrono::seconds(10);

int free_port() {
  const int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    close(socket_);
    throw std::runtime_error("no free port");
  }
  close(socket_);
  return ntohs(address.sin_port);
}

void flatten(const redisReply& reply, std::string& out) {
  if (reply.type == REDIS_REPLY_INTEGER) out += std::to_string(reply.integer);
  if (reply.str != nullptr) out.append(reply.str, reply.len);
  for (size_t i = 0; i < reply.elements; ++i) {
    flatten(*reply.element[i], out);
    out += '\n';
  }
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> configuration)
    : configuration_(std::move(configuration)), port_(free_port()) {
  spawn();
}

RedisServer::~RedisServer() { kill(); }

std::string RedisServer::url(const std::string& who) const {
  return "redis://" + who + "127.0.0.1:" + std::to_string(port_);
}

void RedisServer::spawn() {
  std::string text = "bind 127.0.0.1\nport " + std::to_string(port_) + "\nsave \"\"\nappendonly no\nloglevel warning\n";
  text += "logfile /dev/null\ndir /tmp\n";
  for (const std::string& line : configuration_) text += line + "\n";
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t parent = getpid();
  child_ = fork();
  if (child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    dup2(ends[0], STDIN_FILENO);
    const int silence = open("/dev/null", O_WRONLY);
    dup2(silence, STDOUT_FILENO);
    dup2(silence, STDERR_FILENO);
    execlp("redis-server", "redis-server", "-", nullptr);
    _exit(127);
  }
  close(ends[0]);
  [[maybe_unused]] const ssize_t written = write(ends[1], text.data(), text.size());
  close(ends[1]);
  const auto end = std::chrono::steady_clock::now() + kStartMax;
  while (!answers()) {
    if (std::chrono::steady_clock::now() > end || waitpid(child_, nullptr, WNOHANG) == child_) {
      throw std::runtime_error(
          "redis-server does not start; install it (Debian: redis-server) or see its configuration");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

bool RedisServer::answers() {
  connection_.reset(redisConnectWithTimeout("127.0.0.1", port_, {1, 0}));
  if (!connection_ || connection_->err != 0) return false;
  redisSetTimeout(connection_.get(), {5, 0});
  void* reply = redisCommand(connection_.get(), "PING");
  const bool is_there = reply != nullptr;
  if (reply) freeReplyObject(reply);
  return is_there;
}

void RedisServer::pause() { ::kill(child_, SIGSTOP); }

void RedisServer::resume() {
  ::kill(child_, SIGCONT);
  while (!answers()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void RedisServer::kill() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  child_ = -1;
  connection_.reset();
}

void RedisServer::restart() { spawn(); }

std::string RedisServer::command(const std::vector<std::string>& words) {
  std::vector<const char*> starts;
  std::vector<size_t> lengths;
  for (const std::string& word : words) {
    starts.push_back(word.data());
    lengths.push_back(word.size());
  }
  const std::unique_ptr<redisReply, void (*)(void*)> reply(
      static_cast<redisReply*>(
          redisCommandArgv(connection_.get(), static_cast<int>(words.size()), starts.data(), lengths.data())),
      freeReplyObject);
  if (!reply) throw std::runtime_error("redis-server does not answer the test");
  std::string out;
  flatten(*reply, out);
  if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error("redis-server refuses the test's command: " + out);
  return out;
}

}  // namespace bazaar::tracker
