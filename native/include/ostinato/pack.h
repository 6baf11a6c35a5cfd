// Weights as the kernels read them, and gradients brought back into torch's order.
//
// Hidden units are cut into blocks, one vector of units each (up to four where the cell has a single gate). The
// panel of a block holds, for every input k, its gates' weights side by side: [k][gates][units]. What lies
// beyond the hidden size is zero, so a padded unit's state stays zero.
#pragma once

#include "ostinato/buffers.h"
#include "ostinato/cells.h"
#include "ostinato/gemm.h"
#include "ostinato/layer.h"

namespace ostinato::OSTINATO_LEVEL {

// An aligned array that goes back to the free list with its scope.
template <class T>
class Array {
  public:
    explicit Array(long count) : data_(count > 0 ? static_cast<T*>(take(std::size_t(count) * sizeof(T))) : nullptr) {}
    ~Array() {
        if (data_ != nullptr) give(data_);
    }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    T* get() const { return data_; }
    T& operator[](long i) const { return data_[i]; }
    void clear(long count) const {
        if (count > 0) std::memset(data_, 0, std::size_t(count) * sizeof(T));
    }

  private:
    T* data_;
};

constexpr long smaller(long a, long b) { return a < b ? a : b; }
constexpr long larger(long a, long b) { return a > b ? a : b; }
constexpr long divide_up(long a, long b) { return (a + b - 1) / b; }

// The blocks that a cell's hidden units are cut into.
template <class Cell>
struct Blocks {
    using Real = typename Cell::Real;
    static constexpr int L = lanes<Real>;
    static constexpr long units = long(Cell::most_units) * L;      // of a full block
    static constexpr long panel = Cell::gates * units;             // numbers of its panel for one k
    static constexpr long sums = Cell::sums * units;

    long hidden;

    constexpr long count() const { return divide_up(hidden, units); }
    constexpr long padded() const { return divide_up(hidden, L) * L; }
    // Vectors of units in a block: all but the last are full.
    constexpr int vectors(long block) const {
        return int(smaller(Cell::most_units, divide_up(hidden - block * units, L)));
    }
    // Numbers of the gates of all blocks: what a product over gates sums over.
    constexpr long gates() const { return Cell::gates * padded(); }
};

// Calls body(Rows<U>) with the number of unit vectors of a block.
template <class Cell, class Body>
OSTINATO_INLINE void with_vectors(int vectors, Body&& body) {
    call_with_rows<Cell::most_units>(vectors, body);
}

// Where one vector of a block's sums has its weights: rows `first` … `first + count - 1` of torch's matrix.
struct Source {
    long first;
    int count;
};

template <class Cell>
inline Source source(const Blocks<Cell>& blocks, long block, int gate, int unit_vector) {
    const long unit = block * Blocks<Cell>::units + long(unit_vector) * Blocks<Cell>::L;
    const long left = blocks.hidden - unit;
    return {gate * blocks.hidden + unit, int(left < Blocks<Cell>::L ? left : Blocks<Cell>::L)};
}

// Calls body(vector, source) for every vector of a block's panel; `First` is the sum it belongs to at first.
template <class Cell, int First, class Body>
inline void for_each_vector(const Blocks<Cell>& blocks, long block, const int (&gate)[Cell::sums], Body&& body) {
    const int units = blocks.vectors(block);
    for (int g = 0; g < Cell::gates; ++g)
        for (int u = 0; u < units; ++u) body(g * units + u, source<Cell>(blocks, block, gate[First + g], u));
}

// to[k * stride + lane] = from[(first + lane) * count + k] for the rows of `source`; 0 in the other lanes.
template <class Real>
OSTINATO_NOINLINE void transpose_rows(Real* to, long stride, const Real* from, Source source, long count) {
    constexpr int L = lanes<Real>;
    const Real* first = from + source.first * count;
    for (long k = 0; k < count; k += L, to += L * stride) {
        const int width = int(smaller(L, count - k));
        Vector<Real> rows[L];
        for (int lane = 0; lane < L; ++lane)
            rows[lane] = lane < source.count ? load_first(first + lane * count + k, width) : Vector<Real>{};
        transpose<Real>(rows);
        for (int i = 0; i < width; ++i) store(to + i * stride, rows[i]);
    }
}

// The inverse, of the sum of several parts: to[(first + lane) * count + k] = sum of parts[p][offset + k * stride + lane].
template <class Real>
OSTINATO_NOINLINE void sum_transposed(Real* to, Source rows, long count, const Real* const* parts, long part_count,
                                      long offset, long stride) {
    constexpr int L = lanes<Real>;
    for (long k = 0; k < count; k += L) {
        const int width = int(smaller(L, count - k));
        Vector<Real> totals[L];
        for (int i = 0; i < L; ++i) {
            totals[i] = Vector<Real>{};
            if (i < width)
                for (long p = 0; p < part_count; ++p) totals[i] += load(parts[p] + offset + (k + i) * stride);
        }
        transpose<Real>(totals);
        for (int lane = 0; lane < rows.count; ++lane) store_first(to + (rows.first + lane) * count + k, totals[lane], width);
    }
}

// Packs blocks first … last - 1 of a weight matrix (gates * hidden, count) for the forward.
template <class Cell, int First>
inline void pack_forward(typename Cell::Real* to, const typename Cell::Real* weight, const Blocks<Cell>& blocks,
                         const int (&gate)[Cell::sums], long count, long first, long last) {
    constexpr int L = Blocks<Cell>::L;
    for (long block = first; block < last; ++block) {
        auto* panel = to + block * count * Blocks<Cell>::panel;
        const long stride = long(Cell::gates) * blocks.vectors(block) * L;
        for_each_vector<Cell, First>(blocks, block, gate, [&](int vector, Source source) {
            transpose_rows(panel + vector * L, stride, weight, source, count);
        });
    }
}

// Packs the biases of a block's sums; those of input and state are added where the cell adds their products.
template <class Cell>
inline void pack_bias(typename Cell::Real* to, const typename Cell::Real* ih, const typename Cell::Real* hh,
                      const Blocks<Cell>& blocks) {
    constexpr int L = Blocks<Cell>::L;
    for (long block = 0; block < blocks.count(); ++block) {
        const int units = blocks.vectors(block);
        for (int s = 0; s < Cell::sums; ++s)
            for (int u = 0; u < units; ++u) {
                auto* vector = to + block * Blocks<Cell>::sums + (s * units + u) * L;
                std::memset(vector, 0, sizeof(Vector<typename Cell::Real>));
                auto add = [&](const typename Cell::Real* bias, int gate) {
                    if (bias == nullptr || gate < 0) return;
                    const Source rows = source<Cell>(blocks, block, gate, u);
                    for (int lane = 0; lane < rows.count; ++lane) vector[lane] += bias[rows.first + lane];
                };
                add(ih, Cell::gate_ih[s]);
                add(hh, Cell::gate_hh[s]);
            }
    }
}

// Panels of up to four vectors of columns, [group][k][vectors * L], and the columns in them.
template <class Real>
struct Columns {
    static constexpr int L = lanes<Real>;
    static constexpr long group = 4 * L;

    long count;

    constexpr long groups() const { return divide_up(count, group); }
    constexpr int vectors(long g) const { return int(smaller(4, divide_up(count - g * group, L))); }
    constexpr long padded() const { return divide_up(count, L) * L; }
};

// Packs a weight matrix (gates * hidden, columns) so that rows of gate gradients can be multiplied by it; a
// panel's k runs over blocks, gates, units.
template <class Cell, int First>
inline void pack_backward(typename Cell::Real* to, const typename Cell::Real* weight, const Blocks<Cell>& blocks,
                          const int (&gate)[Cell::sums], long columns, long first_group, long last_group) {
    using Real = typename Cell::Real;
    constexpr int L = Blocks<Cell>::L;
    const Columns<Real> into{columns};
    for (long g = first_group; g < last_group; ++g) {
        Real* row = to + g * blocks.gates() * Columns<Real>::group;
        const long width = long(into.vectors(g)) * L, column = g * Columns<Real>::group;
        const long real = smaller(width, columns - column);
        for (long block = 0; block < blocks.count(); ++block)
            for_each_vector<Cell, First>(blocks, block, gate, [&](int, Source source) {
                for (int lane = 0; lane < L; ++lane, row += width) {
                    std::memset(row, 0, std::size_t(width) * sizeof(Real));
                    if (lane < source.count)
                        std::memcpy(row, weight + (source.first + lane) * columns + column,
                                    std::size_t(real) * sizeof(Real));
                }
            });
    }
}

// Packs a projection (P, H) into panels over P, for products of rows (n, H) by its transpose.
template <class Real>
inline void pack_projection(Real* to, const Real* weight, long projection, long hidden) {
    constexpr int L = lanes<Real>;
    const Columns<Real> columns{projection};
    for (long g = 0; g < columns.groups(); ++g)
        for (int v = 0; v < columns.vectors(g); ++v) {
            const long first = g * Columns<Real>::group + v * L;
            const Source rows{first, int(smaller(L, projection - first))};
            transpose_rows(to + g * hidden * Columns<Real>::group + v * L, long(columns.vectors(g)) * L, weight, rows,
                           hidden);
        }
}

// Packs a matrix (rows, columns) as it stands into panels over its columns.
template <class Real>
inline void pack_plain(Real* to, const Real* weight, long rows, long columns) {
    const Columns<Real> into{columns};
    for (long g = 0; g < into.groups(); ++g) {
        const long width = long(into.vectors(g)) * lanes<Real>, column = g * Columns<Real>::group;
        const long real = smaller(width, columns - column);
        Real* row = to + g * rows * Columns<Real>::group;
        for (long k = 0; k < rows; ++k, row += width) {
            std::memset(row, 0, std::size_t(width) * sizeof(Real));
            std::memcpy(row, weight + k * columns + column, std::size_t(real) * sizeof(Real));
        }
    }
}

// Sums the parts' gradients of one block, laid out as pack_forward lays out weights, into torch's matrix.
template <class Cell, int First>
inline void unpack_gradient(typename Cell::Real* to, const typename Cell::Real* const* parts, long part_count,
                            const Blocks<Cell>& blocks, const int (&gate)[Cell::sums], long count, long block) {
    constexpr int L = Blocks<Cell>::L;
    const long stride = long(Cell::gates) * blocks.vectors(block) * L;
    for_each_vector<Cell, First>(blocks, block, gate, [&](int vector, Source source) {
        const long offset = block * count * Blocks<Cell>::panel + vector * L;
        sum_transposed(to, source, count, parts, part_count, offset, stride);
    });
}

}  // namespace ostinato::OSTINATO_LEVEL
