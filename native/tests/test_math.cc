// The errors that math.h states, on the level in use: float against double, double against long double.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "check.h"
#include "math_of_level.h"

namespace {

template <class Real>
const ostinato::Math<Real>& math();

template <>
const ostinato::Math<float>& math<float>() {
#if defined(__x86_64__)
    if (ostinato::level() == ostinato::Level::avx512) return ostinato::avx512::math_f32;
    if (ostinato::level() == ostinato::Level::avx2) return ostinato::avx2::math_f32;
#endif
    return ostinato::portable::math_f32;
}

template <>
const ostinato::Math<double>& math<double>() {
#if defined(__x86_64__)
    if (ostinato::level() == ostinato::Level::avx512) return ostinato::avx512::math_f64;
    if (ostinato::level() == ostinato::Level::avx2) return ostinato::avx2::math_f64;
#endif
    return ostinato::portable::math_f64;
}

// What math.h states.
template <class Real>
struct Stated;

template <>
struct Stated<float> {
    using Exact = double;
    static constexpr double sigmoid = 1.1e-7, tanh = 1.9e-7, tanh_relative = 4e-7;
};

template <>
struct Stated<double> {
    using Exact = long double;
    static constexpr double sigmoid = 2e-16, tanh = 3.4e-16, tanh_relative = 6e-16;
};

template <class Real>
using Function = void (*)(Real*, long);

// A whole number of vectors of every level.
constexpr std::size_t block = 4096;

template <class Real>
std::vector<Real> values(Function<Real> function, std::vector<Real> x) {
    const std::size_t count = x.size();
    x.resize((count + 15) / 16 * 16);
    function(x.data(), long(x.size()));
    x.resize(count);
    return x;
}

// Calls body(points) with blocks of floats: every 997th bit pattern, and every one near zero's, one's and
// saturation's exponents for a stretch; of both signs, no NaN among them.
template <class Body>
void over_floats(Body&& body) {
    std::vector<float> points;
    const auto add = [&](std::uint32_t bits) {
        const float x = std::bit_cast<float>(bits);
        if (std::isnan(x)) return;
        points.push_back(x);
        if (points.size() < block) return;
        body(points);
        points.clear();
    };
    for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 997) add(std::uint32_t(bits));
    for (float start : {0.0f, 1e-40f, std::numeric_limits<float>::min(), 1e-7f, 0.17f, 0.34f, 0.5f, 0.69f, 1.0f, 8.0f,
                        16.6f, 43.0f, 87.0f, 88.7f, 103.0f})
        for (std::uint32_t i = 0; i < 20000; ++i)
            for (std::uint32_t sign : {0u, 1u << 31}) add((std::bit_cast<std::uint32_t>(start) + i) | sign);
    for (std::int32_t i = -200000; i <= 200000; ++i) add(std::bit_cast<std::uint32_t>(float(i) * 1e-4f));
    if (!points.empty()) body(points);
}

// The same for doubles: a grid through what is not saturated, the same number of points in every octave, and the
// neighbourhood of some.
template <class Body>
void over_doubles(Body&& body) {
    std::vector<double> points;
    const auto add = [&](double x) {
        for (double signed_x : {x, -x}) points.push_back(signed_x);
        if (points.size() < block) return;
        body(points);
        points.clear();
    };
    for (int i = 0; i <= 400000; ++i) add(i * 1.03e-4);
    for (int exponent = -1074; exponent < 1024; ++exponent)
        for (int i = 0; i < 100; ++i) add(std::ldexp(1.0 + i / 100.0, exponent));
    for (double start : {1e-310, 1e-16, 0.17328679513998632, 0.34657359027997264, 0.5, 1.0, 19.06, 36.7, 708.0, 745.0})
        for (int i = 0; i < 2000; ++i) add(std::bit_cast<double>(std::bit_cast<std::uint64_t>(start) + std::uint64_t(i)));
    if (!points.empty()) body(points);
}

template <class Real, class Body>
void over_numbers(Body&& body) {
    if constexpr (sizeof(Real) == 4) {
        over_floats(body);
    } else {
        over_doubles(body);
    }
}

struct Errors {
    double absolute = 0, relative = 0;
    double at_absolute = 0, at_relative = 0;
};

// The largest errors; the relative one where neither x nor the result is below the normal numbers.
template <class Real, class Exact>
Errors errors(Function<Real> function, Exact (*exact)(Exact)) {
    Errors worst;
    over_numbers<Real>([&](const std::vector<Real>& x) {
        const std::vector<Real> y = values(function, x);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const Exact right = exact(Exact(x[i]));
            const double off = double(std::fabs(Exact(y[i]) - right));
            if (!(off <= worst.absolute)) worst.absolute = off, worst.at_absolute = double(x[i]);
            if (std::fabs(x[i]) < std::numeric_limits<Real>::min()) continue;
            const double share = off / double(std::fabs(right));
            if (!(share <= worst.relative)) worst.relative = share, worst.at_relative = double(x[i]);
        }
    });
    return worst;
}

template <class Exact>
Exact exact_sigmoid(Exact x) {
    return 1 / (1 + std::exp(-x));
}

template <class Exact>
Exact exact_tanh(Exact x) {
    return std::tanh(x);
}

void is_within(const char* what, double error, double at, double stated) {
    std::printf("  %s: %.3g at %.9g, %.3g stated\n", what, error, at, stated);
    if (!(error <= stated)) throw std::runtime_error(std::string(what) + " is larger than math.h states");
}

template <class Real>
void sigmoid_is_as_exact_as_stated() {
    using S = Stated<Real>;
    const Errors found = errors<Real, typename S::Exact>(math<Real>().sigmoid, exact_sigmoid<typename S::Exact>);
    is_within("sigmoid's error", found.absolute, found.at_absolute, S::sigmoid);
}

template <class Real>
void tanh_is_as_exact_as_stated() {
    using S = Stated<Real>;
    const Errors found = errors<Real, typename S::Exact>(math<Real>().tanh, exact_tanh<typename S::Exact>);
    is_within("tanh's error", found.absolute, found.at_absolute, S::tanh);
    is_within("tanh's relative error", found.relative, found.at_relative, S::tanh_relative);
}

template <class Real>
void values_stay_in_their_range() {
    over_numbers<Real>([&](const std::vector<Real>& x) {
        for (Real y : values(math<Real>().sigmoid, x)) CHECK(y >= 0 && y <= 1);
        for (Real y : values(math<Real>().tanh, x)) CHECK(y >= -1 && y <= 1);
    });
}

template <class Real>
void infinities_give_the_limits_and_nan_stays_nan() {
    using Limits = std::numeric_limits<Real>;
    const Real inf = Limits::infinity(), nan = Limits::quiet_NaN(), most = Limits::max();
    const std::vector<Real> x{inf, -inf, most, -most, nan, -nan, 0, Real(-0.0)};
    const std::vector<Real> s = values(math<Real>().sigmoid, x), t = values(math<Real>().tanh, x);
    for (int i : {0, 2}) CHECK(s[i] == 1 && t[i] == 1);
    for (int i : {1, 3}) CHECK(s[i] >= 0 && s[i] <= Real(1e-25) && t[i] == -1);
    for (int i : {4, 5}) CHECK(std::isnan(s[i]) && std::isnan(t[i]));
    for (int i : {6, 7}) CHECK(s[i] == Real(0.5) && t[i] == 0);
}

// One lane's NaN is no other lane's.
template <class Real>
void lanes_do_not_touch_each_other() {
    for (std::size_t lane = 0; lane < 16; ++lane) {
        std::vector<Real> x(16, Real(0.75));
        const std::vector<Real> clean = values(math<Real>().sigmoid, x), clean_tanh = values(math<Real>().tanh, x);
        x[lane] = std::numeric_limits<Real>::quiet_NaN();
        const std::vector<Real> s = values(math<Real>().sigmoid, x), t = values(math<Real>().tanh, x);
        for (std::size_t i = 0; i < 16; ++i) {
            CHECK(std::isnan(s[i]) == (i == lane) && (i == lane || s[i] == clean[i]));
            CHECK(std::isnan(t[i]) == (i == lane) && (i == lane || t[i] == clean_tanh[i]));
        }
    }
}

// From one number to a larger one no value falls by more than twice the stated error, and none at all from -4 to 4
// in steps of 1/1024, through which both functions rise by much more than their errors.
template <class Real>
void values_rise() {
    std::vector<Real> coarse, fine;
    for (int i = -4096; i <= 4096; ++i) coarse.push_back(Real(i) / 1024);
    Real next = Real(-0.35);
    for (int i = 0; i < 200000; ++i) fine.push_back(next = std::nextafter(next, Real(1)));
    for (Function<Real> function : {math<Real>().sigmoid, math<Real>().tanh}) {
        const std::vector<Real> y = values(function, coarse), z = values(function, fine);
        for (std::size_t i = 1; i < y.size(); ++i) CHECK(y[i] > y[i - 1]);
        for (std::size_t i = 1; i < z.size(); ++i) CHECK(z[i] >= z[i - 1] - Real(2 * Stated<Real>::tanh));
    }
}

}  // namespace

TEST(sigmoid_of_floats_is_as_exact_as_stated) { sigmoid_is_as_exact_as_stated<float>(); }
TEST(sigmoid_of_doubles_is_as_exact_as_stated) { sigmoid_is_as_exact_as_stated<double>(); }
TEST(tanh_of_floats_is_as_exact_as_stated) { tanh_is_as_exact_as_stated<float>(); }
TEST(tanh_of_doubles_is_as_exact_as_stated) { tanh_is_as_exact_as_stated<double>(); }
TEST(values_of_floats_stay_in_their_range) { values_stay_in_their_range<float>(); }
TEST(values_of_doubles_stay_in_their_range) { values_stay_in_their_range<double>(); }
TEST(values_of_floats_rise) { values_rise<float>(); }
TEST(values_of_doubles_rise) { values_rise<double>(); }
TEST(floats_have_limits_and_keep_nan) { infinities_give_the_limits_and_nan_stays_nan<float>(); }
TEST(doubles_have_limits_and_keep_nan) { infinities_give_the_limits_and_nan_stays_nan<double>(); }
TEST(lanes_of_floats_do_not_touch_each_other) { lanes_do_not_touch_each_other<float>(); }
TEST(lanes_of_doubles_do_not_touch_each_other) { lanes_do_not_touch_each_other<double>(); }
