// The step kernels of 8-bit weights: compiled once for each CPU level, and once more where bytes have products.
#include "ostinato/quantized.h"

namespace ostinato::OSTINATO_LEVEL {
namespace {

long packed_bytes(const StackShape& shape) {
    return with_cell<float>(shape, [&](auto cell) { return ByteLayer<decltype(cell)>::offset(shape, shape.layers); });
}

void pack(const StackShape& shape, const Weights<const float>* layers, void* packed) {
    std::memset(packed, 0, std::size_t(packed_bytes(shape)));
    with_cell<float>(shape, [&](auto cell) {
        for (long layer = 0; layer < shape.layers; ++layer)
            ByteLayer<decltype(cell)>(shape, layer, packed).pack(layers[layer]);
    });
}

long scratch_bytes(const StackShape& shape, long streams) {
    return with_cell<float>(shape, [&](auto cell) { return ByteStepper<decltype(cell)>::scratch_bytes(shape, streams); });
}

void advance(const StepCall<float>& call) {
    with_cell<float>(*call.shape, [&](auto cell) { ByteStepper<decltype(cell)>(call).run(); });
}

}  // namespace

const StepKernels<float> steps_int8{packed_bytes, pack, scratch_bytes, advance};

}  // namespace ostinato::OSTINATO_LEVEL
