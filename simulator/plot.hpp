// Lines over an axis, as SVG that reads in light and dark: what docs/simulator.md shows of real runs.
// Owns axes, ticks and colours; refuses to know what the numbers mean. Invariant: the same series give the same file.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace bazaar::sim {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< in the order of x
  bool is_dashed = false;
};

struct Plot {
  std::string title;
  std::string x_title;  ///< with its unit
  std::string y_title;
  std::vector<Series> series;  ///< at most six
  double y_min = 0;
  double y_max = 1;
  bool is_x_logarithmic = false;  ///< then every x of the first series is a tick
};

void draw(std::ostream& out, const Plot& plot);

}  // namespace bazaar::sim
