// Calls of the kernels on drawn layers, in guarded arrays, and whether what they wrote is right.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "drawn_layer.h"
#include "guarded.h"
#include "ostinato/buffers.h"
#include "ostinato/layer.h"

namespace drawn {

using ostinato::Keep;

// How a problem is put to the kernels: which arrays are wanted is one bit each.
struct Manner {
    Keep keep = Keep::all;
    int shift = 0;
    unsigned wanted = ~0u;
    bool packed = false;  // whether the weights are packed before the forward, which then does not see them
};

template <class Real>
class Call {
  public:
    Call(const Problem& problem, const Manner& manner)
        : p(problem),
          m(manner),
          sizes(p.batch_sizes, 0),
          resets(p.resets, manner.shift),
          input(p.input, m.shift), h0(p.h0, m.shift), c0(p.c0, m.shift),
          d_output(p.d_output, m.shift), d_h_n(p.d_h_n, m.shift), d_c_n(p.d_c_n, m.shift),
          output(p.shape.rows * p.shape.directions * p.shape.state(), m.shift),
          h_n(long(p.h0.size()), m.shift), c_n(long(p.c0.size()), m.shift),
          saved(ostinato::kernels<Real>().saved_numbers(p.shape, m.keep), m.shift),
          d_input(wanted(0) * long(p.input.size()), m.shift),
          d_h0(wanted(1) * long(p.h0.size()), m.shift), d_c0(wanted(2) * long(p.c0.size()), m.shift) {
        for (int d = 0; d < p.shape.directions; ++d)
            for (int i = 0; i < 5; ++i) {
                const Numbers& w = weight(p.weights[d], i);
                weights.push_back(std::make_unique<Guarded<Real>>(w, m.shift));
                d_weights.push_back(std::make_unique<Guarded<Real>>(wanted(3 + 5 * d + i) * long(w.size()), m.shift));
            }
    }

    void forward() {
        ostinato::Forward<Real> call{shape(), input.get(), h0.get(), c0.get(), {}, resets.get(), output.get(), h_n.get(),
                                     c_n.get(), saved.get(), m.keep, nullptr};
        ostinato::Weights<const Real> given[2] = {};
        point(given, weights);
        const std::unique_ptr<const ostinato::Packed> packed(
            m.packed ? ostinato::kernels<Real>().pack(shape(), given) : nullptr);
        call.packed = packed.get();
        if (!m.packed) std::copy(std::begin(given), std::end(given), call.weights);
        ostinato::kernels<Real>().forward(call);
    }

    void backward() {
        ostinato::Backward<Real> call{shape(), input.get(), h0.get(), c0.get(), {}, resets.get(), output.get(), saved.get(),
                                      m.keep, d_output.get(), d_h_n.get(), d_c_n.get(), d_input.get(), d_h0.get(),
                                      d_c0.get(), {}};
        point(call.weights, weights), point(call.d_weights, d_weights);
        ostinato::kernels<Real>().backward(call);
    }

    // Calls body(name, array, what it should hold) for all that was to be written.
    template <class Body>
    void for_each_result(const Solution& s, bool gradients, Body&& body) const {
        body("output", output, s.output), body("h_n", h_n, s.h_n), body("c_n", c_n, s.c_n);
        if (!gradients) return;
        body("d_input", d_input, s.d_input), body("d_h0", d_h0, s.d_h0), body("d_c0", d_c0, s.d_c0);
        static constexpr const char* names[] = {"d_ih", "d_hh", "d_bias_ih", "d_bias_hh", "d_hr"};
        for (std::size_t i = 0; i < d_weights.size(); ++i)
            body(names[i % 5], *d_weights[i], weight(s.d_weights[i / 5], int(i % 5)));
    }

    bool intact() const {
        bool right = sizes.intact() && resets.intact();
        for (const auto* array : {&input, &h0, &c0, &d_output, &d_h_n, &d_c_n, &output, &h_n, &c_n, &saved, &d_input, &d_h0,
                                  &d_c0})
            right = right && array->intact();
        for (const auto& array : weights) right = right && array->intact();
        for (const auto& array : d_weights) right = right && array->intact();
        return right;
    }

    bool same_bits(const Call& other, bool gradients) const {
        bool same = output.same_bits(other.output) && h_n.same_bits(other.h_n) && c_n.same_bits(other.c_n);
        if (!gradients) return same;
        same = same && d_input.same_bits(other.d_input) && d_h0.same_bits(other.d_h0) && d_c0.same_bits(other.d_c0);
        for (std::size_t i = 0; i < d_weights.size(); ++i) same = same && d_weights[i]->same_bits(*other.d_weights[i]);
        return same;
    }

  private:
    using Arrays = std::vector<std::unique_ptr<Guarded<Real>>>;

    long wanted(int bit) const { return (m.wanted >> bit) & 1; }

    static const Numbers& weight(const naive::Weights& w, int i) {
        const Numbers* all[] = {&w.ih, &w.hh, &w.bias_ih, &w.bias_hh, &w.hr};
        return *all[i];
    }

    template <class Number>
    static void point(ostinato::Weights<Number> (&to)[2], const Arrays& arrays) {
        for (std::size_t d = 0; 5 * d < arrays.size(); ++d) {
            const auto at = [&](std::size_t i) { return arrays[5 * d + i]->get(); };
            to[d] = {at(0), at(1), at(2), at(3), at(4)};
        }
    }

    ostinato::Shape shape() const {
        ostinato::Shape shape = p.shape;
        shape.batch_sizes = sizes.get();
        return shape;
    }

    const Problem& p;
    const Manner m;
    Guarded<std::int64_t> sizes;
    Guarded<std::uint8_t> resets;
    Guarded<Real> input, h0, c0, d_output, d_h_n, d_c_n, output, h_n, c_n, saved, d_input, d_h0, d_c0;
    Arrays weights, d_weights;
};

// Of the largest number that an array should hold: at least twice the most that 18,000 forms showed on any level.
template <class Real>
constexpr double tolerance = sizeof(Real) == 4 ? 2e-5 : 4e-14;

inline double largest_seen[2];

template <class Real>
void compare(const char* name, const Guarded<Real>& actual, const Numbers& expected) {
    if (actual.get() == nullptr) return;
    const Numbers found = actual.numbers();
    double scale = 0.05;  // where terms of a sum cancel, their rounding stays
    for (double x : expected) scale = std::max(scale, std::fabs(x));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double off = std::fabs(found[i] - expected[i]) / scale;
        largest_seen[sizeof(Real) == 4] = std::max(largest_seen[sizeof(Real) == 4], off);
        if (!(off <= tolerance<Real>))
            throw std::runtime_error(std::string(name) + "[" + std::to_string(i) + "] is " + std::to_string(found[i]) +
                                     ", expected " + std::to_string(expected[i]));
    }
}

// Fills what the kernels will take as scratch with NaN, so that they cannot count on what they find there.
inline void spoil_buffers() {
    std::vector<void*> taken;
    for (std::size_t bytes = 4096; bytes <= (std::size_t{1} << 20); bytes += bytes / 8)
        for (int i = 0; i < 2; ++i) {
            taken.push_back(ostinato::take(bytes));
            std::memset(taken.back(), 0xff, bytes);
        }
    for (void* buffer : taken) ostinato::give(buffer);
}

// Whether that much is enough for the backward.
inline bool trains(Cell cell, Keep keep) { return cell != Cell::lstm || keep != Keep::nothing; }

template <class Real>
void is_right(const Drawn& drawn, const Manner& manner) {
    const bool gradients = trains(drawn.problem.shape.cell, manner.keep);
    std::vector<std::unique_ptr<Call<Real>>> calls;
    for (int i = 0; i < 2; ++i) {
        calls.push_back(std::make_unique<Call<Real>>(drawn.problem, manner));
        spoil_buffers();
        calls[i]->forward();
        if (gradients) calls[i]->backward();
        if (!calls[i]->intact()) throw std::runtime_error("written outside an array");
    }
    calls[0]->for_each_result(drawn.solution, gradients,
                              [](const char* name, const auto& array, const Numbers& right) { compare(name, array, right); });
    if (!calls[0]->same_bits(*calls[1], gradients)) throw std::runtime_error("other bits the second time");
}

template <class Real>
void is_right(const Form& form, const Drawn& drawn, const Manner& manner) {
    try {
        is_right<Real>(drawn, manner);
    } catch (const std::exception& error) {
        throw std::runtime_error(std::string(sizeof(Real) == 4 ? "float" : "double") + form.words() + " keep " +
                                 std::to_string(int(manner.keep)) + " shift " + std::to_string(manner.shift) + " wanted " +
                                 std::to_string(manner.wanted) + ": " + error.what());
    }
}

// In both precisions, whatever is kept.
inline void is_right_in_every_manner(Random& random, const Form& form) {
    const Drawn drawn = draw_solved(random, form);
    for (Keep keep : {Keep::nothing, Keep::cells, Keep::all}) {
        is_right<float>(form, drawn, {.keep = keep, .shift = 1});
        is_right<double>(form, drawn, {.keep = keep});
    }
}

}  // namespace drawn
