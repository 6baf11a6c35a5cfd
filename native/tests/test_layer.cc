// The layers of kernels<float>() and kernels<double>() against plain loops: values, every gradient, and no number
// read or written outside the arrays of a call.
#include <cmath>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "check.h"
#include "layer_call.h"

using namespace drawn;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr int fuzz_cases = 120;
#else
constexpr int fuzz_cases = 500;
#endif

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
        for (long hidden : {1, 3, 8, 9, 15, 16, 17, 24, 25, 33, 64, 65, 100}) {
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
