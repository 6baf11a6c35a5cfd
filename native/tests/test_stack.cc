#include "ostinato/stack.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "check.h"
#include "ostinato/threads.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)

#include <atomic>

static std::atomic<long> allocations{0};

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* malloc(std::size_t size) {
    ++allocations;
    return __libc_malloc(size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    ++allocations;
    return __libc_memalign(alignment, size);
}
}
#define COUNTS_ALLOCATIONS

#endif

namespace {

using ostinato::Cell;
using ostinato::Precision;
using ostinato::StackShape;

constexpr Cell cells[] = {Cell::rnn_tanh, Cell::rnn_relu, Cell::gru, Cell::lstm};
constexpr std::pair<long, long> sizes[] = {{1, 1}, {3, 5}, {16, 16}, {32, 64}, {7, 33}, {70, 100}};

template <class Real>
using Numbers = std::vector<Real>;

// One layer's weights, uniform like torch.nn's.
template <class Real>
struct Layer {
    Numbers<Real> ih, hh, bias_ih, bias_hh, hr;

    ostinato::Weights<const Real> weights() const {
        return {ih.data(), hh.data(), bias_ih.data(), bias_hh.data(), hr.empty() ? nullptr : hr.data()};
    }
};

template <class Real>
Numbers<Real> uniform(long count, double limit, unsigned seed) {
    std::mt19937 generator(seed);
    Numbers<Real> numbers;
    for (long i = 0; i < count; ++i)
        numbers.push_back(Real(std::uniform_real_distribution<double>(-limit, limit)(generator)));
    return numbers;
}

template <class Real>
std::vector<Layer<Real>> layers_of(const StackShape& s) {
    std::vector<Layer<Real>> layers;
    const long rows = ostinato::gates_of(s.cell) * s.hidden;
    const double limit = 1 / std::sqrt(double(s.hidden));
    for (unsigned layer = 0; layer < unsigned(s.layers); ++layer)
        layers.push_back({uniform<Real>(rows * s.input_of(layer), limit, 10 * layer + 1),
                          uniform<Real>(rows * s.state(), limit, 10 * layer + 2), uniform<Real>(rows, limit, 10 * layer + 3),
                          uniform<Real>(rows, limit, 10 * layer + 4),
                          uniform<Real>(s.projection * s.hidden, limit, 10 * layer + 5)});
    return layers;
}

template <class Real>
std::shared_ptr<const ostinato::PackedStack<Real>> packed(const StackShape& shape, Precision precision = Precision::real) {
    std::vector<ostinato::Weights<const Real>> weights;
    const auto layers = layers_of<Real>(shape);
    for (const auto& layer : layers) weights.push_back(layer.weights());
    return std::make_shared<const ostinato::PackedStack<Real>>(shape, weights.data(), precision);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// W_r . v, or what 8-bit weights make of it, written as the header has it.
template <class Real>
struct Product {
    Precision precision;

    static float scale(const Real* numbers, long count) {
        float most = 0;
        for (long k = 0; k < count; ++k) most = std::fmax(most, std::fabs(float(numbers[k])));
        return most;
    }

    double operator()(const Real* row, const Real* vector, long count) const {
        double sum = 0;
        if (precision == Precision::real) {
            for (long k = 0; k < count; ++k) sum += double(row[k]) * double(vector[k]);
            return sum;
        }
        const float s = scale(row, count) / 127, most = scale(vector, count);
        if (s == 0 || most == 0) return 0;
        const float inverse = 127 / most;
        for (long k = 0; k < count; ++k) {
            const volatile float scaled = float(vector[k]) * inverse;
            sum += double(std::lrint(float(row[k]) / s)) * double(std::lrint(scaled));
        }
        return sum * s * (most / 127);
    }
};

// The oracle: one stream, one line of mathematics a gate. Its states are kept as the stack keeps them.
template <class Real>
struct Oracle {
    StackShape s;
    Product<Real> product;
    std::vector<Layer<Real>> layers = layers_of<Real>(s);
    std::vector<Numbers<Real>> h{std::size_t(s.layers), Numbers<Real>(std::size_t(s.state()))};
    std::vector<Numbers<Real>> c{std::size_t(s.layers), Numbers<Real>(std::size_t(s.hidden))};

    explicit Oracle(const StackShape& shape, Precision precision = Precision::real) : s(shape), product{precision} {}

    Numbers<Real> step(Numbers<Real> x) {
        for (long layer = 0; layer < s.layers; ++layer) x = h[layer] = step_layer(layer, x);
        return x;
    }

    Numbers<Real> step_layer(long layer, const Numbers<Real>& x) {
        Numbers<Real> made;
        for (long unit = 0; unit < s.hidden; ++unit) made.push_back(Real(unit_of(layer, unit, x)));
        if (s.projection == 0) return made;
        Numbers<Real> projected;
        for (long p = 0; p < s.projection; ++p)
            projected.push_back(Real(product(&layers[layer].hr[p * s.hidden], made.data(), s.hidden)));
        return projected;
    }

    double unit_of(long layer, long unit, const Numbers<Real>& x) {
        const Layer<Real>& w = layers[layer];
        const long inputs = s.input_of(layer);
        const auto from_x = [&](long gate) {
            const long row = gate * s.hidden + unit;
            return product(&w.ih[row * inputs], x.data(), inputs) + double(w.bias_ih[row]);
        };
        const auto from_h = [&](long gate) {
            const long row = gate * s.hidden + unit;
            return product(&w.hh[row * s.state()], h[layer].data(), s.state()) + double(w.bias_hh[row]);
        };
        if (s.cell == Cell::rnn_tanh) return std::tanh(from_x(0) + from_h(0));
        if (s.cell == Cell::rnn_relu) return std::fmax(0, from_x(0) + from_h(0));
        if (s.cell == Cell::gru) {
            const double r = sigmoid(from_x(0) + from_h(0)), z = sigmoid(from_x(1) + from_h(1));
            const double n = std::tanh(from_x(2) + r * from_h(2));
            return (1 - z) * n + z * double(h[layer][unit]);
        }
        const double i = sigmoid(from_x(0) + from_h(0)), f = sigmoid(from_x(1) + from_h(1));
        const double g = std::tanh(from_x(2) + from_h(2)), o = sigmoid(from_x(3) + from_h(3));
        const double cell = f * double(c[layer][unit]) + i * g;
        c[layer][unit] = Real(cell);
        return o * std::tanh(cell);
    }
};

// All shapes that a test runs on.
template <class Body>
void for_each_shape(Body&& body) {
    for (Cell cell : cells)
        for (auto [input, hidden] : sizes)
            for (long layers : {1, 3}) body(StackShape{cell, layers, input, hidden, 0});
    for (long projection : {1, 7, 16, 40}) body(StackShape{Cell::lstm, 2, 5, 50, projection});
}

template <class Real>
Numbers<Real> inputs(const StackShape& shape, long steps, long streams) {
    return uniform<Real>(steps * streams * shape.input, 2, 99);
}

template <class Real>
Numbers<Real> advanced(ostinato::Stack<Real>& stack, const Numbers<Real>& x, long steps) {
    const long streams = long(x.size()) / (steps * stack.shape().input);
    Numbers<Real> y(std::size_t(steps * streams * stack.shape().state()), std::numeric_limits<Real>::quiet_NaN());
    stack.advance(x.data(), y.data(), steps, streams);
    return y;
}

template <class Real>
Numbers<Real> states_of(const ostinato::Stack<Real>& stack) {
    Numbers<Real> states(std::size_t(stack.streams() * stack.numbers()), std::numeric_limits<Real>::quiet_NaN());
    stack.copy_states(0, stack.streams(), states.data());
    return states;
}

// Checks outputs and last states of every stream against the oracle.
template <class Real>
void check_against_oracle(const StackShape& shape, long streams, Precision precision, double tolerance) {
    constexpr long steps = 6;
    ostinato::Stack<Real> stack(packed<Real>(shape, precision), streams, 2);
    const auto x = inputs<Real>(shape, steps, streams), y = advanced(stack, x, steps), states = states_of(stack);
    for (long stream = 0; stream < streams; stream += streams > 7 ? 7 : 1) {
        Oracle<Real> oracle(shape, precision);
        for (long t = 0; t < steps; ++t) {
            const Real* from = &x[(t * streams + stream) * shape.input];
            const auto expected = oracle.step(Numbers<Real>(from, from + shape.input));
            for (long k = 0; k < shape.state(); ++k)
                CHECK(std::fabs(y[(t * streams + stream) * shape.state() + k] - expected[k]) <= tolerance);
        }
        const Real* state = &states[stream * stack.numbers()];
        for (const auto& h : oracle.h)
            for (Real number : h) CHECK(std::fabs(*state++ - number) <= tolerance);
        if (shape.cell != Cell::lstm) continue;
        for (const auto& c : oracle.c)
            for (Real number : c) CHECK(std::fabs(*state++ - number) <= 4 * tolerance);
    }
}

// The same of 8-bit weights, but step by step and layer by layer from the stack's own states: a last bit that differs
// may round to another byte, from where on results are apart. A projection's bytes are such ones.
void check_bytes_against_oracle(const StackShape& shape, long streams, long stream) {
    ostinato::Stack<float> stack(packed<float>(shape, Precision::int8), streams, 2);
    Oracle<float> oracle(shape, Precision::int8);
    const double tolerance = shape.projection > 0 ? 5e-3 : 2e-6;
    for (int t = 0; t < 4; ++t) {
        const auto x = inputs<float>(shape, 1, streams);
        advanced(stack, x, 1);
        const auto states = states_of(stack);
        const float *h = &states[stream * stack.numbers()], *c = h + shape.layers * shape.state();
        Numbers<float> input(&x[stream * shape.input], &x[stream * shape.input] + shape.input);
        for (long layer = 0; layer < shape.layers; ++layer, h += shape.state()) {
            const auto made = oracle.step_layer(layer, input);
            for (long k = 0; k < shape.state(); ++k) CHECK(std::fabs(made[k] - h[k]) <= tolerance);
            oracle.h[layer] = input = Numbers<float>(h, h + shape.state());
            if (shape.cell != Cell::lstm) continue;
            oracle.c[layer].assign(c + layer * shape.hidden, c + (layer + 1) * shape.hidden);
        }
    }
}

}  // namespace

TEST(a_stack_computes_what_the_oracle_computes) {
    for_each_shape([](const StackShape& shape) {
        for (long streams : {1, 2, 5, 50, 101}) {
            check_against_oracle<float>(shape, streams, Precision::real, 2e-6);
            check_against_oracle<double>(shape, streams, Precision::real, 1e-13);
        }
    });
}

TEST(bytes_are_multiplied_as_the_header_says_on_every_level) {
    for_each_shape([](const StackShape& shape) {
        for (long streams : {1, 5, 50})
            for (long stream : {0L, streams / 2}) check_bytes_against_oracle(shape, streams, stream);
    });
}

// Where v / a is rounded to a half first, a level that fused product and rounding would find another byte.
TEST(bytes_are_rounded_alike_where_products_are_halves) {
    const StackShape shape{Cell::rnn_relu, 1, 2, 1, 0};
    const float row[] = {0.0f, 1.0f}, zero[] = {0.0f}, most = 3.0f;
    const ostinato::Weights<const float> weights{row, zero, zero, zero, nullptr};
    ostinato::Stack<float> stack(
        std::make_shared<const ostinato::PackedStack<float>>(shape, &weights, Precision::int8), 1, 1);
    int halves = 0;
    for (float x = 1.0f; x < 2.9f; x = std::nextafter(x, most)) {
        const volatile float scaled = x * (127 / most);
        if (scaled - std::floor(scaled) != 0.5f) continue;
        ++halves;
        CHECK(std::fabs(advanced(stack, {most, x}, 1)[0] * (127 / most) - std::nearbyint(scaled)) < 1e-3);
    }
    CHECK(halves > 50);
}

#if defined(__x86_64__)

// One step of 7 streams from states of zero, by the kernels of one level.
static Numbers<float> step_of_bytes(const ostinato::StepKernels<float>& kernels, const StackShape& shape) {
    const auto layers = layers_of<float>(shape);
    const auto weights = layers[0].weights();
    const ostinato::Memory packed(std::size_t(kernels.packed_bytes(shape)));
    const ostinato::Memory scratch(std::size_t(kernels.scratch_bytes(shape, 7)));
    const long stride = ostinato::StateRows<float>(shape).stride;
    Numbers<float> states(std::size_t(7 * stride)), y(std::size_t(7 * shape.state()));
    kernels.pack(shape, &weights, packed.get());
    const auto x = inputs<float>(shape, 1, 7);
    kernels.advance({&shape, packed.get(), states.data(), 7, scratch.get(), x.data(), y.data(), 1, 7, 0, 7, 0});
    return y;
}

TEST(byte_products_of_one_instruction_are_those_of_several) {
    if (ostinato::level() != ostinato::Level::avx512 || !__builtin_cpu_supports("avx512vnni")) return;
    for (Cell cell : cells)
        for (auto [input, hidden] : sizes) {
            const StackShape shape{cell, 1, input, hidden, 0};
            CHECK(step_of_bytes(ostinato::avx512vnni::steps_int8, shape) ==
                  step_of_bytes(ostinato::avx512::steps_int8, shape));
        }
}

#endif

TEST(steps_taken_at_once_are_single_steps_to_the_bit) {
    for_each_shape([](const StackShape& shape) {
        for (auto [streams, precision] : {std::pair{1L, Precision::real}, {60L, Precision::real}, {3L, Precision::int8}}) {
            const auto weights = packed<float>(shape, precision);
            ostinato::Stack<float> whole(weights, streams, 2), single(weights, streams, 2);
            const auto x = inputs<float>(shape, 5, streams), expected = advanced(whole, x, 5);
            const long row = streams * shape.input;
            Numbers<float> said;
            for (long t = 0; t < 5; ++t) {
                const auto y = advanced(single, Numbers<float>(x.begin() + t * row, x.begin() + (t + 1) * row), 1);
                said.insert(said.end(), y.begin(), y.end());
            }
            CHECK(said == expected);
            CHECK(states_of(whole) == states_of(single));
        }
    });
}

TEST(a_state_goes_on_in_another_stack_to_the_bit) {
    for_each_shape([](const StackShape& shape) {
        const auto weights = packed<double>(shape);
        ostinato::Stack<double> one(weights, 4, 1), other(weights, 4, 1);
        const auto x = inputs<double>(shape, 3, 4);
        advanced(one, x, 3);
        const auto state = states_of(one);
        other.restore_states(0, 4, state.data());
        CHECK(states_of(other) == state);
        CHECK(advanced(other, x, 3) == advanced(one, x, 3));
    });
}

TEST(streams_are_restored_and_reset_one_by_one) {
    const StackShape shape{Cell::lstm, 2, 3, 9, 0};
    ostinato::Stack<float> stack(packed<float>(shape), 3, 1);
    advanced(stack, inputs<float>(shape, 2, 3), 2);
    const auto before = states_of(stack);
    const long numbers = stack.numbers();
    stack.reset_states(1, 1);
    auto expected = before;
    std::fill_n(expected.begin() + numbers, numbers, 0.0f);
    CHECK(states_of(stack) == expected);
    stack.restore_states(2, 1, before.data());
    std::copy_n(before.begin(), numbers, expected.begin() + 2 * numbers);
    CHECK(states_of(stack) == expected);
    stack.reset_states(0, 3);
    CHECK(states_of(stack) == Numbers<float>(std::size_t(3 * numbers)));
}

TEST(the_first_streams_go_on_alone) {
    const StackShape shape{Cell::gru, 2, 4, 20, 0};
    ostinato::Stack<float> stack(packed<float>(shape), 70, 2), all(stack.weights(), 70, 2);
    const auto x = inputs<float>(shape, 1, 70);
    advanced(stack, x, 1);
    const auto before = states_of(stack);
    advanced(stack, Numbers<float>(x.begin(), x.begin() + 55 * 4), 1);
    const auto after = states_of(stack);
    const long left = 55 * stack.numbers();
    CHECK(std::equal(after.begin() + left, after.end(), before.begin() + left));
    CHECK(!std::equal(after.begin(), after.begin() + left, before.begin()));
}

TEST(no_step_and_no_stream_change_nothing) {
    const StackShape shape{Cell::gru, 1, 4, 20, 0};
    ostinato::Stack<float> stack(packed<float>(shape), 3, 2);
    advanced(stack, inputs<float>(shape, 1, 3), 1);
    const auto before = states_of(stack);
    stack.advance(nullptr, nullptr, 0, 3);
    stack.advance(nullptr, nullptr, 2, 0);
    CHECK(states_of(stack) == before);
}

TEST(nan_stays_in_its_stream_until_it_is_reset) {
    for (Precision precision : {Precision::real, Precision::int8})
        for (Cell cell : cells) {
            const StackShape shape{cell, 2, 3, 18, 0};
            ostinato::Stack<float> stack(packed<float>(shape, precision), 3, 1), clean(stack.weights(), 3, 1);
            auto x = inputs<float>(shape, 1, 3);
            const auto expected = advanced(clean, x, 1);
            const float kept = x[4];
            x[4] = std::numeric_limits<float>::quiet_NaN();
            const auto y = advanced(stack, x, 1);
            for (long k = 0; k < 3 * 18; ++k) CHECK(k / 18 == 1 ? std::isnan(y[k]) : y[k] == expected[k]);
            x[4] = kept;
            CHECK(std::isnan(advanced(stack, x, 1)[18]));
            stack.reset_states(0, 3);
            CHECK(advanced(stack, x, 1) == expected);
        }
}

TEST(threads_change_no_result_beyond_the_last_bits) {
    const StackShape shape{Cell::lstm, 2, 32, 64, 0};
    ostinato::Stack<float> one(packed<float>(shape), 500, 1), three(one.weights(), 500, 3), again(one.weights(), 500, 3);
    const auto x = inputs<float>(shape, 2, 500), expected = advanced(one, x, 2), y = advanced(three, x, 2);
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::fabs(y[i] - expected[i]) < 1e-6);
    CHECK(advanced(again, x, 2) == y);
}

TEST(nothing_is_allocated_inside_a_step) {
#if defined(COUNTS_ALLOCATIONS)
    const StackShape shape{Cell::lstm, 2, 32, 64, 0};
    for (Precision precision : {Precision::real, Precision::int8})
        for (long streams : {1, 300}) {
            ostinato::Stack<float> stack(packed<float>(shape, precision), streams, 1);
            const auto x = inputs<float>(shape, 2, streams);
            Numbers<float> y(std::size_t(2 * streams * 64)), state(std::size_t(streams * stack.numbers()));
            ostinato::release();
            const long before = allocations;
            stack.advance(x.data(), y.data(), 2, streams);
            stack.copy_states(0, streams, state.data());
            stack.restore_states(0, streams, state.data());
            stack.reset_states(0, streams);
            CHECK(allocations == before);
            CHECK(ostinato::idle_bytes() == 0);
        }
#endif
}

TEST(bytes_cannot_hold_what_their_sums_would_overflow_with) {
    const StackShape shape{Cell::rnn_tanh, 1, 65537, 1, 0};
    CHECK_THROWS(packed<float>(shape, Precision::int8), std::invalid_argument, "at most 65536");
    CHECK_THROWS(packed<double>({Cell::rnn_tanh, 1, 2, 1, 0}, Precision::int8), std::invalid_argument, "pass float32");
}

TEST(the_longest_rows_of_bytes_sum_without_overflow) {
    const StackShape shape{Cell::rnn_relu, 1, 65536, 1, 0};
    const Numbers<float> ones(65536, 1.0f), zero(1);
    const ostinato::Weights<const float> weights{ones.data(), zero.data(), zero.data(), zero.data(), nullptr};
    const auto made = std::make_shared<const ostinato::PackedStack<float>>(shape, &weights, Precision::int8);
    ostinato::Stack<float> stack(made, 1, 1);
    CHECK(std::fabs(advanced(stack, ones, 1)[0] - 65536) < 0.1);
}

TEST(more_streams_than_memory_are_refused) {
    const auto weights = packed<float>({Cell::lstm, 1, 2, 3, 0});
    CHECK_THROWS(ostinato::Stack<float>(weights, std::numeric_limits<long>::max() / 2, 1), std::bad_alloc, "");
}
