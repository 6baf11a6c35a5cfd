#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

#include "check.h"
#include "ostinato/buffers.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

using ostinato::give;
using ostinato::idle_bytes;
using ostinato::release;
using ostinato::take;

static bool aligned(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory) % 64 == 0; }

TEST(every_buffer_is_aligned_and_writable_to_its_end) {
    for (std::size_t bytes : {0, 1, 63, 64, 65, 4095, 4096, 4097, 5000, 65536, 1000003}) {
        void* memory = take(bytes);
        CHECK(memory != nullptr && aligned(memory));
        std::memset(memory, 0xff, bytes);
        give(memory);
    }
    give(nullptr);
    release();
}

TEST(a_buffer_given_back_is_taken_again) {
    void* first = take(100000);
    void* second = take(100000);
    give(first);
    give(second);
    CHECK(take(100000) == second);
    CHECK(take(99999) == first);
    CHECK(idle_bytes() == 0);
    give(first);
    give(second);
    release();
}

TEST(a_buffer_of_another_size_is_not_taken) {
    void* small = take(10000);
    give(small);
    void* large = take(20000);
    CHECK(large != small);
    CHECK(idle_bytes() >= 10000);
    give(large);
    release();
}

TEST(at_most_an_eighth_is_wasted) {
    for (std::size_t bytes = 4096; bytes < (std::size_t{1} << 26); bytes += bytes / 37 + 1) {
        give(take(bytes));
        const std::size_t kept = idle_bytes();
        release();
        CHECK(kept >= bytes && kept <= bytes + bytes / 8);
    }
}

#if defined(__SANITIZE_ADDRESS__)
TEST(nobody_may_touch_what_stands_behind_a_buffer_or_a_buffer_given_back) {
    for (std::size_t bytes : {std::size_t{5000}, std::size_t{1000003}}) {
        for (int round = 0; round < 2; ++round) {
            auto* memory = static_cast<char*>(take(bytes));
            CHECK(!__asan_address_is_poisoned(memory) && !__asan_address_is_poisoned(memory + bytes - 1));
            CHECK(__asan_address_is_poisoned(memory + bytes));
            give(memory);
            CHECK(__asan_address_is_poisoned(memory));
        }
    }
    release();
}
#endif

TEST(small_buffers_are_not_kept) {
    give(take(4095));
    CHECK(idle_bytes() == 0);
    give(take(4096));
    CHECK(idle_bytes() == 4096);
    release();
    CHECK(idle_bytes() == 0);
}

TEST(what_was_given_back_first_goes_first) {
    constexpr std::size_t third = ostinato::idle_limit / 3 / 4096 * 4096;
    std::vector<void*> buffers;
    for (std::size_t extra : {std::size_t{0}, third / 4, third / 2}) buffers.push_back(take(third + extra));
    for (void* buffer : buffers) give(buffer);
    CHECK(idle_bytes() <= ostinato::idle_limit);
    void* second = take(third + third / 4);
    CHECK(second == buffers[1]);
    give(second);
    release();
}

TEST(a_buffer_above_the_limit_is_not_kept) {
    give(take(10000));
    give(take(ostinato::idle_limit + 4096));
    CHECK(idle_bytes() <= ostinato::idle_limit);
    release();
}

TEST(a_size_that_no_memory_has_is_an_error) {
    for (std::size_t bytes : {SIZE_MAX, SIZE_MAX / 2 + 2, SIZE_MAX - 4096}) CHECK_THROWS(take(bytes), std::bad_alloc, "");
}

TEST(several_threads_take_and_give) {
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int id = 1; id <= 4; ++id)
        threads.emplace_back([&wrong, id] {
            for (int round = 0; round < 3000; ++round) {
                const std::size_t bytes = 5000 + 1000 * (round % 7);
                auto* memory = static_cast<unsigned char*>(take(bytes));
                std::memset(memory, id, bytes);
                wrong += memory[0] != id || memory[bytes - 1] != id;
                give(memory);
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    release();
    CHECK(idle_bytes() == 0);
}

TEST(a_child_forked_while_another_thread_takes_is_not_stuck) {
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        while (!stop) give(take(5000));
    });
    bool right = true;
    for (int round = 0; round < 50; ++round) {
        std::fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            alarm(60);
            give(take(5000));
            _exit(0);
        }
        int status = -1;
        waitpid(child, &status, 0);
        right = right && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    stop = true;
    busy.join();
    CHECK(right);
    release();
}

// Gives back after main(), and so after every local state, has ended.
struct Late {
    ~Late() { give(buffer); }
    void* buffer = take(8192);
};
static Late late;
