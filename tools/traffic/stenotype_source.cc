// stenotype's files: TPACKET_V3 ring blocks of 1 MiB as the kernel left them, one after another
// (google/stenographer, blockfile/blockfile.go; struct tpacket_block_desc and tpacket3_hdr in
// linux/if_packet.h). A VLAN tag is in the slot's header, not in the frame.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "tools/traffic/packet_source.h"

namespace capstan::traffic {

namespace {

constexpr std::size_t kBlockSize = 1U << 20;
// tpacket_block_desc begins with version (the socket's, TPACKET_V3) and offset_to_priv
// (BLK_HDR_LEN); prb_init_ft_ops and prb_open_block in net/packet/af_packet.c.
constexpr std::uint32_t kVersion = TPACKET_V3;
constexpr std::uint32_t kOffsetToPriv = 48;

class StenotypeSource final : public PacketSource {
 public:
  explicit StenotypeSource(UniqueFd fd) : fd_(std::move(fd)), block_(kBlockSize) {}

  std::optional<PacketView> next() override {
    while (problem_.empty()) {
      if (packets_left_ > 0) return next_in_block();
      if (!read_block()) return std::nullopt;
    }
    return std::nullopt;
  }

  const std::string& problem() const noexcept override { return problem_; }

 private:
  // Reads the next block with packets in it. False at the end and on a problem.
  bool read_block() {
    std::size_t filled = 0;
    while (filled < kBlockSize) {
      const ssize_t got = ::pread(fd_.get(), block_.data() + filled, kBlockSize - filled,
                                  static_cast<off_t>(file_offset_ + filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) problem_ = errno_text(errno);
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    if (filled == 0 || !problem_.empty()) return false;
    if (filled < kBlockSize) {
      complain(fmt::format("the file ends {} bytes into a block", filled));
      return false;
    }
    tpacket_block_desc block{};
    std::memcpy(&block, block_.data(), sizeof(block));
    file_offset_ += kBlockSize;
    // Space set aside and never written is zero.
    if (block.version == 0 && block.hdr.bh1.num_pkts == 0) return true;
    if (block.version != kVersion || block.offset_to_priv != kOffsetToPriv) {
      complain("no ring block there");
      return false;
    }
    packets_left_ = block.hdr.bh1.num_pkts;
    slot_ = block.hdr.bh1.offset_to_first_pkt;
    return true;
  }

  std::optional<PacketView> next_in_block() {
    tpacket3_hdr slot{};
    if (slot_ > kBlockSize - sizeof(slot))
      return complain("a packet's head lies outside its block");
    std::memcpy(&slot, block_.data() + slot_, sizeof(slot));
    const std::size_t start = std::size_t{slot_} + slot.tp_mac;
    if (start > kBlockSize || slot.tp_snaplen > kBlockSize - start) {
      return complain("a packet lies outside its block");
    }
    PacketView packet;
    packet.data = block_.data() + start;
    packet.caplen = slot.tp_snaplen;
    packet.wirelen = slot.tp_len;
    packet.timestamp_ns = std::uint64_t{slot.tp_sec} * kNanosecondsPerSecond + slot.tp_nsec;
    --packets_left_;
    if (packets_left_ > 0 && slot.tp_next_offset < sizeof(slot)) {
      complain("a packet's successor lies inside it");
      packets_left_ = 0;
      return packet;
    }
    slot_ = slot_ + std::size_t{slot.tp_next_offset};
    return packet;
  }

  std::nullopt_t complain(const std::string& what) {
    problem_ = fmt::format("near byte {}: {}", file_offset_, what);
    return std::nullopt;
  }

  UniqueFd fd_;
  std::vector<std::uint8_t> block_;
  std::uint64_t file_offset_ = 0;  // of the next block
  std::size_t slot_ = 0;           // of the next packet's head, within the block
  std::uint32_t packets_left_ = 0;
  std::string problem_;
};

}  // namespace

bool looks_like_stenotype(const std::uint8_t* first_bytes, std::uint64_t size) noexcept {
  std::uint32_t version = 0;
  std::uint32_t offset = 0;
  std::memcpy(&version, first_bytes, 4);
  std::memcpy(&offset, first_bytes + 4, 4);
  return size >= kBlockSize && version == kVersion && offset == kOffsetToPriv;
}

std::unique_ptr<PacketSource> open_stenotype_source(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw UsageError(fmt::format("{}: {}", path, errno_text(errno)));
  return std::make_unique<StenotypeSource>(std::move(fd));
}

}  // namespace capstan::traffic
