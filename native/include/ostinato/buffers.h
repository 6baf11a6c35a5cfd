// Large buffers that are used again: fresh memory costs a page fault for every 4 KiB, more than filling it.
#pragma once

#include <cstddef>

namespace ostinato {

// The most bytes that are kept for later use; beyond it, what was given back first goes to the system.
constexpr std::size_t idle_limit = std::size_t{512} << 20;

// Return at least `bytes` bytes, aligned to 64, their content undefined; at most 1/8 more are taken from the system.
// Throws std::bad_alloc. Any thread may take and give, also from destructors at the end of the process.
void* take(std::size_t bytes);

// Give back what take() returned, or nullptr.
void give(void* buffer) noexcept;

// How many bytes are kept for later use.
std::size_t idle_bytes() noexcept;

// Hand all that is kept back to the system.
void release() noexcept;

}  // namespace ostinato
