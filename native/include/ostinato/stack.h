// A frozen stack of recurrent layers that goes on with many streams, step by step.
//
// Letters as in layer.h, with L layers and n streams. Nothing here allocates, locks or throws but the constructors,
// and what threads.h does where several threads take part. A stack belongs to one thread at a time; its weights may
// be shared by many stacks.
#pragma once

#include <cstddef>
#include <memory>

#include "ostinato/buffers.h"
#include "ostinato/step_kernels.h"

namespace ostinato {

// Bytes aligned to 64 that go back to the free list with their scope.
class Memory {
  public:
    explicit Memory(std::size_t bytes) : data_(take(bytes)) {}
    ~Memory() { give(data_); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    void* get() const { return data_; }

  private:
    void* data_;
};

enum class Precision { real, int8 };  // of weights; int8 with float alone

// Weights in the order in which steps read them. The memory they came from is not needed any more.
template <class Real>
class PackedStack {
  public:
    // `layers`: one a layer. Throws std::invalid_argument, in one sentence, where int8 cannot hold such layers, and
    // std::bad_alloc.
    PackedStack(const StackShape& shape, const Weights<const Real>* layers, Precision precision);

    const StackShape& shape() const { return shape_; }
    const StepKernels<Real>& kernels() const { return *kernels_; }
    const void* data() const { return memory_.get(); }
    std::size_t bytes() const { return std::size_t(kernels_->packed_bytes(shape_)); }

  private:
    const StackShape shape_;
    const StepKernels<Real>* const kernels_;
    const Memory memory_;
};

template <class Real>
class Stack {
  public:
    using Weights = std::shared_ptr<const PackedStack<Real>>;

    // All states zero. `threads` share the streams, at most. Throws std::bad_alloc.
    Stack(Weights weights, long streams, int threads);

    // Takes the first n streams T steps on: x (T, n, I) -> y (T, n, S), the outputs of the last layer. What is
    // computed for a stream depends on n and the stack's own sizes in the last bits, on nothing else.
    void advance(const Real* x, Real* y, long steps, long streams) noexcept;

    // Operations of such a call, to judge its time by.
    double operations(long steps, long streams) const noexcept;

    // The states of `count` streams from `first` on: h of all layers (L, S), then c of all layers (L, H), a row of
    // numbers() each.
    void copy_states(long first, long count, Real* to) const noexcept;
    void restore_states(long first, long count, const Real* from) noexcept;
    void reset_states(long first, long count) noexcept;

    const Weights& weights() const { return weights_; }
    const StackShape& shape() const { return weights_->shape(); }
    long streams() const { return streams_; }
    int threads() const { return threads_; }
    long numbers() const { return shape().layers * (shape().state() + (shape().has_cell() ? shape().hidden : 0)); }

  private:
    struct Job;
    static void do_share(void* job, int rank, int count);

    // Calls body(numbers in memory, numbers in the row, how many) for each h and c of a stream.
    template <class Body>
    void for_each_part(long stream, Body&& body) const;

    const Weights weights_;
    const long streams_;
    const int threads_;
    const long chunk_;            // streams that one thread takes through all steps before it takes others
    const std::size_t scratch_;  // bytes of a thread
    const Memory states_, scratches_;
    Real* const state_;
    long passed_ = 0;
};

}  // namespace ostinato
