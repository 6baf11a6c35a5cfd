// A whole network that goes on with many streams in one call: scaling, convolutions, recurrent layers, a pool, a
// dense head and a softmax, in this order, of which all but the recurrent layers may be missing.
//
// Letters as in layer.h, with L layers, n streams, K taps of a convolution, C outputs, and F features of a step. What
// it computes is what src/ostinato/runtime computes op by op, with its numbers: float but for the sums of a pool and
// for the softmax, which are double. Nothing here allocates, locks or throws but the constructors, and what threads.h
// does where several threads take part. A chain belongs to one thread at a time; its plan may be shared by many.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ostinato/dense.h"
#include "ostinato/stack.h"

namespace ostinato {

// y = bias + W x, packed.
class Dense {
  public:
    // weight (out, in), bias (out,). Throws std::bad_alloc.
    Dense(const float* weight, const float* bias, long in, long out);

    void multiply(const float* rows, long stride, long count, float* to, long to_stride) const {
        dense_kernels().multiply(rows, stride, count, packed(), bias_.data(), in, out, to, to_stride);
    }

    const long in, out;

  private:
    const float* packed() const { return static_cast<const float*>(packed_->get()); }

    std::unique_ptr<const Memory> packed_;
    std::vector<float> bias_;
};

// y_t = max(0, b + sum_k W_k x_(t - K + 1 + k)): `taps` multiplies a window of K steps, side by side.
struct Convolution {
    Dense taps;
    long kernel;

    long features() const { return taps.in / kernel; }
    long kept() const { return taps.in - features(); }  // numbers of the past
};

enum class Pooled : int { last, mean, max, attention };

struct Pool {
    std::vector<Pooled> kinds;  // side by side in this order
    std::unique_ptr<const Dense> attention;
    std::vector<float> query;
};

// What all chains of one network share.
struct ChainPlan {
    long input = 0;                      // of a step, before the scaling
    std::vector<double> center, spread;  // (I,) each, or empty: x is (x - center) / spread
    std::vector<Convolution> convolutions;
    std::shared_ptr<const PackedStack<float>> stack;
    std::unique_ptr<const Pool> pool;
    std::unique_ptr<const Dense> head;
    bool softmax = false;
    float limit = 0;  // of a scaled input: nothing overflows below it, however many steps are taken

    long features() const { return convolutions.empty() ? input : convolutions.back().taps.out; }
    long summary() const { return stack->shape().state() * (pool == nullptr ? 1 : long(pool->kinds.size())); }
    long output() const { return head == nullptr ? summary() : head->out; }
};

class Chain {
  public:
    using Plan = std::shared_ptr<const ChainPlan>;

    // All states as before the first step. `threads` share the streams, at most. Throws std::bad_alloc.
    Chain(Plan plan, long streams, int threads);

    // Whether all numbers (count,) of rows (·, I), scaled, are within the plan's limit.
    template <class Number>
    bool within_limit(const Number* x, long count) const noexcept;

    // Takes `count` streams T steps on: x (T, count, I) -> y (T, count, C), double after a softmax, else float. `which`
    // names the streams, all different and below n; null for the first `count`.
    template <class Number, class Result>
    void advance(const Number* x, Result* y, long steps, const std::int64_t* which, long count) noexcept;

    // Operations of such a call, to judge its time by.
    double operations(long steps, long count) const noexcept;

    // One stream's state, op by op as src/ostinato/runtime names it: the past (K - 1, F) of each convolution; h (L, S),
    // and c (L, H) of an LSTM; the pool's count and, kind by kind, last (F), sum (F), max (F), or weighted (F), total
    // and peak.
    long numbers() const { return past_numbers_ + stack_numbers() + pool_numbers_; }
    void copy_state(long stream, double* to) const noexcept;
    void restore_state(long stream, const double* from) noexcept;

    const Plan& plan() const { return plan_; }
    long streams() const { return streams_; }

  private:
    struct Scratch;
    template <class Number, class Result>
    struct Job;
    template <class Number, class Result>
    static void do_share(void* job, int rank, int count);
    template <class Number, class Result>
    void do_chunk(const Job<Number, Result>& job, long first, long last, const Scratch& scratch) noexcept;

    long stack_numbers() const;
    Scratch scratch_of(int rank) const;
    float* convolve(const std::int64_t* which, long first, long count, float* rows, float* other) noexcept;
    void pool(const std::int64_t* which, long first, long count, const float* rows, float* to, const Scratch&) noexcept;
    void gather(const std::int64_t* which, long count, float* states, bool back) noexcept;

    const Plan plan_;
    const long streams_;
    const int threads_;
    const long stride_;  // of a stream's row in one layer
    const long past_numbers_, pool_numbers_, widest_, scratch_bytes_;
    const Memory states_, past_, pools_, scratches_;
    long passed_ = 0;
};

}  // namespace ostinato
