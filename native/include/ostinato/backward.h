// The gradients of a layer, from its last pass back to its first.
#pragma once

#include "ostinato/gradients.h"

namespace ostinato::OSTINATO_LEVEL {

template <class Cell>
class BackwardPart {
  public:
    using Real = typename Cell::Real;
    using V = Vector<Real>;
    static constexpr int L = lanes<Real>;

    // Rows worked on between two updates of the weights' gradients: few enough to stay in the cache.
    static long chunk_rows(const Shape& shape, const Part& part) {
        return larger(part.last - part.first, shape.hidden > 256 ? 512 : 256);
    }
    static long gate_numbers(const Shape& shape, const Part& part) {
        const Blocks<Cell> blocks{shape.hidden};
        return blocks.count() * chunk_rows(shape, part) * Blocks<Cell>::sums;
    }

    BackwardPart(const Backward<Real>& call, const Ragged<Real>& rows, const PackedBackward<Cell>& packed,
                 const PackedForward<Cell>* again, GateGradients<Real>& gates, const Sums<Cell>& sums, Real* d_input,
                 const Part& part)
        : call_(call),
          shape_(call.shape),
          rows_(rows),
          packed_(packed),
          again_(again),
          blocks_(packed.blocks),
          gates_(gates),
          sums_(sums),
          d_input_(d_input),
          part_(part),
          first_unit_(packed.hidden.groups() * part.member / part.team * Columns<Real>::group),
          last_unit_(smaller(packed.hidden.groups() * (part.member + 1) / part.team * Columns<Real>::group,
                             blocks_.padded())),
          chunk_(chunk_rows(call.shape, part)),
          state_stride_(packed.states.padded()),
          d_states_(sequences() * state_stride_),
          d_cells_(Cell::has_cell ? sequences() * blocks_.padded() : 0),
          first_cells_(Cell::has_cell ? (sequences() + 1) * blocks_.padded() : 0),
          zeros_(shape_.state()),
          totals_(shape_.projection > 0 ? chunk_ * state_stride_ : 0),
          d_units_(shape_.projection > 0 ? chunk_ * blocks_.padded() : 0),
          units_(shape_.projection > 0 ? chunk_ * blocks_.padded() : 0),
          recomputed_(again == nullptr ? 0 : chunk_ * blocks_.count() * Cell::kept * L),
          inputs_(chunk_),
          d_inputs_(d_input == nullptr ? 0 : chunk_),
          states_(chunk_),
          total_rows_(shape_.projection > 0 ? chunk_ : 0) {
        d_states_.clear(sequences() * state_stride_);
        zeros_.clear(shape_.state());
        if (!Cell::has_cell) return;
        d_cells_.clear(sequences() * blocks_.padded());
        first_cells_.clear((sequences() + 1) * blocks_.padded());
        for (long s = 0; s < sequences(); ++s)
            std::memcpy(&first_cells_[s * blocks_.padded()], initial(call_.c0, s, shape_.hidden), bytes(shape_.hidden));
    }

    void run() {
        if (sequences() == 0) return clear_weights();
        for (long end = shape_.steps; end > 0;) {
            const long begin = chunk_begin(end);
            long row = point_at_rows(begin, end);
            const long count = row;
            if (again_ != nullptr) recompute(begin, end, count);
            for (long pass = end - 1; pass >= begin; --pass) {
                row -= active(pass);
                step_back(pass, row);
            }
            sum_weights(count, end == shape_.steps);
            if (d_input_ != nullptr) write_inputs(begin, end, count);
            meet();
            end = begin;
        }
    }

  private:
    long sequences() const { return part_.last - part_.first; }
    long active(long pass) const { return rows_.active(part_, pass); }
    void meet() { gates_.barrier.wait(part_.team); }
    static std::size_t bytes(long count) { return std::size_t(count) * sizeof(Real); }
    long first_block() const { return first_unit_ / Blocks<Cell>::units; }
    long last_block() const { return divide_up(last_unit_, Blocks<Cell>::units); }

    long chunk_begin(long end) const {
        long begin = end - 1, rows = active(begin);
        while (begin > 0 && rows + active(begin - 1) <= chunk_) rows += active(--begin);
        return begin;
    }

    // Fills the pointers to each row's input and to the state before it; returns how many rows there are.
    long point_at_rows(long begin, long end) {
        const long stride = shape_.directions * shape_.state();
        long row = 0;
        for (long pass = begin; pass < end; ++pass) {
            const long count = active(pass);
            for (long s = 0; s < count; ++s) {
                if (restarts(pass, s)) {
                    states_[row + s] = zeros_.get();
                } else if (starts(pass, s)) {
                    states_[row + s] = initial(call_.h0, s, shape_.state());
                } else {
                    states_[row + s] = output(pass - 1) + s * stride;
                }
            }
            row += count;
        }
        return rows_.pointers(part_, begin, end, call_.input, shape_.input, inputs_.get());
    }

    bool restarts(long pass, long sequence) const {
        return rows_.restarts(call_.resets, part_, pass, sequence);
    }
    bool starts(long pass, long sequence) const { return pass == 0 || sequence >= active(pass - 1); }

    const Real* output(long pass) const {
        return call_.output + rows_.row(part_, pass) * shape_.directions * shape_.state() +
               part_.direction * shape_.state();
    }

    void step_back(long pass, long row) {
        const long count = active(pass);
        enter(pass);
        if (shape_.projection > 0) through_projection(pass, row, count);
        for (long block = first_block(); block < last_block(); ++block)
            with_form<Cell>(blocks_, block,
                            [&](auto form) { gates_of_block<decltype(form)>(pass, block, row, count); });
        fetch_inputs(row, count);
        meet();
        const Result<Real> states{d_states_.get(), state_stride_, state_stride_, true, nullptr, pass % 2 != 0};
        product(gate_rows(row, Cell::first_hh), count, packed_.hh.get(), packed_.states, states, part_.member,
                part_.team);
        leave(pass);
    }

    // Gradients of the chunk's gates from `first` sum on, as rows to be multiplied.
    Operand<Real> gate_rows(long row, int first) const {
        const long units = Blocks<Cell>::units, full = blocks_.full();
        const Real* base = gates_.values.get() + row * Blocks<Cell>::sums;
        const Real* last = base + full * chunk_ * Blocks<Cell>::sums;
        const long left = shape_.hidden - full * units, apart = blocks_.narrow(full) ? units / 2 : units;
        return {Blocks<Cell>::sums,
                {base + first * units, full, Blocks<Cell>::panel, chunk_ * Blocks<Cell>::sums},
                {last + first * apart, left > 0 ? Cell::gates : 0, left, apart}};
    }

    Real* gate_block(long block) const { return gates_.values.get() + block * chunk_ * Blocks<Cell>::sums; }

    template <class Form>
    void gates_of_block(long pass, long block, long row, long count) {
        const long unit = block * Blocks<Cell>::units;
        const Real* d_output = call_.d_output == nullptr || shape_.projection > 0
                                   ? nullptr
                                   : call_.d_output + (output(pass) - call_.output) + unit;
        const long stride = shape_.directions * shape_.state();
        Real* to = gate_block(block) + row * Blocks<Cell>::sums;
        for (long s = 0; s < count; ++s, to += Blocks<Cell>::sums) {
            const Real* keep = kept(pass, block, row, s);
            if (pass > 0) fetch_ahead<Form::units>(pass - 1, block, s);
            for (int u = 0; u < Form::units; ++u) {
                const int width = int(smaller(L, shape_.hidden - unit - u * L));
                Real* state = d_state(row, s) + unit + u * L;
                V dh = load(state), dc{}, gradient[Cell::sums], vectors[Cell::kept + 1];
                if (d_output != nullptr) dh += load_first(d_output + s * stride + u * L, width);
                for (int k = 0; k < Cell::kept; ++k) vectors[k] = load(keep + k * L);
                Real* cell = d_cells_.get() + s * blocks_.padded() + unit;
                if constexpr (Cell::has_cell) dc = load(cell);
                Cell::backward(state_here(pass, s, unit + u * L, width), before(pass, block, row, s, width), vectors, dh,
                               dc, gradient);
                if constexpr (Cell::has_cell) {
                    store(cell, dc);
                    if (shape_.projection > 0)
                        store(units_.get() + (row + s) * blocks_.padded() + unit, vectors[3] * tanh<Real>(vectors[4]));
                }
                store(state, dh);
                Form::store_sums(to, u, gradient);
            }
        }
    }

    // Asks for what is read of a row and block at a later pass: memory is slower than the passes are.
    template <int U>
    OSTINATO_INLINE void fetch_ahead(long pass, long block, long s) const {
        const long at = s * shape_.directions * shape_.state() + block * Blocks<Cell>::units;
        const Real* h = output(pass) + at;
        if (call_.d_output != nullptr) fetch<Fetch::read, U>(call_.d_output + (h - call_.output));
        if constexpr (Cell::kept == 0) {
            fetch<Fetch::read, U>(h);
        } else if (again_ == nullptr) {
            fetch<Fetch::read, Cell::kept>(saved(pass, block, Cell::kept) + s * Cell::kept * L);
        }
        if (Cell::kept > 0 && pass > 0) fetch<Fetch::read, U>(output(pass - 1) + at);
    }

    // Asks for what the weights' gradients will read of the input.
    void fetch_inputs(long row, long count) const {
        for (long s = 0; s < count; ++s)
            for (long i = 0; i < shape_.input; i += L) fetch<Fetch::read, 1>(inputs_[row + s] + i);
    }

    // dLoss/dh of a row: what is carried from pass to pass, or what came through the projection.
    Real* d_state(long row, long sequence) const {
        return shape_.projection > 0 ? d_units_.get() + (row + sequence) * blocks_.padded()
                                     : d_states_.get() + sequence * state_stride_;
    }

    // h_t, for a cell that saves no activations.
    OSTINATO_INLINE V state_here(long pass, long sequence, long unit, int width) const {
        if constexpr (Cell::kept > 0) return V{};
        return load_first(output(pass) + sequence * shape_.directions * shape_.state() + unit, width);
    }

    // What the cell's own mathematics needs of the pass before: c where it has one, else h.
    OSTINATO_INLINE V before(long pass, long block, long row, long sequence, int width) const {
        if constexpr (Cell::kept == 0) return V{};
        if constexpr (Cell::has_cell) {
            return load(cell_before(pass, block, sequence));
        } else {
            return load_first(states_[row + sequence] + block * L, width);
        }
    }

    const Real* cell_before(long pass, long block, long sequence) const {
        if (restarts(pass, sequence)) return &first_cells_[sequences() * blocks_.padded()];
        if (starts(pass, sequence)) return &first_cells_[sequence * blocks_.padded() + block * L];
        const long vectors = kept_vectors<Cell>(call_.kept);
        return saved(pass - 1, block, vectors) + (sequence * vectors + vectors - 1) * L;
    }

    const Real* saved(long pass, long block, long vectors) const {
        return call_.saved + rows_.saved(part_, pass, block, blocks_.count(), vectors);
    }

    const Real* kept(long pass, long block, long row, long sequence) const {
        if (Cell::kept == 0) return nullptr;
        if (again_ != nullptr) return recomputed_.get() + (block * chunk_ + row + sequence) * Cell::kept * L;
        return saved(pass, block, Cell::kept) + sequence * Cell::kept * L;
    }

    // Computes the activations of a chunk's rows again, for this member's blocks: states are known, so all at once.
    void recompute(long begin, long end, long count) {
        if constexpr (Cell::kept > 0) {
            for (long block = first_block(); block < last_block(); ++block) {
                with_form<Cell>(blocks_, block, [&](auto form) { recompute_block<decltype(form)>(block, count); });
                long row = 0;
                for (long pass = begin; pass < end; row += active(pass), ++pass) activate(pass, block, row);
            }
        }
    }

    template <class Form>
    void recompute_block(long block, long count) {
        constexpr int S = Form::sums, G = Form::gates;
        const Real* bias = again_->bias.get() + block * Blocks<Cell>::sums;
        const Real* ih = again_->ih.get() + block * shape_.input * Blocks<Cell>::panel;
        const Real* hh = again_->hh.get() + block * shape_.state() * Blocks<Cell>::panel;
        Real* to = recomputed_.get() + block * chunk_ * Cell::kept * L;
        in_tiles<rows_of_tile<S>>(count, [&](long first, auto size) {
            constexpr int M = decltype(size)::size;
            V acc[M][S];
            const Real* rows[M];
            for (int m = 0; m < M; ++m)
                for (int s = 0; s < S; ++s) acc[m][s] = load(bias + s * L);
            for (int m = 0; m < M; ++m) rows[m] = inputs_[first + m];
            multiply<M, G, 0>(acc, shape_.input, rows, ih, G * L);
            for (int m = 0; m < M; ++m) rows[m] = states_[first + m];
            multiply<M, G, Form::first_hh>(acc, shape_.state(), rows, hh, G * L);
            for (int m = 0; m < M; ++m) {
                typename Form::Each space;
                const typename Form::Each& each = Form::apart(acc[m], space);
                for (int s = 0; s < Cell::sums; ++s) store(to + ((first + m) * Cell::kept + s) * L, each[s]);
            }
        });
    }

    // From a pass's recomputed sums to its activations, in their place.
    void activate(long pass, long block, long row) {
        const int width = int(smaller(L, shape_.hidden - block * L));
        for (long s = 0; s < active(pass); ++s) {
            Real* at = recomputed_.get() + (block * chunk_ + row + s) * Cell::kept * L;
            alignas(64) Real state[L], cell[L];
            store(state, load_first(states_[row + s] + block * L, Cell::has_cell ? 0 : width));
            if constexpr (Cell::has_cell) store(cell, load(cell_before(pass, block, s)));
            V sums[Cell::sums], keep[Cell::kept + 1], h[1];
            for (int k = 0; k < Cell::sums; ++k) sums[k] = load(at + k * L);
            Cell::template forward<1>(sums, state, cell, keep, h);
            for (int k = 0; k < Cell::kept; ++k) store(at + k * L, keep[k]);
        }
    }

    // dLoss/dm of m = o tanh(c) by h = W_hr m; what reaches h is kept for W_hr's own gradient.
    void through_projection(long pass, long row, long count) {
        const long stride = shape_.directions * shape_.state();
        for (long s = 0; s < count; ++s) {
            Real* total = totals_.get() + (row + s) * state_stride_;
            Real* state = d_states_.get() + s * state_stride_;
            total_rows_[row + s] = total;
            const Real* d_output =
                call_.d_output == nullptr ? zeros_.get() : call_.d_output + (output(pass) - call_.output) + s * stride;
            for (long p = 0; p < shape_.projection; ++p) total[p] = state[p] + d_output[p];
            std::memset(state, 0, bytes(state_stride_));
        }
        const auto totals = Operand<Real>::whole(totals_.get() + row * state_stride_, state_stride_, shape_.projection);
        Real* d_units = d_units_.get() + row * blocks_.padded();
        product(totals, count, packed_.hr.get(), packed_.hidden, {d_units, blocks_.padded(), blocks_.padded(), false}, 0,
                1);
    }

    // What a part without sequences adds to the weights' gradients.
    void clear_weights() const {
        if (sums_.ih != nullptr) std::memset(sums_.ih, 0, bytes(Sums<Cell>::numbers(shape_)));
    }

    // Adds a chunk's share to the gradients of this member's weights.
    void sum_weights(long count, bool first_chunk) {
        if (sums_.ih == nullptr) return;
        for (long block = first_block(); block < last_block(); ++block)
            with_form<Cell>(blocks_, block, [&](auto form) {
                using Form = decltype(form);
                const long panel = block * Blocks<Cell>::panel;
                constexpr int G = Form::gates;
                const Real* gates = gate_block(block);
                sum_outer<G>(sums_.ih + panel * shape_.input, G * L, inputs_.get(), count, shape_.input, gates,
                             Blocks<Cell>::sums, first_chunk);
                sum_outer<G>(sums_.hh + panel * shape_.state(), G * L, states_.get(), count, shape_.state(),
                             gates + Form::first_hh * L, Blocks<Cell>::sums, first_chunk);
                sum_bias<Form::sums>(block, count, first_chunk);
            });
        if (shape_.projection > 0) sum_projection(count, first_chunk);
    }

    template <int S>
    void sum_bias(long block, long count, bool first_chunk) {
        Real* to = sums_.bias + block * Blocks<Cell>::sums;
        const Real* gates = gate_block(block);
        V acc[S];
        for (int s = 0; s < S; ++s) acc[s] = first_chunk ? V{} : load(to + s * L);
        for (long row = 0; row < count; ++row)
            for (int s = 0; s < S; ++s) acc[s] += load(gates + row * Blocks<Cell>::sums + s * L);
        for (int s = 0; s < S; ++s) store(to + s * L, acc[s]);
    }

    // dLoss/dW_hr = sum over rows of dLoss/dh by m; [projection][hidden].
    void sum_projection(long count, bool first_chunk) {
        const Columns<Real> columns{shape_.hidden};
        for (long group = 0; group < columns.groups(); ++group)
            call_with_rows<4>(columns.vectors(group), [&](auto vectors) {
                constexpr int W = decltype(vectors)::size;
                const long column = group * Columns<Real>::group;
                sum_outer<W>(sums_.hr + column, blocks_.padded(), total_rows_.get(), count, shape_.projection,
                             units_.get() + column, blocks_.padded(), first_chunk);
            });
    }

    void write_inputs(long begin, long end, long count) {
        rows_.pointers(part_, begin, end, d_input_, shape_.input, d_inputs_.get());
        if (packed_.few_inputs()) {
            call_with_rows<PackedBackward<Cell>::few>(int(shape_.input), [&](auto inputs) {
                if (part_.member == 0) write_few_inputs<decltype(inputs)::size>(count);
            });
            return;
        }
        const Result<Real> to{nullptr, 0, shape_.input, false, d_inputs_.get()};
        product(gate_rows(0, 0), count, packed_.ih.get(), packed_.inputs, to, part_.member, part_.team);
    }

    // dLoss/dx_i of a row is the sum of its gates' gradients, each times the gate's weight for input i.
    template <int I>
    void write_few_inputs(long count) {
        in_tiles<4>(count, [&](long first, auto size) {
            constexpr int M = decltype(size)::size;
            V acc[M][I]{};
            for (long block = 0; block < blocks_.count(); ++block)
                with_form<Cell>(blocks_, block, [&](auto form) {
                    constexpr int G = decltype(form)::gates;
                    const Real* weights = packed_.ih.get() + block * I * Blocks<Cell>::panel;
                    const Real* gates = gate_block(block) + first * Blocks<Cell>::sums;
                    for (int g = 0; g < G; ++g)
                        for (int m = 0; m < M; ++m) {
                            const V gradient = load(gates + m * Blocks<Cell>::sums + g * L);
                            for (int i = 0; i < I; ++i) acc[m][i] += gradient * load(weights + (i * G + g) * L);
                        }
                });
            for (int m = 0; m < M; ++m)
                for (int i = 0; i < I; ++i) d_inputs_[first + m][i] = sum<Real>(acc[m][i]);
        });
    }

    // Brings in what the loss says of the last states of the sequences whose last pass this is.
    void enter(long pass) {
        const long next = pass + 1 == shape_.steps ? 0 : active(pass + 1);
        for (long s = next; s < active(pass); ++s) {
            if (call_.d_h_n != nullptr)
                copy_owned(d_states_.get() + s * state_stride_, initial(call_.d_h_n, s, shape_.state()), shape_.state());
            if (Cell::has_cell && call_.d_c_n != nullptr)
                copy_owned(d_cells_.get() + s * blocks_.padded(), initial(call_.d_c_n, s, shape_.hidden), shape_.hidden);
        }
    }

    // Nothing flows past a restart; what flows past a sequence's first pass is the initial state's gradient.
    void leave(long pass) {
        const bool same = pass > 0 && active(pass) == active(pass - 1);
        if (same && call_.resets == nullptr) return;
        for (long s = 0; s < active(pass); ++s) {
            Real* state = d_states_.get() + s * state_stride_;
            Real* cell = d_cells_.get() + s * blocks_.padded();
            if (restarts(pass, s)) {
                clear_owned(state, shape_.state());
                if (Cell::has_cell) clear_owned(cell, shape_.hidden);
            }
            if (!starts(pass, s)) continue;
            if (call_.d_h0 != nullptr) copy_owned(initial(call_.d_h0, s, shape_.state()), state, shape_.state());
            if (Cell::has_cell && call_.d_c0 != nullptr)
                copy_owned(initial(call_.d_c0, s, shape_.hidden), cell, shape_.hidden);
        }
    }

    long owned_end(long size) const { return part_.member + 1 == part_.team ? size : smaller(last_unit_, size); }
    void copy_owned(Real* to, const Real* from, long size) const {
        const long first = part_.team == 1 ? 0 : smaller(first_unit_, size);
        std::memcpy(to + first, from + first, bytes(owned_end(size) - first));
    }
    void clear_owned(Real* at, long size) const {
        const long first = part_.team == 1 ? 0 : smaller(first_unit_, size);
        std::memset(at + first, 0, bytes(owned_end(size) - first));
    }

    template <class Pointer>
    Pointer initial(Pointer states, long sequence, long size) const {
        return states + (part_.direction * shape_.batch + part_.first + sequence) * size;
    }

    const Backward<Real>& call_;
    const Shape& shape_;
    const Ragged<Real>& rows_;
    const PackedBackward<Cell>& packed_;
    const PackedForward<Cell>* again_;
    const Blocks<Cell> blocks_;
    GateGradients<Real>& gates_;
    const Sums<Cell> sums_;
    Real* d_input_;
    const Part part_;
    const long first_unit_, last_unit_;
    const long chunk_, state_stride_;
    Array<Real> d_states_, d_cells_, first_cells_, zeros_, totals_, d_units_, units_, recomputed_;
    Array<const Real*> inputs_;
    Array<Real*> d_inputs_;
    Array<const Real*> states_, total_rows_;
};

}  // namespace ostinato::OSTINATO_LEVEL
