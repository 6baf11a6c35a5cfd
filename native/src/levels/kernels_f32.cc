// The kernels of one CPU level in float.
#include "ostinato/run.h"

namespace ostinato::OSTINATO_LEVEL {

const Kernels<float> kernels_f32 = kernels_here<float>;

}  // namespace ostinato::OSTINATO_LEVEL
