// The kernels of each CPU level, which src/levels defines.
#pragma once

#include "ostinato/layer.h"

#define OSTINATO_DECLARE_LEVEL(level)         \
    namespace ostinato::level {               \
    extern const Kernels<float> kernels_f32;  \
    extern const Kernels<double> kernels_f64; \
    }

OSTINATO_DECLARE_LEVEL(portable)
OSTINATO_DECLARE_LEVEL(avx2)
OSTINATO_DECLARE_LEVEL(avx512)
