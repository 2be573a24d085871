// Outputs: the files of a recording, as the consumer of all its blocks: their writers and what they
// are told, what earlier runs left in their place, who hears of finished files, what is said of
// their disks.
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

// Called by the recorder's thread, but for what is said otherwise. Owns the writer threads.
class Outputs final : public BlockConsumer {
 public:
  // `options` and `hook` (null: there is none) outlive this. `keep_waiting`: see
  // WriterThread::start().
  Outputs(const RecordOptions& options, FileHook* hook, std::function<bool()> keep_waiting);
  ~Outputs() override;

  // Who is told of each finished file, besides the hook, and where the blocks of the one output
  // went (null: nobody); they outlive this. Before open().
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

  // Of a stream that has all rings. From attach() on.
  RecordingHeader header() const;

  // Goes on in new files.
  void request_turn() noexcept;
  // Into every file that holds packets of this interface, or, with an empty name, into every file.
  void add_event(RecordedEvent event, const std::string& interface_name);
  // Whether a disk refuses writes. Any thread, while this lives.
  bool in_trouble() const noexcept;
  // The paths or patterns, with commas.
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
  Capture* capture_ = nullptr;  // from attach() on
  std::array<std::uint8_t, 16> recording_id_{};
  std::vector<BlockConsumer*> listeners_;
  BlockObserver* observer_ = nullptr;
  UniqueFd names_fd_;  // finished files' names go here
  std::optional<LineOutput> names_;
  std::vector<DiskTrouble> disks_;  // by writer, as the next
  std::vector<std::unique_ptr<WriterThread>> writers_;
};

// A path as it is from everywhere; "-" and what cannot be made so stay as they are.
std::string absolute_path(const std::string& path);
// The directory in which a file of this path lies, absolute.
std::string directory_of(const std::string& path);

// The directories of a recording's files, absolute: where the recorder goes on making files.
std::vector<std::string> target_directories(const RecordOptions& options);

// The path or pattern of each of a recording's outputs on `rings` rings.
std::vector<std::string> output_paths(const RecordOptions& options, std::size_t rings);

// What each thread that exists before the capture starts does to give up what it no longer needs.
std::function<void()> confinement(const RecordOptions& options);

}  // namespace capstan::tools
