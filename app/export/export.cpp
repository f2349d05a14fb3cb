// See export.h.
#include "app/export/export.h"

#include <array>

#include "core/lab/atomic_file.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece = 1 << 20;

// Folders and files of an export under way, removed again unless it comes to its end.
class Made {
 public:
  Made() = default;
  ~Made() {
    std::error_code ignored;
    for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) fs::remove(*path, ignored);
  }
  // Not copyable or movable
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;

  void folder(const fs::path& path) {
    std::error_code error;
    if (path.empty() || fs::is_directory(path, error)) return;
    folder(path.parent_path());
    if (fs::create_directory(path, error)) paths_.push_back(path);
    if (error) throw InputError({{path.string(), "can't be made: " + error.message(), "a folder that can be written"}});
  }
  void file(const fs::path& path) { paths_.push_back(path); }
  void keep() { paths_.clear(); }

 private:
  std::vector<fs::path> paths_;
};

}  // namespace

void Output::write(std::string_view bytes) {
  waiting_ += bytes;
  if (waiting_.size() >= piece) flush();
}

void Output::flush() {
  if (!waiting_.empty()) sink_(waiting_);
  waiting_.clear();
}

std::span<const ExportFormat> export_formats() {
  static constexpr std::array<ExportFormat, 5> formats = {{
      {"csv", "CSV", "Scalars and matrices as tables, for a spreadsheet or pandas", csv_files, ""},
      {"npz", "NPZ", "Arrays with their steps and labels, for numpy.load", npz_files, ".npz"},
      {"tensorboard", "TensorBoard", "An event file: scalars, heatmaps as pictures, the preset", tensorboard_files, ""},
      {"svg", "SVG", "Curves and heatmaps as drawings that can be edited", svg_files, ""},
      {"pdf", "PDF", "Curves and heatmaps for a paper, a page each", pdf_files, ""},
  }};
  return formats;
}

Export plan_export(const ExportFormat& format, const FiguresPtr& figures, const fs::path& place) {
  Export plan{place, format.files(figures)};
  if (*format.extension && place.extension() == format.extension) {
    plan.folder = place.parent_path();
    plan.files.at(0).name = place.filename();
  } else if (!place.has_filename() && place.has_parent_path() && place != place.root_path()) {
    plan.folder = place.parent_path();  // "figures/" is "figures"
  }
  return plan;
}

std::vector<fs::path> files_in_the_way(const Export& plan) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const ExportFile& file : plan.files) {
    const fs::path path = plan.folder / file.name;
    if (fs::exists(fs::symlink_status(path, error))) found.push_back(path);
  }
  return found;
}

void write_exports(std::span<const Export> plans) {
  Made made;
  for (const Export& plan : plans) {
    made.folder(plan.folder);
    for (const ExportFile& file : plan.files) {
      const fs::path path = plan.folder / file.name;
      made.folder(path.parent_path());
      std::error_code error;
      const bool is_new = !fs::exists(fs::symlink_status(path, error));
      AtomicFile to(path);
      Output output([&to](std::string_view bytes) { to.write(bytes); });
      file.write(output);
      output.flush();
      to.commit();
      if (is_new) made.file(path);
    }
  }
  made.keep();
}

}  // namespace tessera
