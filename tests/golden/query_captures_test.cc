// Random filters over every capture of the tests, and over a directory of many, with indexes good
// and damaged: packet for packet what libpcap takes of the files.
//
// CAPSTAN_QUERY_FILTERS sets how many filters a capture and the directory get, CAPSTAN_QUERY_SEED
// repeats a run, CAPSTAN_CAPTURES names another folder of captures, CAPSTAN_ROTATED a directory of
// recordings to take in place of one made of the captures.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "engine/core/errors.h"
#include "engine/index/file_indexer.h"
#include "engine/index/index_reader.h"
#include "engine/reader/set_reader.h"
#include "tests/support/captures.h"
#include "tests/support/stored_packet.h"
#include "tests/support/temp_dir.h"
#include "tests/support/traffic_filter.h"
#include "tools/query/query_filter.h"

namespace capstan::tools {
namespace {

namespace fs = std::filesystem;
using test::StoredPacket;
using Bytes = std::vector<std::uint8_t>;

struct Totals {
  int captures = 0;
  int filters = 0;
  int refused = 0;  // by libpcap
  int narrowed = 0;
  std::uint64_t packets = 0;  // in answers
};

// Whether a program may load scratch memory that it has not stored to on the way: what it takes is
// chance then ('geneve' in an alternative makes such).
bool loads_unset_memory(const bpf_program& program) {
  std::vector<std::uint16_t> stored(program.bf_len, 0xffff);
  stored[0] = 0;
  for (bool changed = true; changed;) {
    changed = false;
    const auto reach = [&](std::size_t at, std::uint16_t known) {
      if (at >= stored.size() || (stored[at] & known) == stored[at]) return;
      stored[at] = stored[at] & known;
      changed = true;
    };
    for (std::size_t i = 0; i < stored.size(); ++i) {
      const bpf_insn& code = program.bf_insns[i];
      std::uint16_t known = stored[i];
      if (BPF_CLASS(code.code) == BPF_RET) continue;
      if (BPF_CLASS(code.code) == BPF_ST || BPF_CLASS(code.code) == BPF_STX) {
        known = static_cast<std::uint16_t>(known | 1U << code.k);
      }
      if (BPF_CLASS(code.code) != BPF_JMP) {
        reach(i + 1, known);
      } else if (BPF_OP(code.code) == BPF_JA) {
        reach(i + 1 + static_cast<std::size_t>(static_cast<std::int32_t>(code.k)), known);
      } else {
        reach(i + 1 + code.jt, known);
        reach(i + 1 + code.jf, known);
      }
    }
  }
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const bpf_insn& code = program.bf_insns[i];
    const bool loads = BPF_CLASS(code.code) == BPF_LD || BPF_CLASS(code.code) == BPF_LDX;
    if (loads && BPF_MODE(code.code) == BPF_MEM && (stored[i] >> code.k & 1) == 0) return true;
  }
  return false;
}

struct HandleClose {
  void operator()(pcap_t* handle) const noexcept { ::pcap_close(handle); }
};

// Captures of one link type as libpcap reads them one after another, and filters over them.
class ByLibpcap {
 public:
  explicit ByLibpcap(const std::vector<fs::path>& captures) {
    for (const fs::path& capture : captures) read(capture);
  }
  explicit ByLibpcap(const fs::path& capture) { read(capture); }

  void read(const std::string& path) {
    char error[PCAP_ERRBUF_SIZE] = {};
    handle_.reset(
        ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error));
    clean_ = clean_ && handle_;
    if (!handle_) return;
    pcap_pkthdr* head = nullptr;
    const std::uint8_t* data = nullptr;
    int result = 0;
    while ((result = ::pcap_next_ex(handle_.get(), &head, &data)) == 1) {
      // No packet was shorter on the wire than what was captured of it, whatever its head says.
      packets_.push_back({static_cast<std::uint64_t>(head->ts.tv_sec) * 1'000'000'000 +
                              static_cast<std::uint64_t>(head->ts.tv_usec),
                          std::max(head->len, head->caplen),
                          {data, data + head->caplen}});
      timed_ = timed_ && head->ts.tv_sec >= 0 && head->ts.tv_usec >= 0 &&
               head->ts.tv_usec < 1'000'000'000;
    }
    clean_ = clean_ && result == PCAP_ERROR_BREAK;
  }

  bool is_ethernet() const { return handle_ && ::pcap_datalink(handle_.get()) == DLT_EN10MB; }

  // A fraction of a second beyond a second overflows in libpcap: of such a capture only the bytes
  // are compared.
  bool timed() const noexcept { return timed_; }

  bool clean() const noexcept { return clean_; }
  // nullopt: it refuses the text, or what its program takes is chance.
  std::optional<std::vector<StoredPacket>> take(const std::string& filter) {
    bpf_program program{};
    if (::pcap_compile(handle_.get(), &program, filter.c_str(), 1, 0xffffffff) != 0) return {};
    std::vector<StoredPacket> taken;
    for (const StoredPacket& packet : packets_) {
      pcap_pkthdr head{};
      head.len = packet.wirelen;
      head.caplen = static_cast<bpf_u_int32>(packet.data.size());
      if (::pcap_offline_filter(&program, &head, packet.data.data()) != 0) taken.push_back(packet);
    }
    const bool chance = loads_unset_memory(program);
    ::pcap_freecode(&program);
    if (chance) return {};
    return taken;
  }

 private:
  std::unique_ptr<pcap_t, HandleClose> handle_;
  std::vector<StoredPacket> packets_;
  bool clean_ = true;
  bool timed_ = true;
};

// Captures in a directory of their own, as query sees them.
class ByQuery {
 public:
  ByQuery(const std::vector<fs::path>& captures, std::uint64_t seed)
      : filters_(seed), random_(seed) {
    for (const fs::path& capture : captures) add(capture);
    // Of several the directory is asked, as people do.
    set_ = RecordingSet::find({files_.size() == 1 ? files_[0].path : dir_.path().string()});
  }

  // Something of every capture is known to an index.
  bool indexed() const noexcept {
    return std::none_of(files_.begin(), files_.end(),
                        [](const File& file) { return file.index.empty(); });
  }
  std::string next_filter() { return filters_.next(); }

  void put_indexes(bool damaged) {
    for (const File& file : files_) {
      Bytes bytes = file.index;
      if (damaged) {
        if (random_() % 4 == 0) {
          bytes.resize(random_() % bytes.size());
        } else {
          bytes[random_() % bytes.size()] ^= static_cast<std::uint8_t>(1U << random_() % 8);
        }
      }
      std::ofstream out(index_path_of(file.path), std::ios::binary);
      out.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
    }
  }

  std::vector<StoredPacket> take(const std::string& filter, bool& narrowed) {
    QueryCommandLine line;
    line.filter = filter;
    QueryFilter query(line, set_);
    SetReaderOptions options;
    options.accept = [&query](const PacketView& packet) { return query.matches(packet); };
    options.plan = [&](const SetFile& file) {
      FilePlan plan = query.plan(file);
      narrowed = narrowed || plan.skip || query.facts().blocks_to_read < query.facts().blocks;
      return plan;
    };
    SetReader reader(set_, options);
    std::vector<StoredPacket> taken;
    SetPacket packet;
    while (reader.next(packet)) taken.push_back(test::stored(packet.packet));
    return taken;
  }

 private:
  struct File {
    std::string path;
    Bytes index;
  };

  void add(const fs::path& capture) {
    const std::string name = std::to_string(files_.size()) + '_' + capture.filename().string();
    File file{dir_.path() / name, {}};
    fs::copy_file(capture, file.path);
    IndexRecordingOptions options;
    options.block_bytes = 256;  // several blocks also in a small file
    file.index = index_recording(file.path, options).bytes;
    files_.push_back(file);
    if (file.index.empty()) return;
    IndexReader::Opened opened = IndexReader::from_bytes_unchecked(file.index);
    ASSERT_TRUE(opened.reader) << opened.reason;
    EXPECT_TRUE(opened.reader->for_each_row([&](const IndexRow& row, const auto&) {
      filters_.learn(row);
      return true;
    })) << capture
        << ": " << opened.reader->error();
  }

  test::TempDir dir_;
  std::vector<File> files_;
  RecordingSet set_;
  test::TrafficFilter filters_;
  std::mt19937_64 random_;
};

// An answer is in the order of time, whatever a file's is. Of several files packets of one time
// have no order.
void put_in_order(std::vector<StoredPacket>& packets, bool timed, bool of_several) {
  if (!timed) {
    for (StoredPacket& packet : packets) packet.timestamp_ns = 0;
  } else if (!of_several) {
    std::stable_sort(packets.begin(), packets.end(),
                     [](const auto& a, const auto& b) { return a.timestamp_ns < b.timestamp_ns; });
    return;
  }
  std::sort(packets.begin(), packets.end(), [](const auto& a, const auto& b) {
    return std::tie(a.timestamp_ns, a.data, a.wirelen) <
           std::tie(b.timestamp_ns, b.data, b.wirelen);
  });
}

void compare(const std::vector<fs::path>& captures, std::uint64_t seed, int filters,
             Totals& totals) {
  ByLibpcap expected(captures);
  if (!expected.clean()) return;  // what libpcap does not read it does not filter
  ByQuery query(captures, seed);
  if (!query.indexed()) return;
  totals.captures += static_cast<int>(captures.size());
  const bool several = captures.size() > 1;
  for (int i = 0; i < filters; ++i) {
    const std::string filter = query.next_filter();
    std::optional<std::vector<StoredPacket>> wanted = expected.take(filter);
    if (!wanted) {
      ++totals.refused;
      continue;
    }
    put_in_order(*wanted, expected.timed(), several);
    for (const bool damaged : {false, true}) {
      query.put_indexes(damaged);
      bool narrowed = false;
      std::vector<StoredPacket> taken;
      try {
        taken = query.take(filter, narrowed);
      } catch (const UsageError& error) {
        ADD_FAILURE() << captures[0] << ": " << filter << ": " << error.what();
        continue;
      }
      put_in_order(taken, expected.timed(), several);
      EXPECT_TRUE(taken == *wanted) << captures[0] << (several ? " and others" : "")
                                    << (damaged ? " (damaged index): " : ": ") << filter << ": "
                                    << taken.size() << " packets, libpcap " << wanted->size();
      ++totals.filters;
      totals.narrowed += narrowed ? 1 : 0;
      totals.packets += taken.size();
    }
  }
}

// How many filters, and of which seed.
struct Asked {
  explicit Asked(int by_itself) : filters(by_itself), seed(std::random_device{}()) {
    if (const char* const many = std::getenv("CAPSTAN_QUERY_FILTERS")) filters = std::stoi(many);
    if (const char* const wanted = std::getenv("CAPSTAN_QUERY_SEED")) seed = std::stoull(wanted);
    std::printf("seed %ju (CAPSTAN_QUERY_SEED repeats it)\n", static_cast<std::uintmax_t>(seed));
  }

  int filters;
  std::uint64_t seed;
};

void tell(const Totals& totals) {
  std::printf(
      "%d captures, %d answers, %d filters refused by libpcap, %d answers from parts, "
      "%ju packets\n",
      totals.captures, totals.filters, totals.refused, totals.narrowed,
      static_cast<std::uintmax_t>(totals.packets));
  EXPECT_GT(totals.captures, 0);
  EXPECT_GT(totals.narrowed, 0);
  EXPECT_GT(totals.packets, 0U);
}

TEST(QueryCaptures, RandomFiltersGiveWhatLibpcapGives) {
  const Asked asked(6);
  Totals totals;
  std::uint64_t number = 0;
  for (const fs::path& capture : test::capture_files()) {
    compare({capture}, asked.seed + ++number, asked.filters, totals);
  }
  tell(totals);
  EXPECT_GT(totals.filters, totals.captures);
}

std::vector<fs::path> directory_of_many() {
  std::vector<fs::path> files;
  if (const char* const given = std::getenv("CAPSTAN_ROTATED")) {
    for (const fs::directory_entry& entry : fs::directory_iterator(given)) {
      if (entry.is_regular_file() && entry.path().extension() != ".cidx") {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  for (const fs::path& capture : test::capture_files()) {
    const ByLibpcap read(capture);
    if (read.clean() && read.timed() && read.is_ethernet() &&
        !index_recording(capture, {}).bytes.empty()) {
      files.push_back(capture);
    }
  }
  return files;
}

TEST(QueryCaptures, RandomFiltersOverADirectoryGiveWhatLibpcapGives) {
  const Asked asked(8);
  const std::vector<fs::path> files = directory_of_many();
  ASSERT_GT(files.size(), 3U);
  Totals totals;
  compare(files, asked.seed, asked.filters, totals);
  tell(totals);
  EXPECT_GE(totals.filters, asked.filters);
}

}  // namespace
}  // namespace capstan::tools
