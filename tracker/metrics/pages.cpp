#include "metrics/pages.hpp"

#include <algorithm>
#include <stdexcept>

namespace bazaar::tracker::metrics {

namespace {

constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kJsonType = "application/json";

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

net::HttpAnswer plain(int status, std::string body) {
  net::HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

net::HttpAnswer ready(const Health& health) {
  const std::string backplane = health.is_backplane_connected ? "" : "; the backplane is lost, newcomers stay here";
  if (!health.is_listening) return plain(503, "not listening yet\n");
  if (health.is_draining) return plain(503, "draining" + backplane + "\n");
  return plain(200, "ready" + backplane + "\n");
}

}  // namespace

Pages::Pages(const std::vector<std::string>& allowed) {
  for (const std::string& text : allowed) {
    const auto prefix = admission::AddressPrefix::parse(text);
    if (!prefix) throw std::invalid_argument("\"" + text + "\" is no network");
    allowed_.push_back(*prefix);
  }
}

bool Pages::wants_numbers(std::string_view target) {
  const std::string_view path = path_of(target);
  return path == "/metrics" || path == "/status";
}

net::HttpAnswer Pages::answer(const net::Request& request, const Metrics& metrics, const Health& health) const {
  const std::string_view path = path_of(request.target);
  const bool is_page = path == "/healthz" || path == "/readyz" || wants_numbers(path);
  if (!is_page) return plain(404, "there is no such page\n");
  if (request.method != "GET" && request.method != "HEAD") return plain(405, "GET or HEAD\n");
  if (path == "/healthz") return plain(200, "alive\n");
  if (path == "/readyz") return ready(health);
  const bool is_allowed = std::any_of(allowed_.begin(), allowed_.end(),
                                      [&](const auto& network) { return network.contains(request.client); });
  if (!is_allowed) return plain(403, "not from your address: see metrics_allow\n");
  net::HttpAnswer answer;
  answer.status = 200;
  answer.content_type = path == "/metrics" ? kPrometheusType : kJsonType;
  answer.body = path == "/metrics" ? metrics.prometheus_text() : metrics.json(health.version);
  return answer;
}

}  // namespace bazaar::tracker::metrics
