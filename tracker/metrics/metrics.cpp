#include "metrics/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace bazaar::tracker::metrics {

namespace {

void append(const FamilyRow& row, const Counters& counters, const std::string& worker,
            prometheus::MetricFamily& family) {
  for (size_t i = 0; i < row.size(); ++i) {
    prometheus::ClientMetric metric;
    if (!worker.empty()) metric.label.push_back({"worker", worker});
    if (!row.values.empty()) metric.label.push_back({std::string(row.label), std::string(row.values[i])});
    const double value = static_cast<double>(counters.value(row.family, i)) * row.scale;
    if (row.kind == Kind::kCounter)
      metric.counter.value = value;
    else
      metric.gauge.value = value;
    family.metric.push_back(std::move(metric));
  }
}

nlohmann::json numbers_of(Scope scope, const Counters& counters) {
  nlohmann::json out = nlohmann::json::object();
  for (const FamilyRow& row : catalogue()) {
    if (row.scope != scope) continue;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string name(row.name);
      if (!row.values.empty()) name.append(".").append(row.values[i]);
      const uint64_t value = counters.value(row.family, i);
      if (row.scale == 1)
        out[name] = value;
      else
        out[name] = static_cast<double>(value) * row.scale;
    }
  }
  return out;
}

}  // namespace

Metrics::Metrics(size_t workers) {
  for (size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<Counters>());
  node_.set(Family::kInfo, 1);
  node_.set(Family::kWorkers, workers);
}

uint64_t Metrics::sum(Family family, size_t value) const {
  uint64_t total = 0;
  for (const auto& worker : workers_) total += worker->value(family, value);
  return total;
}

std::string Metrics::prometheus_text() const {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(kFamilies);
  for (const FamilyRow& row : catalogue()) {
    prometheus::MetricFamily family;
    family.name = std::string(kPrefix) + std::string(row.name);
    family.help = std::string(row.help);
    family.type = row.kind == Kind::kCounter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    if (row.scope == Scope::kNode) append(row, node_, "", family);
    for (size_t i = 0; row.scope == Scope::kWorker && i < workers_.size(); ++i)
      append(row, *workers_[i], std::to_string(i), family);
    families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::string Metrics::json(const std::string& version) const {
  nlohmann::json out = {{"version", version}, {"node", numbers_of(Scope::kNode, node_)}};
  out["workers"] = nlohmann::json::array();
  for (const auto& worker : workers_) out["workers"].push_back(numbers_of(Scope::kWorker, *worker));
  return out.dump();
}

void measure_process(Counters& node) {
  uint64_t pages = 0;
  uint64_t resident = 0;
  if (std::ifstream statm("/proc/self/statm"); statm >> pages >> resident)
    node.set(Family::kResidentBytes, resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto us = [](const timeval& time) { return static_cast<uint64_t>(time.tv_sec * 1'000'000 + time.tv_usec); };
    node.set(Family::kCpuSeconds, us(usage.ru_utime) + us(usage.ru_stime));
  }
  std::error_code failed;
  uint64_t files = 0;
  for (auto it = std::filesystem::directory_iterator("/proc/self/fd", failed);
       !failed && it != std::filesystem::directory_iterator(); it.increment(failed))
    ++files;
  node.set(Family::kOpenFiles, files > 0 ? files - 1 : 0);  // without the one that looked
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) node.set(Family::kOpenFilesMax, limit.rlim_cur);
}

}  // namespace bazaar::tracker::metrics
