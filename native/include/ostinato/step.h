// A stack of layers advanced step by step from weights that were packed once.
//
// A block's panel holds its weights for the input and then those for the state: a step of one stream reads all
// weights once, in the order in which they stand. That reading is what takes the time, so every other step takes
// the blocks from last to first, and begins with the weights that the step before has left in the first cache.
#pragma once

#include "ostinato/products.h"
#include "ostinato/step_kernels.h"

namespace ostinato::OSTINATO_LEVEL {

// Calls body(Cell{}) with the cell that a shape names.
template <class Real, class Body>
OSTINATO_INLINE auto with_cell(const StackShape& shape, const Body& body) {
    switch (shape.cell) {
        case Cell::rnn_tanh: return body(Elman<Real, false>{});
        case Cell::rnn_relu: return body(Elman<Real, true>{});
        case Cell::gru: return body(Gru<Real>{});
        default: return body(Lstm<Real>{});
    }
}

// Rows of numbers, one a stream.
template <class Number>
struct Matrix {
    Number* base;
    long stride;

    OSTINATO_INLINE Number* operator[](long row) const { return base + row * stride; }
};

template <class Real>
OSTINATO_INLINE void copy_row(Real* to, const Real* from, long count) {
    for (long i = 0; i < count; i += lanes<Real>) {
        const int width = int(smaller(lanes<Real>, count - i));
        store_first(to + i, load_first(from + i, width), width);
    }
}

// The h of a call's streams in one layer; c stands StateRows::cell numbers behind.
template <class Real>
OSTINATO_INLINE Matrix<Real> states_of(const StepCall<Real>& call, long layer) {
    const long stride = StateRows<Real>(*call.shape).stride;
    return {call.states + (layer * call.capacity + call.first) * stride, stride};
}

// Takes a call's streams through all its steps and layers; step(layer, input, turned) does one layer's, which
// leaves its output in the layer's states.
template <class Real, class Step>
OSTINATO_INLINE void run_steps(const StepCall<Real>& call, Step&& step) {
    const StackShape& shape = *call.shape;
    for (long t = 0; t < call.steps; ++t) {
        const long row = t * call.streams + call.first;
        Matrix<const Real> input{call.x + row * shape.input, shape.input};
        for (long layer = 0; layer < shape.layers; ++layer) {
            step(layer, input, (call.passed + t) % 2 != 0);
            const Matrix<Real> h = states_of(call, layer);
            input = {h.base, h.stride};
        }
        for (long i = 0; i < call.last - call.first; ++i)
            copy_row(call.y + (row + i) * shape.state(), input[i], shape.state());
    }
}

// Calls body(block, Rows<U>) for all blocks of U unit vectors each, in either order.
template <class Cell, class Body>
OSTINATO_INLINE void for_each_block(const Blocks<Cell>& blocks, bool turned, Body&& body) {
    const long count = blocks.count();
    for (long i = 0; i < count; ++i) {
        const long block = turned ? count - 1 - i : i;
        with_vectors<Cell>(blocks.vectors(block), [&](auto vectors) { body(block, vectors); });
    }
}

// One layer's packed weights: panels [block][I + S][gates][units], biases [block][sums][units] and a projection.
template <class Cell>
struct StepLayer {
    using Real = typename Cell::Real;

    Blocks<Cell> blocks;
    long input, state, projection;
    Real *panels, *bias, *hr;

    StepLayer(const StackShape& shape, long layer, const void* packed)
        : blocks{shape.hidden}, input(shape.input_of(layer)), state(shape.state()), projection(shape.projection) {
        panels = static_cast<Real*>(const_cast<void*>(packed)) + offset(shape, layer);
        bias = panels + blocks.count() * panel_numbers();
        hr = bias + blocks.count() * Blocks<Cell>::sums;
    }

    // Numbers before those of a layer; all but the first are alike.
    static long offset(const StackShape& shape, long layer) {
        return layer == 0 ? 0 : numbers(shape, 0) + (layer - 1) * numbers(shape, 1);
    }

    Real* panel(long block) const { return panels + block * panel_numbers(); }

    void pack(const Weights<const Real>& weights) const {
        for (long block = 0; block < blocks.count(); ++block) {
            const long width = blocks.width(block);
            pack_part<0>(panel(block), width, weights.ih, Cell::gate_ih, input, block);
            pack_part<Cell::first_hh>(panel(block) + input * width, width, weights.hh, Cell::gate_hh, state, block);
        }
        pack_bias<Cell>(bias, weights.bias_ih, weights.bias_hh, blocks);
        if (projection > 0) pack_projection(hr, weights.hr, projection, blocks.hidden);
    }

  private:
    static long numbers(const StackShape& shape, long layer) {
        const Blocks<Cell> blocks{shape.hidden};
        const long rows = shape.input_of(layer) + shape.state();
        return blocks.count() * (rows * Blocks<Cell>::panel + Blocks<Cell>::sums) +
               Columns<Real>{shape.projection}.padded() * shape.hidden;
    }
    long panel_numbers() const { return (input + state) * Blocks<Cell>::panel; }

    template <int First>
    void pack_part(Real* to, long width, const Real* weight, const int (&gate)[Cell::sums], long count,
                   long block) const {
        for_each_vector<Cell, First>(blocks, block, gate, [&](long offset, Source source) {
            transpose_rows(to + offset, width, weight, source, count);
        });
    }
};

// Advances the streams of a call.
template <class Cell>
class Stepper {
  public:
    using Real = typename Cell::Real;
    using V = Vector<Real>;
    static constexpr int L = lanes<Real>;

    explicit Stepper(const StepCall<Real>& call)
        : call_(call),
          shape_(*call.shape),
          count_(call.last - call.first),
          cell_(StateRows<Real>(shape_).cell),
          made_{static_cast<Real*>(call.scratch), StateRows<Real>::padded(shape_.hidden)} {}

    static long scratch_bytes(const StackShape& shape, long streams) {
        return streams * StateRows<Real>::padded(shape.hidden) * long(sizeof(Real));
    }

    void run() {
        run_steps(call_, [&](long layer, Matrix<const Real> input, bool turned) { step(layer, input, turned); });
    }

  private:
    void step(long layer, Matrix<const Real> input, bool turned) {
        const StepLayer<Cell> weights(shape_, layer, call_.packed);
        const Matrix<Real> h = states_of(call_, layer);
        for_each_block(weights.blocks, turned, [&](long block, auto vectors) {
            advance_block<decltype(vectors)::size>(weights, block, input, h);
        });
        if (shape_.projection > 0) return project(weights, h);
        for (long i = 0; i < count_; ++i) copy_row(h[i], made_[i], made_.stride);
    }

    template <int U>
    void advance_block(const StepLayer<Cell>& weights, long block, Matrix<const Real> input, Matrix<Real> h) {
        constexpr int S = Cell::sums * U, G = Cell::gates * U;
        const Real *panel = weights.panel(block), *bias = weights.bias + block * Blocks<Cell>::sums;
        in_tiles<rows_of_tile<S>>(count_, [&](long first, auto size) {
            constexpr int M = decltype(size)::size;
            V sums[M][S];
            const Real* rows[M];
            for (int m = 0; m < M; ++m) {
                rows[m] = input[first + m];
                for (int s = 0; s < S; ++s) sums[m][s] = load(bias + s * L);
            }
            multiply<M, G, 0>(sums, weights.input, rows, panel, G * L);
            for (int m = 0; m < M; ++m) rows[m] = h[first + m];
            multiply<M, G, Cell::first_hh * U>(sums, weights.state, rows, panel + weights.input * G * L, G * L);
            for (int m = 0; m < M; ++m) finish<U>(sums[m], h[first + m], first + m, block * Blocks<Cell>::units);
        });
    }

    // From the sums of one stream to what it has made; h itself is still read by other blocks.
    template <int U, int S>
    OSTINATO_INLINE void finish(const V (&sums)[S], Real* h, long stream, long unit) {
        V made[U], keep[Cell::kept + 1];
        Cell::template forward<U>(sums, h + unit, h + cell_ + unit, keep, made);
        for (int u = 0; u < U; ++u) store(made_[stream] + unit + u * L, made[u]);
    }

    // h = W_hr (o tanh(c)).
    void project(const StepLayer<Cell>& weights, Matrix<Real> h) {
        const auto units = Operand<Real>::whole(made_.base, made_.stride, shape_.hidden);
        const Columns<Real> columns{shape_.projection};
        product(units, count_, weights.hr, columns, {h.base, h.stride, columns.padded(), false}, 0, 1);
    }

    const StepCall<Real>& call_;
    const StackShape& shape_;
    const long count_, cell_;
    const Matrix<Real> made_;
};

}  // namespace ostinato::OSTINATO_LEVEL
