// The step kernels of each CPU level, which src/levels/steps.cc and src/levels/steps_int8.cc define.
//
// Letters as in layer.h, with L layers and n streams.
#pragma once

#include "ostinato/layer.h"

namespace ostinato {

// Layers of one direction, each over the outputs of the one below.
struct StackShape {
    Cell cell;
    long layers, input, hidden;
    long projection;  // P, or 0 for none

    constexpr long state() const { return projection > 0 ? projection : hidden; }
    constexpr long input_of(long layer) const { return layer == 0 ? input : state(); }
    constexpr bool has_cell() const { return cell == Cell::lstm; }
};

// Where the states of streams stand: of each layer a row a stream, its h and then an LSTM's c, each padded to a
// cache line.
template <class Real>
struct StateRows {
    static constexpr long line = 64 / long(sizeof(Real));
    long cell, stride;  // where c begins, and the next row

    explicit constexpr StateRows(const StackShape& shape)
        : cell(padded(shape.state())), stride(cell + (shape.has_cell() ? padded(shape.hidden) : 0)) {}
    static constexpr long padded(long numbers) { return (numbers + line - 1) / line * line; }
};

// T steps of streams first … last - 1 of n.
template <class Real>
struct StepCall {
    const StackShape* shape;
    const void* packed;
    Real* states;    // (L, capacity, StateRows::stride)
    long capacity;   // at least n
    void* scratch;   // of scratch_bytes(), this call's alone
    const Real* x;   // (T, n, I)
    Real* y;         // (T, n, S)
    long steps, streams;
    long first, last;
    long passed;     // how many steps went before
};

// The functions of one CPU level and one kind of weights. Packed memory and scratch are aligned to 64 bytes.
template <class Real>
struct StepKernels {
    long (*packed_bytes)(const StackShape&);
    void (*pack)(const StackShape&, const Weights<const Real>* layers, void* packed);
    long (*scratch_bytes)(const StackShape&, long streams);  // for a call on so many streams
    void (*advance)(const StepCall<Real>&);
};

}  // namespace ostinato

#define OSTINATO_DECLARE_STEPS(level)              \
    namespace ostinato::level {                    \
    extern const StepKernels<float> steps_f32;     \
    extern const StepKernels<double> steps_f64;    \
    extern const StepKernels<float> steps_int8;    \
    }

OSTINATO_DECLARE_STEPS(portable)
OSTINATO_DECLARE_STEPS(avx2)
OSTINATO_DECLARE_STEPS(avx512)

// 8-bit weights alone have a level more, for processors that multiply bytes in one instruction.
namespace ostinato::avx512vnni {
extern const StepKernels<float> steps_int8;
}
