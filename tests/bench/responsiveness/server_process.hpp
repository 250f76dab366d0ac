#pragma once
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace responsiveness {

/// A server under test, on a free port. Its first line says where it listens.
class server_process {
public:
  /// Throws where it does not start. `command`: the program, then its arguments.
  explicit server_process(std::vector<std::string> command) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe for " + command[0]);
    id_ = ::fork();
    if (id_ == 0) become(command, ends);
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
    unsigned port = 0;
    const bool started = std::fscanf(output_, "listening on http://127.0.0.1:%u", &port) == 1;
    port_ = static_cast<std::uint16_t>(port);
    if (started) return;
    end();
    throw std::runtime_error("it did not start: " + command[0]);
  }
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;
  ~server_process() { end(); }

  std::uint16_t port() const noexcept { return port_; }

  /// What all its threads have used of CPUs so far.
  double cpu_seconds() const {
    std::ifstream file("/proc/" + std::to_string(id_) + "/stat");
    std::string text;
    std::getline(file, text, ')');  // its name may hold spaces
    for (int field = 3; field < 14; ++field) file >> text;
    long user = 0;
    long system = 0;
    file >> user >> system;
    return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

private:
  [[noreturn]] static void become(const std::vector<std::string>& command, int (&ends)[2]) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    std::vector<char*> words;
    for (const std::string& each : command) words.push_back(const_cast<char*>(each.c_str()));
    words.push_back(nullptr);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  void end() {
    ::kill(id_, SIGTERM);
    ::waitpid(id_, nullptr, 0);
    std::fclose(output_);
  }

  ::pid_t id_ = -1;
  std::FILE* output_ = nullptr;
  std::uint16_t port_ = 0;
};

}  // namespace responsiveness
