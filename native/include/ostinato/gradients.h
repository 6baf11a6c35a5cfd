// What the backward of a layer reads and sums: packed weights, gradients of gates, and sums of those of weights.
#pragma once

#include "ostinato/forward.h"

namespace ostinato::OSTINATO_LEVEL {

// One direction's weights as the backward reads them.
template <class Cell>
struct PackedBackward {
    using Real = typename Cell::Real;

    // So few inputs would leave most lanes of a product's columns empty: their gradients are sums over lanes, where
    // there are enough gates for a sum to be worth its last steps.
    static constexpr long few = lanes<Real> / 4, many_gates = 8 * lanes<Real>;

    Blocks<Cell> blocks;
    Columns<Real> states, inputs, hidden;
    long projection;
    Array<Real> hh, ih, hr;

    PackedBackward(const Shape& shape, bool inputs_wanted)
        : blocks{shape.hidden, true},
          states{shape.state()},
          inputs{inputs_wanted ? shape.input : 0},
          hidden{shape.hidden},
          projection(shape.projection),
          hh(states.padded() * blocks.gates()),
          ih(few_inputs() ? blocks.count() * Blocks<Cell>::panel * inputs.count : inputs.padded() * blocks.gates()),
          hr(projection * hidden.padded()) {}

    bool few_inputs() const { return inputs.count > 0 && inputs.count <= few && blocks.gates() >= many_gates; }

    // Packs the share of thread `rank` of `count`.
    void pack(const Weights<const Real>& weights, int rank, int count) {
        pack_backward<Cell, Cell::first_hh>(hh.get(), weights.hh, blocks, Cell::gate_hh, states.count,
                                            states.groups() * rank / count, states.groups() * (rank + 1) / count);
        if (few_inputs()) {
            pack_forward<Cell, 0>(ih.get(), weights.ih, blocks, Cell::gate_ih, inputs.count,
                                  blocks.count() * rank / count, blocks.count() * (rank + 1) / count);
        } else {
            pack_backward<Cell, 0>(ih.get(), weights.ih, blocks, Cell::gate_ih, inputs.count,
                                   inputs.groups() * rank / count, inputs.groups() * (rank + 1) / count);
        }
        if (projection > 0 && rank == 0) pack_plain(hr.get(), weights.hr, projection, hidden.count);
    }
};

// Where a part sums its weights' gradients, laid out as the forward's packed weights.
template <class Cell>
struct Sums {
    using Real = typename Cell::Real;

    Real *ih, *hh, *bias, *hr;

    static long numbers(const Shape& shape) {
        const Blocks<Cell> blocks{shape.hidden};
        const long hr = shape.projection * Columns<Real>{shape.hidden}.padded();
        return blocks.count() * (Blocks<Cell>::panel * (shape.input + shape.state()) + Blocks<Cell>::sums) + hr;
    }
    Sums(const Shape& shape, Real* at) {
        const Blocks<Cell> blocks{shape.hidden};  // narrow or not, as many numbers
        ih = at;
        hh = ih + blocks.count() * Blocks<Cell>::panel * shape.input;
        bias = hh + blocks.count() * Blocks<Cell>::panel * shape.state();
        hr = bias + blocks.count() * Blocks<Cell>::sums;
    }
};

// What the threads of one direction share: the gradients of a chunk's gates, [block][row][sums * units].
template <class Real>
struct GateGradients {
    Array<Real> values;
    Barrier barrier;

    explicit GateGradients(long numbers) : values(numbers), barrier(1) {}
};

// Sums the parts' gradients of one block's biases into torch's order.
template <class Cell>
inline void unpack_bias(const Weights<typename Cell::Real>& to, const Sums<Cell>* parts, int part_count,
                        const Blocks<Cell>& blocks, long block) {
    using Real = typename Cell::Real;
    for (int s = 0; s < Cell::sums; ++s)
        for (int u = 0; u < blocks.vectors(block); ++u) {
            auto write = [&](Real* bias, int gate) {
                if (bias == nullptr || gate < 0) return;
                const Source rows = source<Cell>(blocks, block, gate, u);
                const long at = block * Blocks<Cell>::sums + blocks.sum_at(block, s, u);
                for (int lane = 0; lane < rows.count; ++lane) {
                    Real total = 0;
                    for (int p = 0; p < part_count; ++p) total += parts[p].bias[at + lane];
                    bias[rows.first + lane] = total;
                }
            };
            write(to.bias_ih, Cell::gate_ih[s]);
            write(to.bias_hh, Cell::gate_hh[s]);
        }
}

}  // namespace ostinato::OSTINATO_LEVEL
