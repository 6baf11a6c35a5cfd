// Products by frozen matrices of one CPU level: this file is compiled once for each, with OSTINATO_LEVEL naming it.
#include "ostinato/dense.h"

#include "ostinato/math.h"
#include "ostinato/products.h"

namespace ostinato::OSTINATO_LEVEL {
namespace {

long packed_numbers(long in, long out) { return Columns<float>{out}.padded() * in; }

void pack(float* to, const float* weight, long in, long out) { pack_projection(to, weight, out, in); }

void multiply(const float* rows, long row_stride, long count, const float* packed, const float* bias, long in, long out,
              float* to, long to_stride) {
    for (long i = 0; i < count; ++i) std::memcpy(to + i * to_stride, bias, std::size_t(out) * sizeof(float));
    product(Operand<float>::whole(rows, row_stride, in), count, packed, Columns<float>{out},
            {to, to_stride, out, true}, 0, 1);
}

void weigh(const float* rows, long row_stride, long count, const float* query, long size, float* to) {
    constexpr int L = lanes<float>;
    for (long i = 0; i < count; ++i) {
        Vector<float> total{};
        for (long k = 0; k < size; k += L) {
            const int width = int(smaller(L, size - k));
            total += load_first(query + k, width) * tanh<float>(load_first(rows + i * row_stride + k, width));
        }
        to[i] = sum<float>(total);
    }
}

}  // namespace

const DenseKernels dense{packed_numbers, pack, multiply, weigh};

}  // namespace ostinato::OSTINATO_LEVEL
