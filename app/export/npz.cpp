// NPZ: arrays that numpy.load reads without pickle. NAME/steps and NAME/values of every metric, for a matrix also
// NAME/rows and NAME/columns (labels) and NAME/axes (titles); scalars and matrices list the names; preset is
// JSON; changes/... tells what was changed.
//
// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>

#include "app/export/export.h"
#include "app/export/zip.h"

namespace tessera {
namespace {

static_assert(std::endian::native == std::endian::little, "the arrays are little-endian");

using Shape = std::vector<std::size_t>;

// Magic, length and the dictionary that describes the array, padded so that the data begin at a multiple of 64.
std::string npy_header(const std::string& type, const Shape& shape) {
  std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i) text += std::to_string(shape[i]) + (i + 1 < shape.size() ? ", " : "");
  text += shape.size() == 1 ? ",), }" : "), }";
  constexpr std::size_t start = 10, align = 64;
  while ((start + text.size() + 1) % align != 0) text += ' ';
  text += '\n';
  const auto length = static_cast<std::uint16_t>(text.size());
  const char head[start] = {
      '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(length & 0xFF), static_cast<char>(length >> 8)};
  return std::string(head, start) + text;
}

std::size_t count_of(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

void begin(Zip& zip, const std::string& name, const std::string& type, std::size_t size, const Shape& shape) {
  const std::string header = npy_header(type, shape);
  zip.begin(name + ".npy", header.size() + count_of(shape) * size);
  zip.write(header);
}

// So that an archive is not fed eight bytes at a time.
class Pieces {
 public:
  explicit Pieces(Zip& zip) : zip_(zip) {}
  ~Pieces() noexcept(false) {
    if (std::uncaught_exceptions() == 0) flush();
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;
  void add(std::string_view bytes) {
    waiting_ += bytes;
    if (waiting_.size() >= 1 << 16) flush();
  }

 private:
  void flush() {
    zip_.write(waiting_);
    waiting_.clear();
  }
  Zip& zip_;
  std::string waiting_;
};

std::u32string decoded(std::string_view utf8) {  // ill-formed bytes become U+FFFD
  std::u32string text;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    const int length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 0;
    char32_t code = length == 1 ? byte : byte & (0xFF >> (length + 1));
    bool good = length > 0 && i + static_cast<std::size_t>(length) <= utf8.size();
    for (int k = 1; good && k < length; ++k) {
      const auto next = static_cast<unsigned char>(utf8[i + static_cast<std::size_t>(k)]);
      good = (next & 0xC0) == 0x80;
      code = code << 6 | (next & 0x3F);
    }
    text += good ? code : U'\uFFFD';
    i += good ? static_cast<std::size_t>(length) : 1;
  }
  return text;
}

// An array of text, or with no shape a single one.
void add_text(Zip& zip, const std::string& name, const std::vector<std::string>& items, const Shape& shape) {
  std::vector<std::u32string> decoded_items;
  std::size_t width = 1;
  for (const std::string& item : items) {
    decoded_items.push_back(decoded(item));
    width = std::max(width, decoded_items.back().size());
  }
  begin(zip, name, "<U" + std::to_string(width), width * sizeof(char32_t), shape);
  for (std::u32string& item : decoded_items) {
    item.resize(width, U'\0');
    zip.write({reinterpret_cast<const char*>(item.data()), width * sizeof(char32_t)});
  }
}

void add_changes(Zip& zip, const std::vector<Intervention>& timeline) {
  const Shape shape = {timeline.size()};
  begin(zip, "changes/steps", "<i8", sizeof(std::int64_t), shape);
  for (const Intervention& change : timeline) zip.write(bytes_of(change.step));
  begin(zip, "changes/ramps", "<i8", sizeof(std::int64_t), shape);
  for (const Intervention& change : timeline) zip.write(bytes_of(change.ramp));
  std::vector<std::string> paths, values;
  for (const Intervention& change : timeline) {
    paths.push_back(change.path);
    values.push_back(to_string(change.value));
  }
  add_text(zip, "changes/parameters", paths, shape);
  add_text(zip, "changes/values", values, shape);
}

void add_scalar(Zip& zip, const std::string& name, const Series& series) {
  begin(zip, name + "/steps", "<i8", sizeof(std::int64_t), {series.size()});
  {
    Pieces pieces(zip);
    for (std::size_t i = 0; i < series.size(); ++i) pieces.add(bytes_of(series[i].step));
  }
  begin(zip, name + "/values", "<f8", sizeof(double), {series.size()});
  Pieces pieces(zip);
  for (std::size_t i = 0; i < series.size(); ++i) pieces.add(bytes_of(series[i].value));
}

void add_matrix(Zip& zip, const MetricSpec& spec, const std::vector<std::shared_ptr<const Matrix>>& frames) {
  int rows = 0, columns = 0;
  for (const auto& frame : frames) {
    rows = std::max(rows, frame->rows);
    columns = std::max(columns, frame->columns);
  }
  const auto count = [](int n) { return static_cast<std::size_t>(n); };
  begin(zip, spec.name + "/steps", "<i8", sizeof(std::int64_t), {frames.size()});
  for (const auto& frame : frames) zip.write(bytes_of(frame->step));
  begin(zip, spec.name + "/values", "<f4", sizeof(float), {frames.size(), count(rows), count(columns)});
  for (const auto& frame : frames) {
    Pieces pieces(zip);
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        const bool inside = row < frame->rows && column < frame->columns;
        pieces.add(bytes_of(inside ? frame->at(row, column) : std::numeric_limits<float>::quiet_NaN()));
      }
    }
  }
  add_text(zip, spec.name + "/rows", axis_labels(spec.axes[0], rows), {count(rows)});
  add_text(zip, spec.name + "/columns", axis_labels(spec.axes[1], columns), {count(columns)});
  add_text(zip, spec.name + "/axes", {spec.axes[0].title, spec.axes[1].title}, {2});
}

void write_npz(const Figures& figures, Output& output) {
  const auto names = [&](const std::vector<std::size_t>& metrics) {
    std::vector<std::string> list;
    for (const std::size_t metric : metrics) list.push_back(figures.description->metrics[metric].name);
    return list;
  };
  const std::vector<std::size_t> scalars = scalars_of(figures), matrices = matrices_of(figures);
  for (const auto& list : {scalars, matrices}) {
    for (const std::string& name : names(list)) {
      if (name == "changes")
        throw InputError({{"a metric", name, "another name in NPZ, where changes/ tells of changes"}});
    }
  }
  Zip zip(output);
  add_text(zip, "scalars", names(scalars), {scalars.size()});
  add_text(zip, "matrices", names(matrices), {matrices.size()});
  add_text(zip, "preset", {write_preset(*figures.preset, true)}, {});
  add_changes(zip, figures.timeline);
  for (const std::size_t i : scalars) add_scalar(zip, figures.description->metrics[i].name, figures.series[i]);
  for (const std::size_t i : matrices) add_matrix(zip, figures.description->metrics[i], figures.frames[i]);
  zip.finish();
}

}  // namespace

std::vector<ExportFile> npz_files(const FiguresPtr& figures) {
  return {{"figures.npz", [figures](Output& output) { write_npz(*figures, output); }}};
}

}  // namespace tessera
