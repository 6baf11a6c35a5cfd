// Weights as the kernels read them, and gradients brought back into torch's order.
//
// Hidden units are cut into blocks, one vector of units each (up to four where the cell has a single gate). The
// panel of a block holds, for every input k, its gates' weights side by side: [k][gates][units]. What lies
// beyond the hidden size is zero, so a padded unit's state stays zero. A layer's last block is narrow where half a
// vector holds its units: two sums then share a vector, [k][sums / 2][two][units / 2].
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
    bool may_be_narrow = false;  // the last block: only for those who read narrow panels, too

    constexpr long count() const { return divide_up(hidden, units); }
    constexpr long padded() const { return divide_up(hidden, L) * L; }
    // Vectors of units in a block: all but the last are full.
    constexpr int vectors(long block) const {
        return int(smaller(Cell::most_units, divide_up(hidden - block * units, L)));
    }
    constexpr bool narrow(long block) const {
        return may_be_narrow && Cell::sums == 4 && hidden - block * units <= L / 2;
    }
    // Where a sum of a block's vector of units begins in the block's row of sums.
    constexpr long sum_at(long block, int sum, int unit_vector) const {
        return narrow(block) ? sum * (L / 2) : (sum * long(vectors(block)) + unit_vector) * L;
    }
    // Numbers of a block's panel for one k.
    constexpr long width(long block) const {
        return narrow(block) ? Cell::sums / 2 * L : Cell::gates * long(vectors(block)) * L;
    }
    // Blocks whose vectors of units are all full.
    constexpr long full() const { return hidden / units; }
    // Gates of all units: what a product over gates sums over.
    constexpr long gates() const { return Cell::gates * hidden; }
};

// Calls body(Rows<U>) with the number of unit vectors of a block.
template <class Cell, class Body>
OSTINATO_INLINE void with_vectors(int vectors, Body&& body) {
    call_with_rows<Cell::most_units>(vectors, body);
}

// How a block's sums stand: `units` vectors of units; vectors of sums, of a panel's row, and before the state's.
template <class Cell, int Units>
struct Full {
    using V = Vector<typename Cell::Real>;
    static constexpr int units = Units, sums = Cell::sums * Units, gates = Cell::gates * Units;
    static constexpr int first_hh = Cell::first_hh * Units;

    static OSTINATO_INLINE void store_sums(typename Cell::Real* to, int u, const V (&each)[Cell::sums]) {
        for (int s = 0; s < Cell::sums; ++s) store(to + (s * units + u) * Blocks<Cell>::L, each[s]);
    }
    // The sums by vectors of units, as a cell takes them; a narrow block's are put into `space`.
    using Each = V[sums];
    static OSTINATO_INLINE const Each& apart(const V (&both)[sums], Each&) { return both; }
};

template <class Cell>
struct Narrow {
    using V = Vector<typename Cell::Real>;
    static constexpr int units = 1, sums = Cell::sums / 2, gates = sums, first_hh = 0;

    static OSTINATO_INLINE void store_sums(typename Cell::Real* to, int, const V (&each)[Cell::sums]) {
        for (int s = 0; s < sums; ++s)
            store(to + s * Blocks<Cell>::L, beside<typename Cell::Real>(each[2 * s], each[2 * s + 1]));
    }
    using Each = V[Cell::sums];
    static OSTINATO_INLINE const Each& apart(const V (&both)[sums], Each& space) {
        for (int s = 0; s < sums; ++s) {
            space[2 * s] = lower_half<typename Cell::Real>(both[s]);
            space[2 * s + 1] = upper_half<typename Cell::Real>(both[s]);
        }
        return space;
    }
};

// Calls body(Full or Narrow) with how a block's sums stand.
template <class Cell, class Body>
OSTINATO_INLINE void with_form(const Blocks<Cell>& blocks, long block, Body&& body) {
    if constexpr (Cell::sums == 4) {
        if (blocks.narrow(block)) return body(Narrow<Cell>{});
    }
    with_vectors<Cell>(blocks.vectors(block), [&](auto u) { body(Full<Cell, decltype(u)::size>{}); });
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

// Calls body(offset, source) for every vector of units in a row of a block's panel, which begins `offset` numbers
// into it; `First` is the sum it belongs to at first.
template <class Cell, int First, class Body>
inline void for_each_vector(const Blocks<Cell>& blocks, long block, const int (&gate)[Cell::sums], Body&& body) {
    const int units = blocks.vectors(block), skipped = blocks.narrow(block) ? 0 : First;
    for (int g = 0; g < Cell::gates; ++g)
        for (int u = 0; u < units; ++u)
            body(blocks.sum_at(block, First + g - skipped, u), source<Cell>(blocks, block, gate[First + g], u));
}

// to[k * stride + lane] = from[(first + lane) * count + k] for the rows of `source`; 0 in the other lanes written.
template <class Real>
OSTINATO_NOINLINE void transpose_rows(Real* to, long stride, const Real* from, Source source, long count,
                                      int written = lanes<Real>) {
    constexpr int L = lanes<Real>;
    const Real* first = from + source.first * count;
    for (long k = 0; k < count; k += L, to += L * stride) {
        const int width = int(smaller(L, count - k));
        Vector<Real> rows[L];
        for (int lane = 0; lane < L; ++lane)
            rows[lane] = lane < source.count ? load_first(first + lane * count + k, width) : Vector<Real>{};
        transpose<Real>(rows);
        for (int i = 0; i < width; ++i) store_first(to + i * stride, rows[i], written);
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
                for (long p = 0; p < part_count; ++p)
                    totals[i] += load_first(parts[p] + offset + (k + i) * stride, rows.count);
        }
        transpose<Real>(totals);
        for (int lane = 0; lane < rows.count; ++lane) store_first(to + (rows.first + lane) * count + k, totals[lane], width);
    }
}

// Packs blocks first … last - 1 of a weight matrix (gates * hidden, count) for the forward.
template <class Cell, int First>
inline void pack_forward(typename Cell::Real* to, const typename Cell::Real* weight, const Blocks<Cell>& blocks,
                         const int (&gate)[Cell::sums], long count, long first, long last) {
    using Real = typename Cell::Real;
    for (long block = first; block < last; ++block) {
        Real* panel = to + block * count * Blocks<Cell>::panel;
        const long width = blocks.width(block);
        const bool narrow = blocks.narrow(block);
        // a narrow one may have sums without a gate
        if (narrow) std::memset(panel, 0, std::size_t(count * width) * sizeof(Real));
        for_each_vector<Cell, First>(blocks, block, gate, [&](long offset, Source source) {
            transpose_rows(panel + offset, width, weight, source, count, narrow ? lanes<Real> / 2 : lanes<Real>);
        });
    }
}

// Packs the biases of a block's sums; those of input and state are added where the cell adds their products.
template <class Cell>
inline void pack_bias(typename Cell::Real* to, const typename Cell::Real* ih, const typename Cell::Real* hh,
                      const Blocks<Cell>& blocks) {
    for (long block = 0; block < blocks.count(); ++block) {
        auto* row = to + block * Blocks<Cell>::sums;
        std::memset(row, 0, std::size_t(Blocks<Cell>::sums) * sizeof(typename Cell::Real));
        for (int s = 0; s < Cell::sums; ++s)
            for (int u = 0; u < blocks.vectors(block); ++u) {
                auto* vector = row + blocks.sum_at(block, s, u);
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

// Copies `count` numbers and fills the last vector with zeros.
template <class Real>
OSTINATO_INLINE void copy_padded(Real* to, const Real* from, long count) {
    for (long i = 0; i < count; i += lanes<Real>) store(to + i, load_first(from + i, int(smaller(lanes<Real>, count - i))));
}

// Packs a weight matrix (gates * hidden, columns) so that rows of gate gradients can be multiplied by it; a
// panel's k runs over blocks, gates, units, without those beyond the hidden size.
template <class Cell, int First>
inline void pack_backward(typename Cell::Real* to, const typename Cell::Real* weight, const Blocks<Cell>& blocks,
                          const int (&gate)[Cell::sums], long columns, long first_group, long last_group) {
    using Real = typename Cell::Real;
    const Columns<Real> into{columns};
    for (long g = first_group; g < last_group; ++g) {
        Real* row = to + g * blocks.gates() * Columns<Real>::group;
        const long width = long(into.vectors(g)) * lanes<Real>, column = g * Columns<Real>::group;
        const long real = smaller(width, columns - column);
        for (long block = 0; block < blocks.count(); ++block)
            for_each_vector<Cell, First>(blocks, block, gate, [&](long, Source source) {
                for (int lane = 0; lane < source.count; ++lane, row += width)
                    copy_padded(row, weight + (source.first + lane) * columns + column, real);
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
        Real* row = to + g * rows * Columns<Real>::group;
        for (long k = 0; k < rows; ++k, row += width)
            copy_padded(row, weight + k * columns + column, smaller(width, columns - column));
    }
}

// Sums the parts' gradients of one block, laid out as pack_forward lays out weights, into torch's matrix.
template <class Cell, int First>
inline void unpack_gradient(typename Cell::Real* to, const typename Cell::Real* const* parts, long part_count,
                            const Blocks<Cell>& blocks, const int (&gate)[Cell::sums], long count, long block) {
    const long panel = block * count * Blocks<Cell>::panel, width = blocks.width(block);
    for_each_vector<Cell, First>(blocks, block, gate, [&](long offset, Source source) {
        sum_transposed(to, source, count, parts, part_count, panel + offset, width);
    });
}

}  // namespace ostinato::OSTINATO_LEVEL
