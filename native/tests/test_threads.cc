#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "check.h"
#include "ostinato/threads.h"

// What a region saw: how often each rank ran, and the count each was told.
struct Seen {
    std::atomic<int> runs[64] = {};
    std::atomic<int> count{0};
};

static void record(void* data, int rank, int count) {
    Seen& seen = *static_cast<Seen*>(data);
    seen.runs[rank].fetch_add(1);
    seen.count.store(count);
}

// Whether a region asked for so many threads ran every rank below its count once, and no other.
static bool runs_each_rank_once(int threads) {
    Seen seen;
    ostinato::parallel(threads, record, &seen);
    const int count = seen.count;
    bool right = count >= 1 && count <= std::max(threads, 1);
    for (int rank = 0; rank < 64; ++rank) right = right && seen.runs[rank] == (rank < count ? 1 : 0);
    return right;
}

TEST(every_rank_runs_once) {
    for (int threads : {-1, 0, 1, 2, 3, 8, 2, 1, 5}) CHECK(runs_each_rank_once(threads));
}

TEST(one_thread_runs_where_the_caller_is) {
    std::thread::id where;
    ostinato::parallel(
        1, [](void* data, int, int) { *static_cast<std::thread::id*>(data) = std::this_thread::get_id(); }, &where);
    CHECK(where == std::this_thread::get_id());
}

TEST(ranks_run_at_the_same_time) {
    struct Meeting {
        ostinato::Barrier barrier{4};
        int count = 0;
    } meeting;
    // Would hang if any rank waited for another to end.
    ostinato::parallel(
        4,
        [](void* data, int rank, int count) {
            Meeting& meeting = *static_cast<Meeting*>(data);
            if (rank == 0) meeting.count = count;
            if (count == 4) meeting.barrier.wait();
        },
        &meeting);
    CHECK(meeting.count == 4);
}

TEST(regions_follow_each_other_closely) {
    for (int round = 0; round < 2000; ++round) CHECK(runs_each_rank_once(2 + round % 3));
}

TEST(a_region_inside_a_region_gets_one_thread) {
    std::atomic<int> inner{0};
    ostinato::parallel(
        3,
        [](void* data, int, int) {
            ostinato::parallel(
                3, [](void* data, int, int count) { static_cast<std::atomic<int>*>(data)->fetch_add(count); }, data);
        },
        &inner);
    CHECK(inner == 3);
}

TEST(several_callers_at_once_are_all_served) {
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            for (int round = 0; round < 200; ++round) wrong += !runs_each_rank_once(3);
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(wrong == 0);
}

// Whether a child of fork() that runs regions ends, and rightly.
static bool child_runs_regions() {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);  // a child that waits for its parent's threads is killed, not waited for
        bool right = true;
        for (int round = 0; round < 100; ++round) right = right && runs_each_rank_once(3);
        _exit(right ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(a_forked_child_makes_threads_of_its_own) {
    CHECK(runs_each_rank_once(3));
    CHECK(child_runs_regions());
    CHECK(runs_each_rank_once(3));
}

TEST(a_child_forked_while_another_thread_is_in_a_region_is_not_stuck) {
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        while (!stop) runs_each_rank_once(3);
    });
    bool right = true;
    for (int round = 0; round < 10; ++round) right = right && child_runs_regions();
    stop = true;
    busy.join();
    CHECK(right);
}

TEST(what_is_written_before_a_barrier_is_seen_after_it) {
    constexpr int count = 3, rounds = 1000;
    ostinato::Barrier barrier(count);
    std::vector<int> written(count, 0);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int rank = 0; rank < count; ++rank)
        threads.emplace_back([&, rank] {
            for (int round = 1; round <= rounds; ++round) {
                written[rank] = round;
                barrier.wait();
                wrong += std::accumulate(written.begin(), written.end(), 0) != round * count;
                barrier.wait();
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
}

TEST(a_barrier_of_one_does_not_wait) {
    ostinato::Barrier barrier(1);
    for (int round = 0; round < 10; ++round) barrier.wait();
}
