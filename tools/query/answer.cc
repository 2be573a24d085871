#include "tools/query/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "engine/core/errors.h"
#include "engine/core/write_all.h"
#include "tools/common/open_output.h"
#include "tools/common/units.h"
#include "tools/query/answer_end.h"
#include "tools/show/interface_book.h"
#include "tools/show/packet_output.h"
#include "writers/recording/packet_copier.h"

namespace capstan::tools {

namespace {

class LineAnswer final : public Answer {
 public:
  LineAnswer(const QueryCommandLine& line, const RecordingSet& set,
             const std::vector<std::string>& sensors)
      : book_(set.files.size(), sensors), output_(line.show, show::PacketSource::kFile) {}

  SetListener& listener() override { return book_; }
  bool take(const SetPacket& packet) override {
    return output_.take(packet.packet, book_.name_of(packet), false);
  }
  void finish(std::string_view /*record*/) override { output_.finish(); }

 private:
  show::InterfaceBook book_;  // outlives the output's threads
  show::PacketOutput output_;
};

std::string asked_text(const QueryCommandLine& line) {
  std::string text = "capstan query";
  if (!line.fleet_path.empty()) text += " --fleet " + printable(line.fleet_path);
  if (line.range.since_ns != 0) text += " --since " + local_time(line.range.since_ns);
  if (line.range.until_ns != TimeRange::kNoEnd) {
    text += " --until " + local_time(line.range.until_ns);
  }
  for (const std::string& input : line.inputs) text += " -r " + printable(input);
  if (line.inner) text += " --inner";
  if (!line.filter.empty()) text += " " + line.filter;
  return text;
}

class FileAnswer final : public Answer {
 public:
  FileAnswer(const QueryCommandLine& line, const RecordingSet& set,
             const std::vector<std::string>& sensors, std::uint16_t record_room_bytes)
      : asked_(asked_text(line)),
        writer_(file_options(line, asked_, record_room_bytes)),
        copier_(set, copy(line, sensors)) {
    copier_.set_writer(writer_);
  }

  SetListener& listener() override { return copier_; }
  bool take(const SetPacket& packet) override {
    copier_.put(packet);
    last_ns_ = std::max(last_ns_, packet.packet.timestamp_ns);
    return !writer_.closed();
  }

  void finish(std::string_view record) override {
    finish_answer(writer_, copier_, record, last_ns_);
  }

  void save() noexcept override {
    try {
      copier_.finish_interfaces();
      writer_.finish();
    } catch (...) {  // the first error is the one to be told
    }
  }

 private:
  static PacketFileOptions file_options(const QueryCommandLine& line, const std::string& asked,
                                        std::uint16_t record_room_bytes) {
    PacketFileOptions options;
    options.path = line.write_path;
    options.compression = line.compression;
    options.format = line.format;
    options.application = "capstan " CAPSTAN_VERSION;
    options.comment = asked;
    options.comment_room_bytes = record_room_bytes;
    return options;
  }
  static CopyOptions copy(const QueryCommandLine& line, const std::vector<std::string>& sensors) {
    CopyOptions options;
    options.origin = line.origin;
    options.sensors = sensors;
    return options;
  }

  std::string asked_;
  PacketFileWriter writer_;
  PacketCopier copier_;
  std::uint64_t last_ns_ = 0;
};

}  // namespace

std::unique_ptr<Answer> make_answer(const QueryCommandLine& line, const RecordingSet& set,
                                    const std::vector<std::string>& sensors,
                                    std::uint16_t record_room_bytes) {
  if (line.write_path.empty()) return std::make_unique<LineAnswer>(line, set, sensors);
  return std::make_unique<FileAnswer>(line, set, sensors, record_room_bytes);
}

void write_stats(const std::string& path, const std::string& json) {
  const bool to_stdout = path == "-";
  if (to_stdout) std::fflush(stdout);  // what is to stand in front of it
  const UniqueFd file = open_output(path, "the statistics");
  const int error = write_all(file.get(), json.data(), json.size()).error;
  if (error != 0 && !(to_stdout && error == EPIPE)) {
    throw_system_error(error, fmt::format("write {}", path));
  }
}

}  // namespace capstan::tools
