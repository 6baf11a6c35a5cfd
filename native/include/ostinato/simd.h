// Vectors of one CPU level, from the compiler's vector extensions.
//
// Every file that includes this is compiled once for each level, with OSTINATO_LEVEL naming it, and keeps all
// that it defines in namespace ostinato::OSTINATO_LEVEL: a linker must never take a function that was compiled
// for one level and call it at another. For the same reason these files use no templates of the standard library.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#define OSTINATO_INLINE inline __attribute__((always_inline))
#define OSTINATO_NOINLINE __attribute__((noinline))

namespace ostinato::OSTINATO_LEVEL {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
constexpr int vector_registers = 32;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
constexpr int vector_registers = 16;
#elif defined(__aarch64__)
constexpr int vector_bytes = 16;
constexpr int vector_registers = 32;
#else
constexpr int vector_bytes = 16;
constexpr int vector_registers = 16;
#endif

template <class Real>
struct Simd;

template <>
struct Simd<float> {
    using Vector [[gnu::vector_size(vector_bytes), gnu::may_alias]] = float;
    using Integers [[gnu::vector_size(vector_bytes), gnu::may_alias]] = std::int32_t;
};

template <>
struct Simd<double> {
    using Vector [[gnu::vector_size(vector_bytes), gnu::may_alias]] = double;
    using Integers [[gnu::vector_size(vector_bytes), gnu::may_alias]] = std::int64_t;
};

template <class Real>
using Vector = typename Simd<Real>::Vector;

template <class Real>
constexpr int lanes = vector_bytes / int(sizeof(Real));

template <class Real>
OSTINATO_INLINE Vector<Real> load(const Real* from) {
    Vector<Real> x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

template <class Real>
OSTINATO_INLINE void store(Real* to, Vector<Real> x) {
    std::memcpy(to, &x, sizeof x);
}

template <class Real>
OSTINATO_INLINE Vector<Real> broadcast(Real x) {
    return Vector<Real>{} + x;
}

enum class Fetch : int { read, write };

// Asks for `Count` vectors to be brought near, to be read or to be written over; they need not be there.
template <Fetch use, int Count, class Real>
OSTINATO_INLINE void fetch(const Real* at) {
    for (int i = 0; i < Count; ++i) __builtin_prefetch(at + i * lanes<Real>, int(use), 2);
}

// The first `count` lanes, 0 in the others; nothing behind them is read.
template <class Real>
OSTINATO_INLINE Vector<Real> load_first(const Real* from, int count) {
    if (count >= lanes<Real>) return load(from);
#if defined(__AVX512F__)
    if constexpr (sizeof(Real) == 4) {
        return Vector<Real>(_mm512_maskz_loadu_ps(__mmask16((1u << count) - 1), from));
    } else {
        return Vector<Real>(_mm512_maskz_loadu_pd(__mmask8((1u << count) - 1), from));
    }
#else
    Vector<Real> x{};
    for (int lane = 0; lane < count; ++lane) x[lane] = from[lane];
    return x;
#endif
}

// Stores the first `count` lanes; nothing behind them is written.
template <class Real>
OSTINATO_INLINE void store_first(Real* to, Vector<Real> x, int count) {
    if (count >= lanes<Real>) return store(to, x);
#if defined(__AVX512F__)
    if constexpr (sizeof(Real) == 4) {
        _mm512_mask_storeu_ps(to, __mmask16((1u << count) - 1), __m512(x));
    } else {
        _mm512_mask_storeu_pd(to, __mmask8((1u << count) - 1), __m512d(x));
    }
#else
    for (int lane = 0; lane < count; ++lane) to[lane] = x[lane];
#endif
}

// x limited to [-limit, limit]; NaN stays NaN.
template <class Real>
OSTINATO_INLINE Vector<Real> within(Vector<Real> x, Real limit) {
#if defined(__AVX512F__)
    // of these, the second operand is returned where either is NaN
    if constexpr (sizeof(Real) == 4) {
        const __m512 top = _mm512_set1_ps(limit), bottom = _mm512_set1_ps(-limit);
        return Vector<Real>(_mm512_maskz_max_ps(0xffff, bottom, _mm512_maskz_min_ps(0xffff, top, __m512(x))));
    } else {
        const __m512d top = _mm512_set1_pd(limit), bottom = _mm512_set1_pd(-limit);
        return Vector<Real>(_mm512_maskz_max_pd(0xff, bottom, _mm512_maskz_min_pd(0xff, top, __m512d(x))));
    }
#elif defined(__AVX2__)
    if constexpr (sizeof(Real) == 4) {
        const __m256 top = _mm256_set1_ps(limit), bottom = _mm256_set1_ps(-limit);
        return Vector<Real>(_mm256_max_ps(bottom, _mm256_min_ps(top, __m256(x))));
    } else {
        const __m256d top = _mm256_set1_pd(limit), bottom = _mm256_set1_pd(-limit);
        return Vector<Real>(_mm256_max_pd(bottom, _mm256_min_pd(top, __m256d(x))));
    }
#else
    const Vector<Real> top = broadcast(limit), bottom = broadcast(-limit);
    x = x > top ? top : x;
    return x < bottom ? bottom : x;
#endif
}

// 1 / x for x from 2^-100 to 2^100: never above 1 where x is at least 1, as a division's result.
template <class Real>
OSTINATO_INLINE Vector<Real> reciprocal(Vector<Real> x) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Real) == 4) {  // a fifth of a division's time: 14 bits, doubled by a step of Newton's,
        const __m512 near = _mm512_maskz_rcp14_ps(0xffff, __m512(x));  // whose rest must not be rounded
        const __m512 rest = _mm512_fnmadd_ps(__m512(x), near, _mm512_set1_ps(1.0F));
        return Vector<Real>(_mm512_fmadd_ps(near, rest, near));
    }
#endif
    return Real(1) / x;
}

// Lane i of the result is lane of[i] of a and b, of which b's follow a's.
template <class Real>
OSTINATO_INLINE Vector<Real> shuffle(Vector<Real> a, Vector<Real> b, typename Simd<Real>::Integers of) {
#if defined(__clang__)
    Vector<Real> x{};
    for (int i = 0; i < lanes<Real>; ++i) x[i] = of[i] < lanes<Real> ? a[of[i]] : b[of[i] - lanes<Real>];
    return x;
#else
    return __builtin_shuffle(a, b, of);
#endif
}

// The lower halves of two vectors, a's first.
template <class Real>
OSTINATO_INLINE Vector<Real> beside(Vector<Real> a, Vector<Real> b) {
    constexpr int L = lanes<Real>;
    typename Simd<Real>::Integers of{};
    for (int i = 0; i < L; ++i) of[i] = i < L / 2 ? i : L / 2 + i;
    return shuffle<Real>(a, b, of);
}

// The lower half of a vector, and then zeros.
template <class Real>
OSTINATO_INLINE Vector<Real> lower_half(Vector<Real> x) {
    return beside<Real>(x, Vector<Real>{});
}

template <class Real>
OSTINATO_INLINE Vector<Real> upper_half(Vector<Real> x) {
    constexpr int L = lanes<Real>;
    typename Simd<Real>::Integers of{};
    for (int i = 0; i < L; ++i) of[i] = L / 2 + i;
    return shuffle<Real>(x, Vector<Real>{}, of);
}

// Turns the rows of a square of vectors into its columns: in log2(lanes) stages, each of which exchanges the
// off-diagonal quarters of all squares of one size.
template <class Real>
OSTINATO_INLINE void transpose(Vector<Real> (&rows)[lanes<Real>]) {
    constexpr int L = lanes<Real>;
#if defined(__clang__)
    Real numbers[L][L];
    for (int i = 0; i < L; ++i) store(numbers[i], rows[i]);
    for (int i = 0; i < L; ++i)
        for (int k = 0; k < L; ++k) rows[i][k] = numbers[k][i];
#else
    using Integers = typename Simd<Real>::Integers;
#pragma GCC unroll 4
    for (int size = L / 2; size > 0; size /= 2) {
        Integers upper{}, lower{};
#pragma GCC unroll 16
        for (int lane = 0; lane < L; ++lane) {
            upper[lane] = (lane & size) != 0 ? L + lane - size : lane;
            lower[lane] = (lane & size) != 0 ? L + lane : lane + size;
        }
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) {
            if ((i & size) != 0) continue;
            const Vector<Real> a = rows[i], b = rows[i + size];
            rows[i] = __builtin_shuffle(a, b, upper);
            rows[i + size] = __builtin_shuffle(a, b, lower);
        }
    }
#endif
}

// The sum of all lanes: halves are added to halves.
template <class Real>
OSTINATO_INLINE Real sum(Vector<Real> x) {
    constexpr int L = lanes<Real>;
#pragma GCC unroll 4
    for (int half = L / 2; half > 0; half /= 2) {
        typename Simd<Real>::Integers of{};
        for (int i = 0; i < L; ++i) of[i] = (i + half) % L;
        x += shuffle<Real>(x, x, of);
    }
    return x[0];
}

}  // namespace ostinato::OSTINATO_LEVEL
