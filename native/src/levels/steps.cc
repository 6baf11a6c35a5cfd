// The step kernels of one CPU level: this file is compiled once for each, with OSTINATO_LEVEL naming it.
#include "ostinato/step.h"

namespace ostinato::OSTINATO_LEVEL {
namespace {

template <class Real>
long packed_bytes(const StackShape& shape) {
    return with_cell<Real>(shape, [&](auto cell) {
        return StepLayer<decltype(cell)>::offset(shape, shape.layers) * long(sizeof(Real));
    });
}

template <class Real>
void pack(const StackShape& shape, const Weights<const Real>* layers, void* packed) {
    with_cell<Real>(shape, [&](auto cell) {
        for (long layer = 0; layer < shape.layers; ++layer)
            StepLayer<decltype(cell)>(shape, layer, packed).pack(layers[layer]);
    });
}

template <class Real>
long scratch_bytes(const StackShape& shape, long streams) {
    return with_cell<Real>(shape, [&](auto cell) { return Stepper<decltype(cell)>::scratch_bytes(shape, streams); });
}

template <class Real>
void advance(const StepCall<Real>& call) {
    with_cell<Real>(*call.shape, [&](auto cell) { Stepper<decltype(cell)>(call).run(); });
}

}  // namespace

const StepKernels<float> steps_f32{packed_bytes<float>, pack<float>, scratch_bytes<float>, advance<float>};
const StepKernels<double> steps_f64{packed_bytes<double>, pack<double>, scratch_bytes<double>, advance<double>};

}  // namespace ostinato::OSTINATO_LEVEL
