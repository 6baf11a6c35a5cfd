// Who does what: every sequence of every direction by one part, and no part much more than its share.
#include <algorithm>
#include <random>
#include <vector>

#include "check.h"

#define OSTINATO_LEVEL test
#include "ostinato/plan.h"

namespace {

using ostinato::Cell;
using ostinato::Shape;
using ostinato::test::Part;
using ostinato::test::Plan;

struct Batch {
    std::vector<std::int64_t> sizes;
    Shape shape;

    Batch(std::vector<long> lengths, long hidden, long directions) {
        for (long t = 0; t < lengths.front(); ++t) {
            long size = 0;
            for (long length : lengths) size += length > t;
            sizes.push_back(size);
            rows += size;
        }
        shape = {Cell::lstm, long(sizes.size()), long(lengths.size()), rows, 50, hidden, 0, directions, sizes.data(), 9};
    }
    Batch(const Batch&) = delete;

    long rows = 0;
};

// Falling lengths, the first the longest.
std::vector<long> draw_lengths(std::mt19937_64& random) {
    std::vector<long> lengths(std::uniform_int_distribution<std::size_t>(1, 40)(random));
    long length = std::uniform_int_distribution<long>(1, 60)(random);
    for (long& each : lengths) {
        each = length;
        length = std::uniform_int_distribution<long>(std::max(1L, length - 6), length)(random);
    }
    return lengths;
}

long rows_of(const Batch& batch, long first, long last) {
    long rows = 0;
    for (std::int64_t size : batch.sizes) rows += std::max(0L, std::min(long(size), last) - first);
    return rows;
}

// Calls body(part) for all parts of a plan.
template <class Body>
void for_all_parts(const Batch& batch, const Plan& plan, Body&& body) {
    for (int rank = 0; rank < plan.threads; ++rank) ostinato::test::for_each_part(batch.shape, plan, rank, body);
}

}  // namespace

TEST(every_sequence_of_every_direction_is_in_one_part) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 500; ++round)
        for (long directions : {1, 2})
            for (int threads : {1, 2, 3, 4, 7}) {
                const Batch batch(draw_lengths(random), round % 2 == 0 ? 20 : 300, directions);
                const Plan plan = ostinato::test::plan(batch.shape, 4, threads);
                CHECK(plan.threads >= 1 && plan.threads <= threads);
                std::vector<int> members(std::size_t(directions * batch.shape.batch));
                for_all_parts(batch, plan, [&](const Part& part) {
                    CHECK(part.first <= part.last && part.index < plan.parts(part.direction));
                    CHECK(part.member < part.team && (plan.teams || part.team == 1));
                    for (long s = part.first; s < part.last; ++s)
                        members[std::size_t(part.direction * batch.shape.batch + s)] += 420 / part.team;
                });
                for (int member : members) CHECK(member == 420);  // by one part, or by every member of a team
            }
}

TEST(no_part_has_more_rows_than_its_share_and_one_sequence) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 500; ++round)
        for (int threads : {2, 3, 5}) {
            const Batch batch(draw_lengths(random), 20, 1);
            const Plan plan{false, 1, threads};
            for_all_parts(batch, plan, [&](const Part& part) {
                CHECK(rows_of(batch, part.first, part.last) <= batch.rows / threads + batch.shape.steps);
            });
        }
}

TEST(little_work_wakes_no_second_thread) {
    CHECK(ostinato::test::plan(Batch({3, 2}, 20, 1).shape, 4, 8).threads == 1);
    CHECK(ostinato::test::plan(Batch(std::vector<long>(40, 60), 100, 1).shape, 4, 8).threads == 8);
}

TEST(few_sequences_through_many_units_are_worked_on_by_a_team) {
    CHECK(ostinato::test::plan(Batch({200}, 100, 1).shape, 4, 2).teams);
    CHECK(ostinato::test::plan(Batch({200, 200, 100}, 300, 2).shape, 4, 4).teams);
    CHECK(!ostinato::test::plan(Batch({200, 200, 100}, 300, 2).shape, 4, 2).teams);  // a thread a direction
    CHECK(!ostinato::test::plan(Batch(std::vector<long>(40, 60), 300, 1).shape, 4, 2).teams);
    Batch projected({200}, 300, 1);
    projected.shape.projection = 50;
    CHECK(!ostinato::test::plan(projected.shape, 4, 2).teams);
}
