#include "tools/traffic/bpf_system.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "engine/core/errors.h"

namespace capstan::traffic {

namespace {

// Every call starts from zeroed memory: the kernel refuses set bytes it does not know (E2BIG).
long bpf_call(int command, bpf_attr& attributes) noexcept {
  return ::syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

bpf_attr zeroed() noexcept {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof(attributes));
  return attributes;
}

std::uint64_t address_of(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

void copy_name(char (&to)[BPF_OBJ_NAME_LEN], std::string_view name) noexcept {
  std::copy_n(name.data(), std::min(name.size(), sizeof(to) - 1), to);
}

constexpr std::string_view kMend =
    "It needs CAP_BPF and CAP_NET_ADMIN in the first user namespace: run as root";

}  // namespace

BpfMemory::BpfMemory(std::string_view what, std::size_t size) {
  bpf_attr attributes = zeroed();
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t rounded = (size + page - 1) / page * page;
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = static_cast<std::uint32_t>(rounded);
  attributes.max_entries = 1;
  attributes.map_flags = BPF_F_MMAPABLE;
  copy_name(attributes.map_name, what);
  fd_.reset(static_cast<int>(bpf_call(BPF_MAP_CREATE, attributes)));
  if (!fd_) throw_errno(fmt::format("bpf(BPF_MAP_CREATE) {}, {} bytes", what, rounded), kMend);
  void* const address = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (address == MAP_FAILED) throw_errno(fmt::format("mmap BPF map {}, {} bytes", what, rounded));
  region_ = MmapRegion(address, rounded);
}

UniqueFd load_xdp_program(std::string_view name, std::span<const bpf_insn> instructions,
                          bool takes_fragments) {
  static constexpr char kLicense[] = "GPL";
  std::string log(65536, '\0');
  for (const bool with_log : {false, true}) {
    bpf_attr attributes = zeroed();
    attributes.prog_type = BPF_PROG_TYPE_XDP;
    attributes.insns = address_of(instructions.data());
    attributes.insn_cnt = static_cast<std::uint32_t>(instructions.size());
    attributes.license = address_of(kLicense);
    attributes.prog_flags = takes_fragments ? BPF_F_XDP_HAS_FRAGS : 0;
    if (with_log) {
      attributes.log_level = 1;
      attributes.log_buf = address_of(log.data());
      attributes.log_size = static_cast<std::uint32_t>(log.size());
    }
    copy_name(attributes.prog_name, name);
    UniqueFd fd(static_cast<int>(bpf_call(BPF_PROG_LOAD, attributes)));
    if (fd) return fd;
    if (errno == EPERM) break;
  }
  const int error = errno;
  log.resize(std::strlen(log.c_str()));
  while (!log.empty() && log.back() == '\n') log.pop_back();
  const std::size_t stats = log.rfind("\nprocessed ");
  if (stats != std::string::npos) log.resize(stats);
  const std::string last = log.substr(log.rfind('\n') + 1);
  throw_system_error(error,
                     fmt::format("bpf(BPF_PROG_LOAD) {}, {} instructions{}{}", name,
                                 instructions.size(), last.empty() ? "" : ", verifier: ", last),
                     kMend);
}

int run_live_frames(int program_fd, std::span<const std::uint8_t> frame,
                    std::uint32_t ingress_ifindex, std::uint32_t repeat,
                    std::uint32_t batch_size) noexcept {
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(frame.size());
  context.ingress_ifindex = ingress_ifindex;
  bpf_attr attributes = zeroed();
  attributes.test.prog_fd = static_cast<std::uint32_t>(program_fd);
  attributes.test.data_in = address_of(frame.data());
  attributes.test.data_size_in = static_cast<std::uint32_t>(frame.size());
  attributes.test.ctx_in = address_of(&context);
  attributes.test.ctx_size_in = sizeof(context);
  attributes.test.repeat = repeat;
  attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  attributes.test.batch_size = batch_size;
  return bpf_call(BPF_PROG_TEST_RUN, attributes) == 0 ? 0 : errno;
}

std::uint32_t run_once(int program_fd, std::span<const std::uint8_t> frame,
                       std::span<std::uint8_t> result, std::size_t& result_size) {
  bpf_attr attributes = zeroed();
  attributes.test.prog_fd = static_cast<std::uint32_t>(program_fd);
  attributes.test.data_in = address_of(frame.data());
  attributes.test.data_size_in = static_cast<std::uint32_t>(frame.size());
  attributes.test.data_out = address_of(result.data());
  attributes.test.data_size_out = static_cast<std::uint32_t>(result.size());
  attributes.test.repeat = 1;
  if (bpf_call(BPF_PROG_TEST_RUN, attributes) != 0) throw_errno("bpf(BPF_PROG_TEST_RUN)", kMend);
  result_size = attributes.test.data_size_out;
  return attributes.test.retval;
}

UniqueFd attach_xdp(int program_fd, int ifindex) noexcept {
  bpf_attr attributes = zeroed();
  attributes.link_create.prog_fd = static_cast<std::uint32_t>(program_fd);
  attributes.link_create.target_ifindex = static_cast<std::uint32_t>(ifindex);
  attributes.link_create.attach_type = BPF_XDP;
  return UniqueFd(static_cast<int>(bpf_call(BPF_LINK_CREATE, attributes)));
}

}  // namespace capstan::traffic
