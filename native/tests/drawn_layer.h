// Layers drawn by chance: their forms, numbers and sequences, with the solution by plain loops.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "naive_layer.h"

// What the planned work is, as no level's.
#define OSTINATO_LEVEL test
#include "ostinato/plan.h"

namespace drawn {

using naive::Numbers;
using naive::Problem;
using naive::Solution;
using ostinato::Cell;
using Random = std::mt19937_64;

// What a problem is drawn from.
struct Form {
    Cell cell = Cell::lstm;
    long hidden = 1, projection = 0, input = 1;
    long batch = 1, steps = 1, directions = 1;
    int threads = 1;
    bool ragged = false, resets = false, bias_ih = true, bias_hh = true;
    bool d_output = true, d_h_n = true, d_c_n = true;

    std::string words() const {
        std::string text;
        const auto add = [&](const char* what, long value) { text += std::string(" ") + what + " " + std::to_string(value); };
        add("cell", long(cell)), add("hidden", hidden), add("projection", projection), add("input", input);
        add("batch", batch), add("steps", steps), add("directions", directions), add("threads", threads);
        add("ragged", ragged), add("resets", resets), add("bias_ih", bias_ih), add("bias_hh", bias_hh);
        add("d_output", d_output), add("d_h_n", d_h_n), add("d_c_n", d_c_n);
        return text;
    }
};

inline long between(Random& random, long least, long most) { return std::uniform_int_distribution<long>(least, most)(random); }
inline bool chance(Random& random, double share) { return std::bernoulli_distribution(share)(random); }

template <class T>
T one_of(Random& random, std::initializer_list<T> choices) {
    return choices.begin()[between(random, 0, long(choices.size()) - 1)];
}

// Numbers that a float holds exactly, within `most` of zero.
inline Numbers draw(Random& random, long count, double most) {
    std::uniform_real_distribution<float> number(float(-most), float(most));
    Numbers numbers(std::size_t(std::max(0L, count)));
    for (double& x : numbers) x = number(random);
    return numbers;
}

inline std::vector<std::int64_t> draw_batch_sizes(Random& random, const Form& form) {
    std::vector<std::int64_t> sizes(std::size_t(form.steps), form.batch);
    if (!form.ragged) return sizes;
    std::fill(sizes.begin(), sizes.end(), 1);  // the first sequence has every step
    for (long sequence = 1; sequence < form.batch; ++sequence) {
        const long length = between(random, 1, form.steps);
        for (long t = 0; t < length; ++t) ++sizes[std::size_t(t)];
    }
    return sizes;
}

inline naive::Weights draw_weights(Random& random, const Form& form) {
    const long rows = ostinato::gates_of(form.cell) * form.hidden;
    const long state = form.projection > 0 ? form.projection : form.hidden;
    return {draw(random, rows * form.input, 1.5 / std::sqrt(double(form.input))),
            draw(random, rows * state, 1.5 / std::sqrt(double(state))),
            draw(random, form.bias_ih ? rows : 0, 0.5),
            draw(random, form.bias_hh ? rows : 0, 0.5),
            draw(random, form.projection * form.hidden, 1.5 / std::sqrt(double(form.hidden)))};
}

inline Problem draw_problem(Random& random, const Form& form) {
    Problem p;
    p.batch_sizes = draw_batch_sizes(random, form);
    long rows = 0;
    for (std::int64_t size : p.batch_sizes) rows += size;
    p.shape = {form.cell,   form.steps,      form.batch,      rows,         form.input,
               form.hidden, form.projection, form.directions, nullptr,      form.threads};
    const long d = form.directions, state = p.shape.state();
    const long cells = form.cell == Cell::lstm ? d * form.batch * form.hidden : 0;
    p.input = draw(random, rows * form.input, 1.5);
    p.h0 = draw(random, d * form.batch * state, 1), p.c0 = draw(random, cells, 1);
    for (long i = 0; i < d; ++i) p.weights[i] = draw_weights(random, form);
    if (form.resets)
        for (long row = 0; row < rows; ++row) p.resets.push_back(chance(random, 0.25) ? between(random, 1, 255) : 0);
    const double share = 1 / std::sqrt(double(rows));
    if (form.d_output) p.d_output = draw(random, rows * d * state, share);
    if (form.d_h_n) p.d_h_n = draw(random, d * form.batch * state, 1);
    if (form.d_c_n) p.d_c_n = draw(random, cells, 1);
    return p;
}

// A problem and its solution; drawn again where float's rounding could take a sum to the other side of relu's kink.
struct Drawn {
    Problem problem;
    Solution solution;
};

inline Drawn draw_solved(Random& random, const Form& form) {
    for (;;) {
        Problem problem = draw_problem(random, form);
        Solution solution = naive::solve(problem);
        if (solution.nearest_kink > 2e-6) return {std::move(problem), std::move(solution)};
    }
}

inline ostinato::test::Plan planned(const Form& form, long element) {
    const std::vector<std::int64_t> sizes(std::size_t(form.steps), form.batch);
    const ostinato::Shape shape{form.cell,   form.steps,      form.batch,      form.steps * form.batch, form.input,
                                form.hidden, form.projection, form.directions, sizes.data(),            form.threads};
    return ostinato::test::plan(shape, element, form.threads);
}

// The same form with as many steps as make all its threads worth while.
inline Form worth_its_threads(Form form) {
    while (form.steps < 1000 && planned(form, 4).threads < form.threads) ++form.steps;
    return form;
}

inline Form draw_form(Random& random) {
    Form form;
    form.cell = one_of(random, {Cell::rnn_tanh, Cell::rnn_relu, Cell::gru, Cell::lstm, Cell::lstm});
    form.hidden = one_of(random, {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 64, 65, 100});
    if (form.cell == Cell::lstm && chance(random, 0.4)) form.projection = between(random, 1, form.hidden);
    form.input = one_of(random, {1, 2, 3, 8, 16, 17, 40});
    form.batch = between(random, 1, 20);
    form.steps = between(random, 1, 20);
    form.directions = between(random, 1, 2);
    form.threads = one_of(random, {1, 2, 3, 5});
    if (form.hidden > 30 && form.batch >= form.threads && chance(random, 0.6)) form = worth_its_threads(form);
    form.ragged = chance(random, 0.6), form.resets = chance(random, 0.4);
    form.bias_ih = chance(random, 0.8), form.bias_hh = chance(random, 0.8);
    form.d_output = chance(random, 0.8), form.d_h_n = chance(random, 0.6), form.d_c_n = chance(random, 0.6);
    return form;
}

}  // namespace drawn
