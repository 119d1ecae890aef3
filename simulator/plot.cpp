#include "plot.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace bazaar::sim {

namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 400;
constexpr double kLeft = 64;
constexpr double kRight = 150;  // names of the lines stand at their ends
constexpr double kTop = 44;
constexpr double kBottom = 56;

// An image in a page is told which of the two by the reader's system, not by the page: the background comes with it.
constexpr const char* kStyle = R"(<style>
  svg { background: #ffffff; color: #1f2328; font: 13px system-ui, sans-serif; }
  text { fill: currentColor; } .grid { stroke: #d0d7de; } .axis { stroke: currentColor; }
  path { fill: none; stroke-width: 2; stroke-linejoin: round; } .dashed { stroke-dasharray: 6 4; }
  .c0 { stroke: #0969da; fill: #0969da; } .c1 { stroke: #bc4c00; fill: #bc4c00; } .c2 { stroke: #57606a; fill: #57606a; }
  .c3 { stroke: #1a7f37; fill: #1a7f37; } .c4 { stroke: #8250df; fill: #8250df; } .c5 { stroke: #9a6700; fill: #9a6700; }
  path.c0, path.c1, path.c2, path.c3, path.c4, path.c5 { fill: none; } text { stroke: none !important; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; color: #e6edf3; } .grid { stroke: #30363d; }
    .c0 { stroke: #58a6ff; fill: #58a6ff; } .c1 { stroke: #f0883e; fill: #f0883e; } .c2 { stroke: #9da7b1; fill: #9da7b1; }
    .c3 { stroke: #56d364; fill: #56d364; } .c4 { stroke: #bc8cff; fill: #bc8cff; } .c5 { stroke: #e3b341; fill: #e3b341; }
  }
</style>
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

class Axes {
 public:
  explicit Axes(const Plot& plot) : plot_(plot) {
    for (const Series& series : plot.series) {
      for (const auto& point : series.points) {
        x_min_ = std::min(x_min_, point.first);
        x_max_ = std::max(x_max_, point.first);
      }
    }
    if (x_min_ > x_max_) x_min_ = 0, x_max_ = 1;
    if (x_min_ == x_max_) x_max_ = x_min_ + 1;
  }
  double x(double value) const {
    const double share = plot_.is_x_logarithmic ? std::log(value / x_min_) / std::log(x_max_ / x_min_)
                                                : (value - x_min_) / (x_max_ - x_min_);
    return kLeft + share * (kWidth - kLeft - kRight);
  }
  double y(double value) const {
    const double share = (std::clamp(value, plot_.y_min, plot_.y_max) - plot_.y_min) / (plot_.y_max - plot_.y_min);
    return kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }
  std::vector<double> x_ticks() const {
    std::vector<double> ticks;
    if (plot_.is_x_logarithmic && !plot_.series.empty()) {
      for (const auto& point : plot_.series.front().points) ticks.push_back(point.first);
      return ticks;
    }
    const double step = step_of(x_max_ - x_min_);
    for (double tick = std::ceil(x_min_ / step) * step; tick <= x_max_; tick += step) ticks.push_back(tick);
    return ticks;
  }
  std::vector<double> y_ticks() const {
    std::vector<double> ticks;
    const double step = step_of(plot_.y_max - plot_.y_min);
    for (int i = 0; plot_.y_min + i * step <= plot_.y_max + step / 100; ++i) ticks.push_back(plot_.y_min + i * step);
    return ticks;
  }

 private:
  /// 1, 2 or 5 times a power of ten, so that there are four to ten of them.
  static double step_of(double range) {
    const double power = std::pow(10, std::floor(std::log10(range / 4)));
    for (const double times : {5.0, 2.0}) {
      if (range / (times * power) >= 4) return times * power;
    }
    return power;
  }

  const Plot& plot_;
  double x_min_ = 1e300;
  double x_max_ = -1e300;
};

void line(std::ostream& out, const char* what, double x1, double y1, double x2, double y2) {
  out << "<line class=\"" << what << "\" x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2
      << "\"/>\n";
}

void text(std::ostream& out, double x, double y, const char* anchor, const std::string& words,
          const std::string& more = "") {
  out << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\"" << more << ">" << escaped(words)
      << "</text>\n";
}

std::string number(double value) {
  std::ostringstream out;
  out << std::setprecision(6) << value;
  return out.str();
}

/// Names at the ends of their lines, moved apart where two ends are near.
std::vector<double> name_places(const Plot& plot, const Axes& axes) {
  constexpr double kLineHeight = 16;
  std::vector<size_t> order;
  std::vector<double> places;
  for (size_t i = 0; i < plot.series.size(); ++i) {
    order.push_back(i);
    places.push_back(plot.series[i].points.empty() ? kTop : axes.y(plot.series[i].points.back().second) + 4);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return places[a] < places[b]; });
  for (size_t i = 1; i < order.size(); ++i) {
    places[order[i]] = std::max(places[order[i]], places[order[i - 1]] + kLineHeight);
  }
  return places;
}

}  // namespace

void draw(std::ostream& out, const Plot& plot) {
  const Axes axes(plot);
  out << std::fixed << std::setprecision(1);
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << static_cast<int>(kWidth) << ' '
      << static_cast<int>(kHeight) << "\" role=\"img\">\n<title>" << escaped(plot.title) << "</title>\n"
      << kStyle;
  text(out, kLeft, 26, "start", plot.title, " font-size=\"15\" font-weight=\"600\"");
  const double right = kWidth - kRight;
  const double bottom = kHeight - kBottom;
  for (const double tick : axes.y_ticks()) {
    line(out, "grid", kLeft, axes.y(tick), right, axes.y(tick));
    text(out, kLeft - 8, axes.y(tick) + 4, "end", number(tick));
  }
  for (const double tick : axes.x_ticks()) {
    line(out, "axis", axes.x(tick), bottom, axes.x(tick), bottom + 5);
    text(out, axes.x(tick), bottom + 20, "middle", number(tick));
  }
  line(out, "axis", kLeft, bottom, right, bottom);
  text(out, (kLeft + right) / 2, kHeight - 12, "middle", plot.x_title);
  text(out, 0, 0, "middle", plot.y_title,
       " transform=\"translate(18 " + number((kTop + bottom) / 2) + ") rotate(-90)\"");
  const std::vector<double> places = name_places(plot, axes);
  for (size_t i = 0; i < plot.series.size(); ++i) {
    const Series& series = plot.series[i];
    const std::string colour = "c" + std::to_string(i % 6);
    out << "<path class=\"" << colour << (series.is_dashed ? " dashed" : "") << "\" d=\"";
    for (size_t k = 0; k < series.points.size(); ++k) {
      out << (k == 0 ? 'M' : 'L') << axes.x(series.points[k].first) << ' ' << axes.y(series.points[k].second);
    }
    out << "\"/>\n";
    text(out, right + 8, places[i], "start", series.name, " class=\"" + colour + "\"");
  }
  out << "</svg>\n";
}

}  // namespace bazaar::sim
