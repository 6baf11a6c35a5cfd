#include "ostinato/chain.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "ostinato/cpu.h"
#include "ostinato/threads.h"

namespace ostinato {
namespace {

// As stack.cc has them: streams that one thread takes through all ops before it takes others, and what is worth a
// second thread.
constexpr long chunk = 48;
constexpr double least_operations = 2e6;

long divide_up(long a, long b) { return (a + b - 1) / b; }
// To whole cache lines.
long padded(long numbers) { return divide_up(numbers, 16) * 16; }

long stack_scratch(const PackedStack<float>& stack) {
    return divide_up(stack.kernels().scratch_bytes(stack.shape(), chunk), 64) * 64;
}

std::size_t bytes_of(long count, long numbers, std::size_t size) {
    std::size_t all = 0;
    if (__builtin_mul_overflow(std::size_t(count), std::size_t(numbers) * size, &all)) throw std::bad_alloc();
    return std::max<std::size_t>(all, 64);
}

long past_of(const ChainPlan& plan) {
    long numbers = 0;
    for (const Convolution& one : plan.convolutions) numbers += one.kept();
    return numbers;
}

long pooled(Pooled kind, long features) { return kind == Pooled::attention ? features + 2 : features; }

long pool_of(const ChainPlan& plan) {
    if (plan.pool == nullptr) return 0;
    long numbers = 1;
    for (Pooled kind : plan.pool->kinds) numbers += pooled(kind, plan.stack->shape().state());
    return numbers;
}

// The widest rows that pass between two ops, a convolution's window among them.
long widest_of(const ChainPlan& plan) {
    long widest = std::max({plan.input, plan.stack->shape().state(), plan.summary(), plan.output()});
    for (const Convolution& one : plan.convolutions) widest = std::max({widest, one.taps.in, one.taps.out});
    if (plan.pool != nullptr && plan.pool->attention != nullptr)
        widest = std::max(widest, plan.pool->attention->out);
    return padded(widest);
}

// One stream's pool after one more step h (F), with the worth that attention gives it; its summary goes to `to`.
void pool_step(const std::vector<Pooled>& kinds, double* kept, const float* h, long features, float worth, float* to) {
    const double count = kept[0] += 1;
    double* part = kept + 1;
    for (Pooled kind : kinds) {
        if (kind == Pooled::last) {
            for (long i = 0; i < features; ++i) part[i] = to[i] = h[i];
        } else if (kind == Pooled::mean) {
            for (long i = 0; i < features; ++i) to[i] = float((part[i] += h[i]) / count);
        } else if (kind == Pooled::max) {
            for (long i = 0; i < features; ++i) part[i] = to[i] = std::max(float(part[i]), h[i]);
        } else {
            double &total = part[features], &peak = part[features + 1];
            const double highest = std::max(peak, double(worth));
            const double old = std::exp(peak - highest), share = std::exp(double(worth) - highest);
            total = total * old + share;
            for (long i = 0; i < features; ++i) to[i] = float((part[i] = part[i] * old + share * h[i]) / total);
            peak = highest;
        }
        to += features;
        part += pooled(kind, features);
    }
}

// A pool before its first step.
void pool_start(const std::vector<Pooled>& kinds, double* kept, long features) {
    constexpr double lowest = std::numeric_limits<float>::lowest();
    *kept++ = 0;
    for (Pooled kind : kinds) {
        const long numbers = pooled(kind, features);
        std::fill_n(kept, numbers, kind == Pooled::max ? lowest : 0.0);
        if (kind == Pooled::attention) kept[numbers - 1] = lowest;
        kept += numbers;
    }
}

void answer(const float* scores, long count, bool, float* to) { std::copy_n(scores, count, to); }

void answer(const float* scores, long count, bool softmax, double* to) {
    std::copy_n(scores, count, to);
    if (!softmax) return;
    const double highest = *std::max_element(to, to + count);
    double total = 0;
    for (long i = 0; i < count; ++i) total += to[i] = std::exp(to[i] - highest);
    for (long i = 0; i < count; ++i) to[i] /= total;
}

// One number of a step: what callers pass is rounded to float, and then scaled.
template <class Number>
float scaled(const ChainPlan& plan, Number x, long channel) {
    if (plan.center.empty()) return float(x);
    return float((double(float(x)) - plan.center[std::size_t(channel)]) / plan.spread[std::size_t(channel)]);
}

}  // namespace

const DenseKernels& dense_kernels() {
#if defined(__x86_64__)
    if (level() == Level::avx512) return avx512::dense;
    if (level() == Level::avx2) return avx2::dense;
#endif
    return portable::dense;
}

Dense::Dense(const float* weight, const float* bias, long in, long out)
    : in(in),
      out(out),
      packed_(std::make_unique<const Memory>(bytes_of(1, dense_kernels().packed_numbers(in, out), sizeof(float)))),
      bias_(bias, bias + out) {
    dense_kernels().pack(static_cast<float*>(packed_->get()), weight, in, out);
}

// A thread's own memory: rows on their way, and the states of streams that do not stand side by side.
struct Chain::Scratch {
    void* stack;
    float *rows, *other, *worth, *states;
};

Chain::Chain(Plan plan, long streams, int threads)
    : plan_(std::move(plan)),
      streams_(streams),
      threads_(threads),
      stride_(StateRows<float>(plan_->stack->shape()).stride),
      past_numbers_(past_of(*plan_)),
      pool_numbers_(pool_of(*plan_)),
      widest_(widest_of(*plan_)),
      scratch_bytes_(stack_scratch(*plan_->stack) +
                     chunk * long(sizeof(float)) * (2 * widest_ + 16 + plan_->stack->shape().layers * stride_)),
      states_(bytes_of(streams, plan_->stack->shape().layers * stride_, sizeof(float))),
      past_(bytes_of(streams, past_numbers_, sizeof(float))),
      pools_(bytes_of(streams, pool_numbers_, sizeof(double))),
      scratches_(bytes_of(std::min<long>(threads, divide_up(streams, chunk)), scratch_bytes_, 1)) {
    std::memset(states_.get(), 0, bytes_of(streams, plan_->stack->shape().layers * stride_, sizeof(float)));
    std::memset(past_.get(), 0, bytes_of(streams, past_numbers_, sizeof(float)));
    if (pool_numbers_ > 0)
        for (long i = 0; i < streams; ++i)
            pool_start(plan_->pool->kinds, static_cast<double*>(pools_.get()) + i * pool_numbers_,
                       plan_->stack->shape().state());
}

Chain::Scratch Chain::scratch_of(int rank) const {
    char* base = static_cast<char*>(scratches_.get()) + rank * scratch_bytes_;
    Scratch s{};
    s.stack = base;
    s.rows = reinterpret_cast<float*>(base + stack_scratch(*plan_->stack));
    s.other = s.rows + chunk * widest_;
    s.worth = s.other + chunk * widest_;
    s.states = s.worth + chunk * 16;
    return s;
}

template <class Number>
bool Chain::within_limit(const Number* x, long count) const noexcept {
    const long input = plan_->input;
    bool fits = true;
    for (long i = 0; i < count; i += input)
        for (long channel = 0; channel < input; ++channel)
            fits &= std::abs(scaled(*plan_, x[i + channel], channel)) <= plan_->limit;  // NaN is not
    return fits;
}

template <class Number, class Result>
struct Chain::Job {
    Chain& chain;
    const Number* x;
    Result* y;
    long steps;
    const std::int64_t* which;
    long count, chunks;
};

// The chunks are the same for every number of threads that have come, so that results are.
template <class Number, class Result>
void Chain::do_share(void* data, int rank, int count) {
    const auto& job = *static_cast<const Job<Number, Result>*>(data);
    const Scratch scratch = job.chain.scratch_of(rank);
    for (long i = rank; i < job.chunks; i += count)
        job.chain.do_chunk(job, job.count * i / job.chunks, job.count * (i + 1) / job.chunks, scratch);
}

template <class Number, class Result>
void Chain::advance(const Number* x, Result* y, long steps, const std::int64_t* which, long count) noexcept {
    Job<Number, Result> job{*this, x, y, steps, which, count, divide_up(count, chunk)};
    const bool apart = job.chunks > 1 && threads_ > 1 && operations(steps, count) > least_operations;
    parallel(apart ? int(std::min<long>(threads_, job.chunks)) : 1, do_share<Number, Result>, &job);
    passed_ += steps;
}

template <class Number, class Result>
void Chain::do_chunk(const Job<Number, Result>& job, long first, long last, const Scratch& scratch) noexcept {
    const ChainPlan& plan = *plan_;
    const PackedStack<float>& stack = *plan.stack;
    const StackShape& shape = stack.shape();
    const long count = last - first, output = plan.output();
    const bool apart = job.which != nullptr;
    float* states = apart ? scratch.states : static_cast<float*>(states_.get()) + first * stride_;
    if (apart) gather(job.which + first, count, states, false);
    for (long t = 0; t < job.steps; ++t) {
        const Number* x = job.x + (t * job.count + first) * plan.input;
        for (long i = 0; i < count; ++i)
            for (long k = 0; k < plan.input; ++k) scratch.rows[i * plan.input + k] = scaled(plan, x[i * plan.input + k], k);
        float* rows = convolve(job.which, first, count, scratch.rows, scratch.other);
        float* said = rows == scratch.rows ? scratch.other : scratch.rows;
        stack.kernels().advance({&shape, stack.data(), states, apart ? chunk : streams_, scratch.stack, rows, said, 1,
                                 count, 0, count, passed_ + t});
        std::swap(rows, said);
        if (plan.pool != nullptr) {
            pool(job.which, first, count, rows, said, scratch);
            std::swap(rows, said);
        }
        if (plan.head != nullptr) {
            plan.head->multiply(rows, plan.summary(), count, said, output);
            std::swap(rows, said);
        }
        Result* y = job.y + (t * job.count + first) * output;
        for (long i = 0; i < count; ++i) answer(rows + i * output, output, plan.softmax, y + i * output);
    }
    if (apart) gather(job.which + first, count, states, true);
}

// Copies streams' states side by side, or back.
void Chain::gather(const std::int64_t* which, long count, float* states, bool back) noexcept {
    for (long layer = 0; layer < plan_->stack->shape().layers; ++layer)
        for (long i = 0; i < count; ++i) {
            float* own = static_cast<float*>(states_.get()) + (layer * streams_ + which[i]) * stride_;
            float* beside = states + (layer * chunk + i) * stride_;
            std::memcpy(back ? own : beside, back ? beside : own, std::size_t(stride_) * sizeof(float));
        }
}

// Takes rows through all convolutions and returns where they are then: in one of the two.
float* Chain::convolve(const std::int64_t* which, long first, long count, float* rows, float* other) noexcept {
    long offset = 0;
    for (const Convolution& one : plan_->convolutions) {
        const long kept = one.kept(), features = one.features(), window = one.taps.in;
        for (long i = 0; i < count; ++i) {
            const long stream = which == nullptr ? first + i : which[first + i];
            float* past = static_cast<float*>(past_.get()) + stream * past_numbers_ + offset;
            float* row = other + i * window;
            std::memcpy(row, past, std::size_t(kept) * sizeof(float));
            std::memcpy(row + kept, rows + i * features, std::size_t(features) * sizeof(float));
            std::memcpy(past, row + features, std::size_t(kept) * sizeof(float));
        }
        one.taps.multiply(other, window, count, rows, one.taps.out);
        for (long i = 0; i < count * one.taps.out; ++i) rows[i] = std::max(rows[i], 0.0F);
        offset += kept;
    }
    return rows;
}

void Chain::pool(const std::int64_t* which, long first, long count, const float* rows, float* to,
                 const Scratch& scratch) noexcept {
    const Pool& one = *plan_->pool;
    const long features = plan_->stack->shape().state(), summary = plan_->summary();
    if (one.attention != nullptr) {
        one.attention->multiply(rows, features, count, to, one.attention->out);
        dense_kernels().weigh(to, one.attention->out, count, one.query.data(), one.attention->out, scratch.worth);
    }
    for (long i = 0; i < count; ++i) {
        const long stream = which == nullptr ? first + i : which[first + i];
        pool_step(one.kinds, static_cast<double*>(pools_.get()) + stream * pool_numbers_, rows + i * features, features,
                  scratch.worth[i], to + i * summary);
    }
}

double Chain::operations(long steps, long count) const noexcept {
    const StackShape& s = plan_->stack->shape();
    double numbers = double(gates_of(s.cell) * s.hidden) * double(s.input + s.state() + (s.layers - 1) * 2 * s.state());
    for (const Convolution& one : plan_->convolutions) numbers += double(one.taps.in) * double(one.taps.out);
    if (plan_->head != nullptr) numbers += double(plan_->head->in) * double(plan_->head->out);
    return 2.0 * double(steps) * double(count) * numbers;
}

long Chain::stack_numbers() const {
    const StackShape& s = plan_->stack->shape();
    return s.layers * (s.state() + (s.has_cell() ? s.hidden : 0));
}

void Chain::copy_state(long stream, double* to) const noexcept {
    const StackShape& s = plan_->stack->shape();
    to = std::copy_n(static_cast<const float*>(past_.get()) + stream * past_numbers_, past_numbers_, to);
    const long cell = StateRows<float>(s).cell;
    const auto row = [&](long layer) { return static_cast<const float*>(states_.get()) + (layer * streams_ + stream) * stride_; };
    for (long layer = 0; layer < s.layers; ++layer) to = std::copy_n(row(layer), s.state(), to);
    for (long layer = 0; s.has_cell() && layer < s.layers; ++layer) to = std::copy_n(row(layer) + cell, s.hidden, to);
    std::copy_n(static_cast<const double*>(pools_.get()) + stream * pool_numbers_, pool_numbers_, to);
}

void Chain::restore_state(long stream, const double* from) noexcept {
    const StackShape& s = plan_->stack->shape();
    const auto take = [&](auto* to, long count) {
        using Number = std::remove_reference_t<decltype(*to)>;
        std::transform(from, from + count, to, [](double x) { return Number(x); });
        from += count;
    };
    take(static_cast<float*>(past_.get()) + stream * past_numbers_, past_numbers_);
    const long cell = StateRows<float>(s).cell;
    const auto row = [&](long layer) { return static_cast<float*>(states_.get()) + (layer * streams_ + stream) * stride_; };
    for (long layer = 0; layer < s.layers; ++layer) take(row(layer), s.state());
    for (long layer = 0; s.has_cell() && layer < s.layers; ++layer) take(row(layer) + cell, s.hidden);
    take(static_cast<double*>(pools_.get()) + stream * pool_numbers_, pool_numbers_);
}

template bool Chain::within_limit(const float*, long) const noexcept;
template bool Chain::within_limit(const double*, long) const noexcept;
template void Chain::advance(const float*, float*, long, const std::int64_t*, long) noexcept;
template void Chain::advance(const float*, double*, long, const std::int64_t*, long) noexcept;
template void Chain::advance(const double*, double*, long, const std::int64_t*, long) noexcept;
template void Chain::advance(const double*, float*, long, const std::int64_t*, long) noexcept;

}  // namespace ostinato
