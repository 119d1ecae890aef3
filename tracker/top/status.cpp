#include "top/status.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace bazaar::tracker::top {

namespace {

Numbers numbers_of(const nlohmann::json& json) {
  Numbers numbers;
  for (const auto& [name, value] : json.items())
    if (value.is_number()) numbers[name] = value.get<double>();
  return numbers;
}

}  // namespace

Numbers Status::sum() const {
  Numbers total;
  for (const Numbers& worker : workers)
    for (const auto& [name, value] : worker) total[name] += value;
  return total;
}

double number(const Numbers& numbers, std::string_view name) {
  const auto found = numbers.find(name);
  return found == numbers.end() ? 0 : found->second;
}

double family(const Numbers& numbers, std::string_view name) {
  double total = number(numbers, name);
  const std::string prefix = std::string(name) + ".";
  for (auto it = numbers.lower_bound(prefix); it != numbers.end() && it->first.starts_with(prefix); ++it)
    total += it->second;
  return total;
}

Status parse_status(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("workers") || !json["workers"].is_array() || !json.contains("node") ||
      !json["node"].is_object())
    throw std::runtime_error("this is no tracker's status page");
  Status status;
  if (json.contains("version") && json["version"].is_string()) status.version = json["version"].get<std::string>();
  status.node = numbers_of(json["node"]);
  for (const nlohmann::json& worker : json["workers"])
    if (worker.is_object()) status.workers.push_back(numbers_of(worker));
  return status;
}

}  // namespace bazaar::tracker::top
