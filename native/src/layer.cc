// Which level's kernels a call runs on.
#include "ostinato/layer.h"

#include "ostinato/cpu.h"
#include "ostinato/kernels.h"

namespace ostinato {
namespace {

template <class Real>
struct Levels;

template <>
struct Levels<float> {
#if defined(__x86_64__)
    static constexpr const Kernels<float>* all[] = {&portable::kernels_f32, &avx2::kernels_f32, &avx512::kernels_f32};
#else
    static constexpr const Kernels<float>* all[] = {&portable::kernels_f32};
#endif
};

template <>
struct Levels<double> {
#if defined(__x86_64__)
    static constexpr const Kernels<double>* all[] = {&portable::kernels_f64, &avx2::kernels_f64, &avx512::kernels_f64};
#else
    static constexpr const Kernels<double>* all[] = {&portable::kernels_f64};
#endif
};

}  // namespace

template <class Real>
const Kernels<Real>& kernels() {
    return *Levels<Real>::all[static_cast<int>(level())];
}

template const Kernels<float>& kernels<float>();
template const Kernels<double>& kernels<double>();

}  // namespace ostinato
