// Charts as SVG text: lines over a number axis, bars in groups. Readable without colour: each
// series has its own dash and marker, or its own hatching.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::bench {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  // line chart: x, y in any order
  std::vector<double> values;                     // bar chart: one per group; below 0: absent
};

// A straight line across the chart: a limit of the machine.
struct Mark {
  std::string name;
  double at = 0;
};

struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  double y_largest = 0;  // 0: from the data
  std::vector<Series> series;
  std::vector<Mark> vertical;  // at x
};

struct BarChart {
  std::string title;
  std::string y_label;
  std::vector<std::string> groups;
  std::vector<Series> series;
  std::vector<Mark> horizontal;  // at y
  bool logarithmic = false;
};

// Returns the complete <svg> element. Every series is a <g data-series="NAME">, every mark a <g
// data-mark="NAME">.
std::string draw(const LineChart& chart);
std::string draw(const BarChart& chart);

// The step of a number axis up to `largest` with about `steps` labels: 1, 2 or 5 times a power of
// ten.
double axis_step(double largest, int steps);

}  // namespace capstan::bench
