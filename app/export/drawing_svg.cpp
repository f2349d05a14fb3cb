// Drawings as SVG 1.1. Written here and not by cairo, which turns text into outlines.
#include <cmath>
#include <cstdio>

#include "app/export/drawing.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

// Two decimals of a point are a fiftieth of what is seen.
std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string short_text = text;
  short_text.erase(short_text.find_last_not_of('0') + 1);
  if (short_text.back() == '.') short_text.pop_back();
  return short_text == "-0" ? "0" : short_text;
}

std::string hex(Colour c) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", c >> red_shift & 0xFF, c >> green_shift & 0xFF,
                c >> blue_shift & 0xFF);
  return text;
}

// `name` and, where it isn't opaque, its opacity.
std::string paint(const char* name, Colour c) {
  std::string text = std::string(" ") + name + "=\"" + hex(c) + "\"";
  const unsigned alpha = c >> alpha_shift & 0xFF;
  if (alpha < 255) text += std::string(" ") + name + "-opacity=\"" + number(alpha / 255.0) + "\"";
  return text;
}

std::string escaped(const std::string& text) {
  std::string xml;
  for (const char c : valid_utf8(text) ? text : printable(text, text.size())) {
    switch (c) {
      case '&':
        xml += "&amp;";
        break;
      case '<':
        xml += "&lt;";
        break;
      case '>':
        xml += "&gt;";
        break;
      case '"':
        xml += "&quot;";
        break;
      default:  // XML has no other control characters
        xml += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return xml;
}

std::string base64(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : digits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

std::string path(const std::vector<XY>& points) {
  std::string text;
  bool gap = true;
  for (const XY& point : points) {
    const bool here = std::isfinite(point.x) && std::isfinite(point.y);
    if (here) text += (gap ? "M" : " ") + number(point.x) + ' ' + number(point.y);
    gap = !here;
  }
  return text;
}

class Writer {
 public:
  std::string text;

  void operator()(const Drawing::Line& line) {
    text += "<path d=\"" + path(line.points) + "\" fill=\"none\"" + paint("stroke", line.colour) + " stroke-width=\"" +
            number(line.width) + "\" stroke-linejoin=\"round\"" + (line.dashed ? " stroke-dasharray=\"3 2\"" : "") +
            "/>\n";
  }

  void operator()(const Drawing::Area& area) {
    text += "<path d=\"" + path(area.corners) + "Z\"" + paint("fill", area.colour) + "/>\n";
  }

  void operator()(const Drawing::Text& item) {
    const TextStyle& style = item.style;
    text += "<text x=\"" + number(item.at.x) + "\" y=\"" + number(item.at.y) + "\" font-size=\"" + number(style.size) +
            "\"" + paint("fill", style.colour);
    if (style.bold) text += " font-weight=\"bold\"";
    if (style.align != Align::left) {
      text += std::string(" text-anchor=\"") + (style.align == Align::middle ? "middle" : "end") + "\"";
    }
    if (style.upright) {
      text += " transform=\"rotate(-90 " + number(item.at.x) + ' ' + number(item.at.y) + ")\"";
    }
    text += ">" + escaped(item.text) + "</text>\n";
  }

  void operator()(const Drawing::Cells& cells) {
    text += "<image x=\"" + number(cells.at.x) + "\" y=\"" + number(cells.at.y) + "\" width=\"" + number(cells.width) +
            "\" height=\"" + number(cells.height) +
            "\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" xlink:href=\"data:image/png;base64," +
            base64(png_of(cells)) + "\"/>\n";
  }

  void operator()(const Drawing::Clip& clip) {
    close();
    if (clip.width <= 0) return;
    const std::string id = "clip" + std::to_string(++clips_);
    text += "<clipPath id=\"" + id + "\"><rect x=\"" + number(clip.at.x) + "\" y=\"" + number(clip.at.y) +
            "\" width=\"" + number(clip.width) + "\" height=\"" + number(clip.height) +
            "\"/></clipPath>\n<g clip-path=\"url(#" + id + ")\">\n";
    open_ = true;
  }

  void close() {
    if (open_) text += "</g>\n";
    open_ = false;
  }

 private:
  int clips_ = 0;
  bool open_ = false;
};

}  // namespace

std::string Drawing::svg() const {
  Writer writer;
  const std::string w = number(width), h = number(height);
  writer.text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
      "xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.1\" width=\"" +
      w + "pt\" height=\"" + h + "pt\" viewBox=\"0 0 " + w + ' ' + h +
      "\" font-family=\"Roboto, Helvetica, Arial, sans-serif\">\n<title>" + escaped(title) +
      "</title>\n<rect width=\"" + w + "\" height=\"" + h + "\" fill=\"#ffffff\"/>\n";
  for (const Shape& shape : shapes_) std::visit(writer, shape);
  writer.close();
  return writer.text + "</svg>\n";
}

}  // namespace tessera
