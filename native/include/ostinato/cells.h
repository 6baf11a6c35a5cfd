// The mathematics of one step of each cell, on vectors of hidden units.
//
// A cell's `sums` are what the matrix products leave for one vector of units: the input's products add to sums
// 0 … gates - 1, the state's to sums first_hh … first_hh + gates - 1. `gate_ih` and `gate_hh` give the gate of
// each sum in torch's stacking, or -1. The gradients by the sums stand in the same order.
// `kept` vectors of activations a unit vector are saved for the backward.
//
// The plain cell has one gate, so it takes up to four vectors of units at a time (most_units), to fill a tile.
#pragma once

#include "ostinato/math.h"

namespace ostinato::OSTINATO_LEVEL {

// h = f(s); Elman 1990.
template <class R, bool rectified>
struct Elman {
    using Real = R;
    using V = Vector<Real>;
    static constexpr int gates = 1, sums = 1, first_hh = 0, kept = 0, most_units = 4;
    static constexpr bool has_cell = false;
    static constexpr int gate_ih[sums] = {0}, gate_hh[sums] = {0};

    template <int U>
    static OSTINATO_INLINE void forward(const V (&s)[U], const Real*, Real*, V*, V (&h)[U]) {
        for (int u = 0; u < U; ++u) {
            if constexpr (rectified) {
                h[u] = s[u] < V{} ? V{} : s[u];  // NaN stays NaN
            } else {
                h[u] = tanh<Real>(s[u]);
            }
        }
    }

    // dh is consumed; what it leaves of itself for h_(t-1) without a product is written to it: nothing here.
    static OSTINATO_INLINE void backward(V h, V, const V*, V& dh, V&, V (&ds)[1]) {
        if constexpr (rectified) {
            ds[0] = h > V{} ? dh : V{};
        } else {
            ds[0] = dh * (Real(1) - h * h);
        }
        dh = V{};
    }
};

// r, z = sigmoid(s), n = tanh(x_n + r h_n), h = (1 - z) n + z h_(t-1); sums x_n, r, z, h_n.
// Cho et al. 2014, with the reset gate after the product, as torch has it.
template <class R>
struct Gru {
    using Real = R;
    using V = Vector<Real>;
    static constexpr int gates = 3, sums = 4, first_hh = 1, kept = 4, most_units = 1;
    static constexpr bool has_cell = false;
    static constexpr int gate_ih[sums] = {2, 0, 1, -1}, gate_hh[sums] = {-1, 0, 1, 2};

    template <int U>
    static OSTINATO_INLINE void forward(const V (&s)[4], const Real* before, Real*, V* keep, V (&h)[U]) {
        const V r = sigmoid<Real>(s[1]), z = sigmoid<Real>(s[2]);
        const V n = tanh<Real>(s[0] + r * s[3]);
        h[0] = n + z * (load(before) - n);
        keep[0] = n, keep[1] = r, keep[2] = z, keep[3] = s[3];
    }

    static OSTINATO_INLINE void backward(V, V before, const V* keep, V& dh, V&, V (&ds)[4]) {
        const V n = keep[0], r = keep[1], z = keep[2], h_n = keep[3];
        ds[0] = dh * (Real(1) - z) * (Real(1) - n * n);
        ds[1] = ds[0] * h_n * r * (Real(1) - r);
        ds[2] = dh * (before - n) * z * (Real(1) - z);
        ds[3] = ds[0] * r;
        dh *= z;
    }
};

// i, f, o = sigmoid(s), g = tanh(s), c = f c_(t-1) + i g, h = o tanh(c); sums i, f, g, o.
// Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
template <class R>
struct Lstm {
    using Real = R;
    using V = Vector<Real>;
    static constexpr int gates = 4, sums = 4, first_hh = 0, kept = 5, most_units = 1;
    static constexpr bool has_cell = true;
    static constexpr int gate_ih[sums] = {0, 1, 2, 3}, gate_hh[sums] = {0, 1, 2, 3};

    template <int U>
    static OSTINATO_INLINE void forward(const V (&s)[4], const Real*, Real* cell, V* keep, V (&h)[U]) {
        const V i = sigmoid<Real>(s[0]), f = sigmoid<Real>(s[1]);
        const V g = tanh<Real>(s[2]), o = sigmoid<Real>(s[3]);
        const V c = f * load(cell) + i * g;
        store(cell, c);
        h[0] = o * tanh<Real>(c);
        keep[0] = i, keep[1] = f, keep[2] = g, keep[3] = o, keep[4] = c;
    }

    // before is c_(t-1); dc becomes dLoss/dc_(t-1).
    static OSTINATO_INLINE void backward(V, V before, const V* keep, V& dh, V& dc, V (&ds)[4]) {
        const V i = keep[0], f = keep[1], g = keep[2], o = keep[3];
        const V squashed = tanh<Real>(keep[4]);
        dc += dh * o * (Real(1) - squashed * squashed);
        ds[0] = dc * g * i * (Real(1) - i);
        ds[1] = dc * before * f * (Real(1) - f);
        ds[2] = dc * i * (Real(1) - g * g);
        ds[3] = dh * squashed * o * (Real(1) - o);
        dc *= f;
        dh = V{};
    }
};

}  // namespace ostinato::OSTINATO_LEVEL
