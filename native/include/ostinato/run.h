// A whole layer's forward and backward: who packs, who runs which part, and what is put together at the end.
#pragma once

#include <chrono>

#include "ostinato/backward.h"
#include "ostinato/kernels.h"

namespace ostinato::OSTINATO_LEVEL {

// Runs body(rank, count) on the threads of a plan.
template <class Body>
void on_threads(int threads, const Body& body) {
    parallel(threads, [](void* data, int rank, int count) { (*static_cast<const Body*>(data))(rank, count); },
             const_cast<Body*>(&body));
}

// Calls body(part) for all that thread `rank` of `count` has to do. Where fewer threads came than were asked
// for, the parts stay the same, so that sums do, and some do several; a team's members wait for each other, so
// it shrinks instead: what they compute does not depend on how many they are.
template <class Body>
void do_parts(const Shape& shape, const Plan& wanted, int rank, int count, const Body& body) {
    if (wanted.teams) {
        Plan there = wanted;
        there.threads = count;
        for_each_part(shape, there, rank, body);
        return;
    }
    for (int thread = rank; thread < wanted.threads; thread += count) for_each_part(shape, wanted, thread, body);
}

// One T for each direction.
template <class T>
class Each {
  public:
    template <class... Arguments>
    explicit Each(long directions, const Arguments&... arguments) {
        for (long d = 0; d < directions; ++d) items_[d] = new T(arguments...);
    }
    ~Each() {
        for (T* item : items_) delete item;
    }
    Each(const Each&) = delete;
    Each& operator=(const Each&) = delete;
    T& operator[](long direction) const { return *items_[direction]; }

  private:
    T* items_[2] = {};
};

template <class Cell>
struct PackedLayer : Packed {
    using Real = typename Cell::Real;

    Each<PackedForward<Cell>> directions;

    PackedLayer(const Shape& shape, const Weights<const Real> (&weights)[2], int threads)
        : directions(shape.directions, shape) {
        on_threads(threads, [&](int rank, int count) {
            for (long d = 0; d < shape.directions; ++d) directions[d].pack(weights[d], rank, count);
        });
    }
};

template <class Cell>
void run_packed(const Forward<typename Cell::Real>& call, const Plan& work, const PackedLayer<Cell>& packed) {
    using Real = typename Cell::Real;
    const Shape& shape = call.shape;
    const Ragged<Real> rows(shape);
    const Each<States<Real>> states(shape.directions, shape.batch, shape.state(), work.parts(0));
    on_threads(work.threads, [&](int rank, int count) {
        do_parts(shape, work, rank, count, [&](const Part& part) {
            const int d = part.direction;
            ForwardPart<Cell>(call, rows, packed.directions[d], states[d], part).run();
        });
    });
}

template <class Cell>
void run_forward(const Forward<typename Cell::Real>& call) {
    const Plan work = plan(call.shape, sizeof(typename Cell::Real), call.shape.threads);
    if (call.packed != nullptr) return run_packed(call, work, static_cast<const PackedLayer<Cell>&>(*call.packed));
    run_packed(call, work, PackedLayer<Cell>(call.shape, call.weights, work.threads));
}

// Brings the sums of all parts into torch's order: the share of thread `rank` of `count`.
template <class Cell>
void unpack(const Backward<typename Cell::Real>& call, int direction, typename Cell::Real* sums, int parts, int rank,
            int count) {
    using Real = typename Cell::Real;
    const Shape& shape = call.shape;
    const Blocks<Cell> blocks{shape.hidden, true};
    const Weights<Real>& to = call.d_weights[direction];
    const Array<const Real*> ih(parts), hh(parts);
    const Array<Sums<Cell>> each(parts);
    for (int p = 0; p < parts; ++p) {
        each[p] = Sums<Cell>(shape, sums + p * Sums<Cell>::numbers(shape));
        ih[p] = each[p].ih, hh[p] = each[p].hh;
    }
    for (long block = blocks.count() * rank / count; block < blocks.count() * (rank + 1) / count; ++block) {
        if (to.ih != nullptr)
            unpack_gradient<Cell, 0>(to.ih, ih.get(), parts, blocks, Cell::gate_ih, shape.input, block);
        if (to.hh != nullptr)
            unpack_gradient<Cell, Cell::first_hh>(to.hh, hh.get(), parts, blocks, Cell::gate_hh, shape.state(), block);
        unpack_bias<Cell>(to, each.get(), parts, blocks, block);
    }
    if (to.hr == nullptr) return;
    for (long p = shape.projection * rank / count; p < shape.projection * (rank + 1) / count; ++p)
        for (long h = 0; h < shape.hidden; ++h) {
            Real total = 0;
            for (int part = 0; part < parts; ++part) total += each[part].hr[p * blocks.padded() + h];
            to.hr[p * shape.hidden + h] = total;
        }
}

template <class Cell>
bool wants_weights(const Backward<typename Cell::Real>& call) {
    bool wanted = false;
    for (long d = 0; d < call.shape.directions; ++d) {
        const auto& w = call.d_weights[d];
        wanted |= w.ih != nullptr || w.hh != nullptr || w.bias_ih != nullptr || w.bias_hh != nullptr || w.hr != nullptr;
    }
    return wanted;
}

template <class Cell>
void run_backward(const Backward<typename Cell::Real>& call) {
    using Real = typename Cell::Real;
    const Shape& shape = call.shape;
    const Plan work = plan(shape, sizeof(Real), shape.threads);
    const int parts = work.parts(0);
    const Ragged<Real> rows(shape);
    const bool again = Cell::kept > 0 && call.kept != Keep::all;
    const Each<PackedBackward<Cell>> packed(shape.directions, shape, call.d_input != nullptr);
    const Each<PackedForward<Cell>> forward(again ? shape.directions : 0, shape);
    const long numbers = wants_weights<Cell>(call) ? Sums<Cell>::numbers(shape) : 0;
    const Array<Real> sums(numbers * parts * shape.directions);
    const Part whole{0, 0, shape.batch, 0, 1, 0};
    const Each<GateGradients<Real>> shared(shape.directions,
                                           work.teams ? BackwardPart<Cell>::gate_numbers(shape, whole) : 0);
    // two directions write the input's gradient at the same time: the second aside, to be added
    const long inputs = call.d_input != nullptr && shape.directions == 2 ? shape.rows * shape.input : 0;
    const Array<Real> aside(inputs);
    on_threads(work.threads, [&](int rank, int count) {
        for (long d = 0; d < shape.directions; ++d) {
            packed[d].pack(call.weights[d], rank, count);
            if (again) forward[d].pack(call.weights[d], rank, count);
        }
    });
    on_threads(work.threads, [&](int rank, int count) {
        do_parts(shape, work, rank, count, [&](const Part& part) {
            const int d = part.direction;
            Sums<Cell> own(shape, numbers == 0 ? nullptr : &sums[(d * parts + part.index) * numbers]);
            if (numbers == 0) own.ih = nullptr;
            Real* d_input = d == 0 || call.d_input == nullptr ? call.d_input : aside.get();
            const PackedForward<Cell>* recompute = again ? &forward[d] : nullptr;
            if (work.teams) {
                BackwardPart<Cell>(call, rows, packed[d], recompute, shared[d], own, d_input, part).run();
            } else {
                GateGradients<Real> gates(BackwardPart<Cell>::gate_numbers(shape, part));
                BackwardPart<Cell>(call, rows, packed[d], recompute, gates, own, d_input, part).run();
            }
        });
    });
    if (numbers == 0 && inputs == 0) return;
    on_threads(work.threads, [&](int rank, int count) {
        if (numbers > 0)
            for (int d = 0; d < shape.directions; ++d)
                unpack<Cell>(call, d, &sums[d * parts * numbers], work.parts(d), rank, count);
        for (long i = inputs * rank / count; i < inputs * (rank + 1) / count; ++i) call.d_input[i] += aside[i];
    });
}

template <class Cell>
long numbers_saved(const Shape& shape, Keep keep) {
    return shape.directions * shape.rows * Blocks<Cell>{shape.hidden}.padded() * kept_vectors<Cell>(keep);
}

// Calls body(Cell{}) with the cell that a shape names.
template <class Real, class Body>
auto with_cell(const Shape& shape, const Body& body) {
    switch (shape.cell) {
        case Cell::rnn_tanh: return body(Elman<Real, false>{});
        case Cell::rnn_relu: return body(Elman<Real, true>{});
        case Cell::gru: return body(Gru<Real>{});
        default: return body(Lstm<Real>{});
    }
}

template <class Real>
const Packed* pack(const Shape& shape, const Weights<const Real> (&weights)[2]) {
    return with_cell<Real>(shape, [&](auto cell) -> const Packed* {
        return new PackedLayer<decltype(cell)>(shape, weights, shape.threads);
    });
}

template <class Real>
void forward(const Forward<Real>& call) {
    with_cell<Real>(call.shape, [&](auto cell) { run_forward<decltype(cell)>(call); });
}

template <class Real>
void backward(const Backward<Real>& call) {
    with_cell<Real>(call.shape, [&](auto cell) { run_backward<decltype(cell)>(call); });
}

template <class Real>
long saved_numbers(const Shape& shape, Keep keep) {
    return with_cell<Real>(shape, [&](auto cell) { return numbers_saved<decltype(cell)>(shape, keep); });
}

// How many operations a second `threads` threads reach that do nothing but multiply and add in registers: the
// limit of every matrix product.
template <class Real>
double peak(int threads) {
    constexpr long rounds = 1'000'000;
    constexpr int chains = 12, lanes_of_all = chains * lanes<Real>;
    const auto began = std::chrono::steady_clock::now();
    int worked = 1;
    on_threads(threads, [&](int rank, int count) {
        if (rank == 0) worked = count;
        Vector<Real> sums[chains]{}, factor = broadcast(Real(0.5)), term = broadcast(Real(1));
        asm volatile("" : "+m"(factor), "+m"(term));  // unknown to the compiler
        for (long i = 0; i < rounds; ++i)
            for (Vector<Real>& sum : sums) sum = sum * factor + term;
        for (Vector<Real>& sum : sums) asm volatile("" : : "m"(sum));  // and used
    });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
    return 2.0 * rounds * lanes_of_all * worked / seconds.count();
}

template <class Real>
constexpr Kernels<Real> kernels_here{pack<Real>, forward<Real>, backward<Real>, saved_numbers<Real>, peak<Real>};

}  // namespace ostinato::OSTINATO_LEVEL
