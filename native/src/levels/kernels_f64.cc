// The kernels of one CPU level in double.
#include "ostinato/run.h"

namespace ostinato::OSTINATO_LEVEL {

const Kernels<double> kernels_f64 = kernels_here<double>;

}  // namespace ostinato::OSTINATO_LEVEL
