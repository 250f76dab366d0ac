#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/message_queue_body.hpp>

namespace trireme::detail {

template class message_queue<std::unique_ptr<job>>;
template class message_queue<job*>;
template class message_queue<letter>;

}  // namespace trireme::detail
