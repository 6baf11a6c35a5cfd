// Products of rows by a frozen matrix, for what stands around the recurrent layers: src/levels/dense.cc defines them.
#pragma once

namespace ostinato {

// The functions of one CPU level. Packed memory is aligned to 64 bytes.
struct DenseKernels {
    // Numbers of a packed weight (out, in).
    long (*packed_numbers)(long in, long out);
    void (*pack)(float* to, const float* weight, long in, long out);

    // to[i * to_stride + c] = bias[c] + sum over k of rows[i * row_stride + k] * weight[c * in + k].
    void (*multiply)(const float* rows, long row_stride, long count, const float* packed, const float* bias, long in,
                     long out, float* to, long to_stride);

    // to[i] = sum over k of query[k] * tanh(rows[i * row_stride + k]).
    void (*weigh)(const float* rows, long row_stride, long count, const float* query, long size, float* to);
};

// Those of the level in use.
const DenseKernels& dense_kernels();

}  // namespace ostinato

#define OSTINATO_DECLARE_DENSE(level) \
    namespace ostinato::level {       \
    extern const DenseKernels dense;  \
    }

OSTINATO_DECLARE_DENSE(portable)
OSTINATO_DECLARE_DENSE(avx2)
OSTINATO_DECLARE_DENSE(avx512)
