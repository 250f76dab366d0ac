#pragma once

namespace trireme::services {

/// Lets the process have as many descriptors as its hard limit allows: each connection takes one, and the
/// usual soft limit is 1,024. Logs a warning where that leaves fewer than 4,096.
void raise_descriptor_limit();

}  // namespace trireme::services
