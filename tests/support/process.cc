#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "engine/core/errors.h"

namespace capstan::test {

namespace {

std::string contents(const UniqueFd& fd) {
  std::string text;
  char buffer[4096];
  off_t at = 0;
  while (true) {
    const ssize_t got = ::pread(fd.get(), buffer, sizeof(buffer), at);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    at += got;
  }
}

}  // namespace

Process::Process(std::vector<std::string> arguments, ProcessOptions options)
    : arguments_(std::move(arguments)),
      patience_(options.patience),
      out_(::memfd_create("out", MFD_CLOEXEC)),
      err_(::memfd_create("err", MFD_CLOEXEC)) {
  if (!out_ || !err_) throw_errno("memfd_create");
  std::vector<char*> argv;
  for (std::string& argument : arguments_) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int out = options.stdout_fd >= 0 ? options.stdout_fd : out_.get();
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err_.get(), STDERR_FILENO);
    ::signal(SIGPIPE, SIG_DFL);
    if (options.in_child) options.in_child();
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
}

Process::~Process() {
  if (ended_ || pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

void Process::set_status(int status) {
  ended_ = true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool Process::is_running() {
  if (ended_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) set_status(status);
  return !ended_;
}

int Process::wait() {
  if (!wait_until([this] { return !is_running(); }, patience_)) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    set_status(status);
  }
  return status_;
}

std::string Process::out() const { return contents(out_); }
std::string Process::err() const { return contents(err_); }

ProcessResult run(std::vector<std::string> arguments, ProcessOptions options) {
  Process process(std::move(arguments), std::move(options));
  const int status = process.wait();
  return {status, process.out(), process.err()};
}

void shell(const std::string& command) {
  const ProcessResult result = run({"sh", "-c", command});
  if (result.status != 0) {
    throw std::runtime_error(command + ": status " + std::to_string(result.status) + "\n" +
                             result.out + result.err);
  }
}

std::string status_line(const std::filesystem::path& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key + ":"))
      return line.substr(line.find_first_not_of(" \t", key.size() + 1));
  }
  return "no " + key;
}

void unmount(const std::string& where) {
  int error = 0;
  const bool settled = wait_until([&] {
    error = ::umount2(where.c_str(), 0) == 0 ? 0 : errno;
    return error != EBUSY;
  });
  if (!settled || error != 0) throw_system_error(error, "unmount " + where);
}

}  // namespace capstan::test
