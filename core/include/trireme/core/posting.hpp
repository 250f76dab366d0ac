#pragma once

namespace trireme {

/// What became of a message given to another thread. It is taken only when posted.
enum class [[nodiscard]] posting{
    posted,  ///< on its way
    full,    ///< the receiver's limit is reached; the message stays with the caller
    closed,  ///< the receiver has gone; the message stays with the caller
};

}  // namespace trireme
