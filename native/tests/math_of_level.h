// The functions of math.h as each CPU level compiles them, for test_math.cc.
#pragma once

namespace ostinato {

// Each takes `count` numbers, a whole number of vectors, and puts what it makes of them in their place.
template <class Real>
struct Math {
    void (*sigmoid)(Real* x, long count);
    void (*tanh)(Real* x, long count);
};

}  // namespace ostinato

#define OSTINATO_DECLARE_MATH(level)      \
    namespace ostinato::level {           \
    extern const Math<float> math_f32;    \
    extern const Math<double> math_f64;   \
    }

OSTINATO_DECLARE_MATH(portable)
OSTINATO_DECLARE_MATH(avx2)
OSTINATO_DECLARE_MATH(avx512)
