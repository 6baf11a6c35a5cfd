#include "ostinato/stack.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "ostinato/cpu.h"
#include "ostinato/threads.h"

namespace ostinato {
namespace {

// A chunk's states and outputs stay in the nearest caches while all blocks of all layers pass over them.
constexpr long most_rows = 48;
// Rows are computed six at a time, at best.
constexpr long tile = 6;
// About 20 microseconds. Less is done before a second thread has woken up, on a busy machine above all.
constexpr double least_operations = 2e6;
// A sum of so many products of bytes stays below 2^31.
constexpr long most_columns = 65536;

long divide_up(long a, long b) { return (a + b - 1) / b; }

long chunk_of(long streams, int threads) {
    return std::min(most_rows, divide_up(divide_up(streams, threads), tile) * tile);
}

std::size_t bytes_of(long rows, std::size_t bytes) {
    std::size_t all = 0;
    if (__builtin_mul_overflow(std::size_t(rows), bytes, &all)) throw std::bad_alloc();
    return all;
}

const StepKernels<double>& real_kernels(double) {
#if defined(__x86_64__)
    if (level() == Level::avx512) return avx512::steps_f64;
    if (level() == Level::avx2) return avx2::steps_f64;
#endif
    return portable::steps_f64;
}

const StepKernels<float>& real_kernels(float) {
#if defined(__x86_64__)
    if (level() == Level::avx512) return avx512::steps_f32;
    if (level() == Level::avx2) return avx2::steps_f32;
#endif
    return portable::steps_f32;
}

const StepKernels<float>& byte_kernels() {
#if defined(__x86_64__)
    if (level() == Level::avx512)
        return __builtin_cpu_supports("avx512vnni") ? avx512vnni::steps_int8 : avx512::steps_int8;
    if (level() == Level::avx2) return avx2::steps_int8;
#endif
    return portable::steps_int8;
}

const StepKernels<double>* choose(const StackShape&, Precision precision, double) {
    if (precision == Precision::int8) throw std::invalid_argument("int8 weights work in float32 alone; pass float32.");
    return &real_kernels(double{});
}

const StepKernels<float>* choose(const StackShape& shape, Precision precision, float) {
    if (precision == Precision::real) return &real_kernels(float{});
    const long widest = std::max({shape.input, shape.hidden, shape.state()});
    if (widest > most_columns)
        throw std::invalid_argument("a layer has " + std::to_string(widest) + " columns; int8 weights have at most " +
                                    std::to_string(most_columns) + ".");
    return &byte_kernels();
}

}  // namespace

template <class Real>
PackedStack<Real>::PackedStack(const StackShape& shape, const Weights<const Real>* layers, Precision precision)
    : shape_(shape), kernels_(choose(shape, precision, Real{})), memory_(bytes()) {
    kernels_->pack(shape_, layers, memory_.get());
}

template <class Real>
Stack<Real>::Stack(Weights weights, long streams, int threads)
    : weights_(std::move(weights)),
      streams_(streams),
      threads_(threads),
      chunk_(chunk_of(streams, threads)),
      scratch_(std::size_t(divide_up(weights_->kernels().scratch_bytes(shape(), chunk_), 64) * 64)),
      states_(bytes_of(streams, std::size_t(shape().layers * StateRows<Real>(shape()).stride) * sizeof(Real))),
      scratches_(scratch_ * std::size_t(std::min<long>(threads, divide_up(streams, chunk_)))),
      state_(static_cast<Real*>(states_.get())) {
    const std::size_t row = std::size_t(shape().layers * StateRows<Real>(shape()).stride) * sizeof(Real);
    std::memset(state_, 0, row * std::size_t(streams));
}

template <class Real>
struct Stack<Real>::Job {
    const Stack& stack;
    const Real* x;
    Real* y;
    long steps, streams, chunks;
};

// The chunks are the same for every number of threads that have come, so that results are.
template <class Real>
void Stack<Real>::do_share(void* data, int rank, int count) {
    const Job& job = *static_cast<const Job*>(data);
    const Stack& s = job.stack;
    void* scratch = static_cast<char*>(s.scratches_.get()) + std::size_t(rank) * s.scratch_;
    for (long chunk = rank; chunk < job.chunks; chunk += count) {
        const long first = job.streams * chunk / job.chunks, last = job.streams * (chunk + 1) / job.chunks;
        s.weights_->kernels().advance({&s.shape(), s.weights_->data(), s.state_, s.streams_, scratch, job.x, job.y,
                                       job.steps, job.streams, first, last, s.passed_});
    }
}

template <class Real>
void Stack<Real>::advance(const Real* x, Real* y, long steps, long streams) noexcept {
    Job job{*this, x, y, steps, streams, divide_up(streams, chunk_)};
    const bool apart = job.chunks > 1 && threads_ > 1 && operations(steps, streams) > least_operations;
    parallel(apart ? int(std::min<long>(threads_, job.chunks)) : 1, do_share, &job);
    passed_ += steps;
}

template <class Real>
double Stack<Real>::operations(long steps, long streams) const noexcept {
    const StackShape& s = shape();
    const long columns = s.input + s.state() + (s.layers - 1) * 2 * s.state();
    const long weights = gates_of(s.cell) * s.hidden * columns + s.layers * s.projection * s.hidden;
    return 2.0 * double(steps) * double(streams) * double(weights);
}

template <class Real>
template <class Body>
void Stack<Real>::for_each_part(long stream, Body&& body) const {
    const StackShape& s = shape();
    const StateRows<Real> rows(s);
    for (long layer = 0; layer < s.layers; ++layer) {
        Real* h = state_ + (layer * streams_ + stream) * rows.stride;
        body(h, layer * s.state(), s.state());
        if (s.has_cell()) body(h + rows.cell, s.layers * s.state() + layer * s.hidden, s.hidden);
    }
}

template <class Real>
void Stack<Real>::copy_states(long first, long count, Real* to) const noexcept {
    for (long i = 0; i < count; ++i, to += numbers())
        for_each_part(first + i, [&](const Real* part, long at, long size) { std::copy_n(part, size, to + at); });
}

template <class Real>
void Stack<Real>::restore_states(long first, long count, const Real* from) noexcept {
    for (long i = 0; i < count; ++i, from += numbers())
        for_each_part(first + i, [&](Real* part, long at, long size) { std::copy_n(from + at, size, part); });
}

template <class Real>
void Stack<Real>::reset_states(long first, long count) noexcept {
    for (long i = 0; i < count; ++i)
        for_each_part(first + i, [&](Real* part, long, long size) { std::fill_n(part, size, Real(0)); });
}

template class PackedStack<float>;
template class PackedStack<double>;
template class Stack<float>;
template class Stack<double>;

}  // namespace ostinato
