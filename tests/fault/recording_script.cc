#include "tests/fault/recording_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <thread>

#include "engine/core/errors.h"
#include "engine/format/block_head.h"
#include "engine/reader/recording_summary.h"
#include "tests/fault/place_book.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/process.h"
#include "tests/support/stored_packet.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_ring.h"
#include "writers/recording/writer_thread.h"
#include "writers/repair/repair.h"

namespace capstan::test {

namespace {

// In the year 2037: not beyond the 31 bits that libpcap reads.
constexpr std::uint64_t kStartNs = 2'140'000'000'000'000'000;
constexpr std::uint32_t kRingOffset = 12;  // where a packet says which ring and number it is
constexpr std::size_t kPcapFileHeadBytes = 24;
constexpr std::size_t kPcapRecordHeadBytes = 16;

struct Recording {
  explicit Recording(const Script& made_by) : script(made_by) {
    for (std::uint32_t ring = 0; ring < script.rings; ++ring) {
      rings.push_back(std::make_unique<TestRing>(static_cast<std::uint16_t>(ring), ring,
                                                 script.block_size_bytes));
      header.interfaces.push_back({fmt::format("veth{}", ring), "", "", 1, 262144});
      sent.emplace_back();
    }
  }

  // Rings take turns within one time line, so that the merged order is the order of making.
  BlockRef next_block(std::uint32_t ring, std::size_t packet_bytes) {
    std::vector<RingFrame> frames;
    const std::size_t room = script.block_size_bytes - 200;
    // Blocks of small packets are part filled: those `auto` packs.
    const std::size_t count = room / (packet_bytes + 100) / (packet_bytes < 100 ? 3 : 1);
    SealLedger ledger;
    ledger.packets_before = ledger.output_packets_before = sent[ring].size();
    ledger.dropped_since_last = sent[ring].size() % 3;  // some first packets carry a drop count
    for (std::size_t i = 0; i < count; ++i) {
      RingFrame frame;
      frame.data = pattern_bytes(packet_bytes + i % 5, static_cast<std::uint8_t>(i));
      const auto number = static_cast<std::uint32_t>(sent[ring].size());
      std::memcpy(&frame.data[kRingOffset], &ring, 4);
      std::memcpy(&frame.data[kRingOffset + 4], &number, 4);
      frame.timestamp_ns = clock_ns;
      clock_ns += 1'000;
      sent[ring].push_back(
          {frame.timestamp_ns, static_cast<std::uint32_t>(frame.data.size()), frame.data});
      frames.push_back(std::move(frame));
    }
    return rings[ring]->make(frames, ledger);
  }

  const Script& script;
  RecordingHeader header;
  std::vector<std::unique_ptr<TestRing>> rings;
  std::vector<std::vector<StoredPacket>> sent;  // per ring
  std::uint64_t clock_ns = kStartNs;
};

RecordingOptions options_for(const Recording& recording, const std::string& path,
                             std::unique_ptr<IoBackend> backend, const std::atomic<bool>& ending) {
  const Script& script = recording.script;
  RecordingOptions options;
  options.file.path = path;
  options.file.direct = script.direct;
  options.file.preallocate_bytes = script.preallocate_bytes;
  options.file.sync = script.sync_files;
  options.format = script.format;
  options.layout = script.layout;
  options.header = recording.header;
  options.merge_window_ns =
      ~std::uint64_t{0};  // no ring is ever given up on: one order in the file
  options.blocks_per_ring.assign(script.rings, 4 * script.blocks_per_phase);
  options.size_limit_bytes = script.size_limit_bytes;
  options.flush_interval_ns = script.flush_often ? 0 : ~std::uint64_t{0};
  options.rotation.size_bytes = script.turn_bytes;
  options.on_full = script.on_full;
  options.patience = {.retry_interval_ns = 0, .ending = &ending, .grace_ns = 0};
  options.sync_interval_ns = script.sync_often ? 1 : 0;
  options.backend = std::move(backend);
  return options;
}

// A disk that stays in trouble this long makes the recording end.
constexpr unsigned kPatienceWaits = 200;

void feed(Recording& recording, RecordingWriter& writer, const std::atomic<bool>& abandon,
          std::atomic<bool>& ending) {
  constexpr std::size_t kPhases[] = {1'400, 60, 1'400};
  std::uint32_t turn = 0;
  for (const std::size_t packet_bytes : kPhases) {
    for (std::uint32_t block = 0; block < recording.script.blocks_per_phase; ++block) {
      for (std::uint32_t ring = 0; ring < recording.script.rings; ++ring) {
        BlockRef made = recording.next_block(ring, packet_bytes);
        for (unsigned waits = 0; !writer.has_room() && !abandon; ++waits) {
          if (waits == kPatienceWaits) ending = true;
          writer.pump();
          writer.wait(1'000'000);
        }
        if (writer.series() != nullptr) {  // a turn waits for no file here
          while (!writer.series()->next_ready()) std::this_thread::yield();
        }
        writer.accept(std::move(made));
        if (++turn % 3 != 0) writer.pump();
      }
    }
  }
}

std::vector<ClosingLedger> ledgers_of(const Recording& recording);

std::vector<BlockRef> make_all(Recording& recording) {
  constexpr std::size_t kPhases[] = {1'400, 60, 1'400};
  std::vector<BlockRef> blocks;
  for (const std::size_t packet_bytes : kPhases) {
    for (std::uint32_t block = 0; block < recording.script.blocks_per_phase; ++block) {
      for (std::uint32_t ring = 0; ring < recording.script.rings; ++ring) {
        blocks.push_back(recording.next_block(ring, packet_bytes));
      }
    }
  }
  return blocks;
}

// As the recorder does it: blocks into the queues, then the end, in the midst of which whatever is
// in the queues must still come out. The blocks are made before: the thread looks at the rings.
void push_all(const Recording& recording, std::vector<BlockRef> blocks, WriterThread& thread,
              std::atomic<bool>& abandon) {
  for (BlockRef& block : blocks) {
    const std::uint32_t ring = block->ring;
    ASSERT_TRUE(thread.queue(ring).try_push(block)) << "it has a place for every block";
  }
  thread.request_finish(ledgers_of(recording));
  EXPECT_TRUE(wait_until([&] {
    if (abandon) thread.request_abandon();
    return thread.finished();
  })) << "it does not end";
  thread.join();
}

std::vector<ClosingLedger> ledgers_of(const Recording& recording) {
  std::vector<ClosingLedger> ledgers;
  for (std::uint32_t ring = 0; ring < recording.script.rings; ++ring) {
    ClosingLedger ledger;
    ledger.ring = ledger.interface_id = ring;
    ledger.timestamp_ns = recording.clock_ns;
    ledger.received = recording.sent[ring].size();
    ledgers.push_back(ledger);
  }
  return ledgers;
}

// The file walked from end to end: every byte must belong to a whole block.
std::vector<StoredPacket> walk_pcapng(const Recording& recording,
                                      const std::vector<std::uint8_t>& file, bool complete) {
  std::vector<StoredPacket> packets;
  std::uint64_t last_received = 0;
  const std::size_t head = encode_pcapng_header(recording.header).size();
  EXPECT_GE(file.size(), head);
  if (file.size() < head) return packets;
  const std::vector<std::uint16_t> link_types(recording.script.rings, std::uint16_t{1});
  PacketWalk walk({file.data() + head, file.size() - head}, link_types);
  PacketView packet;
  std::uint64_t announced = 0;
  for (WalkStep step = walk.step(packet); step != WalkStep::kEnd; step = walk.step(packet)) {
    if (step == WalkStep::kPacket) {
      packets.push_back(stored(packet));
    } else if (walk.block_type() == pcapng::kCapstanBlockHead) {
      BlockHead block_head;
      std::memcpy(&block_head, walk.block().data(), sizeof(block_head));
      announced += block_head.packet_count;
      last_received = block_head.received;
    }
  }
  if (complete) {
    EXPECT_EQ(announced, packets.size()) << "the block heads promise other packets than there are";
    if (recording.script.rings == 1 && recording.script.turn_bytes == 0) {
      EXPECT_EQ(last_received, packets.size()) << "the closing ledger";
    }
  }
  EXPECT_EQ(walk.end(), WalkEnd::kComplete)
      << walk_end_text(walk.end()) << " at " << head + walk.offset() << " of " << file.size();
  return packets;
}

void check_packets(const Recording& recording, const std::vector<StoredPacket>& packets) {
  std::vector<std::size_t> next(recording.script.rings);
  const bool microseconds = recording.script.format == FileFormat::kPcapMicroseconds;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    std::uint32_t ring = ~0U;
    if (packets[i].data.size() >= kRingOffset + 8) {
      std::memcpy(&ring, &packets[i].data[kRingOffset], 4);
    }
    ASSERT_LT(ring, recording.script.rings) << "packet " << i << " is none of ours";
    ASSERT_LT(next[ring], recording.sent[ring].size());
    StoredPacket expected = recording.sent[ring][next[ring]++];
    if (microseconds) expected.timestamp_ns -= expected.timestamp_ns % 1'000;
    ASSERT_EQ(packets[i], expected)
        << "packet " << i << " is not number " << next[ring] - 1 << " of ring " << ring;
  }
  if (recording.script.layout == Layout::kPacked) {
    EXPECT_TRUE(std::is_sorted(packets.begin(), packets.end(), [](const auto& a, const auto& b) {
      return a.timestamp_ns < b.timestamp_ns;
    })) << "packed packets are not in the order of their time";
  }
}

std::vector<StoredPacket> read_file(const Recording& recording, const std::string& path,
                                    bool complete) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<std::uint8_t> file(std::istreambuf_iterator<char>(in), {});
  std::vector<StoredPacket> packets;
  try {
    packets = read_with_libpcap(path);
  } catch (const std::exception& complaint) {
    ADD_FAILURE() << path << ": libpcap: " << complaint.what();
  }
  if (recording.script.format == FileFormat::kPcapng) {
    EXPECT_EQ(walk_pcapng(recording, file, complete), packets) << "libpcap and the walker differ";
  } else {
    std::size_t bytes = kPcapFileHeadBytes;
    for (const StoredPacket& packet : packets) bytes += kPcapRecordHeadBytes + packet.data.size();
    EXPECT_EQ(bytes, file.size()) << "a cut record at the end";
  }
  return packets;
}

// Finished files of this test, with the packets in each, until Wireshark has read them.
struct Gallery {
  TempDir folder;
  std::map<std::string, std::size_t> packets;
};

std::unique_ptr<Gallery>& gallery() {
  static std::unique_ptr<Gallery> kept;
  if (!kept) kept = std::make_unique<Gallery>();
  return kept;
}

void keep_for_wireshark(const std::string& path, std::size_t packets) {
  Gallery& kept = *gallery();
  const std::string name = kept.folder.path() / std::to_string(kept.packets.size());
  std::filesystem::create_hard_link(path, name);
  kept.packets[name] = packets;
}

// What info would say: all of it is proved when all of it is there, and nothing is proved lossless
// that is not.
void check_claim(const Recording& recording, const std::string& path, std::size_t packets,
                 const Outcome& outcome) {
  if (recording.script.format != FileFormat::kPcapng) return;
  CaptureFile file = CaptureFile::open(path);
  const LossReport loss = summarize(file).loss;
  EXPECT_EQ(loss.received - loss.dropped - loss.missing, packets) << path;
  if (outcome.error == 0) {
    EXPECT_TRUE(loss.lossless()) << path << ": " << loss.proof_reason;
  } else if (recording.script.backend.disk_bytes != 0 && recording.script.preallocate_bytes != 0) {
    EXPECT_EQ(loss.proof, LossProof::kProved) << loss.proof_reason;
    EXPECT_EQ(loss.missing, outcome.failed);
    EXPECT_TRUE(loss.disk_refused);
  } else if (outcome.failed != 0 && recording.script.turn_bytes == 0) {
    EXPECT_FALSE(loss.lossless()) << path << ": " << outcome.failed << " packets are not in it";
  }
}

// One file, or those of a series one after another.
void check_files(const Recording& recording, const std::filesystem::path& folder,
                 Outcome& outcome) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_TRUE(entry.path().filename().string().starts_with("recording")) << entry.path();
    paths.push_back(entry.path().string());
    outcome.file_size += entry.file_size();
  }
  std::sort(paths.begin(), paths.end());
  outcome.files = paths.size();
  // When nothing became certain, not even the head, no file is left that no reader would take.
  if (outcome.bytes == 0 || recording.script.turn_bytes == 0) {
    EXPECT_EQ(paths.size(), outcome.bytes == 0 ? 0U : 1U);
  } else {
    EXPECT_GE(paths.size(), 1U);
  }
  EXPECT_EQ(outcome.file_size, outcome.bytes);
  std::vector<StoredPacket> packets;
  for (const std::string& path : paths) {
    const bool complete = outcome.error == 0 || path != paths.back();
    const std::vector<StoredPacket> more = read_file(recording, path, complete);
    keep_for_wireshark(path, more.size());
    check_claim(recording, path, more.size(), outcome);
    packets.insert(packets.end(), more.begin(), more.end());
  }
  EXPECT_EQ(packets.size(), outcome.written);
  check_packets(recording, packets);
}

void check_power_loss(const Recording& recording, const std::string& part, Outcome& outcome) {
  RepairReport report;
  try {
    report = repair_recording(part, {});
  } catch (const UsageError& error) {
    EXPECT_EQ(outcome.durable_syncs, 0U)
        << "the file's head was lost after a sync: " << error.what();
    return;
  }
  if (report.outcome == RepairReport::Outcome::kEmpty) {
    EXPECT_EQ(outcome.durable_syncs, 0U);
    return;
  }
  EXPECT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.why;
  std::vector<StoredPacket> packets = read_file(recording, report.result_path, false);
  outcome.repaired = packets.size();
  keep_for_wireshark(report.result_path, packets.size());
  // Nothing in classic pcap tells a packet that lost its bytes from one of zeros: only what a sync
  // had covered is sure. pcapng repeats each length behind the packet, and repair cuts there.
  if (recording.script.format != FileFormat::kPcapng && packets.size() > outcome.durable) {
    packets.resize(outcome.durable);
  }
  check_packets(recording, packets);
}

const char* name_of(Fault fault) {
  constexpr const char* kNames[] = {
      "none",      "short by half", "short by a byte", "one byte", "nothing", "EINTR",   "EAGAIN",
      "ECANCELED", "EINVAL",        "EFAULT",          "ENOSPC",   "EIO",     "no room", "trouble"};
  return kNames[static_cast<std::size_t>(fault)];
}

}  // namespace

void expect_wireshark_reads_all() {
  const std::unique_ptr<Gallery> kept = std::move(gallery());
  constexpr std::size_t kFilesAtOnce = 500;
  std::map<std::string, std::size_t> read;
  for (auto next = kept->packets.begin(); next != kept->packets.end();) {
    std::vector<std::string> command = {"capinfos", "-T", "-r", "-M", "-c"};
    for (; next != kept->packets.end() && command.size() < kFilesAtOnce; ++next) {
      command.push_back(next->first);
    }
    const ProcessResult capinfos = run(command);
    EXPECT_EQ(capinfos.status, 0) << capinfos.err;
    EXPECT_EQ(capinfos.err, "");
    std::istringstream lines(capinfos.out);
    std::string name;
    for (std::size_t packets = 0; lines >> name >> packets;) read[name] = packets;
  }
  EXPECT_EQ(read, kept->packets);
}

std::string describe(const Script& script) {
  constexpr const char* kFormats[] = {"pcapng", "pcap", "pcap-ns"};
  constexpr const char* kLayouts[] = {"auto", "in-place", "packed"};
  const FakeBackendOptions& backend = script.backend;
  return fmt::format("{} {} {} rings{}, {} {} x{} at write {}, seed {}{}, delay {}",
                     kFormats[static_cast<std::size_t>(script.format)],
                     kLayouts[static_cast<std::size_t>(script.layout)], script.rings,
                     script.through_thread ? " through the thread" : "", name_of(backend.fault),
                     backend.disk_error, backend.refusals, backend.at_write, backend.seed,
                     backend.reordered ? ", reordered" : "", backend.longest_delay);
}

namespace {

void take_counts(const WriterCounters& counters, Outcome& outcome) {
  outcome.taken = counters.packets_taken.get();
  outcome.written = counters.packets_written.get();
  outcome.failed = counters.packets_failed.get();
  outcome.beyond_limit = counters.packets_beyond_limit.get();
  outcome.under_way = counters.packets_under_way.get();
  outcome.bytes = counters.bytes_written.get();
  outcome.blocks_in_place = counters.blocks_in_place.get();
  outcome.blocks_packed = counters.blocks_packed.get();
  outcome.syncs_refused = counters.syncs_refused.get();
}

}  // namespace

Outcome run_script(const Script& script) {
  SCOPED_TRACE(describe(script));
  Recording recording(script);
  const TempDir folder;
  const std::filesystem::path target = folder.path() / "target";
  std::filesystem::create_directory(target);
  const std::string path = target / "recording";
  const std::string power_loss_part = folder.path() / ".lost.part";
  std::atomic<bool> abandon{false};
  std::atomic<bool> ending{false};
  Outcome outcome;
  FakeBackendOptions backend_options = script.backend;
  backend_options.is_ring_memory = [&recording](const std::uint8_t* at) {
    return std::any_of(recording.rings.begin(), recording.rings.end(),
                       [at](const auto& ring) { return ring->owns(at); });
  };
  backend_options.fed_by_another_thread = script.through_thread;
  backend_options.on_long_wait = [&abandon] { abandon = true; };
  backend_options.power_loss_copy = power_loss_part;
  auto backend = std::make_unique<FakeBackend>(std::move(backend_options));
  backend->count_into(outcome.tally);
  std::atomic<const WriterCounters*> counted_by{nullptr};
  backend->on_write([&](std::uint64_t number) {
    // Should this write never end: what was taken is accounted for by counting.
    if (const WriterCounters* const counters = counted_by) {
      EXPECT_EQ(counters->packets_taken.get(),
                counters->packets_written.get() + counters->packets_failed.get() +
                    counters->packets_beyond_limit.get() + counters->packets_under_way.get())
          << "at write " << number;
    }
    if (number == script.abandon_at) abandon = true;
    // The user ends it, also while the writer waits within a call: nobody waits for a disk that
    // never gets well again.
    const bool for_ever = script.backend.refusals == FakeBackendOptions::kForEver;
    if (for_ever && outcome.tally.refused > kPatienceWaits) ending = true;
  });
  std::atomic<const WriterCounters*> written_by{nullptr};
  std::uint64_t certain_at_sync = 0;
  backend->on_sync([&](bool completed) {
    if (outcome.tally.power_lost) return;
    if (completed) {
      outcome.durable = certain_at_sync;
      ++outcome.durable_syncs;
    } else if (const WriterCounters* const counters = written_by) {
      certain_at_sync = counters->packets_written.get();
    }
  });
  PlaceBook places;
  {
    RecordingOptions options = options_for(recording, path, std::move(backend), ending);
    options.observer = &places;
    options.on_finished = [&places](const FinishedFile& file) { places.add_file(file); };
    if (script.through_thread) {
      WriterThread thread({},
                          std::vector<std::uint32_t>(script.rings, 4 * script.blocks_per_phase));
      std::vector<BlockRef> blocks = make_all(recording);
      thread.start(std::move(options));
      written_by = &thread.counters();
      push_all(recording, std::move(blocks), thread, abandon);
      outcome.error = thread.error();
      outcome.left = thread.packets_left();
      take_counts(thread.counters(), outcome);
    } else {
      RecordingWriter writer(std::move(options), abandon);
      written_by = &writer.counters();
      counted_by = &writer.counters();
      feed(recording, writer, abandon, ending);
      if (script.backend.refusals == FakeBackendOptions::kForEver) ending = true;
      outcome.error = writer.finish(ledgers_of(recording));
      take_counts(writer.counters(), outcome);
    }
    check_files(recording, target, outcome);
    places.check(script.format == FileFormat::kPcapng, outcome.written);
    if (outcome.error == 0 && outcome.beyond_limit == 0) {
      EXPECT_EQ(places.in_whole_places(), outcome.written) << "blocks whose place nobody was told";
    }
  }
  if (outcome.tally.power_lost) check_power_loss(recording, power_loss_part, outcome);
  for (const auto& sent : recording.sent) outcome.offered += sent.size();
  for (const auto& ring : recording.rings) outcome.blocks_held += ring->held();
  EXPECT_EQ(outcome.taken + outcome.left, outcome.offered);
  EXPECT_EQ(outcome.taken, outcome.written + outcome.failed + outcome.beyond_limit);
  EXPECT_EQ(outcome.under_way, 0U);
  if (!abandon) {
    EXPECT_EQ(outcome.left, 0U) << "left behind, and nobody was impatient";
    EXPECT_EQ(outcome.blocks_held, 0U);
  }
  return outcome;
}

}  // namespace capstan::test
