// pcap and pcapng by libpcap, and the choice between the readers.
#include <fcntl.h>
#include <fmt/format.h>
#include <pcap/pcap.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "tools/traffic/packet_source.h"

namespace capstan::traffic {

namespace {

struct PcapCloser {
  void operator()(pcap_t* handle) const noexcept { ::pcap_close(handle); }
};

class PcapSource final : public PacketSource {
 public:
  explicit PcapSource(std::unique_ptr<pcap_t, PcapCloser> handle) : handle_(std::move(handle)) {
    // pcap_datalink() gives DLT numbers; the ones checked here are the same as the file's.
    link_type_ = static_cast<std::uint16_t>(::pcap_datalink(handle_.get()));
  }

  std::optional<PacketView> next() override {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int outcome = ::pcap_next_ex(handle_.get(), &header, &data);
    if (outcome == PCAP_ERROR) problem_ = ::pcap_geterr(handle_.get());
    if (outcome != 1) return std::nullopt;
    PacketView packet;
    packet.data = data;
    packet.caplen = header->caplen;
    packet.wirelen = header->len;
    packet.link_type = link_type_;
    packet.timestamp_ns =
        static_cast<std::uint64_t>(header->ts.tv_sec) * kNanosecondsPerSecond +
        static_cast<std::uint64_t>(header->ts.tv_usec);  // nanoseconds: asked for at opening
    return packet;
  }

  const std::string& problem() const noexcept override { return problem_; }

 private:
  std::unique_ptr<pcap_t, PcapCloser> handle_;
  std::uint16_t link_type_ = 0;
  std::string problem_;
};

}  // namespace

std::unique_ptr<PacketSource> open_pcap_source(const std::string& path) {
  char error[PCAP_ERRBUF_SIZE] = {};
  std::unique_ptr<pcap_t, PcapCloser> handle(
      ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error));
  if (!handle) throw UsageError(fmt::format("{}: {}", path, error));
  return std::make_unique<PcapSource>(std::move(handle));
}

std::unique_ptr<PacketSource> open_packet_source(const std::string& path) {
  if (path == "-") return open_pcap_source(path);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw UsageError(fmt::format("{}: {}", path, errno_text(errno)));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_errno(fmt::format("stat {}", path));
  if (S_ISDIR(status.st_mode)) throw UsageError(fmt::format("{}: is a directory", path));
  // A pipe's first bytes cannot be looked at twice.
  if (!S_ISREG(status.st_mode)) return open_pcap_source(path);
  if (status.st_size == 0) throw UsageError(fmt::format("{}: is empty", path));
  std::uint8_t first[8] = {};
  const ssize_t got = ::pread(fd.get(), first, sizeof(first), 0);
  if (got < 0) throw UsageError(fmt::format("{}: {}", path, errno_text(errno)));
  if (got == sizeof(first) &&
      looks_like_stenotype(first, static_cast<std::uint64_t>(status.st_size))) {
    return open_stenotype_source(path);
  }
  return open_pcap_source(path);
}

}  // namespace capstan::traffic
