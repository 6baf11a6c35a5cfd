// The one matrix product that every kernel is built from, with its packed operands.
//
// A product C (m, n) += A (m, k) B (k, n) is done in tiles of M rows by V vectors that stay in registers. B is
// packed in panels of V vectors: panel[k][V][lanes]. A is read number by number, through a pointer a row.
#pragma once

#include "ostinato/simd.h"

namespace ostinato::OSTINATO_LEVEL {

// Rows of a tile of V vectors a row: accumulators, one row of B and a number of A fit the registers.
template <int V>
constexpr int rows_of_tile = vector_registers == 32 ? (V >= 4 ? 6 : 8) : (V >= 4 ? 3 : V == 3 ? 4 : V == 2 ? 6 : 8);

// acc[m][First + v] += a[m] * b[v], one step of a product.
template <int M, int V, int First, int A, class Real, class Number>
OSTINATO_INLINE void multiply_step(Vector<Real> (&acc)[M][A], Number&& a, const Real* b) {
    constexpr int L = lanes<Real>;
    if constexpr (M > V || vector_registers == 32) {
        Vector<Real> w[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) w[v] = load(b + v * L);
#pragma GCC unroll 16
        for (int m = 0; m < M; ++m) {
            const Vector<Real> x = broadcast(a(m));
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) acc[m][First + v] += x * w[v];
        }
    } else {  // the fewer of the two stay in registers
        Vector<Real> x[M];
#pragma GCC unroll 16
        for (int m = 0; m < M; ++m) x[m] = broadcast(a(m));
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
            const Vector<Real> w = load(b + v * L);
#pragma GCC unroll 16
            for (int m = 0; m < M; ++m) acc[m][First + v] += x[m] * w;
        }
    }
}

// acc[m][First + v] += sum over k of a[m][k] * b[k][v]; `b` steps by `stride` numbers from k to k + 1.
template <int M, int V, int First, int A, class Real>
OSTINATO_INLINE void multiply(Vector<Real> (&acc)[M][A], long count, const Real* const (&a)[M], const Real* b,
                              long stride) {
    if constexpr (M * V <= 6) {  // too few sums to hide an addition's latency: twice as many, over odd and even k
        Vector<Real> odd[M][V]{};
        long k = 0;
        for (; k + 1 < count; k += 2, b += 2 * stride) {
            multiply_step<M, V, First>(acc, [&](int m) { return a[m][k]; }, b);
            multiply_step<M, V, 0>(odd, [&](int m) { return a[m][k + 1]; }, b + stride);
        }
        if (k < count) multiply_step<M, V, First>(acc, [&](int m) { return a[m][k]; }, b);
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v)
#pragma GCC unroll 8
            for (int m = 0; m < M; ++m) acc[m][First + v] += odd[m][v];
    } else {
#pragma GCC unroll 2
        for (long k = 0; k < count; ++k, b += stride)
            multiply_step<M, V, First>(acc, [&](int m) { return a[m][k]; }, b);
    }
}

// The same with A transposed: acc[m][v] += sum over k of a[k][m] * b[k][v].
template <int M, int V, class Real>
OSTINATO_INLINE void multiply_transposed(Vector<Real> (&acc)[M][V], long count, const Real* const* a, long column,
                                         const Real* b, long stride) {
#pragma GCC unroll 2
    for (long k = 0; k < count; ++k, b += stride) {
        const Real* row = a[k] + column;
        multiply_step<M, V, 0>(acc, [&](int m) { return row[m]; }, b);
    }
}

// Calls body(first, std::integral_constant-like Size) over 0 … count in even tiles of at most Most rows.
template <int Size>
struct Rows {
    static constexpr int size = Size;
};

template <int Most, class Body>
OSTINATO_INLINE void call_with_rows(int size, Body&& body) {
    if constexpr (Most > 1) {
        if (size < Most) return call_with_rows<Most - 1>(size, body);
    }
    body(Rows<Most>{});
}

template <int Most, class Body>
OSTINATO_INLINE void in_tiles(long count, Body&& body) {
    const long tiles = (count + Most - 1) / Most;
    long first = 0;
    for (long tile = 0; tile < tiles; ++tile) {
        const long size = (count - first) / (tiles - tile);  // rows are dealt evenly: 7 as 4 and 3, not 6 and 1
        call_with_rows<Most>(int(size), [&](auto rows) { body(first, rows); });
        first += size;
    }
}

}  // namespace ostinato::OSTINATO_LEVEL
