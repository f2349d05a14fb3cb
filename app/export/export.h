// What can be written of a run for other programs. A format is a list of files, each made when it is written; the
// command and the window write them in the same way. docs/manual/export.md says what is in them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/export/figures.h"

namespace tessera {

// Where a file's bytes go, in pieces of a sensible size.
class Output {
 public:
  explicit Output(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}
  void write(std::string_view bytes);
  void flush();

 private:
  std::function<void(std::string_view)> sink_;
  std::string waiting_;
};

struct ExportFile {
  std::filesystem::path name;  // relative to the folder of the export
  std::function<void(Output&)> write;
};

// All files hold shares of the figures, so that they may be written on another thread, while the run goes on.
using FiguresPtr = std::shared_ptr<const Figures>;
std::vector<ExportFile> csv_files(const FiguresPtr&);          // scalars.csv, table.csv, changes.csv, matrices/*.csv
std::vector<ExportFile> npz_files(const FiguresPtr&);          // figures.npz
std::vector<ExportFile> tensorboard_files(const FiguresPtr&);  // events.out.tfevents.0.tessera
std::vector<ExportFile> svg_files(const FiguresPtr&);          // curves/FAMILY.svg, heatmaps/METRIC.svg
std::vector<ExportFile> pdf_files(const FiguresPtr&);          // the same as PDF, a page each

struct ExportFormat {
  const char* name;   // "csv": of the option and of the menu's item
  const char* title;  // "CSV"
  const char* help;   // what it is for, in a sentence
  std::vector<ExportFile> (*files)(const FiguresPtr&);
  const char* extension;  // of a format that is one file, which may have any name: ".npz"; otherwise ""
};
std::span<const ExportFormat> export_formats();

// Where an export goes: the files of the format in `place`; a format of one file also takes that file's name.
struct Export {
  std::filesystem::path folder;
  std::vector<ExportFile> files;
};
Export plan_export(const ExportFormat&, const FiguresPtr&, const std::filesystem::path& place);

// Those of its files that are there already.
std::vector<std::filesystem::path> files_in_the_way(const Export&);

// Writes them all, each atomically, making folders as needed. Throws InputError when something can't be written; the
// files and folders that this call has made are gone then.
void write_exports(std::span<const Export>);

}  // namespace tessera
