// A layer run over its sequences, first step to last or last to first.
#pragma once

#include "ostinato/plan.h"
#include "ostinato/products.h"
#include "ostinato/ragged.h"

namespace ostinato::OSTINATO_LEVEL {

// One direction's weights as the forward reads them.
template <class Cell>
struct PackedForward {
    using Real = typename Cell::Real;

    Blocks<Cell> blocks;
    long input, state, projection;
    Array<Real> ih, hh, bias, hr;

    explicit PackedForward(const Shape& shape)
        : blocks{shape.hidden, true},
          input(shape.input),
          state(shape.state()),
          projection(shape.projection),
          ih(blocks.count() * Blocks<Cell>::panel * input),
          hh(blocks.count() * Blocks<Cell>::panel * state),
          bias(blocks.count() * Blocks<Cell>::sums),
          hr(projection > 0 ? Columns<Real>{projection}.padded() * shape.hidden : 0) {}

    // Packs the share of thread `rank` of `count`.
    void pack(const Weights<const Real>& weights, int rank, int count) {
        const long first = blocks.count() * rank / count, last = blocks.count() * (rank + 1) / count;
        pack_forward<Cell, 0>(ih.get(), weights.ih, blocks, Cell::gate_ih, input, first, last);
        pack_forward<Cell, Cell::first_hh>(hh.get(), weights.hh, blocks, Cell::gate_hh, state, first, last);
        if (rank > 0) return;
        pack_bias<Cell>(bias.get(), weights.bias_ih, weights.bias_hh, blocks);
        if (projection > 0) pack_projection(hr.get(), weights.hr, projection, blocks.hidden);
    }
};

// What the threads of one direction share: the states of all its sequences before and after a step, in turns.
// A page stands between two parts' states: what fetches ahead in one thread would else take lines from the other
// that it is about to write.
template <class Real>
struct States {
    static constexpr long gap = 4096 / long(sizeof(Real));

    long stride;  // numbers from one sequence's state to the next
    Array<Real> even, odd;
    Barrier barrier;

    States(long batch, long state, long parts)
        : stride(Columns<Real>{state}.padded()), even(numbers(batch, parts)), odd(numbers(batch, parts)), barrier(1) {
        even.clear(numbers(batch, parts));
        odd.clear(numbers(batch, parts));
    }
    long numbers(long batch, long parts) const { return batch * stride + (parts - 1) * gap; }
    // Those of a part's first sequence.
    Real* before(long pass, const Part& part) const {
        return (pass % 2 == 0 ? even : odd).get() + part.first * stride + part.index * gap;
    }
    Real* after(long pass, const Part& part) const { return before(pass + 1, part); }
};

// Steps are passed in the order of a direction: pass 0 is its first step.
template <class Cell>
class ForwardPart {
  public:
    using Real = typename Cell::Real;
    using V = Vector<Real>;
    static constexpr int L = lanes<Real>;

    ForwardPart(const Forward<Real>& call, const Ragged<Real>& rows, const PackedForward<Cell>& packed,
                States<Real>& states, const Part& part)
        : call_(call),
          shape_(call.shape),
          rows_(rows),
          packed_(packed),
          blocks_(packed.blocks),
          states_(states),
          part_(part),
          first_block_(blocks_.count() * part.member / part.team),
          last_block_(blocks_.count() * (part.member + 1) / part.team),
          fused_(fuses()),
          chunk_(fused_ ? 0 : larger(chunk_rows, part.last - part.first)),
          output_stride_(shape_.directions * shape_.state()),
          cells_(Cell::has_cell ? sequences() * blocks_.padded() : 0),
          projected_(chunk_ * (last_block_ - first_block_) * Blocks<Cell>::panel),
          unprojected_(shape_.projection > 0 ? sequences() * blocks_.padded() : 0),
          sources_(larger(chunk_, sequences())) {
        cells_.clear(Cell::has_cell ? sequences() * blocks_.padded() : 0);
    }

    void run() {
        if (sequences() == 0) return;
        prepare(0);
        meet();
        for (long pass = 0; pass < shape_.steps;) {
            const long end = fused_ ? pass + 1 : chunk_end(pass);
            if (!fused_) project(pass, end);
            for (long row = 0; pass < end; ++pass) {
                advance(pass, row);
                row += active(pass);
                if (shape_.projection > 0) project_output(pass);
                leave(pass);
                prepare(pass + 1);
                meet();
            }
        }
    }

  private:
    static constexpr long chunk_rows = 96;

    long sequences() const { return part_.last - part_.first; }
    // Where a step finds the states and leaves its results, from the part's first sequence on.
    struct Place {
        const Real* before;
        Real *after, *output, *saved;
    };
    Place place_of(long pass, long block) const {
        Real* output = call_.output + rows_.row(part_, pass) * output_stride_ + part_.direction * shape_.state();
        const long vectors = kept_vectors<Cell>(call_.keep);
        Real* saved =
            vectors == 0 ? nullptr : call_.saved + rows_.saved(part_, pass, block, blocks_.count(), vectors);
        return {states_.before(pass, part_), states_.after(pass, part_), output, saved};
    }

    long active(long pass) const { return rows_.active(part_, pass); }
    void meet() { states_.barrier.wait(part_.team); }

    // Whether the input's product is made with the state's, step by step, and never stored: worth it where a
    // step has enough rows to be a product in its own right.
    bool fuses() const {
        const long bytes = blocks_.gates() * (shape_.input + shape_.state()) * long(sizeof(Real));
        return sequences() >= (bytes / part_.team <= (768 << 10) ? 12 : 48);
    }

    long chunk_end(long pass) const {
        long rows = active(pass++);
        while (pass < shape_.steps && rows + active(pass) <= chunk_) rows += active(pass++);
        return pass;
    }

    // The input's products of all rows of a chunk, for this member's blocks: [block][row][gates * units].
    void project(long pass, long end) {
        const long count = rows_.pointers(part_, pass, end, call_.input, shape_.input, sources_.get());
        for (long block = first_block_; block < last_block_; ++block)
            with_form<Cell>(blocks_, block, [&](auto form) {
                project_rows<decltype(form)::gates>(projected_block(block), Blocks<Cell>::panel, sources_.get(), count,
                                                    shape_.input, bias(block), ih(block));
            });
    }

    // One step of all active sequences; `row` is the first one's in the chunk.
    void advance(long pass, long row) {
        const long count = active(pass);
        if (count == 0) return;
        if (fused_) rows_.pointers(part_, pass, pass + 1, call_.input, shape_.input, sources_.get());
        // to and fro: the weights that were read last are still in the nearest cache
        for (long i = 0; i < last_block_ - first_block_; ++i) {
            const long block = pass % 2 == 0 ? first_block_ + i : last_block_ - 1 - i;
            with_form<Cell>(blocks_, block, [&](auto form) { advance_block<decltype(form)>(pass, block, row, count); });
        }
    }

    template <class Form>
    void advance_block(long pass, long block, long row, long count) {
        constexpr int S = Form::sums, G = Form::gates;
        const Place place = place_of(pass, block), next = place_of(smaller(pass + 1, shape_.steps - 1), block);
        const Real* projected = fused_ ? nullptr : projected_block(block) + row * Blocks<Cell>::panel;
        in_tiles<rows_of_tile<S>>(count, [&](long first, auto size) {
            constexpr int M = decltype(size)::size;
            V acc[M][S];
            const Real* rows[M];
            for (int m = 0; m < M; ++m)
                for (int s = 0; s < S; ++s) acc[m][s] = load(bias(block) + s * L);
            if (fused_) {
                for (int m = 0; m < M; ++m) rows[m] = sources_[first + m];
                multiply<M, G, 0>(acc, shape_.input, rows, ih(block), G * L);
            } else {
                for (int m = 0; m < M; ++m)
                    for (int g = 0; g < G; ++g) acc[m][g] = load(projected + (first + m) * Blocks<Cell>::panel + g * L);
            }
            for (int m = 0; m < M; ++m) rows[m] = place.before + (first + m) * states_.stride;
            multiply<M, G, Form::first_hh>(acc, shape_.state(), rows, hh(block), G * L);
            for (int m = 0; m < M; ++m) {
                typename Form::Each space;
                finish<Form::units>(block, first + m, Form::apart(acc[m], space), place, next);
            }
        });
    }

    // From the sums of one sequence to its state: the cell's own mathematics, and where the results go, now and at
    // the next pass, for memory is slower than the passes are.
    template <int U, int S>
    OSTINATO_INLINE void finish(long block, long sequence, const V (&sums)[S], const Place& place, const Place& next) {
        const long unit = block * Blocks<Cell>::units;
        V h[U], keep[Cell::kept + 1];
        Real* cell = cells_.get() + sequence * blocks_.padded() + unit;
        if constexpr (Cell::kept > 0)
            if (next.saved != nullptr && call_.keep == Keep::all)
                fetch<Fetch::write, Cell::kept>(next.saved + sequence * Cell::kept * L);
        fetch<Fetch::write, U>(next.output + sequence * output_stride_ + unit);
        Cell::template forward<U>(sums, place.before + sequence * states_.stride + unit, cell, keep, h);
        if constexpr (Cell::kept > 0) {
            if (place.saved != nullptr && call_.keep == Keep::all) {
                for (int k = 0; k < Cell::kept; ++k) store(place.saved + (sequence * Cell::kept + k) * L, keep[k]);
            } else if (place.saved != nullptr) {
                store(place.saved + sequence * L, keep[Cell::kept - 1]);
            }
        }
        if (shape_.projection > 0) {
            for (int u = 0; u < U; ++u) store(unprojected_.get() + sequence * blocks_.padded() + unit + u * L, h[u]);
            return;
        }
        Real* after = place.after + sequence * states_.stride + unit;
        Real* output = place.output + sequence * output_stride_ + unit;
        for (int u = 0; u < U; ++u) {
            store(after + u * L, h[u]);
            store_first(output + u * L, h[u], int(smaller(L, shape_.hidden - unit - u * L)));
        }
    }

    // h = W_hr (o tanh(c)).
    void project_output(long pass) {
        const Place place = place_of(pass, 0);
        const auto units = Operand<Real>::whole(unprojected_.get(), blocks_.padded(), shape_.hidden);
        const Columns<Real> columns{shape_.projection};
        product(units, active(pass), packed_.hr.get(), columns, {place.after, states_.stride, columns.padded(), false}, 0, 1);
        for (long s = 0; s < active(pass); ++s)
            std::memcpy(place.output + s * output_stride_, place.after + s * states_.stride,
                        std::size_t(shape_.projection) * sizeof(Real));
    }

    // Brings in the sequences that start with this pass, and lets those restart that are to.
    void prepare(long pass) {
        if (pass == shape_.steps) return;
        const long before = pass == 0 ? 0 : active(pass - 1), count = active(pass);
        for (long sequence = before; sequence < count; ++sequence)
            enter(states_.before(pass, part_), sequence, call_.h0, call_.c0);
        if (call_.resets == nullptr) return;
        for (long sequence = 0; sequence < count; ++sequence)
            if (rows_.restarts(call_.resets, part_, pass, sequence)) enter(states_.before(pass, part_), sequence, nullptr, nullptr);
    }

    // Keeps the states of the sequences that end with this pass.
    void leave(long pass) {
        const long count = active(pass), next = pass + 1 == shape_.steps ? 0 : active(pass + 1);
        for (long sequence = next; sequence < count; ++sequence) {
            const Real* state = states_.after(pass, part_) + sequence * states_.stride;
            copy_units(initial(call_.h_n, sequence, shape_.state()), state, owned(shape_.state()));
            if (Cell::has_cell)
                copy_units(initial(call_.c_n, sequence, shape_.hidden), cells_.get() + sequence * blocks_.padded(),
                           owned(shape_.hidden));
        }
    }

    void enter(Real* states, long sequence, const Real* h, const Real* c) {
        Real* state = states + sequence * states_.stride;
        copy_units(state, h == nullptr ? nullptr : initial(h, sequence, shape_.state()), owned(shape_.state()));
        if (!Cell::has_cell) return;
        Real* cell = cells_.get() + sequence * blocks_.padded();
        copy_units(cell, c == nullptr ? nullptr : initial(c, sequence, shape_.hidden), owned(shape_.hidden));
    }

    // The units of a state that this member brings in and takes out.
    struct Units {
        long first, last;
    };
    Units owned(long size) const {
        return {smaller(first_block_ * Blocks<Cell>::units, size),
                part_.member + 1 == part_.team ? size : smaller(last_block_ * Blocks<Cell>::units, size)};
    }
    static void copy_units(Real* to, const Real* from, Units units) {
        const std::size_t bytes = std::size_t(units.last - units.first) * sizeof(Real);
        if (from == nullptr) {
            std::memset(to + units.first, 0, bytes);
        } else {
            std::memcpy(to + units.first, from + units.first, bytes);
        }
    }
    template <class Pointer>
    Pointer initial(Pointer states, long sequence, long size) const {
        return states + (part_.direction * shape_.batch + part_.first + sequence) * size;
    }

    const Real* bias(long block) const { return packed_.bias.get() + block * Blocks<Cell>::sums; }
    const Real* ih(long block) const { return packed_.ih.get() + block * shape_.input * Blocks<Cell>::panel; }
    const Real* hh(long block) const { return packed_.hh.get() + block * shape_.state() * Blocks<Cell>::panel; }
    Real* projected_block(long block) const {
        return projected_.get() + (block - first_block_) * chunk_ * Blocks<Cell>::panel;
    }

    const Forward<Real>& call_;
    const Shape& shape_;
    const Ragged<Real>& rows_;
    const PackedForward<Cell>& packed_;
    const Blocks<Cell> blocks_;
    States<Real>& states_;
    const Part part_;
    const long first_block_, last_block_;
    const bool fused_;
    const long chunk_, output_stride_;
    Array<Real> cells_, projected_, unprojected_;
    Array<const Real*> sources_;
};

}  // namespace ostinato::OSTINATO_LEVEL
