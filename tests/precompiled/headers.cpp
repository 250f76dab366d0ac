// The target's own source: it only lends its precompiled headers.
