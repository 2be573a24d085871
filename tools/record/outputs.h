// Outputs: the files of a recording, as one consumer of all its blocks. Creates the writers with
// their options, finishes the files that earlier runs left, passes on finished files, and reports
// trouble with the disks.
//
// Lossless: the writers hold a ring's blocks until they are on the disk (writer_thread.h).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tools/common/line_output.h"
#include "tools/record/block_consumer.h"
#include "tools/record/disk_trouble.h"
#include "tools/record/file_hook.h"
#include "tools/record/record_options.h"
#include "writers/recording/writer_thread.h"

namespace capstan::tools {

// Called by the recorder's thread unless said otherwise. Owns the writer threads.
class Outputs final : public BlockConsumer {
 public:
  // `options` and `hook` (null: there is none) must outlive this object. `keep_waiting`: see
  // WriterThread::start().
  Outputs(const RecordOptions& options, FileHook* hook, std::function<bool()> keep_waiting);
  ~Outputs() override;

  // Sets the consumers that are called for each finished file, in addition to the hook, and the
  // observer for the blocks of the one output (null: none). Both must outlive this object. Before
  // open().
  void tell(std::vector<BlockConsumer*> listeners, BlockObserver* observer) {
    listeners_ = std::move(listeners);
    observer_ = observer;
  }

  void attach(Capture& capture) override;
  void open() override;
  void on_tick() override;
  bool wants_end() const noexcept override;
  void blocks_ended(const std::vector<ClosingLedger>& rings) override;
  bool finished() noexcept override;
  EndPatience patience() noexcept override;
  void leave() noexcept override;
  void stop() noexcept override;
  void add_to(RecordStats& stats) const override;
  std::vector<std::string> failures(const RecordStats& stats) const override;

  // The header of a stream that contains all rings. From attach() on.
  RecordingHeader header() const;

  // Asks all outputs to go on in new files.
  void request_turn() noexcept;
  // Writes the event into every file that holds packets of this interface or, with an empty name,
  // into every file.
  void add_event(RecordedEvent event, const std::string& interface_name);
  // Whether a disk refuses writes. Any thread, while this object exists.
  bool in_trouble() const noexcept;
  // The paths or patterns, separated by commas.
  std::string names() const;

 private:
  std::string path_of(std::size_t output) const;
  RecordingHeader header_of(std::size_t output) const;
  RecordingOptions options_of(std::size_t output);
  bool takes_ring(std::size_t output, std::size_t ring) const noexcept {
    return !options_.split_rings || ring == output;
  }
  void open_names_file();
  std::function<void(const FinishedFile&)> on_finished_file();

  const RecordOptions& options_;
  FileHook* hook_;
  std::function<bool()> keep_waiting_;
  Capture* capture_ = nullptr;  // set by attach()
  std::array<std::uint8_t, 16> recording_id_{};
  std::vector<BlockConsumer*> listeners_;
  BlockObserver* observer_ = nullptr;
  UniqueFd names_fd_;  // receives the names of finished files
  std::optional<LineOutput> names_;
  std::vector<DiskTrouble> disks_;  // one for each of writers_
  std::vector<std::unique_ptr<WriterThread>> writers_;
};

// Returns the path as an absolute path; "-" and paths for which this fails are returned unchanged.
std::string absolute_path(const std::string& path);
// Returns the directory, absolute, that contains the file of this path.
std::string absolute_directory_of(const std::string& path);

// The directories, absolute, of a recording's regular files: where the recorder keeps creating
// files.
std::vector<std::string> target_directories(const RecordOptions& options);

// The path or pattern of each output of a recording that has `rings` rings.
std::vector<std::string> output_paths(const RecordOptions& options, std::size_t rings);

// Returns the function by which each thread that exists before the capture starts drops the
// privileges it no longer needs. Empty: nothing to do.
std::function<void()> confinement(const RecordOptions& options);

}  // namespace capstan::tools
