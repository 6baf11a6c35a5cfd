#include "ostinato/threads.h"

#include <dlfcn.h>
#include <pthread.h>

#include <memory>
#include <system_error>
#include <thread>
#include <vector>

namespace ostinato {
namespace {

using Run = void (*)(void* data, int rank, int count);

// What we need of an OpenMP runtime; LLVM's and Intel's answer to GNU's name too.
struct OpenMP {
    void (*parallel)(void (*enter)(void*), void* data, unsigned threads, unsigned flags);
    int (*rank)();
    int (*count)();
};

template <class Function>
bool look_up(Function*& function, const char* symbol) {
    function = reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, symbol));
    return function != nullptr;
}

const OpenMP* find_openmp() {
    OpenMP openmp;
    if (!look_up(openmp.parallel, "GOMP_parallel") || !look_up(openmp.rank, "omp_get_thread_num") ||
        !look_up(openmp.count, "omp_get_num_threads"))
        return nullptr;
    static const OpenMP found = openmp;
    return &found;
}

// Asked anew until there is one, for torch may be imported after us.
const OpenMP* loaded_openmp() {
    static std::atomic<const OpenMP*> known{nullptr};
    const OpenMP* openmp = known.load(std::memory_order_acquire);
    if (openmp == nullptr) {
        openmp = find_openmp();
        known.store(openmp, std::memory_order_release);
    }
    return openmp;
}

struct Region {
    const OpenMP& openmp;
    Run run;
    void* data;
};

void enter(void* pointer) {
    const Region& region = *static_cast<Region*>(pointer);
    region.run(region.data, region.openmp.rank(), region.openmp.count());
}

// A thread of the pool: asleep while turn is 0.
class Worker {
  public:
    Worker() : thread_([this] { serve(); }) {
        // Never joined: at exit it sleeps, touches nothing, and ends with the process.
        thread_.detach();
    }

    void start(Run run, void* data, int rank, int count) {
        run_ = run;
        data_ = data;
        rank_ = rank;
        count_ = count;
        turn_.store(1, std::memory_order_release);
        turn_.notify_one();
    }

    void finish() {
        spin_until([this] { return turn_.load(std::memory_order_acquire) == 0; });
    }

  private:
    // Regions often follow each other closely, and to wake a sleeping thread takes many times what a spin does.
    void await_turn() {
        constexpr int patience = 2000;
        for (int spins = 0; spins < patience; ++spins) {
            if (turn_.load(std::memory_order_acquire) != 0) return;
            relax();
        }
        turn_.wait(0, std::memory_order_acquire);
    }

    void serve() {
        for (;;) {
            await_turn();
            run_(data_, rank_, count_);
            turn_.store(0, std::memory_order_release);
        }
    }

    Run run_ = nullptr;
    void* data_ = nullptr;
    int rank_ = 0;
    int count_ = 0;
    alignas(64) std::atomic<int> turn_{0};
    std::thread thread_;
};

class Pool {
  public:
    void parallel(int threads, Run run, void* data) {
        if (busy_.exchange(true, std::memory_order_acquire)) return run(data, 0, 1);
        const int count = 1 + hire(threads - 1);
        for (int rank = 1; rank < count; ++rank) workers_[rank - 1]->start(run, data, rank, count);
        run(data, 0, count);
        for (int rank = 1; rank < count; ++rank) workers_[rank - 1]->finish();
        busy_.store(false, std::memory_order_release);
    }

  private:
    // Return how many workers there are, at most `wanted`.
    int hire(int wanted) {
        try {
            while (static_cast<int>(workers_.size()) < wanted) workers_.push_back(std::make_unique<Worker>());
        } catch (const std::system_error&) {
            // The system gives no more threads: the region then runs on those that there are.
            return static_cast<int>(workers_.size());
        }
        return wanted;
    }

    std::atomic<bool> busy_{false};
    std::vector<std::unique_ptr<Worker>> workers_;
};

// The pool is left to the end of the process, and a child leaves its parent's: its threads are not there.
constinit std::atomic<Pool*> pool{nullptr};
constinit std::atomic<bool> forked{false};

Pool& current_pool() {
    Pool* current = pool.load(std::memory_order_acquire);
    if (current == nullptr) {
        auto fresh = std::make_unique<Pool>();
        if (pool.compare_exchange_strong(current, fresh.get(), std::memory_order_acq_rel))
            current = fresh.release();
    }
    return *current;
}

[[maybe_unused]] const int watching_forks = pthread_atfork(nullptr, nullptr, [] {
    pool.store(nullptr);
    forked.store(true);
});

}  // namespace

void parallel(int threads, Run run, void* data) {
    if (threads <= 1) return run(data, 0, 1);
    const OpenMP* openmp = forked.load(std::memory_order_relaxed) ? nullptr : loaded_openmp();
    if (openmp == nullptr) return current_pool().parallel(threads, run, data);
    Region region{*openmp, run, data};
    openmp->parallel(enter, &region, static_cast<unsigned>(threads), 0);
}

}  // namespace ostinato
