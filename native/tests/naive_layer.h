// A recurrent layer and its gradients by plain loops over doubles, one sequence after another, straight from the
// equations: what the kernels are compared with.
#pragma once

#include <cmath>
#include <vector>

#include "ostinato/layer.h"

// Nothing here is under test: under the sanitizers it would take most of the time.
#define NAIVE __attribute__((no_sanitize("address", "undefined")))

namespace naive {

using Numbers = std::vector<double>;

// As ostinato::Weights; empty where there is none.
struct Weights {
    Numbers ih, hh, bias_ih, bias_hh, hr;
};

// As ostinato::Forward and Backward; resets and cotangents are empty where there are none.
struct Problem {
    ostinato::Shape shape;  // its batch_sizes are not read
    std::vector<std::int64_t> batch_sizes;
    Numbers input, h0, c0;
    Weights weights[2];
    std::vector<std::uint8_t> resets;
    Numbers d_output, d_h_n, d_c_n;
};

struct Solution {
    Numbers output, h_n, c_n, d_input, d_h0, d_c0;
    Weights d_weights[2];
    double nearest_kink = 1;  // of all sums that were rectified, the least distance from zero
};

// to += matrix (n, m) times x.
NAIVE inline void add_product(Numbers& to, const Numbers& matrix, const double* x) {
    const long m = long(matrix.size() / to.size());
    for (long i = 0; i < long(to.size()); ++i)
        for (long k = 0; k < m; ++k) to[i] += matrix[i * m + k] * x[k];
}

// to (m) += transposed matrix (n, m) times g (n).
NAIVE inline void add_transposed(double* to, const Numbers& matrix, const Numbers& g) {
    const long m = long(matrix.size() / g.size());
    for (long i = 0; i < long(g.size()); ++i)
        for (long k = 0; k < m; ++k) to[k] += matrix[i * m + k] * g[i];
}

// to (n, m) += g (n) x (m).
NAIVE inline void add_outer(Numbers& to, const Numbers& g, const double* x) {
    const long m = long(to.size() / g.size());
    for (long i = 0; i < long(g.size()); ++i)
        for (long k = 0; k < m; ++k) to[i * m + k] += g[i] * x[k];
}

inline void add(Numbers& to, const Numbers& from) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i] += from[i];
}

inline Numbers part(const Numbers& from, long first, long count) {
    return count == 0 ? Numbers() : Numbers(from.begin() + first, from.begin() + first + count);
}

inline double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// What a step leaves for its gradients.
struct Step {
    long row;
    bool restarted;
    Numbers h_before, c_before, gates, h_n, c, m;  // m: what is projected
};

class Sequence {
  public:
    Sequence(const Problem& problem, Solution& solution, int direction, long index)
        : p(problem), to(solution), shape(p.shape), w(p.weights[direction]), d(direction), sequence(index) {}

    void run() {
        forward();
        backward();
    }

  private:
    long H() const { return shape.hidden; }
    long S() const { return shape.state(); }
    bool has_cell() const { return shape.cell == ostinato::Cell::lstm; }
    long initial(long size) const { return (d * shape.batch + sequence) * size; }
    long at_output(long row) const { return (row * shape.directions + d) * S(); }

    // The rows of this sequence in the order of this direction.
    std::vector<long> rows() const {
        std::vector<long> found;
        long first = 0;
        for (std::int64_t size : p.batch_sizes) {
            if (sequence < size) found.push_back(first + sequence);
            first += size;
        }
        return d == 0 ? found : std::vector<long>(found.rbegin(), found.rend());
    }

    void forward() {
        Numbers h = part(p.h0, initial(S()), S()), c = part(p.c0, initial(H()), has_cell() ? H() : 0);
        const std::vector<long> order = rows();
        for (std::size_t i = 0; i < order.size(); ++i) {
            Step step{};
            step.row = order[i];
            if (!p.resets.empty()) step.restarted = d == 0 ? p.resets[order[i]] : i > 0 && p.resets[order[i - 1]];
            if (step.restarted) h.assign(h.size(), 0.0), c.assign(c.size(), 0.0);
            step.h_before = h, step.c_before = c;
            h = advance(step);
            c = step.c;
            for (long k = 0; k < S(); ++k) to.output[at_output(step.row) + k] = h[k];
            steps.push_back(step);
        }
        for (long k = 0; k < S(); ++k) to.h_n[initial(S()) + k] = h[k];
        for (long k = 0; k < long(c.size()); ++k) to.c_n[initial(H()) + k] = c[k];
    }

    // Returns h_t.
    Numbers advance(Step& step) {
        Numbers x(ostinato::gates_of(shape.cell) * H(), 0.0), s = x;
        add_product(x, w.ih, &p.input[step.row * shape.input]);
        add_product(s, w.hh, step.h_before.data());
        add(x, w.bias_ih);
        add(s, w.bias_hh);
        if (shape.cell == ostinato::Cell::gru) return advance_gru(step, x, s);
        add(x, s);
        if (!has_cell()) return advance_plain(step, x);
        advance_lstm(step, x);
        if (shape.projection == 0) return step.m;
        Numbers h(shape.projection, 0.0);
        add_product(h, w.hr, step.m.data());
        return h;
    }

    Numbers advance_plain(Step& step, const Numbers& sums) {
        for (double sum : sums) {
            if (shape.cell == ostinato::Cell::rnn_relu) to.nearest_kink = std::fmin(to.nearest_kink, std::fabs(sum));
            step.gates.push_back(shape.cell == ostinato::Cell::rnn_relu ? std::fmax(sum, 0.0) : std::tanh(sum));
        }
        return step.gates;
    }

    Numbers advance_gru(Step& step, const Numbers& x, const Numbers& s) {
        Numbers h(H());
        step.gates.resize(3 * H());
        step.h_n = part(s, 2 * H(), H());
        for (long k = 0; k < H(); ++k) {
            const double r = logistic(x[k] + s[k]), z = logistic(x[H() + k] + s[H() + k]);
            const double n = std::tanh(x[2 * H() + k] + r * s[2 * H() + k]);
            step.gates[k] = r, step.gates[H() + k] = z, step.gates[2 * H() + k] = n;
            h[k] = (1 - z) * n + z * step.h_before[k];
        }
        return h;
    }

    void advance_lstm(Step& step, const Numbers& sums) {
        step.c.resize(H()), step.m.resize(H());
        for (long k = 0; k < 4 * H(); ++k) step.gates.push_back(k / H() == 2 ? std::tanh(sums[k]) : logistic(sums[k]));
        for (long k = 0; k < H(); ++k) {
            const double *i = &step.gates[k], f = i[H()], g = i[2 * H()], o = i[3 * H()];
            step.c[k] = f * step.c_before[k] + *i * g;
            step.m[k] = o * std::tanh(step.c[k]);
        }
    }

    // dh and dc: the gradients of the state after a step, then of that before it.
    void backward() {
        Numbers dh(S(), 0.0), dc(has_cell() ? H() : 0, 0.0);
        if (!p.d_h_n.empty()) dh = part(p.d_h_n, initial(S()), S());
        if (!p.d_c_n.empty()) dc = part(p.d_c_n, initial(H()), H());
        for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
            if (!p.d_output.empty()) add(dh, part(p.d_output, at_output(step->row), S()));
            step_back(*step, dh, dc);
            if (step->restarted) dh.assign(dh.size(), 0.0), dc.assign(dc.size(), 0.0);
        }
        for (long k = 0; k < S(); ++k) to.d_h0[initial(S()) + k] = dh[k];
        for (long k = 0; k < long(dc.size()); ++k) to.d_c0[initial(H()) + k] = dc[k];
    }

    void step_back(const Step& step, Numbers& dh, Numbers& dc) {
        Weights& dw = to.d_weights[d];
        const Numbers after = dh;
        Numbers d_ih(ostinato::gates_of(shape.cell) * H()), d_hh = d_ih;
        Numbers dm = after;
        if (shape.projection > 0) {
            add_outer(dw.hr, after, step.m.data());
            dm.assign(H(), 0.0);
            add_transposed(dm.data(), w.hr, after);
        }
        dh.assign(S(), 0.0);
        if (shape.cell == ostinato::Cell::gru) {
            gru_back(step, dm, d_ih, d_hh, dh);
        } else {
            has_cell() ? lstm_back(step, dm, dc, d_ih) : plain_back(step, dm, d_ih);
            d_hh = d_ih;
        }
        const double* x = &p.input[step.row * shape.input];
        add_outer(dw.ih, d_ih, x);
        add_outer(dw.hh, d_hh, step.h_before.data());
        if (!dw.bias_ih.empty()) add(dw.bias_ih, d_ih);
        if (!dw.bias_hh.empty()) add(dw.bias_hh, d_hh);
        add_transposed(&to.d_input[step.row * shape.input], w.ih, d_ih);
        add_transposed(dh.data(), w.hh, d_hh);
    }

    void plain_back(const Step& step, const Numbers& dm, Numbers& ds) const {
        for (long k = 0; k < H(); ++k) {
            const double h = step.gates[k];
            ds[k] = dm[k] * (shape.cell == ostinato::Cell::rnn_relu ? double(h > 0) : 1 - h * h);
        }
    }

    void gru_back(const Step& step, const Numbers& dm, Numbers& d_ih, Numbers& d_hh, Numbers& dh) const {
        for (long k = 0; k < H(); ++k) {
            const double r = step.gates[k], z = step.gates[H() + k], n = step.gates[2 * H() + k];
            const double dn = dm[k] * (1 - z) * (1 - n * n);
            d_ih[k] = d_hh[k] = dn * step.h_n[k] * r * (1 - r);
            d_ih[H() + k] = d_hh[H() + k] = dm[k] * (step.h_before[k] - n) * z * (1 - z);
            d_ih[2 * H() + k] = dn;
            d_hh[2 * H() + k] = dn * r;
            dh[k] = dm[k] * z;
        }
    }

    void lstm_back(const Step& step, const Numbers& dm, Numbers& dc, Numbers& ds) const {
        for (long k = 0; k < H(); ++k) {
            const double i = step.gates[k], f = step.gates[H() + k];
            const double g = step.gates[2 * H() + k], o = step.gates[3 * H() + k];
            const double squashed = std::tanh(step.c[k]);
            const double d_cell = dc[k] + dm[k] * o * (1 - squashed * squashed);
            ds[k] = d_cell * g * i * (1 - i);
            ds[H() + k] = d_cell * step.c_before[k] * f * (1 - f);
            ds[2 * H() + k] = d_cell * i * (1 - g * g);
            ds[3 * H() + k] = dm[k] * squashed * o * (1 - o);
            dc[k] = d_cell * f;
        }
    }

    const Problem& p;
    Solution& to;
    const ostinato::Shape& shape;
    const Weights& w;
    const int d;
    const long sequence;
    std::vector<Step> steps;
};

inline Solution solve(const Problem& problem) {
    Solution to;
    const auto zeros = [](const Numbers& like) { return Numbers(like.size(), 0.0); };
    to.output.resize(problem.shape.rows * problem.shape.directions * problem.shape.state());
    to.h_n = to.d_h0 = zeros(problem.h0), to.c_n = to.d_c0 = zeros(problem.c0);
    to.d_input = zeros(problem.input);
    for (int d = 0; d < problem.shape.directions; ++d) {
        const Weights& w = problem.weights[d];
        to.d_weights[d] = {zeros(w.ih), zeros(w.hh), zeros(w.bias_ih), zeros(w.bias_hh), zeros(w.hr)};
        for (long s = 0; s < problem.shape.batch; ++s) Sequence(problem, to, d, s).run();
    }
    return to;
}

}  // namespace naive
