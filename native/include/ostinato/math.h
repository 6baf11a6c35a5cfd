// The logistic function and the hyperbolic tangent of vectors.
//
// Both come from 2^y = 2^n (1 + f q(f)), n the whole number nearest to y and f = y - n, with q a polynomial near
// (2^f - 1) / f on [-1/2, 1/2] (Remez): within 1e-7 for float and 1e-16 for double, relative.
// Largest errors, measured over all floats and on samples of doubles (tests/test_math.cc holds them): sigmoid
// 1.1e-7 and tanh 1.9e-7 absolute, tanh 4e-7 relative (of normal numbers); for double 2e-16, 3.4e-16 and 6e-16.
// NaN gives NaN, infinities give the limits.
#pragma once

#include "ostinato/simd.h"

namespace ostinato::OSTINATO_LEVEL {

template <class Real>
struct Exponential;

template <>
struct Exponential<float> {
    static constexpr float q[] = {0.693147201809f,   0.240226480963f,   0.0555033393356f,
                                  0.00961841873821f, 0.00133984362929f, 0.000153579178147f};
    static constexpr float rounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
    static constexpr int shift = 23;
    static constexpr float limit = 96.0f;  // of y: 2^y and its inverse are normal numbers
};

template <>
struct Exponential<double> {
    static constexpr double q[] = {0.69314718055994532273,   0.24022650695910127856,   0.055504108664820263241,
                                   0.0096181291075952664798, 0.0013333558146742313691, 0.00015403530455847252593,
                                   1.5252733518001311592e-5, 1.3215435847708602126e-6, 1.0178190922191125354e-7,
                                   7.0736946731154679525e-9, 4.4358897074042203421e-10};
    static constexpr double rounder = 6755399441055744.0;  // 1.5 * 2^52
    static constexpr int shift = 52;
    static constexpr double limit = 1022.0;
};

// 2^y = scale * (1 + part), scale = 2^n.
template <class Real>
struct Power {
    Vector<Real> scale, part;
};

template <class Real>
OSTINATO_INLINE Power<Real> power(Vector<Real> y) {
    using E = Exponential<Real>;
    constexpr int degree = sizeof(E::q) / sizeof(Real) - 1;
    y = within<Real>(y, E::limit);
    const Vector<Real> shifted = y + E::rounder;
    const Vector<Real> f = y - (shifted - E::rounder);
    Vector<Real> q = broadcast(E::q[degree]);
#pragma GCC unroll 16
    for (int i = degree - 1; i >= 0; --i) q = q * f + E::q[i];
    using Integers = typename Simd<Real>::Integers;
    // the low bits of `shifted` are n; moved into the exponent of 1 they make 2^n
    return {Vector<Real>((Integers(shifted) << E::shift) + Integers(broadcast(Real(1)))), f * q};
}

constexpr double log2_of_e = 1.4426950408889634074;

// 1 / (1 + exp(-x))
template <class Real>
OSTINATO_INLINE Vector<Real> sigmoid(Vector<Real> x) {
    const Power<Real> e = power<Real>(x * Real(-log2_of_e));
    return reciprocal<Real>(e.scale * e.part + (e.scale + Real(1)));
}

// (1 - exp(-2x)) / (1 + exp(-2x)), with exp(-2x) - 1 from its small part, which keeps its precision near x = 0
template <class Real>
OSTINATO_INLINE Vector<Real> tanh(Vector<Real> x) {
    const Power<Real> e = power<Real>(x * Real(-2 * log2_of_e));
    const Vector<Real> less_one = e.scale * e.part + (e.scale - Real(1));
    return within<Real>(-less_one * reciprocal<Real>(less_one + Real(2)), Real(1));
}

}  // namespace ostinato::OSTINATO_LEVEL
