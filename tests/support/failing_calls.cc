#include "tests/support/failing_calls.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>

#include "engine/core/errors.h"

namespace capstan::test {

namespace {

constexpr std::size_t kMostInstructions = 200;

// Hands a descriptor over with one byte. Only what may be called between fork and exec.
void send_descriptor(int socket, int descriptor) noexcept {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &descriptor, sizeof(int));
  ::sendmsg(socket, &message, 0);
}

UniqueFd receive_descriptor(int socket) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0) return UniqueFd();
  const cmsghdr* const head = CMSG_FIRSTHDR(&message);
  int descriptor = -1;
  if (head != nullptr) std::memcpy(&descriptor, CMSG_DATA(head), sizeof(int));
  return UniqueFd(descriptor);
}

}  // namespace

FailingCalls::FailingCalls(CallFault fault)
    : fault_(std::move(fault)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) throw_errno("socketpair");
  ours_ = UniqueFd(ends[0]);
  childs_ = UniqueFd(ends[1]);
  counting_ = fault_.counted_from < 0;
  thread_ = std::thread([this] { serve(); });
}

FailingCalls::~FailingCalls() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
  thread_.join();
}

std::function<void()> FailingCalls::in_child() {
  // Made here: nothing is allocated between fork and exec.
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  std::vector<int> calls = fault_.calls;
  if (fault_.counted_from >= 0) calls.push_back(fault_.counted_from);
  for (std::size_t i = 0; i < calls.size() && i < kMostInstructions; ++i) {
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(calls[i]), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return [program, socket = childs_.get()]() mutable {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    const long listener =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
    if (listener < 0) ::_exit(126);
    send_descriptor(socket, static_cast<int>(listener));
    ::close(static_cast<int>(listener));
  };
}

void FailingCalls::serve() {
  pollfd waits[2] = {{stop_.get(), POLLIN, 0}, {ours_.get(), POLLIN, 0}};
  ::poll(waits, 2, -1);
  if ((waits[1].revents & POLLIN) == 0) return;
  const UniqueFd listener = receive_descriptor(ours_.get());
  waits[1] = {listener.get(), POLLIN, 0};
  while (::poll(waits, 2, -1) >= 0 || errno == EINTR) {
    if (waits[0].revents != 0 || (waits[1].revents & POLLHUP) != 0) return;
    if ((waits[1].revents & POLLIN) != 0) answer(listener.get());
  }
}

bool FailingCalls::is_meant(std::uint32_t thread, std::uint64_t first_argument) const {
  const int fd = static_cast<int>(first_argument);
  if (fault_.fd >= 0 && fd != fault_.fd) return false;
  if (fault_.path.empty()) return true;
  char target[PATH_MAX] = {};
  const std::string link = "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(fd);
  return ::readlink(link.c_str(), target, sizeof(target) - 1) > 0 && fault_.path == target;
}

void FailingCalls::answer(int listener) {
  seccomp_notif request{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) return;  // it has gone meanwhile
  if (fault_.before_answer) fault_.before_answer();
  seccomp_notif_resp response{};
  response.id = request.id;
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  if (!counting_) {
    counting_ = request.data.nr == fault_.counted_from;
  } else if (request.data.nr != fault_.counted_from &&
             is_meant(request.pid, request.data.args[0])) {
    const std::uint64_t number = counted_.fetch_add(1) + 1;
    if (fault_.nth != 0 && number >= fault_.nth && number - fault_.nth < fault_.in_a_row) {
      response.flags = 0;
      response.error = -fault_.error;
      hit_call_ = request.data.nr;
    }
  }
  ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace capstan::test
