// Compiled once for each CPU level, as src/kernels.cc is.
#include "math_of_level.h"

#include "ostinato/math.h"

namespace ostinato::OSTINATO_LEVEL {
namespace {

template <class Real, Vector<Real> (*function)(Vector<Real>)>
void each(Real* x, long count) {
    for (long i = 0; i < count; i += lanes<Real>) store(x + i, function(load(x + i)));
}

}  // namespace

const Math<float> math_f32{each<float, sigmoid<float>>, each<float, tanh<float>>};
const Math<double> math_f64{each<double, sigmoid<double>>, each<double, tanh<double>>};

}  // namespace ostinato::OSTINATO_LEVEL
