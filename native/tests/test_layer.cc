// The layers of kernels<float>() and kernels<double>() against plain loops: values, every gradient, and no number
// read or written outside the arrays of a call.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "check.h"
#include "guarded.h"
#include "naive_layer.h"
#include "ostinato/buffers.h"
#include "ostinato/layer.h"

// What the planned work is, as no level's.
#define OSTINATO_LEVEL test
#include "ostinato/plan.h"

namespace {

using naive::Numbers;
using naive::Problem;
using naive::Solution;
using ostinato::Cell;
using ostinato::Keep;
using Random = std::mt19937_64;

#if defined(__SANITIZE_ADDRESS__)
constexpr int fuzz_cases = 120;
#else
constexpr int fuzz_cases = 500;
#endif

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

// How a problem is put to the kernels: which arrays are wanted is one bit each.
struct Manner {
    Keep keep = Keep::all;
    int shift = 0;
    unsigned wanted = ~0u;
    bool packed = false;  // whether the weights are packed before the forward, which then does not see them
};

long between(Random& random, long least, long most) { return std::uniform_int_distribution<long>(least, most)(random); }
bool chance(Random& random, double share) { return std::bernoulli_distribution(share)(random); }

template <class T>
T one_of(Random& random, std::initializer_list<T> choices) {
    return choices.begin()[between(random, 0, long(choices.size()) - 1)];
}

// Numbers that a float holds exactly, within `most` of zero.
Numbers draw(Random& random, long count, double most) {
    std::uniform_real_distribution<float> number(float(-most), float(most));
    Numbers numbers(std::size_t(std::max(0L, count)));
    for (double& x : numbers) x = number(random);
    return numbers;
}

std::vector<std::int64_t> draw_batch_sizes(Random& random, const Form& form) {
    std::vector<std::int64_t> sizes(std::size_t(form.steps), form.batch);
    if (!form.ragged) return sizes;
    std::fill(sizes.begin(), sizes.end(), 1);  // the first sequence has every step
    for (long sequence = 1; sequence < form.batch; ++sequence) {
        const long length = between(random, 1, form.steps);
        for (long t = 0; t < length; ++t) ++sizes[std::size_t(t)];
    }
    return sizes;
}

naive::Weights draw_weights(Random& random, const Form& form) {
    const long rows = ostinato::gates_of(form.cell) * form.hidden;
    const long state = form.projection > 0 ? form.projection : form.hidden;
    return {draw(random, rows * form.input, 1.5 / std::sqrt(double(form.input))),
            draw(random, rows * state, 1.5 / std::sqrt(double(state))),
            draw(random, form.bias_ih ? rows : 0, 0.5),
            draw(random, form.bias_hh ? rows : 0, 0.5),
            draw(random, form.projection * form.hidden, 1.5 / std::sqrt(double(form.hidden)))};
}

Problem draw_problem(Random& random, const Form& form) {
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

Drawn draw_solved(Random& random, const Form& form) {
    for (;;) {
        Problem problem = draw_problem(random, form);
        Solution solution = naive::solve(problem);
        if (solution.nearest_kink > 2e-6) return {std::move(problem), std::move(solution)};
    }
}

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

double largest_seen[2];

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
void spoil_buffers() {
    std::vector<void*> taken;
    for (std::size_t bytes = 4096; bytes <= (std::size_t{1} << 20); bytes += bytes / 8)
        for (int i = 0; i < 2; ++i) {
            taken.push_back(ostinato::take(bytes));
            std::memset(taken.back(), 0xff, bytes);
        }
    for (void* buffer : taken) ostinato::give(buffer);
}

// Whether that much is enough for the backward.
bool trains(Cell cell, Keep keep) { return cell != Cell::lstm || keep != Keep::nothing; }

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

ostinato::test::Plan planned(const Form& form, long element) {
    const std::vector<std::int64_t> sizes(std::size_t(form.steps), form.batch);
    const ostinato::Shape shape{form.cell,   form.steps,      form.batch,      form.steps * form.batch, form.input,
                                form.hidden, form.projection, form.directions, sizes.data(),            form.threads};
    return ostinato::test::plan(shape, element, form.threads);
}

// The same form with as many steps as make all its threads worth while.
Form worth_its_threads(Form form) {
    while (form.steps < 1000 && planned(form, 4).threads < form.threads) ++form.steps;
    return form;
}

// In both precisions, whatever is kept.
void is_right_in_every_manner(Random& random, const Form& form) {
    const Drawn drawn = draw_solved(random, form);
    for (Keep keep : {Keep::nothing, Keep::cells, Keep::all}) {
        is_right<float>(form, drawn, {.keep = keep, .shift = 1});
        is_right<double>(form, drawn, {.keep = keep});
    }
}

Form draw_form(Random& random) {
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

}  // namespace

TEST(the_plain_loops_gradients_are_those_of_differences) {
    Random random(1);
    for (Cell cell : {Cell::rnn_tanh, Cell::rnn_relu, Cell::gru, Cell::lstm}) {
        for (long projection : {0, 2}) {
            if (projection > 0 && cell != Cell::lstm) continue;
            Form form{.cell = cell, .hidden = 3, .projection = projection, .input = 2, .batch = 3, .steps = 4};
            form.directions = 2, form.ragged = true, form.resets = true;
            Drawn drawn = draw_solved(random, form);
            Problem& p = drawn.problem;
            const auto loss = [&p] {
                const Solution s = naive::solve(p);
                double total = 0;
                for (std::size_t i = 0; i < s.output.size(); ++i) total += s.output[i] * p.d_output[i];
                for (std::size_t i = 0; i < s.h_n.size(); ++i) total += s.h_n[i] * p.d_h_n[i];
                for (std::size_t i = 0; i < s.c_n.size(); ++i) total += s.c_n[i] * p.d_c_n[i];
                return total;
            };
            const auto agrees = [&](Numbers& x, const Numbers& gradient) {
                for (std::size_t i = 0; i < x.size(); ++i) {
                    const double before = x[i], h = 1e-6;
                    x[i] = before + h;
                    const double above = loss();
                    x[i] = before - h;
                    CHECK(std::fabs((above - loss()) / (2 * h) - gradient[i]) < 1e-7);
                    x[i] = before;
                }
            };
            const Solution& s = drawn.solution;
            agrees(p.input, s.d_input), agrees(p.h0, s.d_h0), agrees(p.c0, s.d_c0);
            for (int d = 0; d < 2; ++d) {
                naive::Weights& w = p.weights[d];
                const naive::Weights& dw = s.d_weights[d];
                agrees(w.ih, dw.ih), agrees(w.hh, dw.hh), agrees(w.hr, dw.hr);
                agrees(w.bias_ih, dw.bias_ih), agrees(w.bias_hh, dw.bias_hh);
            }
        }
    }
}

TEST(every_cell_is_right_at_hidden_sizes_around_the_vectors) {
    Random random(2);
    for (Cell cell : {Cell::rnn_tanh, Cell::rnn_relu, Cell::gru, Cell::lstm})
        for (long hidden : {1, 3, 8, 15, 16, 17, 33, 64, 65, 100}) {
            Form form{.cell = cell, .hidden = hidden, .input = 5, .batch = 3, .steps = 7, .directions = 2, .threads = 2};
            form.ragged = form.resets = true;
            is_right_in_every_manner(random, form);
        }
}

TEST(projections_are_right_at_sizes_around_the_vectors) {
    Random random(3);
    for (long hidden : {3, 16, 17, 65})
        for (long projection : {1, 2, 15, 16, 17, 64}) {
            if (projection > hidden) continue;
            Form form{.hidden = hidden, .projection = projection, .input = 3, .batch = 4, .steps = 6, .directions = 2};
            form.threads = 3, form.ragged = form.resets = true;
            is_right_in_every_manner(random, form);
        }
}

TEST(chunks_of_rows_join) {
    Random random(4);
    for (Cell cell : {Cell::rnn_tanh, Cell::gru, Cell::lstm})
        for (int threads : {1, 3}) {
            Form form{.cell = cell, .hidden = 40, .input = 4, .batch = 7, .steps = 90, .threads = threads};
            form.ragged = form.resets = threads == 3;
            CHECK(planned(form, 4).threads == threads);
            is_right_in_every_manner(random, form);  // some 600 rows: chunks of 96 forward, of 256 back
            form.directions = 2, form.projection = cell == Cell::lstm ? 7 : 0;
            is_right_in_every_manner(random, form);
        }
    Form wide{.cell = Cell::rnn_tanh, .hidden = 260, .input = 4, .batch = 9, .steps = 70};
    is_right_in_every_manner(random, wide);  // 630 rows: chunks of 512 back
}

TEST(many_sequences_take_the_fused_path) {
    Random random(5);
    for (Cell cell : {Cell::rnn_relu, Cell::gru, Cell::lstm})
        for (long batch : {12, 50, 130}) {
            Form form{.cell = cell, .hidden = 35, .input = 9, .batch = batch, .steps = 5, .threads = 2, .ragged = true};
            is_right_in_every_manner(random, worth_its_threads(form));
        }
}

TEST(one_step_of_more_sequences_than_a_chunk_has_rows_is_right) {
    Random random(10);
    for (Cell cell : {Cell::rnn_tanh, Cell::gru, Cell::lstm}) {
        Form form{.cell = cell, .hidden = 9, .input = 2, .batch = 600, .steps = 2, .ragged = true, .resets = true};
        is_right_in_every_manner(random, form);
    }
}

// Forms whose hidden units are dealt to the threads: of one sequence, and of a few through a large layer.
std::vector<Form> team_forms() {
    std::vector<Form> forms;
    for (int threads : {2, 3}) {
        forms.push_back({.cell = Cell::lstm, .hidden = 81, .input = 6, .batch = 1, .threads = threads});
        forms.push_back({.cell = Cell::gru, .hidden = 100, .input = 6, .batch = 1, .threads = threads});
        forms.push_back({.cell = Cell::rnn_tanh, .hidden = 150, .input = 6, .batch = 1, .threads = threads});
        forms.push_back({.cell = Cell::rnn_relu, .hidden = 370, .input = 6, .batch = 5, .steps = 2, .threads = threads});
        forms.push_back({.cell = Cell::lstm, .hidden = 190, .input = 6, .batch = 9, .steps = 2, .threads = threads});
        forms.push_back({.cell = Cell::gru, .hidden = 220, .input = 6, .batch = 3, .steps = 2, .threads = threads});
    }
    for (Form& form : forms) form = worth_its_threads(form);
    return forms;
}

TEST(teams_are_right) {
    Random random(6);
    for (Form form : team_forms()) {
        CHECK(planned(form, 4).teams && planned(form, 8).teams && planned(form, 4).threads == form.threads);
        form.resets = true;
        is_right_in_every_manner(random, form);
        form.ragged = true, form.steps *= 2;
        form.directions = 2, form.threads = 2 * form.threads - 1;  // a team for each direction, of different sizes
        is_right_in_every_manner(random, form);
    }
}

// Of a team, too, whose threads are then one.
TEST(calls_at_the_same_time_give_the_bits_of_one_alone) {
    Random random(7);
    std::vector<Form> forms = team_forms();
    forms.resize(3);
    forms.push_back(worth_its_threads(
        {.cell = Cell::gru, .hidden = 33, .input = 40, .batch = 20, .steps = 9, .directions = 2, .threads = 3}));
    for (const Form& form : forms) {
        const Problem problem = draw_problem(random, form);
        std::vector<std::unique_ptr<Call<float>>> calls;
        for (int i = 0; i < 5; ++i) calls.push_back(std::make_unique<Call<float>>(problem, Manner{}));
        calls[0]->forward(), calls[0]->backward();
        std::vector<std::thread> threads;
        for (int i = 1; i < 5; ++i) threads.emplace_back([&calls, i] { calls[i]->forward(), calls[i]->backward(); });
        for (std::thread& thread : threads) thread.join();
        for (int i = 1; i < 5; ++i) CHECK(calls[i]->same_bits(*calls[0], true));
    }
}

TEST(outputs_are_the_same_whatever_is_kept) {
    Random random(8);
    for (int i = 0; i < 20; ++i) {
        const Form form = draw_form(random);
        const Problem problem = draw_problem(random, form);
        Call<float> nothing(problem, {.keep = Keep::nothing}), all(problem, {.keep = Keep::all});
        nothing.forward(), all.forward();
        CHECK(nothing.same_bits(all, false));
    }
}

TEST(outputs_are_the_same_of_weights_packed_before) {
    Random random(8);
    for (int i = 0; i < 20; ++i) {
        const Form form = draw_form(random);
        const Problem problem = draw_problem(random, form);
        Call<float> fresh(problem, {}), kept(problem, {.packed = true});
        fresh.forward(), kept.forward();
        CHECK(fresh.same_bits(kept, true));
    }
}

TEST(nan_in_one_sequence_stays_there) {
    Random random(9);
    for (Cell cell : {Cell::rnn_tanh, Cell::rnn_relu, Cell::gru, Cell::lstm}) {
        const Form form{.cell = cell, .hidden = 17, .input = 3, .batch = 14, .steps = 6, .threads = 2};
        const Problem clean = draw_problem(random, form);
        Problem spoiled = clean;
        spoiled.input[2 * 3] = std::nan("");  // of sequence 2's first step
        Call<float> expected(clean, {}), actual(spoiled, {});
        expected.forward(), actual.forward();
        actual.for_each_result({}, false, [&](const char*, const Guarded<float>& array, const Numbers&) {
            const Numbers numbers = array.get() == nullptr ? Numbers() : array.numbers();
            for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(std::isnan(numbers[i]) == (i / 17 % 14 == 2));
        });
    }
}

// OSTINATO_FUZZ: how many forms, for a longer search.
TEST(random_forms_are_right) {
    const char* wanted = std::getenv("OSTINATO_FUZZ");
    const int count = wanted == nullptr ? fuzz_cases : std::atoi(wanted);
    for (int seed = 0; seed < count; ++seed) {
        Random random(std::uint64_t(1000 + seed));
        const Form form = draw_form(random);
        Manner manner{.keep = one_of(random, {Keep::nothing, Keep::cells, Keep::all}),
                      .shift = int(between(random, 0, 3)),
                      .wanted = chance(random, 0.5) ? ~0u : unsigned(random()),
                      .packed = chance(random, 0.2)};
        const Drawn drawn = draw_solved(random, form);
        is_right<float>(form, drawn, manner);
        is_right<double>(form, drawn, manner);
    }
    std::printf("  largest errors: float %.3g, double %.3g of an array's largest number\n", largest_seen[1], largest_seen[0]);
}
