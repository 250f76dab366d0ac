#include <memory>
#include <string>
#include <trireme/actors/pool.hpp>
#include <vector>

int counted = 0;
int& counter(std::string) { return counted; }

void sample(trireme::actors::pool& workers) {
  const auto urgent = trireme::actors::job_options().urgent();
  workers.with(urgent)
      .run([](std::unique_ptr<int> given) { return given; }, std::make_unique<int>(1))
      .detach();
  std::vector<std::unique_ptr<int>> items(2);
  workers.map(std::move(items), [](std::unique_ptr<int> item) { return std::make_shared<const int>(*item); })
      .detach();
  workers.for_each(std::vector<std::string>(2), counter).detach();  // what it returns stays there
  auto parts = workers.stream<std::string>([](trireme::actors::progress<std::string>& out) {
    out.post("part");
    return std::make_unique<int>(1);
  });
}
