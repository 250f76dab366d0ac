#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <trireme/actors/actor_system.hpp>
#include <trireme/actors/supervisor.hpp>
#include <trireme/core/shared_bytes.hpp>
#include <vector>

using namespace std::chrono_literals;

struct question {
  std::string text;
  trireme::shared_bytes frame;
  std::unique_ptr<int> number;
};
struct reminder {};

class answering : public trireme::actors::actor<answering> {
public:
  explicit answering(std::map<std::string, std::vector<int>> known) : known_(std::move(known)) {}
  std::vector<std::string> on(question asked) { return {std::move(asked.text)}; }
  trireme::result<std::unique_ptr<int>> on(int number) { return std::make_unique<int>(number); }
  std::string& on(const std::string& text) { return last_ = text; }  // the answer is a copy
  void on(trireme::actors::any_ref) {}

private:
  std::map<std::string, std::vector<int>> known_;
  std::string last_;
};
class asking : public trireme::actors::actor<asking> {
public:
  asking(trireme::actors::actor_ref<answering> whom, std::unique_ptr<int>) : whom_(whom) {}
  void on(reminder) {
    after(1s, reminder());
    ask(whom_, question(), 1s, [](trireme::result<std::vector<std::string>>) {});
    ask(whom_, 7, 1s, [](trireme::result<std::unique_ptr<int>>) {});
    spawn_linked<answering>(std::map<std::string, std::vector<int>>());
  }

private:
  trireme::actors::actor_ref<answering> whom_;
};

void sample(trireme::actors::actor_system& system) {
  const auto whom = system.spawn<answering>(std::map<std::string, std::vector<int>>());
  static_cast<void>(system.spawn<asking>(whom, std::make_unique<int>(1)).tell(reminder()));
  static_cast<void>(whom.tell(question()));
  static_cast<void>(whom.tell(trireme::actors::any_ref(whom)));
  system.ask(whom, std::string("text"), 1s, [](const trireme::error&, std::string) {});
  system.ask(whom, 7, 1s).detach();
  static_cast<void>(trireme::actors::child::of<answering>("child", trireme::actors::restart::always,
                                                          std::map<std::string, std::vector<int>>()));
}
