// Work on several threads, and a barrier for them.
#pragma once

#include <sched.h>

#include <atomic>

namespace ostinato {

// Call run(data, rank, count) on `count` threads at once, ranks 0 to count - 1, and return when all have returned.
//
// `threads` is what the caller wishes; `count`, never more, is what it got, and the work is divided by `count`. With
// threads <= 1, run(data, 0, 1) is called as it is. run must not throw.
//
// The threads are those of the OpenMP runtime that the process has already loaded (torch's), so that the two do not
// fight over the processors; libraries that kept theirs to themselves (RTLD_LOCAL) are not seen. Where there is none,
// and in a forked child, whose OpenMP threads did not survive the fork, they are a pool of our own, made when first
// wanted. Who finds that pool busy, from another thread or from inside a region, gets count 1 rather than a wait: so
// what is computed must not depend on count where the pool may be used.
void parallel(int threads, void (*run)(void* data, int rank, int count), void* data);

// Tell the processor that this thread waits for another.
inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Wait until ready() is true: spinning at first, for waits are short, then leaving the processor to others, for there
// may be fewer processors than threads.
template <class Ready>
void spin_until(Ready ready) {
    constexpr int patience = 4000;
    for (int spins = 0; !ready(); ++spins) spins < patience ? relax() : static_cast<void>(sched_yield());
}

// Where `count` threads wait for each other, again and again. What one wrote before wait() the others see after it.
class Barrier {
  public:
    explicit Barrier(int count) : count_(count) {}
    Barrier(const Barrier&) = delete;
    Barrier& operator=(const Barrier&) = delete;

    void wait() { wait(count_); }

    // The same where how many threads meet is known only by now.
    void wait(int count) {
        if (count == 1) return;
        const unsigned phase = phase_.load(std::memory_order_relaxed);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
            arrived_.store(0, std::memory_order_relaxed);
            phase_.store(phase + 1, std::memory_order_release);
        } else {
            spin_until([&] { return phase_.load(std::memory_order_acquire) != phase; });
        }
    }

  private:
    // Each on a cache line of its own: who arrives must not disturb those who watch the phase.
    alignas(64) const int count_;
    alignas(64) std::atomic<int> arrived_{0};
    alignas(64) std::atomic<unsigned> phase_{0};
};

}  // namespace ostinato
