// Products of many rows by packed panels. None of them knows a cell, so each is compiled once a number type.
#pragma once

#include "ostinato/pack.h"

namespace ostinato::OSTINATO_LEVEL {

// Numbers of a row in runs of one length: number k of run j of a row is base[j * stride + row * row_stride + k].
template <class Real>
struct Runs {
    const Real* base;
    long count, length, stride;
};

// Rows to be multiplied: runs of their numbers, and then others, of another length.
template <class Real>
struct Operand {
    long row_stride;
    Runs<Real> first, then;

    static Operand whole(const Real* base, long row_stride, long length) {
        return {row_stride, {base, 1, length, 0}, {base, 0, 0, 0}};
    }
    long runs() const { return first.count + then.count; }
    long total() const { return first.count * first.length + then.count * then.length; }
};

// Where the rows of a product go: to base + row * stride, or rows[row] where that is given; `columns` numbers
// may be written. What is there is added to the product or overwritten.
template <class Real>
struct Result {
    Real* base;
    long stride, columns;
    bool add;
    Real* const* rows = nullptr;
    bool backwards = false;  // start with the last columns: what was read last is still in the nearest cache

    Real* row(long i) const { return rows == nullptr ? base + i * stride : rows[i]; }
};

// to (count, columns) = rows (count, k) times panels (k, columns), for share `member` of `team` of the columns.
template <class Real>
OSTINATO_NOINLINE void product(const Operand<Real>& rows, long count, const Real* panels, const Columns<Real>& columns,
                               const Result<Real>& to, int member, int team) {
    constexpr int L = lanes<Real>;
    const long first_group = columns.groups() * member / team, end = columns.groups() * (member + 1) / team;
    for (long i = first_group; i < end; ++i) {
        const long group = to.backwards ? first_group + end - 1 - i : i;
        call_with_rows<4>(columns.vectors(group), [&](auto vectors) {
            constexpr int W = decltype(vectors)::size;
            const Real* panel = panels + group * rows.total() * Columns<Real>::group;
            in_tiles<rows_of_tile<W>>(count, [&](long first, auto size) {
                constexpr int M = decltype(size)::size;
                Vector<Real> acc[M][W]{};
                const Real* b = panel;
                for (long run = 0; run < rows.runs(); ++run) {
                    const bool early = run < rows.first.count;
                    const Runs<Real>& of = early ? rows.first : rows.then;
                    const Real* start = of.base + (early ? run : run - rows.first.count) * of.stride;
                    const Real* a[M];
                    for (int m = 0; m < M; ++m) a[m] = start + (first + m) * rows.row_stride;
                    multiply<M, W, 0>(acc, of.length, a, b, W * L);
                    b += of.length * W * L;
                }
                for (int m = 0; m < M; ++m)
                    for (int w = 0; w < W; ++w) {
                        const long column = group * Columns<Real>::group + w * L;
                        const int width = int(smaller(L, to.columns - column));
                        Real* at = to.row(first + m) + column;
                        store_first(at, to.add ? acc[m][w] + load_first(at, width) : acc[m][w], width);
                    }
            });
        });
    }
}

// to[row * stride + g * lanes] = bias + row times panel, for rows given by pointers: one block's share of what
// the inputs bring to the gates.
template <int G, class Real>
OSTINATO_NOINLINE void project_rows(Real* to, long stride, const Real* const* rows, long count, long length,
                                    const Real* bias, const Real* panel) {
    constexpr int L = lanes<Real>;
    in_tiles<rows_of_tile<G>>(count, [&](long first, auto size) {
        constexpr int M = decltype(size)::size;
        Vector<Real> acc[M][G];
        const Real* a[M];
        for (int m = 0; m < M; ++m) {
            a[m] = rows[first + m];
            for (int g = 0; g < G; ++g) acc[m][g] = load(bias + g * L);
        }
        multiply<M, G, 0>(acc, length, a, panel, G * L);
        for (int m = 0; m < M; ++m)
            for (int g = 0; g < G; ++g) store(to + (first + m) * stride + g * L, acc[m][g]);
    });
}

// to[i * to_stride + g * lanes] += sum over rows of rows[row][i] * gates[row * stride + g * lanes], i below
// `columns`: a chunk's share of the gradient of a weight panel. The first chunk's is no sum: `to` is not read.
template <int G, class Real>
OSTINATO_NOINLINE void sum_outer(Real* to, long to_stride, const Real* const* rows, long count, long columns,
                                 const Real* gates, long stride, bool first_chunk) {
    constexpr int L = lanes<Real>;
    in_tiles<rows_of_tile<G>>(columns, [&](long first, auto size) {
        constexpr int M = decltype(size)::size;
        Vector<Real> acc[M][G];
        for (int m = 0; m < M; ++m)
            for (int g = 0; g < G; ++g)
                acc[m][g] = first_chunk ? Vector<Real>{} : load(to + (first + m) * to_stride + g * L);
        multiply_transposed<M, G>(acc, count, rows, first, gates, stride);
        for (int m = 0; m < M; ++m)
            for (int g = 0; g < G; ++g) store(to + (first + m) * to_stride + g * L, acc[m][g]);
    });
}

}  // namespace ostinato::OSTINATO_LEVEL
