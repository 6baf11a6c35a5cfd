// Who does what: the parts into which a pass over a layer is cut, one thread each.
//
// Sequences are dealt to threads wherever each gets enough of them: parts then never wait for each other. A
// few sequences through a large layer are worked on by a team instead, whose members own some of the hidden
// units each and meet once a step. Two directions go to different threads.
#pragma once

#include "ostinato/pack.h"
#include "ostinato/threads.h"

namespace ostinato::OSTINATO_LEVEL {

struct Part {
    int direction;
    long first, last;  // sequences
    int member, team;  // which of how many threads that share these sequences
    int index;         // which of the direction's parts
};

struct Plan {
    bool teams;
    int directions, threads;

    // The threads of a direction; the first has one more where they do not divide.
    constexpr int threads_of(int direction) const {
        return threads < directions ? 1 : (threads - direction + directions - 1) / directions;
    }
    constexpr int parts(int direction) const { return teams ? 1 : threads_of(direction); }
};

// Products of fewer operations are not worth waking a second thread for.
constexpr double least_work = 2e6;
constexpr long few_sequences = 8;

inline Plan plan(const Shape& shape, long element, int threads) {
    const double products = 2.0 * double(shape.rows) * double(shape.directions) * gates_of(shape.cell) *
                            double(shape.hidden) * double(shape.input + shape.state());
    if (products < least_work) threads = 1;
    const int directions = int(shape.directions);
    const int each = Plan{false, directions, threads}.threads_of(0);
    const long recurrent = gates_of(shape.cell) * shape.hidden * shape.state() * element;
    const bool single = shape.batch < each && recurrent >= (64 << 10);
    const bool few = shape.batch < few_sequences * each && recurrent >= (512 << 10);
    const bool teams = each > 1 && shape.projection == 0 && (single || few);
    // without a team, threads beyond the sequences would only wait
    if (!teams && shape.batch < each) threads = int(smaller(threads, directions * shape.batch));
    return {teams, directions, threads};
}

// The sequence before which `share` of `shares` of all rows stand, as nearly as whole sequences allow.
inline long boundary(const Shape& shape, int share, int shares) {
    if (share == 0) return 0;
    if (share == shares) return shape.batch;
    const double wanted = double(shape.rows) * share / shares;
    long length = shape.steps, sequence = 0;
    double rows = 0;
    while (sequence < shape.batch) {
        while (length > 0 && shape.batch_sizes[length - 1] <= sequence) --length;
        if (rows + 0.5 * double(length) > wanted) break;
        rows += double(length);
        ++sequence;
    }
    return sequence;
}

// Calls body(part) for each part that thread `rank` of `count` has to do, one after another.
template <class Body>
inline void for_each_part(const Shape& shape, const Plan& plan, int rank, Body&& body) {
    const bool apart = plan.threads >= plan.directions;
    if (!apart && rank != 0) return;
    for (int direction = 0; direction < plan.directions; ++direction) {
        if (apart && rank % plan.directions != direction) continue;
        const int member = apart ? rank / plan.directions : 0, threads = plan.threads_of(direction);
        if (plan.teams && threads > 1) {
            body(Part{direction, 0, shape.batch, member, threads, 0});
        } else {
            body(Part{direction, boundary(shape, member, threads), boundary(shape, member + 1, threads), 0, 1, member});
        }
    }
}

}  // namespace ostinato::OSTINATO_LEVEL
