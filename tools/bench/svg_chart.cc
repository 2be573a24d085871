#include "tools/bench/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tools/common/units.h"

namespace capstan::bench {

namespace {

constexpr double kWidth = 800;
constexpr double kHeight = 400;
constexpr double kLeft = 70;
constexpr double kRight = 190;  // room for the legend
constexpr double kTop = 40;
constexpr double kBottom = 56;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kTop - kBottom;

// Told apart by shade as well as by hue, darkest first.
struct Style {
  const char* colour;
  const char* dash;
  int shape;
};
constexpr std::array<Style, 7> kStyles = {{{"#003f88", "none", 0},
                                           {"#c1440e", "8 4", 1},
                                           {"#2a9d3a", "2 3", 2},
                                           {"#8a2be2", "10 3 2 3", 3},
                                           {"#b8860b", "5 2 1 2 1 2", 4},
                                           {"#d6006c", "1 5", 5},
                                           {"#5f6b76", "14 5", 6}}};

const Style& style_of(std::size_t index) { return kStyles[index % kStyles.size()]; }

std::string number_text(double value) {
  if (value == 0) return "0";
  if (value >= 1e6) return fmt::format("{:g} M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:g} k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

// Short: it stands over a bar.
std::string bar_text(double value) {
  return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string marker(double x, double y, const Style& style) {
  switch (style.shape) {
    case 0:
      return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>", x, y,
                         style.colour);
    case 1:
      return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"8\" height=\"8\" fill=\"{}\"/>",
                         x - 4, y - 4, style.colour);
    case 2:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l5 9h-10z\" fill=\"{}\"/>", x, y - 6,
                         style.colour);
    case 3:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l5 5l-5 5l-5 -5z\" fill=\"{}\"/>", x, y - 5,
                         style.colour);
    case 4:
      return fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"#fff\" stroke=\"{}\" "
          "stroke-width=\"2\"/>",
          x, y, style.colour);
    case 5:
      return fmt::format(
          "<path d=\"M{:.1f} {:.1f}l8 8m0 -8l-8 8\" stroke=\"{}\" stroke-width=\"2\"/>", x - 4,
          y - 4, style.colour);
    default:
      return fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"8\" height=\"8\" fill=\"#fff\" stroke=\"{}\" "
          "stroke-width=\"2\"/>",
          x - 4, y - 4, style.colour);
  }
}

std::string head(const std::string& title) {
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
      "aria-label=\"{2}\" font-family=\"system-ui,sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n"
      "<text x=\"{3}\" y=\"22\" font-size=\"15\" font-weight=\"600\" fill=\"#111\">{2}</text>\n",
      kWidth, kHeight, tools::escape_xml(title), kLeft);
}

std::string y_grid(double y, const std::string& text) {
  return fmt::format(
      "<path d=\"M{} {:.1f}h{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1f}\" "
      "text-anchor=\"end\" fill=\"#444\">{}</text>\n",
      kLeft, y, kPlotWidth, kLeft - 8, y + 4, text);
}

std::string frame(const std::string& y_label) {
  return fmt::format(
      "<path d=\"M{0} {1}v{2}h{3}\" fill=\"none\" stroke=\"#333\"/>\n"
      "<text transform=\"translate(18 {4}) rotate(-90)\" text-anchor=\"middle\" "
      "fill=\"#222\">{5}</text>\n",
      kLeft, kTop, kPlotHeight, kPlotWidth, kTop + kPlotHeight / 2, tools::escape_xml(y_label));
}

std::string x_title(const std::string& label) {
  return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#222\">{}</text>\n",
                     kLeft + kPlotWidth / 2, kHeight - 12, tools::escape_xml(label));
}

std::string legend_text(std::size_t row, const std::string& name) {
  return fmt::format("<text x=\"{}\" y=\"{}\" fill=\"#111\">{}</text>", kWidth - kRight + 44,
                     kTop + 14 + 20 * static_cast<double>(row), tools::escape_xml(name));
}

std::string draw_line(const Series& series, std::size_t index, double x_scale, double y_scale) {
  const Style& style = style_of(index);
  auto points = series.points;
  std::sort(points.begin(), points.end());
  std::string path;
  std::string markers;
  for (const auto& [x, y] : points) {
    const double px = kLeft + x * x_scale;
    const double py = kTop + kPlotHeight - y * y_scale;
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", px, py);
    markers += marker(px, py, style);
  }
  const double legend_y = kTop + 10 + 20 * static_cast<double>(index);
  const double legend_x = kWidth - kRight + 12;
  std::string text = fmt::format("<g data-series=\"{}\">", tools::escape_xml(series.name));
  if (!path.empty()) {
    text += fmt::format(
        "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.2\" "
        "stroke-dasharray=\"{}\"/>{}",
        path, style.colour, style.dash, markers);
  }
  text += fmt::format(
      "<path d=\"M{:.1f} {:.1f}h26\" stroke=\"{}\" stroke-width=\"2.2\" "
      "stroke-dasharray=\"{}\"/>{}{}</g>\n",
      legend_x, legend_y, style.colour, style.dash, marker(legend_x + 13, legend_y, style),
      legend_text(index, series.name + (path.empty() ? " (no data)" : "")));
  return text;
}

// Hatching in the series' colour: a pattern per series.
std::string hatch(std::size_t index) {
  const char* const colour = style_of(index).colour;
  static constexpr std::array<const char*, 7> kLines = {
      "", "M0 8L8 0", "M0 4h8", "M0 0L8 8", "M4 0v8", "M0 8L8 0M0 0L8 8", "M4 0v8M0 4h8"};
  const char* const lines = kLines[index % kLines.size()];
  return fmt::format(
      "<pattern id=\"hatch{0}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
      "<rect width=\"8\" height=\"8\" fill=\"{1}\" fill-opacity=\"{2}\"/>"
      "<path d=\"{3}\" stroke=\"{1}\" stroke-width=\"1.6\"/></pattern>\n",
      index, colour, *lines == 0 ? "1" : "0.2", lines);
}

// Where a value lies on the y axis of a bar chart.
class BarScale {
 public:
  explicit BarScale(const BarChart& chart) : logarithmic_(chart.logarithmic) {
    for (const Series& series : chart.series) {
      for (const double value : series.values) add(value);
    }
    for (const Mark& mark : chart.horizontal) add(mark.at);
    if (largest_ <= 0) largest_ = 1;
    if (smallest_ <= 0) smallest_ = largest_ / 10;
    if (logarithmic_) {
      bottom_ = std::pow(10, std::floor(std::log10(smallest_)));
      top_ = std::pow(10, std::ceil(std::log10(largest_ * 1.05)));
    } else {
      const double step = axis_step(largest_, 5);
      top_ = std::ceil(largest_ / step) * step;
    }
  }
  double y(double value) const {
    const double share =
        logarithmic_ ? std::log(std::max(value, bottom_) / bottom_) / std::log(top_ / bottom_)
                     : value / top_;
    return kTop + kPlotHeight * (1 - std::clamp(share, 0.0, 1.0));
  }
  std::string grid() const {
    std::string text;
    if (logarithmic_) {
      for (double at = bottom_; at <= top_ * 1.001; at *= 10)
        text += y_grid(y(at), number_text(at));
    } else {
      const double step = axis_step(top_, 5);
      for (double at = 0; at <= top_ * 1.001; at += step) text += y_grid(y(at), number_text(at));
    }
    return text;
  }

 private:
  void add(double value) {
    if (value <= 0) return;
    largest_ = std::max(largest_, value);
    smallest_ = smallest_ == 0 ? value : std::min(smallest_, value);
  }

  bool logarithmic_;
  double largest_ = 0;
  double smallest_ = 0;
  double bottom_ = 0;
  double top_ = 1;
};

std::string draw_bars(const BarChart& chart, std::size_t index, const BarScale& scale) {
  const Series& series = chart.series[index];
  const double group_width =
      kPlotWidth / static_cast<double>(std::max<std::size_t>(1, chart.groups.size()));
  const double bar_width = group_width * 0.84 / static_cast<double>(chart.series.size());
  const char* const colour = style_of(index).colour;
  std::string text = fmt::format("<g data-series=\"{}\">", tools::escape_xml(series.name));
  for (std::size_t group = 0; group < chart.groups.size() && group < series.values.size();
       ++group) {
    const double x = kLeft + group_width * (static_cast<double>(group) + 0.08) +
                     bar_width * static_cast<double>(index);
    const double value = series.values[group];
    if (value < 0) {
      text += fmt::format(
          "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" font-size=\"10\" "
          "fill=\"#666\">n/a</text>",
          x + bar_width / 2, kTop + kPlotHeight - 4);
      continue;
    }
    const double y = scale.y(value);
    text += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "fill=\"url(#hatch{})\" stroke=\"{}\"><title>{} {}: {}</title></rect>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" font-size=\"9\" "
        "fill=\"#222\">{}</text>",
        x, y, bar_width * 0.92, kTop + kPlotHeight - y, index, colour,
        tools::escape_xml(series.name), tools::escape_xml(chart.groups[group]), number_text(value),
        x + bar_width / 2, y - 4, bar_text(value));
  }
  const double legend_y = kTop + 4 + 20 * static_cast<double>(index);
  return text + fmt::format(
                    "<rect x=\"{}\" y=\"{}\" width=\"26\" height=\"12\" fill=\"url(#hatch{})\" "
                    "stroke=\"{}\"/>{}</g>\n",
                    kWidth - kRight + 12, legend_y, index, colour, legend_text(index, series.name));
}

}  // namespace

double axis_step(double largest, int steps) {
  if (!(largest > 0) || steps < 1) return 1;
  const double wanted = largest / steps;
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= wanted * 0.999) return factor * power;
  }
  return 10 * power;
}

std::string draw(const LineChart& chart) {
  double x_largest = 0;
  double y_largest = chart.y_largest;
  for (const Series& series : chart.series) {
    for (const auto& [x, y] : series.points) {
      x_largest = std::max(x_largest, x);
      if (chart.y_largest == 0) y_largest = std::max(y_largest, y);
    }
  }
  for (const Mark& mark : chart.vertical) x_largest = std::max(x_largest, mark.at);
  const double x_step = axis_step(x_largest, 6);
  const double y_step = axis_step(y_largest, 5);
  x_largest = std::max(x_step, std::ceil(x_largest / x_step) * x_step);
  y_largest = std::max(y_step, std::ceil(y_largest / y_step) * y_step);
  const double x_scale = kPlotWidth / x_largest;
  const double y_scale = kPlotHeight / y_largest;

  std::string text = head(chart.title);
  for (double at = 0; at <= y_largest * 1.001; at += y_step) {
    text += y_grid(kTop + kPlotHeight - at * y_scale, number_text(at));
  }
  for (double at = 0; at <= x_largest * 1.001; at += x_step) {
    text +=
        fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444\">{}</text>\n",
                    kLeft + at * x_scale, kTop + kPlotHeight + 18, number_text(at));
  }
  text += frame(chart.y_label) + x_title(chart.x_label);
  for (const Mark& mark : chart.vertical) {
    const double x = kLeft + mark.at * x_scale;
    text += fmt::format(
        "<g data-mark=\"{0}\"><path d=\"M{1:.1f} {2}v{3}\" stroke=\"#111\" "
        "stroke-dasharray=\"3 3\"/><text transform=\"translate({4:.1f} {5}) rotate(-90)\" "
        "font-size=\"11\" fill=\"#111\">{0}</text></g>\n",
        tools::escape_xml(mark.name), x, kTop, kPlotHeight, x - 4, kTop + kPlotHeight - 40);
  }
  for (std::size_t index = 0; index < chart.series.size(); ++index) {
    text += draw_line(chart.series[index], index, x_scale, y_scale);
  }
  return text + "</svg>\n";
}

std::string draw(const BarChart& chart) {
  const BarScale scale(chart);
  std::string text = head(chart.title) + "<defs>";
  for (std::size_t index = 0; index < chart.series.size(); ++index) text += hatch(index);
  text += "</defs>\n" + scale.grid() + frame(chart.y_label);
  const double group_width =
      kPlotWidth / static_cast<double>(std::max<std::size_t>(1, chart.groups.size()));
  for (std::size_t group = 0; group < chart.groups.size(); ++group) {
    text +=
        fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\" fill=\"#222\">{}</text>\n",
                    kLeft + group_width * (static_cast<double>(group) + 0.5),
                    kTop + kPlotHeight + 18, tools::escape_xml(chart.groups[group]));
  }
  for (std::size_t index = 0; index < chart.series.size(); ++index) {
    text += draw_bars(chart, index, scale);
  }
  for (const Mark& mark : chart.horizontal) {
    text += fmt::format(
        "<g data-mark=\"{0}\"><path d=\"M{1} {2:.1f}h{3}\" stroke=\"#111\" "
        "stroke-dasharray=\"3 3\"/><text x=\"{4}\" y=\"{5:.1f}\" text-anchor=\"end\" "
        "font-size=\"11\" fill=\"#111\">{0}</text></g>\n",
        tools::escape_xml(mark.name), kLeft, scale.y(mark.at), kPlotWidth, kLeft + kPlotWidth - 4,
        scale.y(mark.at) - 4);
  }
  return text + "</svg>\n";
}

}  // namespace capstan::bench
