// One recurrent layer over a ragged batch: what a call passes, and its two functions.
//
// Letters: T steps, B sequences, N rows (the sum of all lengths), I input features, H hidden, P projection,
// S = P or, without a projection, H, G gates, D directions. Rows stand step by step: step t holds
// batch_sizes[t] rows, one for each of the sequences that are longer than t, which stand by falling length.
// Every array is contiguous; nothing is kept after a call returns but what `pack` makes.
#pragma once

#include <cstdint>

namespace ostinato {

enum class Cell : int { rnn_tanh, rnn_relu, gru, lstm };

constexpr int gates_of(Cell cell) { return cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1; }

struct Shape {
    Cell cell;
    long steps, batch, rows, input, hidden;
    long projection;  // P, or 0 for none
    long directions;
    const std::int64_t* batch_sizes;  // (T,), never rising, at least 1
    int threads;                      // the most that may work on it

    constexpr long state() const { return projection > 0 ? projection : hidden; }
};

// As torch.nn stacks them: gates i, f, g, o (LSTM) and r, z, n (GRU).
template <class Real>
struct Weights {
    Real* ih;       // (G*H, I)
    Real* hh;       // (G*H, S)
    Real* bias_ih;  // (G*H,) or null
    Real* bias_hh;  // (G*H,) or null
    Real* hr;       // (P, H) or null
};

// What training keeps beside the outputs: all that the backward needs, the cells alone, or nothing.
enum class Keep : int { nothing, cells, all };

// A layer's weights as forwards read them, for callers whose weights stay the same from call to call.
struct Packed {
    virtual ~Packed() = default;
};

template <class Real>
struct Forward {
    Shape shape;
    const Real* input;                  // (N, I)
    const Real *h0, *c0;                // (D, B, S) and (D, B, H); c0 null where the cell has none
    Weights<const Real> weights[2];     // by direction
    const std::uint8_t* resets;         // (N,), nonzero: the state restarts at zero before this row's step; or null
    Real* output;                       // (N, D*S)
    Real *h_n, *c_n;                    // as h0, c0
    Real* saved;                        // saved_numbers(shape, keep), or null
    Keep keep;
    const Packed* packed;               // of these weights, which then are not read; null for none
};

template <class Real>
struct Backward {
    Shape shape;
    const Real* input;
    const Real *h0, *c0;
    Weights<const Real> weights[2];
    const std::uint8_t* resets;
    const Real *output, *saved;
    Keep kept;
    const Real *d_output, *d_h_n, *d_c_n;  // null for zeros
    Real *d_input, *d_h0, *d_c0;           // null where not wanted
    Weights<Real> d_weights[2];            // null where not wanted
};

// The functions of one CPU level.
template <class Real>
struct Kernels {
    // Of the weights of a cell's layer; the caller deletes it. Of the shape its steps and sequences are not read.
    const Packed* (*pack)(const Shape&, const Weights<const Real> (&)[2]);
    void (*forward)(const Forward<Real>&);
    void (*backward)(const Backward<Real>&);
    long (*saved_numbers)(const Shape&, Keep);
    double (*peak)(int threads);  // operations a second of multiplying and adding in registers
};

// Those of the level in use.
template <class Real>
const Kernels<Real>& kernels();

}  // namespace ostinato
