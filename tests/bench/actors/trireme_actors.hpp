#pragma once

/// Registers the rows of our actors.
void actor_rows();
