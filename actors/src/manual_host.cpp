#include <trireme/actors/manual_host.hpp>

#include <trireme/core/assert.hpp>

namespace trireme::actors {

class manual_host::driven final : public worker_run {
public:
  driven(manual_host& host, worker_body& body) : host_(host), body_(body) { host_.runs_.push_back(this); }
  ~driven() override {
    while (step()) {
    }
    TRIREME_ASSERT(ended_);  // a body is told to stop before it is waited for
    std::erase(host_.runs_, this);
  }

  bool step() {
    if (ended_) return false;
    if (body_.finished()) return end();
    if (begun_) return body_.step();
    begun_ = true;
    body_.begin();
    return true;
  }

private:
  bool end() {
    ended_ = true;
    body_.end();
    return true;
  }

  manual_host& host_;
  worker_body& body_;
  bool begun_ = false;
  bool ended_ = false;
};

manual_host::manual_host() = default;
manual_host::~manual_host() { TRIREME_ASSERT(runs_.empty()); }

std::unique_ptr<worker_run> manual_host::start(const std::string&, worker_body& body) {
  return std::make_unique<driven>(*this, body);
}

bool manual_host::step(std::size_t which) { return which < runs_.size() && runs_[which]->step(); }

bool manual_host::step() {
  bool any = false;
  for (std::size_t which = 0; which < runs_.size(); ++which) any = runs_[which]->step() || any;
  return any;
}

}  // namespace trireme::actors
