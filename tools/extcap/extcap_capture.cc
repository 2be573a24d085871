#include "tools/extcap/extcap_capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/capture/interfaces.h"
#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/exit_status.h"
#include "tools/common/signals.h"
#include "tools/extcap/control_pipe.h"
#include "tools/extcap/extcap_sentences.h"
#include "tools/extcap/kept_stderr.h"
#include "tools/extcap/link_status.h"
#include "tools/query/query_command.h"
#include "tools/record/record_cli.h"
#include "tools/record/recorder.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kNapNs = 10 * kNanosecondsPerMillisecond;

// Makes the named pipe our standard output, when its reader is there. False: nobody will read it
// any more. Throws UsageError for what is no pipe.
bool write_to(const std::string& fifo, const std::function<bool()>& stopped) {
  UniqueFd fd;
  for (bool first = true;; first = false) {
    struct stat status {};
    if (::stat(fifo.c_str(), &status) != 0) {
      // Taken away while this waited: Wireshark has changed its mind.
      if (!first) return false;
      throw UsageError(fmt::format("--fifo {}: {}", fifo, errno_text(errno)));
    }
    if (!S_ISFIFO(status.st_mode)) {
      throw UsageError(fmt::format("--fifo {}: it is no named pipe, and is left as it is", fifo));
    }
    // Without waiting: a pipe that nobody reads yet gives ENXIO (fifo(7)).
    fd = UniqueFd(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (fd.get() >= 0) break;
    if (errno == ENOENT) continue;  // said above, in the next round
    if (errno != ENXIO && errno != EINTR) throw_errno(fmt::format("open {}", fifo));
    if (stopped()) return false;
    sleep_ns(kNapNs);
  }
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) != 0 ||
      ::dup2(fd.get(), STDOUT_FILENO) < 0) {
    throw_errno(fmt::format("write to {}", fifo));
  }
  return true;
}

bool reader_gone() {
  pollfd wait = {STDOUT_FILENO, 0, 0};
  return ::poll(&wait, 1, 0) == 1 && (wait.revents & POLLERR) != 0;
}

// Words as a command line of our own.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> words) : words_(std::move(words)) {
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  int count() const { return static_cast<int>(words_.size()); }
  char** get() { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

int capture_link(const ExtcapCommandLine& line, const std::string& link) {
  std::vector<std::string> words = {"record", "-i", link, "-w", "-", "-q", "-B"};
  words.push_back(line.buffer_size.empty() ? "64" : line.buffer_size);
  if (!line.snapshot_length.empty()) words.insert(words.end(), {"-s", line.snapshot_length});
  if (line.no_promiscuous) words.emplace_back("-p");
  if (!line.filter.empty()) words.insert(words.end(), {"--", line.filter});
  std::string name = link;
  resolve_interface(name);  // before somebody waits for it
  Arguments arguments(std::move(words));
  auto record = parse_record_command_line(arguments.count(), arguments.get());
  SignalEvents signals{SIGINT, SIGTERM, SIGHUP};
  ControlPipe control(line.control_in, line.control_out);
  const auto stopped = [&] { return signals.take() != 0; };
  if (!write_to(line.fifo, stopped)) return kExitDone;
  KeptStderr kept;
  std::vector<std::unique_ptr<BlockConsumer>> consumers;
  consumers.push_back(std::make_unique<LinkStatus>(control, kept, STDOUT_FILENO));
  const int status = Recorder(std::move(record->options), signals, std::move(consumers)).run();
  control.log(kept.take_new());  // the report at the end
  if (status == kExitDone || reader_gone()) return kExitDone;
  kept.let_go();
  return status;
}

std::string both(const std::string& one, const std::string& other) {
  if (one.empty() || other.empty()) return one + other;
  return fmt::format("({}) and ({})", one, other);
}

int capture_recordings(const ExtcapCommandLine& line) {
  const std::string directory =
      line.directory.empty() ? std::string(kRecordingsDirectory) : line.directory;
  std::vector<std::string> words = {"query", "-r", directory, "-w", "-"};
  if (!line.since.empty()) words.insert(words.end(), {"--since", line.since});
  if (!line.until.empty()) words.insert(words.end(), {"--until", line.until});
  if (!line.last.empty()) words.insert(words.end(), {"--last", line.last});
  if (line.inner) words.emplace_back("--inner");
  const std::string filter = both(line.query_filter, line.filter);
  if (!filter.empty()) words.insert(words.end(), {"--", filter});
  Arguments arguments(std::move(words));
  const std::atomic<bool>& stop = stop_flag_on_signals();
  ControlPipe control(line.control_in, line.control_out);
  if (!write_to(line.fifo, [&] { return stop.load(); })) return kExitDone;
  KeptStderr kept;
  control.show_status(fmt::format("Capstan: reading {}", directory));
  const int status = query_command(arguments.count(), arguments.get());
  const std::string words_said = kept.take_new();
  control.log(words_said);
  control.show_status("Capstan: " + words_said.substr(0, words_said.find('\n')));
  if (status == kExitDone || stop.load() || reader_gone()) return kExitDone;
  kept.let_go();
  return status;
}

}  // namespace

int capture_for_extcap(const ExtcapCommandLine& line) {
  const std::string link = link_of(line.interface);
  return link.empty() ? capture_recordings(line) : capture_link(line, link);
}

}  // namespace capstan::tools
