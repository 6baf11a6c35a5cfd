// A stack whose weights are bytes: a quarter of the memory to read, and integer products.
//
// Every row W_r of a weight matrix (one gate of one unit) has a scale of its own, and so has every vector v that
// it is multiplied by (the input or the state of one stream at one step), found anew each time:
//
//     s_r = max_k |W_rk| / 127,   Q_rk = round(W_rk / s_r)           once, when the stack is made
//     a = max_k |v_k| / 127,      u_k = round(v_k / a)               at each step
//     W_r . v  =  s_r a sum_k Q_rk u_k  +  error                     the sum exact, in 32 bits
//
// Processors multiply unsigned bytes by signed ones, so u_k + 128 stands in memory, and the sum begins with
// -128 sum_k Q_rk. Biases, the cells' mathematics and all states stay float.
//
// The error is at most (s_r |v|_1 + a |W_r|_1) / 2 + K s_r a / 4 for K columns. Rounding errors do not add up in
// one direction: the usual error has the variance (s_r^2 |v|_2^2 + a^2 |W_r|_2^2) / 12, about 1 % of the usual
// product. A vector with a NaN or an infinity makes all that is computed from it NaN or infinite. Integers and
// sums are the same on every level.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "ostinato/step.h"

namespace ostinato::OSTINATO_LEVEL {

using Floats = Vector<float>;
using Integers = Simd<float>::Integers;

constexpr float largest = 127.0f;

#if defined(__AVX512VNNI__)

// sum + u[0] w[0] + … + u[3] w[3] in every lane, over its four bytes: those of u unsigned, those of w signed.
OSTINATO_INLINE Integers dot(Integers sum, Integers u, Integers w) {
    return Integers(_mm512_dpbusd_epi32(__m512i(sum), __m512i(u), __m512i(w)));
}

#else

using Shorts [[gnu::vector_size(vector_bytes), gnu::may_alias]] = std::int16_t;

// The sum of both products of each lane's two 16-bit numbers.
OSTINATO_INLINE Integers add_products(Shorts a, Shorts b) {
#if defined(__AVX512F__)
    return Integers(_mm512_madd_epi16(__m512i(a), __m512i(b)));
#elif defined(__AVX2__)
    return Integers(_mm256_madd_epi16(__m256i(a), __m256i(b)));
#elif defined(__SSE2__)
    return Integers(_mm_madd_epi16(__m128i(a), __m128i(b)));
#else
    const Integers x = Integers(a), y = Integers(b);
    return (x << 16 >> 16) * (y << 16 >> 16) + (x >> 16) * (y >> 16);
#endif
}

// sum + u[0] w[0] + … + u[3] w[3] in every lane, over its four bytes: those of u unsigned, those of w signed.
OSTINATO_INLINE Integers dot(Integers sum, Integers u, Integers w) {
    const Shorts even = Shorts(w) << 8 >> 8, odd = Shorts(w) >> 8;
    sum += add_products(Shorts(u & 0x00ff00ff), even);
    return sum + add_products(Shorts((u >> 8) & 0x00ff00ff), odd);
}

#endif

OSTINATO_INLINE Integers load_integers(const void* from) {
    Integers x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

// The four bytes at `from` in every lane.
OSTINATO_INLINE Integers broadcast_bytes(const std::uint8_t* from) {
    std::int32_t four;
    std::memcpy(&four, from, sizeof four);
    return Integers{} + four;
}

// x itself: the compiler may not fuse its product with a sum that follows, as some levels could and others not.
OSTINATO_INLINE Floats rounded(Floats x) {
#if defined(__x86_64__)
    asm("" : "+x"(x));
#elif defined(__aarch64__)
    asm("" : "+w"(x));
#endif
    return x;
}

// The largest magnitude; a NaN where there is one, for its bits are above all others.
OSTINATO_INLINE float magnitude(const float* from, long count) {
    Integers most{};
    for (long i = 0; i < count; i += lanes<float>) {
        const Floats x = load_first(from + i, int(smaller(lanes<float>, count - i)));
        const Integers bits = Integers(x) & 0x7fffffff;
        most = bits > most ? bits : most;
    }
    std::int32_t bits = 0;
    for (int lane = 0; lane < lanes<float>; ++lane) bits = most[lane] > bits ? most[lane] : bits;
    float result;
    std::memcpy(&result, &bits, sizeof result);
    return result;
}

// Rows of bytes u + 128 and their scales a, a row a stream.
struct ByteRows {
    std::uint8_t* base;
    long stride;
    float* scales;

    static constexpr long padded(long count) { return StateRows<std::uint8_t>::padded(count); }
    static constexpr long bytes(long rows, long count) { return rows * padded(count) + padded(rows * 4); }

    ByteRows(void* memory, long rows, long count)
        : base(static_cast<std::uint8_t*>(memory)),
          stride(padded(count)),
          scales(reinterpret_cast<float*>(base + rows * stride)) {}

    OSTINATO_INLINE std::uint8_t* operator[](long row) const { return base + row * stride; }

    // Fills a row; what stands behind it, up to the row's end, has weights of zero.
    OSTINATO_INLINE void quantize(long row, const float* from, long count) const {
        using Bytes [[gnu::vector_size(lanes<float>)]] = std::uint8_t;
        constexpr float rounder = 12582912.0f;  // 1.5 * 2^23: adding it leaves the whole number in the low bits
        const float most = magnitude(from, count);
        const float inverse = most < 1e-36f ? 0.0f : largest / most;  // of smaller ones it overflows
        std::uint8_t* to = (*this)[row];
        for (long i = 0; i < count; i += lanes<float>) {
            const Floats x = load_first(from + i, int(smaller(lanes<float>, count - i)));
            const Integers low = Integers(rounded(x * inverse) + rounder) ^ 0x80;
            const Bytes bytes = __builtin_convertvector(low, Bytes);
            std::memcpy(to + i, &bytes, sizeof bytes);
        }
        scales[row] = most / largest;
    }
};

// The weights of some vectors of rows: bytes [four columns][vectors][lanes][4], then a scale and a first sum for
// each row.
struct BytePanel {
    char* memory;
    long columns;
    int vectors;

    static constexpr long bytes(long columns, int vectors) {
        return vectors * (divide_up(columns, 4) + 2) * long(vector_bytes);
    }
    OSTINATO_INLINE long fours() const { return divide_up(columns, 4); }
    OSTINATO_INLINE const char* weights(long four) const { return memory + four * vectors * long(vector_bytes); }
    OSTINATO_INLINE float* scales() const { return reinterpret_cast<float*>(memory + fours() * vectors * vector_bytes); }
    OSTINATO_INLINE std::int32_t* first_sums() const {
        return reinterpret_cast<std::int32_t*>(scales() + vectors * lanes<float>);
    }

    // Packs the rows of one vector; of a fresh panel every byte is zero.
    void pack(int vector, const float* weight, Source rows) const {
        for (int lane = 0; lane < rows.count; ++lane) {
            const float* row = weight + (rows.first + lane) * columns;
            const float scale = magnitude(row, columns) / largest;
            std::int32_t sum = 0;
            for (long k = 0; k < columns; ++k) {
                const auto q = scale > 0 ? std::int8_t(__builtin_lrintf(row[k] / scale)) : std::int8_t(0);
                memory[((k / 4 * vectors + vector) * lanes<float> + lane) * 4 + k % 4] = q;
                sum += q;
            }
            scales()[vector * lanes<float> + lane] = scale;
            first_sums()[vector * lanes<float> + lane] = -128 * sum;
        }
    }
};

// sums[m][First + v] += the products of rows first … first + M - 1 by a panel of V vectors.
template <int M, int V, int First, int A>
OSTINATO_INLINE void multiply_bytes(Floats (&sums)[M][A], const ByteRows& rows, long first, const BytePanel& panel) {
    constexpr int L = lanes<float>;
    Integers acc[M][V];
    const std::uint8_t* u[M];
    for (int m = 0; m < M; ++m) {
        u[m] = rows[first + m];
        for (int v = 0; v < V; ++v) acc[m][v] = load_integers(panel.first_sums() + v * L);
    }
    const long fours = panel.fours();
    for (long four = 0; four < fours; ++four) {
        const char* from = panel.weights(four);
        Integers w[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) w[v] = load_integers(from + v * vector_bytes);
#pragma GCC unroll 16
        for (int m = 0; m < M; ++m) {
            const Integers x = broadcast_bytes(u[m] + 4 * four);
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) acc[m][v] = dot(acc[m][v], x, w[v]);
        }
    }
    for (int v = 0; v < V; ++v) {
        const Floats scale = load(panel.scales() + v * L);
        for (int m = 0; m < M; ++m)
            sums[m][First + v] += __builtin_convertvector(acc[m][v], Floats) * (scale * rows.scales[first + m]);
    }
}

// One layer's packed weights: of each block the input's panel, the state's and the biases; then a projection.
template <class Cell>
struct ByteLayer {
    static constexpr int most_gates = Cell::gates * Cell::most_units;
    static constexpr long bias_bytes = Blocks<Cell>::sums * long(sizeof(float));

    Blocks<Cell> blocks;
    Columns<float> columns;
    long input, state;
    char* memory;

    ByteLayer(const StackShape& shape, long layer, const void* packed)
        : blocks{shape.hidden},
          columns{shape.projection},
          input(shape.input_of(layer)),
          state(shape.state()),
          memory(static_cast<char*>(const_cast<void*>(packed)) + offset(shape, layer)) {}

    // Bytes before those of a layer; all but the first are alike.
    static long offset(const StackShape& shape, long layer) {
        return layer == 0 ? 0 : bytes(shape, 0) + (layer - 1) * bytes(shape, 1);
    }

    BytePanel ih(long block) const {
        return {memory + block * block_bytes(input, state), input, Cell::gates * blocks.vectors(block)};
    }
    BytePanel hh(long block) const {
        return {ih(block).memory + BytePanel::bytes(input, most_gates), state, Cell::gates * blocks.vectors(block)};
    }
    float* bias() const { return reinterpret_cast<float*>(memory + blocks.count() * block_bytes(input, state)); }
    BytePanel hr(long group) const {
        char* first = reinterpret_cast<char*>(bias()) + blocks.count() * bias_bytes;
        return {first + group * BytePanel::bytes(blocks.hidden, 4), blocks.hidden, columns.vectors(group)};
    }

    void pack(const Weights<const float>& weights) const {
        for (long block = 0; block < blocks.count(); ++block) {
            for_each_vector<Cell, 0>(blocks, block, Cell::gate_ih, [&](long offset, Source rows) {
                ih(block).pack(int(offset / lanes<float>), weights.ih, rows);
            });
            for_each_vector<Cell, Cell::first_hh>(blocks, block, Cell::gate_hh, [&](long offset, Source rows) {
                hh(block).pack(int(offset / lanes<float>), weights.hh, rows);
            });
        }
        pack_bias<Cell>(bias(), weights.bias_ih, weights.bias_hh, blocks);
        for (long group = 0; group < columns.groups(); ++group)
            for (int v = 0; v < columns.vectors(group); ++v) {
                const long first = group * Columns<float>::group + v * lanes<float>;
                hr(group).pack(v, weights.hr, {first, int(smaller(lanes<float>, columns.count - first))});
            }
    }

  private:
    static long block_bytes(long input, long state) {
        return BytePanel::bytes(input, most_gates) + BytePanel::bytes(state, most_gates);
    }
    static long bytes(const StackShape& shape, long layer) {
        return Blocks<Cell>{shape.hidden}.count() * (block_bytes(shape.input_of(layer), shape.state()) + bias_bytes) +
               Columns<float>{shape.projection}.groups() * BytePanel::bytes(shape.hidden, 4);
    }
};

// Advances the streams of a call. Products are of bytes made before, so h is written where it stands.
template <class Cell>
class ByteStepper {
  public:
    using V = Floats;
    static constexpr int L = lanes<float>;

    explicit ByteStepper(const StepCall<float>& call)
        : call_(call),
          shape_(*call.shape),
          count_(call.last - call.first),
          cell_(StateRows<float>(shape_).cell),
          inputs_(call.scratch, count_, widest(shape_)),
          units_(static_cast<char*>(call.scratch) + ByteRows::bytes(count_, widest(shape_)), count_, shape_.hidden),
          made_{reinterpret_cast<float*>(units_.base + ByteRows::bytes(count_, shape_.hidden)),
                StateRows<float>::padded(shape_.hidden)} {}

    static long scratch_bytes(const StackShape& shape, long streams) {
        const long made = shape.projection > 0 ? streams * StateRows<float>::padded(shape.hidden) * 4 : 0;
        return ByteRows::bytes(streams, widest(shape)) + ByteRows::bytes(streams, shape.hidden) + made;
    }

    void run() {
        run_steps(call_, [&](long layer, Matrix<const float> input, bool turned) { step(layer, input, turned); });
    }

  private:
    // `inputs_` holds what a layer is given, `units_` what is multiplied after it: a state, or units to project.
    static long widest(const StackShape& shape) { return larger(shape.input, shape.state()); }

    void step(long layer, Matrix<const float> input, bool turned) {
        const ByteLayer<Cell> weights(shape_, layer, call_.packed);
        const Matrix<float> h = states_of(call_, layer);
        for (long i = 0; i < count_; ++i) {
            inputs_.quantize(i, input[i], weights.input);
            units_.quantize(i, h[i], weights.state);
        }
        const Matrix<float> to = shape_.projection > 0 ? made_ : h;
        for_each_block(weights.blocks, turned, [&](long block, auto vectors) {
            advance_block<decltype(vectors)::size>(weights, block, h, to);
        });
        if (shape_.projection > 0) project(weights, h);
    }

    template <int U>
    void advance_block(const ByteLayer<Cell>& weights, long block, Matrix<float> h, Matrix<float> to) {
        constexpr int S = Cell::sums * U, G = Cell::gates * U;
        const float* bias = weights.bias() + block * Blocks<Cell>::sums;
        const long unit = block * Blocks<Cell>::units;
        in_tiles<rows_of_tile<S>>(count_, [&](long first, auto size) {
            constexpr int M = decltype(size)::size;
            V sums[M][S];
            for (int m = 0; m < M; ++m)
                for (int s = 0; s < S; ++s) sums[m][s] = load(bias + s * L);
            multiply_bytes<M, G, 0>(sums, inputs_, first, weights.ih(block));
            multiply_bytes<M, G, Cell::first_hh * U>(sums, units_, first, weights.hh(block));
            for (int m = 0; m < M; ++m) {
                V made[U], keep[Cell::kept + 1];
                float* before = h[first + m];
                Cell::template forward<U>(sums[m], before + unit, before + cell_ + unit, keep, made);
                for (int u = 0; u < U; ++u) store(to[first + m] + unit + u * L, made[u]);
            }
        });
    }

    // h = W_hr (o tanh(c)).
    void project(const ByteLayer<Cell>& weights, Matrix<float> h) {
        for (long i = 0; i < count_; ++i) units_.quantize(i, made_[i], shape_.hidden);
        for (long group = 0; group < weights.columns.groups(); ++group)
            call_with_rows<4>(weights.columns.vectors(group), [&](auto vectors) {
                constexpr int W = decltype(vectors)::size;
                in_tiles<rows_of_tile<W>>(count_, [&](long first, auto size) {
                    constexpr int M = decltype(size)::size;
                    V sums[M][W]{};
                    multiply_bytes<M, W, 0>(sums, units_, first, weights.hr(group));
                    for (int m = 0; m < M; ++m)
                        for (int w = 0; w < W; ++w)
                            store(h[first + m] + group * Columns<float>::group + w * L, sums[m][w]);
                });
            });
    }

    const StepCall<float>& call_;
    const StackShape& shape_;
    const long count_, cell_;
    const ByteRows inputs_, units_;
    const Matrix<float> made_;
};

}  // namespace ostinato::OSTINATO_LEVEL
